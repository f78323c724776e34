// Verify compact JWS in a strict order: nothing of a text chooses the algorithm or brings a key.
import type { Ring, VerifyKey } from "./jwk";
import { fromBase64url, isCanonical, type JsonObject, NotStrict, objectOf } from "./strict";

/** A text that is not genuine; the reason is one of the gate's. */
export class Refused extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

export const MAX_TICKET_CHARS = 2_048;
const MAX_HEADER_CHARS = 256;
const SHAPE = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{85}[AQgw]$/;

/** The bytes of the payload of a genuine text. */
export async function verify(text: string, typ: string, ring: Ring, longest = MAX_TICKET_CHARS): Promise<Uint8Array<ArrayBuffer>> {
  const shape = text.length > longest ? null : SHAPE.exec(text);
  if (!shape) throw new Refused("malformed");
  const [, head, content] = shape as unknown as [string, string, string];
  if (head.length > MAX_HEADER_CHARS || !isCanonical(content)) throw new Refused("malformed");
  const key = keyFor(headerOf(head), typ, ring);
  if (!(await isSigned(text, key))) throw new Refused("bad_signature");
  return fromBase64url(content);
}

function headerOf(segment: string): JsonObject {
  try {
    return objectOf(fromBase64url(segment));
  } catch (error) {
    if (error instanceof NotStrict) throw new Refused("malformed");
    throw error;
  }
}

function keyFor(header: JsonObject, typ: string, ring: Ring): VerifyKey {
  if (header.get("typ") !== typ) throw new Refused("bad_type");
  const [alg, kid] = [header.get("alg"), header.get("kid")];
  if (header.size !== 3 || typeof alg !== "string" || typeof kid !== "string") throw new Refused("malformed");
  if (alg !== "EdDSA" && alg !== "ES256") throw new Refused("bad_alg");
  const key = ring.get(kid);
  if (!key) throw new Refused("unknown_key");
  if (alg !== key.algorithm) throw new Refused("bad_alg");
  return key;
}

/** Whether the signature behind the last dot is the key's. */
export async function isSigned(text: string, key: VerifyKey): Promise<boolean> {
  const dot = text.lastIndexOf(".");
  let mark: Uint8Array<ArrayBuffer>;
  try {
    mark = fromBase64url(text.slice(dot + 1));
  } catch {
    return false;
  }
  const algorithm = key.algorithm === "EdDSA" ? { name: "Ed25519" } : { name: "ECDSA", hash: "SHA-256" };
  return crypto.subtle.verify(algorithm, await key.key(), mark, new TextEncoder().encode(text.slice(0, dot)));
}
