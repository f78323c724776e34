// Public keys as JWK (RFC 7517, RFC 8037), read with every check that WebCrypto leaves out.
import { fromBase64url, type Json, type JsonObject, NotStrict } from "./strict";

export type Algorithm = "EdDSA" | "ES256";

/** A public key with the one algorithm that it is for; the engine's key is made when it is first needed. */
export interface VerifyKey {
  kid: string;
  algorithm: Algorithm;
  key: () => Promise<CryptoKey>;
}

export type Ring = ReadonlyMap<string, VerifyKey>;

/** A JWK or a key set that must not be used. */
export class BadKey extends Error {}

const MAX_KEYS = 32;
const MAX_CHARS = 16_384;
const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
// Curve25519 in Edwards form (RFC 8032, section 5.1): the field's prime, and d = -121665/121666.
const P = 2n ** 255n - 19n;
const D = (P - 121665n * inverse(121666n, P)) % P;
// P-256 (FIPS 186-5): its prime and its b.
const Q = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** A whole key set by kid; one bad or repeated key refuses all of it. */
export function loadKeys(keys: Json | undefined): Ring {
  if (written(new Map([["keys", keys ?? null]])) > MAX_CHARS) throw new BadKey("a key set has at most 16 KB");
  if (!Array.isArray(keys) || !keys.length || keys.length > MAX_KEYS) throw new BadKey(`a key set holds 1 to ${MAX_KEYS} keys`);
  const ring = new Map<string, VerifyKey>();
  for (const jwk of keys) {
    if (!(jwk instanceof Map)) throw new BadKey("a key is an object");
    const key = keyOf(jwk);
    if (ring.has(key.kid)) throw new BadKey("a kid is repeated");
    ring.set(key.kid, key);
  }
  return ring;
}

/** The characters of a value as Python's `json.dumps` writes it: on one line, with spaces, ASCII alone. */
function written(value: Json): number {
  if (typeof value === "string") return 2 + escaped(value);
  if (Array.isArray(value)) return 2 + Math.max(0, value.length - 1) * 2 + value.reduce<number>((sum, one) => sum + written(one), 0);
  if (value instanceof Map) {
    let sum = 2 + Math.max(0, value.size - 1) * 2;
    for (const [name, inner] of value) sum += 2 + escaped(name) + 2 + written(inner);
    return sum;
  }
  return String(value).length;
}

function escaped(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit > 0x7e) sum += "\b\f\n\r\t".includes(text[at] as string) ? 2 : 6;
    else sum += unit === 0x22 || unit === 0x5c ? 2 : 1;
  }
  return sum;
}

function keyOf(jwk: JsonObject): VerifyKey {
  const kid = jwk.get("kid");
  if (typeof kid !== "string" || !/^[A-Za-z0-9_-]{1,64}$/.test(kid)) throw new BadKey("a key needs a kid");
  if (jwk.has("use") && jwk.get("use") !== "sig") throw new BadKey("the key is not for signatures");
  const operations = jwk.get("key_ops");
  if (jwk.has("key_ops") && !(Array.isArray(operations) && operations.includes("verify"))) throw new BadKey("the key does not verify");
  const key = publicKey(jwk);
  if (jwk.has("alg") && jwk.get("alg") !== key.algorithm) throw new BadKey("alg does not fit the key");
  return { ...key, kid };
}

/** The key itself: Ed25519 or P-256, public members only. */
export function publicKey(jwk: JsonObject): VerifyKey {
  if (PRIVATE.some((name) => jwk.has(name))) throw new BadKey("a private member in a public key");
  const [kind, curve] = [jwk.get("kty"), jwk.get("crv")];
  if (kind === "OKP" && curve === "Ed25519") {
    const x = coordinate(jwk, "x");
    if (!isSound(x)) throw new BadKey("not a point of the curve, or one of small order");
    return { kid: "", algorithm: "EdDSA", key: lazily(() => crypto.subtle.importKey("raw", x, { name: "Ed25519" }, false, ["verify"])) };
  }
  if (kind === "EC" && curve === "P-256") {
    const [x, y] = [coordinate(jwk, "x"), coordinate(jwk, "y")];
    if (!isOnP256(big(x), big(y))) throw new BadKey("not a point of the curve");
    const raw = new Uint8Array([4, ...x, ...y]);
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    return { kid: "", algorithm: "ES256", key: lazily(() => crypto.subtle.importKey("raw", raw, algorithm, false, ["verify"])) };
  }
  throw new BadKey("neither Ed25519 nor P-256");
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

function coordinate(jwk: JsonObject, name: string): Uint8Array<ArrayBuffer> {
  const value = jwk.get(name);
  if (typeof value !== "string") throw new BadKey(`the key needs ${name}`);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = fromBase64url(value);
  } catch (error) {
    if (error instanceof NotStrict) throw new BadKey(`${name} is not base64url`);
    throw error;
  }
  if (bytes.length !== 32) throw new BadKey(`${name} has a wrong length`);
  return bytes;
}

function big(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function isOnP256(x: bigint, y: bigint): boolean {
  return x < Q && y < Q && (y * y - (x * x * x - 3n * x + B)) % Q === 0n;
}

/** Whether 32 bytes are the one encoding of a point of Ed25519 whose order is not 1, 2, 4 or 8. */
function isSound(encoded: Uint8Array): boolean {
  const y = big(encoded.toReversed()) & (2n ** 255n - 1n); // the highest bit is the sign of x
  if (y >= P) return false;
  const square = modulo((y * y - 1n) * inverse(D * y * y + 1n, P), P);
  if (square === 0n || power(square, (P - 1n) / 2n, P) !== 1n) return false;
  const doubled = modulo((y * y + square) * inverse(2n + square - y * y, P), P);
  return doubled !== 0n && doubled !== P - 1n;
}

function modulo(value: bigint, prime: bigint): bigint {
  return ((value % prime) + prime) % prime;
}

function inverse(value: bigint, prime: bigint): bigint {
  return power(modulo(value, prime), prime - 2n, prime);
}

function power(base: bigint, exponent: bigint, prime: bigint): bigint {
  let [result, square] = [1n, base % prime];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}
