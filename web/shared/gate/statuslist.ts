// Token Status List: two bits a ticket, compressed and signed (draft-ietf-oauth-status-list).
import type { Ring } from "./jwk";
import { Refused, verify } from "./jws";
import { fromBase64url, type Json, type JsonObject, NotStrict, objectOf } from "./strict";

/** A list as a gate holds it; times in POSIX seconds. */
export interface StatusList {
  uri: string;
  issuedAt: number;
  expiresAt: number;
  bits: Uint8Array;
}

/** A list that must not be taken in. */
export class BadStatusList extends Error {}

const TYP = "statuslist+jwt";
const LONGEST = 1_000_000;
const MOST_BYTES = (1 << 20) / 4;
export const MAX_TIME = 2 ** 40;

export async function readList(token: string, ring: Ring): Promise<StatusList> {
  let payload: JsonObject;
  try {
    payload = objectOf(await verify(token, TYP, ring, LONGEST));
  } catch (error) {
    if (error instanceof Refused || error instanceof NotStrict) throw new BadStatusList(error.message);
    throw error;
  }
  const [issuedAt, expiresAt, uri, ttl] = ["iat", "exp", "sub", "ttl"].map((name) => payload.get(name));
  if (typeof issuedAt !== "number" || typeof expiresAt !== "number" || typeof uri !== "string") throw new BadStatusList("iat, exp or sub");
  if (!(issuedAt >= 0 && issuedAt < expiresAt && expiresAt <= MAX_TIME)) throw new BadStatusList("iat or exp");
  if (payload.has("ttl") && !((typeof ttl === "number" || typeof ttl === "bigint") && ttl > 0)) throw new BadStatusList("ttl");
  return { uri, issuedAt, expiresAt, bits: await unpacked(payload.get("status_list")) };
}

/** The two bits of an index, lowest bits first; null outside the list. */
export function statusOf(list: StatusList, index: number): number | null {
  const byte = list.bits[Math.floor(index / 4)];
  return byte === undefined ? null : (byte >> ((index % 4) * 2)) & 3;
}

async function unpacked(packed: Json | undefined): Promise<Uint8Array> {
  const text = packed instanceof Map && packed.get("bits") === 2 ? packed.get("lst") : undefined;
  if (typeof text !== "string") throw new BadStatusList("status_list");
  try {
    return await inflated(fromBase64url(text));
  } catch {
    throw new BadStatusList("lst");
  }
}

/** Inflate no further than the size that a list has: a compressed bomb stops at the bound. */
async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const found = new Uint8Array(MOST_BYTES);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return found.slice(0, length);
    if (length + value.length > MOST_BYTES) {
      void reader.cancel().catch(() => undefined);
      throw new BadStatusList("lst is too long");
    }
    found.set(value, length);
    length += value.length;
  }
}
