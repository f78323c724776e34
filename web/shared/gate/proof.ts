// The phone's proof: a fresh signature over a ticket, so that a copied picture dies within a minute.
import type { VerifyKey } from "./jwk";
import { isSigned } from "./jws";
import { MAX_TIME } from "./statuslist";
import { fromBase64url, NotStrict, objectOf, toBase64url } from "./strict";

export interface Proof {
  issuedAt: number;
  audience: string;
  nonce: string;
}

const SHAPE = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;
const MAX_CHARS = 600;

/** Verify a proof by the key that the ticket names; null when it is not the phone's, or not for this ticket. */
export async function readProof(proof: string, token: string, key: VerifyKey): Promise<Proof | null> {
  const shape = proof.length > MAX_CHARS ? null : SHAPE.exec(proof);
  if (!shape) return null;
  const [, head, content] = shape as unknown as [string, string, string];
  try {
    const header = objectOf(fromBase64url(head));
    if (header.size !== 2 || header.get("alg") !== "ES256" || header.get("typ") !== "ticket-kb+jwt") return null;
    if (!(await isSigned(proof, key))) return null;
    const payload = objectOf(fromBase64url(content));
    const [issuedAt, audience, nonce, hash] = ["iat", "aud", "n", "th"].map((name) => payload.get(name));
    if (payload.size !== 4 || typeof issuedAt !== "number" || typeof audience !== "string" || typeof nonce !== "string") return null;
    if (issuedAt < 0 || issuedAt > MAX_TIME || !/^[A-Za-z0-9_-]{11}$/.test(nonce)) return null;
    return hash === (await ticketHash(token)) ? { issuedAt, audience, nonce } : null;
  } catch (error) {
    if (error instanceof NotStrict) return null;
    throw error;
  }
}

/** The first 16 bytes of SHA-256 over all before the last dot, so that a twin signature changes nothing. */
async function ticketHash(token: string): Promise<string> {
  const signed = new TextEncoder().encode(token.slice(0, Math.max(0, token.lastIndexOf("."))));
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", signed)).slice(0, 16));
}
