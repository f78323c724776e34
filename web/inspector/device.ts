// The device: a key that no script can read, its enrolment by a code, and the token that it signs for each call.
import { call, now, Problem } from "../shared/api";
import { toBase64url } from "../shared/gate/strict";
import { type Enrolment, find, keep } from "./store";
import { signal } from "@preact/signals";

export const enrolment = signal<Enrolment | null>(null);
export const SOFTWARE = "throughfare-inspect 0.2";
const TOKEN_SECONDS = 600;
const EARLY_SECONDS = 60;
let held: { token: string; until: number } | null = null;

export async function loadEnrolment(): Promise<void> {
  enrolment.value = (await find<Enrolment>("state", "enrolment")) ?? null;
}

/** Turn a code into a device; gives its first bundle and the keys that it trusts. Throws as `call` does. */
export async function enrol(code: string): Promise<{ bundle: string; trust: unknown }> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const { kty, crv, x, y } = (await crypto.subtle.exportKey("jwk", pair.publicKey)) as Record<string, string>;
  const publicKey = { crv, kty, x, y } as Record<string, string>;
  const body = { code, public_key: publicKey, software: SOFTWARE, format: 2 as const };
  const answer = await call("POST /v1/devices/enrolments", { body });
  const row: Enrolment = {
    id: "enrolment",
    deviceId: answer.device_id,
    name: answer.name,
    operator: answer.operator,
    stopId: answer.stop_id,
    zone: answer.zone,
    direction: answer.direction as Enrolment["direction"],
    issuer: answer.issuer,
    kid: await thumbprint(publicKey),
    key: pair.privateKey,
  };
  await keep(row);
  enrolment.value = row;
  return { bundle: answer.bundle, trust: answer.bundle_keys };
}

/** The first 16 characters of the key's thumbprint (RFC 7638), by which the service knows the device. */
async function thumbprint(members: Record<string, string>): Promise<string> {
  const written = new TextEncoder().encode(JSON.stringify(members));
  return toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", written))).slice(0, 16);
}

/** A token of at most ten minutes, signed by the device's key, with the service's time. */
export async function deviceToken(): Promise<string> {
  const own = enrolment.value as Enrolment;
  const at = Math.floor(now() / 1000);
  if (held && held.until - EARLY_SECONDS > at && held.until - TOKEN_SECONDS <= at) return held.token;
  const part = (value: unknown) => toBase64url(new TextEncoder().encode(JSON.stringify(value)));
  const header = part({ alg: "ES256", kid: own.kid, typ: "gate-device+jwt" });
  const claims = part({ iss: own.deviceId, aud: own.issuer, iat: at, exp: at + TOKEN_SECONDS });
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  const mark = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, own.key, signed));
  held = { token: `${header}.${claims}.${toBase64url(mark)}`, until: at + TOKEN_SECONDS };
  return held.token;
}

/** Whether the service itself says that this device is revoked; a proxy's 403 has no such code. */
export function isRevoked(trouble: unknown): boolean {
  return trouble instanceof Problem && trouble.status === 403 && trouble.code === "not_allowed";
}

/** Forget the token: another clock, another device. */
export function dropToken(): void {
  held = null;
}
