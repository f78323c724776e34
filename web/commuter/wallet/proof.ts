// Sign a fresh proof over a ticket (docs/gates.md): a copied picture is worth nothing within a minute.
import { publicKey } from "./key";

export interface Claims {
  cnf?: { jwk?: { x?: string; y?: string } } | { x?: string; y?: string };
}

const text = new TextEncoder();

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function encoded(value: unknown): string {
  return base64url(text.encode(JSON.stringify(value)));
}

/** The claims of a ticket as it says them. They are shown, never trusted: gates check the signature. */
export function claimsOf(token: string): Record<string, unknown> {
  const part = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(part), (one) => one.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}

export function isBound(token: string): boolean {
  return "cnf" in claimsOf(token);
}

/** Tell whether it is this phone's key that the ticket names. */
export async function isOurs(token: string): Promise<boolean> {
  const named = JSON.stringify(claimsOf(token)["cnf"] ?? null);
  const { x, y } = await publicKey();
  return named.includes(x) && named.includes(y);
}

/** The code of a bound ticket: the ticket, a tilde, and a proof for one operator at this moment. */
export async function codeWithProof(token: string, operator: string, atMs: number, key: CryptoKey): Promise<string> {
  const signed = token.slice(0, token.lastIndexOf("."));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", text.encode(signed)));
  const head = encoded({ alg: "ES256", typ: "ticket-kb+jwt" });
  const claims = encoded({
    iat: Math.floor(atMs / 1000),
    aud: operator,
    n: base64url(crypto.getRandomValues(new Uint8Array(8))),
    th: base64url(hash.slice(0, 16)),
  });
  const input = `${head}.${claims}`;
  const made = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, text.encode(input));
  return `${token}~${input}.${base64url(new Uint8Array(made))}`;
}
