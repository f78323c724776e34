// The key of this phone: P-256, made here, and never readable by any script; only its signature leaves.
import type { Schemas } from "../../shared/api";
import { find, keep } from "../../shared/idb";

interface KeyRow {
  id: "phone";
  pair: CryptoKeyPair;
}

const CURVE = { name: "ECDSA", namedCurve: "P-256" };

/** Tell whether this browser can keep a key at all: a private window or an old one may not. */
export async function canKeep(): Promise<boolean> {
  try {
    await find("key", "phone");
    return typeof crypto.subtle?.generateKey === "function";
  } catch {
    return false;
  }
}

let held: Promise<CryptoKeyPair> | undefined;

/** The key of this phone, read once a page; the first time it is made. */
export function phoneKey(): Promise<CryptoKeyPair> {
  held ??= readOrMade().catch((trouble: unknown) => {
    held = undefined;
    throw trouble;
  });
  return held;
}

async function readOrMade(): Promise<CryptoKeyPair> {
  const row = await find<KeyRow>("key", "phone");
  if (row) return row.pair;
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  await keep("key", { id: "phone", pair } as KeyRow);
  return pair;
}

/** The public half, as an order or a move names it. */
export async function publicKey(): Promise<Schemas["PhoneKey"]> {
  const jwk = await crypto.subtle.exportKey("jwk", (await phoneKey()).publicKey);
  return { kty: "EC", crv: "P-256", x: jwk.x as string, y: jwk.y as string };
}
