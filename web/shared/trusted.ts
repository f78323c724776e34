// The one policy by which addresses become scripts (`trusted-types tf`): this app's own workers and nothing else.
interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

declare const SCRIPTS: string[];
let policy: { createScriptURL(url: string): string } | undefined;

/** The address of a worker, as the browser lets it through. */
export function scriptAddress(url: string): string {
  const policies = (globalThis as unknown as { trustedTypes?: Policies }).trustedTypes;
  const createScriptURL = (wanted: string) => {
    if (!SCRIPTS.includes(wanted)) throw new TypeError(`no script of ours: ${wanted}`);
    return wanted;
  };
  policy ??= policies ? policies.createPolicy("tf", { createScriptURL }) : { createScriptURL };
  return policy.createScriptURL(url);
}
