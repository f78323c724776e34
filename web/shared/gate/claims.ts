// Read the claims of a ticket, each with its range; an unknown claim refuses the ticket.
import { BadKey, publicKey, type VerifyKey } from "./jwk";
import { MAX_TIME } from "./statuslist";
import { letters, type Json, type JsonObject } from "./strict";

/** One leg. `departure` is the planned one in POSIX seconds that the leg is bound to; null: any. */
export interface Leg {
  operator: string;
  start: string;
  end: string | null;
  travelClass: string | null;
  departure: number | null;
}

export interface Claims {
  audience: string[];
  jti: string;
  notBefore: number;
  expiresAt: number;
  product: string;
  legs: Leg[];
  passengers: number;
  usesPerLeg: number;
  uses: number | null;
  category: string | null;
  status: { uri: string; index: number };
  bindingKey: VerifyKey | null;
  demo: boolean;
  personal: boolean;
}

/** A claim that breaks the schema; the message is its name. */
export class BadClaims extends Error {}

/** No operator is called so: a leg that was given back. */
export const NOBODY = "-";
export const ZONE = "z:";
const LONGEST_LIFE_SECONDS = 366 * 24 * 3600;
const JTI = /^[A-Za-z0-9_-]{22}$/;
const CLASS = /^[^@]*(?:@[0-9a-z]{1,7})?$/;

type Check = (value: Json) => boolean;
const CHECKS: Record<string, Check> = {
  iss: text(40),
  aud: areCodes,
  jti: isJti,
  iat: whole(1, MAX_TIME),
  nbf: whole(1, MAX_TIME),
  exp: whole(1, MAX_TIME),
  v: (value) => value === 1,
  p: text(12),
  l: (value) => isList(value, 1, 8) && value.every(isLeg),
  n: whole(1, 99),
  u: whole(0, 99),
  c: whole(1, 999),
  cat: text(4),
  cnf: isConfirmation,
  status: isStatus,
  idh: isJti,
  demo: (value) => value === true,
};
const REQUIRED = ["iss", "aud", "jti", "iat", "nbf", "exp", "v", "p", "l", "n", "status"];

/** Check every claim; throws BadClaims with the name of the first that is wrong. */
export function claimsOf(payload: JsonObject): Claims {
  for (const [name, value] of payload) {
    if (!Object.hasOwn(CHECKS, name) || !(CHECKS[name] as Check)(value)) throw new BadClaims(name);
  }
  for (const name of REQUIRED) if (!payload.has(name)) throw new BadClaims(name);
  const get = <T>(name: string): T => payload.get(name) as T;
  const [notBefore, expiresAt] = [get<number>("nbf"), get<number>("exp")];
  if (notBefore < get<number>("iat") - 30) throw new BadClaims("nbf");
  if (!(notBefore < expiresAt && expiresAt <= notBefore + LONGEST_LIFE_SECONDS)) throw new BadClaims("exp");
  const [audience, legs] = [get<string[]>("aud"), get<string[][]>("l").map(legOf)];
  const operators = new Set(legs.map((leg) => leg.operator));
  if (operators.size !== audience.length || !audience.every((one) => operators.has(one))) throw new BadClaims("aud");
  const located = get<JsonObject>("status").get("status_list") as JsonObject;
  return {
    audience,
    jti: get("jti"),
    notBefore,
    expiresAt,
    product: get("p"),
    legs,
    passengers: get("n"),
    usesPerLeg: get<number | undefined>("u") ?? 1,
    uses: get<number | undefined>("c") ?? null,
    category: get<string | undefined>("cat") ?? null,
    status: { uri: located.get("uri") as string, index: located.get("idx") as number },
    bindingKey: bindingKey(payload),
    demo: payload.has("demo"),
    personal: payload.has("idh"),
  };
}

function bindingKey(payload: JsonObject): VerifyKey | null {
  const confirmation = payload.get("cnf") as JsonObject | undefined;
  try {
    return confirmation ? publicKey(confirmation.get("jwk") as JsonObject) : null;
  } catch (error) {
    if (error instanceof BadKey) throw new BadClaims("cnf");
    throw error;
  }
}

function legOf(leg: string[]): Leg {
  const [operator, start, end = null, fourth] = leg as [string, string, string?, string?];
  if (fourth === undefined) return { operator, start, end, travelClass: null, departure: null };
  const [travelClass, minute] = fourth.split("@") as [string, string?];
  return { operator, start, end, travelClass: travelClass || null, departure: minute === undefined ? null : parseInt(minute, 36) * 60 };
}

export function isJti(value: Json | undefined): value is string {
  return typeof value === "string" && JTI.test(value);
}

function text(longest: number): Check {
  return (value) => typeof value === "string" && value !== "" && letters(value) <= longest;
}

function whole(low: number, high: number): Check {
  return (value) => typeof value === "number" && low <= value && value <= high;
}

function isList(value: Json | undefined, low: number, high: number): value is Json[] {
  return Array.isArray(value) && low <= value.length && value.length <= high;
}

function areCodes(value: Json): boolean {
  return isList(value, 1, 8) && value.every(text(12)) && new Set(value).size === value.length;
}

function isLeg(value: Json): boolean {
  if (!isList(value, 2, 4) || !value.every(text(40))) return false;
  const [operator, start, , fourth] = value as string[];
  if (fourth !== undefined && !CLASS.test(fourth)) return false;
  return letters(operator as string) <= 12 && (value.length !== 2 || (start as string).startsWith(ZONE));
}

function hasExactly(value: Json | undefined, names: string[]): value is JsonObject {
  return value instanceof Map && value.size === names.length && names.every((name) => value.has(name));
}

function isStatus(value: Json): boolean {
  if (!hasExactly(value, ["status_list"])) return false;
  const located = value.get("status_list");
  if (!hasExactly(located, ["idx", "uri"])) return false;
  return whole(0, 2 ** 32 - 1)(located.get("idx") as Json) && text(80)(located.get("uri") as Json);
}

function isConfirmation(value: Json): boolean {
  if (!hasExactly(value, ["jwk"])) return false;
  const jwk = value.get("jwk");
  if (!hasExactly(jwk, ["kty", "crv", "x", "y"]) || jwk.get("kty") !== "EC" || jwk.get("crv") !== "P-256") return false;
  return ["x", "y"].every((name) => typeof jwk.get(name) === "string" && letters(jwk.get(name) as string) === 43);
}
