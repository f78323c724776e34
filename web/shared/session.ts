// Who has signed in here: the token that lasts lies on the disk, the one of a quarter of an hour in memory alone.
import { signal } from "@preact/signals";
import { ACCOUNT, call, Problem, setPerson, type Schemas } from "./api";
import { find, keep, remove } from "./idb";

interface Row {
  id: "session";
  refresh: string;
}

const EARLY_MS = 60_000;

export const signedIn = signal(false);
let access: { token: string; until: number } | null = null;

export async function loadSession(): Promise<void> {
  signedIn.value = (await find<Row>("pref", "session")) !== undefined;
  setPerson(personToken);
}

/** The token of whoever has signed in, for calls that a guest may make too. */
export function mine(): { token?: string } {
  return signedIn.value ? { token: ACCOUNT } : {};
}

export async function enter(answer: Schemas["SignedIn"]): Promise<void> {
  access = { token: answer.access_token, until: Date.now() + answer.expires_in * 1000 - EARLY_MS };
  await keep("pref", { id: "session", refresh: answer.refresh_token } as Row);
  signedIn.value = true;
}

export async function leave(): Promise<void> {
  access = null;
  await remove("pref", "session");
  signedIn.value = false;
}

/** The token of the person who has signed in. A token that brings new ones is good once: two pages must not use it both. */
async function personToken(refused?: string): Promise<string> {
  if (access && access.token === refused) access = null;
  if (access && access.until > Date.now()) return access.token;
  return navigator.locks.request("session", async () => {
    if (access && access.until > Date.now()) return access.token;
    const row = await find<Row>("pref", "session");
    if (!row) throw new Problem(401, {});
    try {
      await enter(await call("POST /v1/sessions/refresh", { body: { refresh_token: row.refresh } }));
    } catch (trouble) {
      if (trouble instanceof Problem && trouble.status === 401) await leave();
      throw trouble;
    }
    return (access as unknown as { token: string }).token;
  });
}
