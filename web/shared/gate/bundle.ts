// The signed document that a gate decides by without a network; every member is checked before it counts.
import { type Additions, additionsOf, NO_ADDITIONS, type Ordered, orderedOf } from "./additions";
import { BadClaims, type Claims, claimsOf, isJti, NOBODY } from "./claims";
import { BadKey, loadKeys, type Ring } from "./jwk";
import { Refused, verify } from "./jws";
import { BadBundle, known, objectAt, require_, rows, rulesOf, type Rule, textAt, texts, whole } from "./rules";
import { BadStatusList, MAX_TIME, readList, type StatusList } from "./statuslist";
import { letters, type Json, type JsonObject, NotStrict, objectOf } from "./strict";
import type { Kind, Use } from "./usage";

export { BadBundle };

/** An operator's policy where the gate's knowledge is old. Seconds. */
export interface Policy {
  degrade: "fail_open" | "fail_closed";
  acceptDemo: boolean;
  maxStaleSeconds: number;
  leewaySeconds: number;
  proofPastSeconds: number;
  proofFutureSeconds: number;
}

/** How the uses go on from an earlier bundle. */
export interface Delta {
  since: number;
  cursor: number;
  complete: boolean;
  cleared: string[];
}

/** A verified bundle; times in POSIX seconds. */
export interface Bundle extends Additions {
  issuer: string;
  operator: string;
  issuedAt: number;
  expiresAt: number;
  version: number;
  ring: Ring;
  lists: Map<string, StatusList>;
  rules: Map<string, Rule>;
  offsets: number[][];
  policy: Policy;
  guests: Set<string>;
  uses: Use[];
  ordered: Map<string, Ordered>;
  devices: Set<string>;
  /** The key set for later bundles as it stands in the bundle; null where it names none. */
  bundleKeys: Json[] | null;
  delta: Delta | null;
}

/** The reading of a code: claims, or the reason why there are none. */
export interface Reading {
  reason: string | null;
  claims: Claims | null;
  jti: string | null;
  values: Record<string, unknown>;
  givenBack: string[];
}

const TYP = "gate-bundle+jwt";
const LONGEST = 4_000_000;
const FIRST = [
  "iss", "aud", "iat", "exp", "ver", "keys", "removed", "lists", "status_keys", "rules", "offsets", "uses", "devices", "policy", "bundle_keys", "delta",
];
const SECOND = ["format", "boarding", "sailings", "delays", "waivers", "issuers", "categories", "ordered"];
const OPTIONAL = ["removed", "offsets", "uses", "devices", "policy", "bundle_keys", "delta", "ordered"];
const KINDS = ["ride", "transfer", "in", "out"];
const EIGHTEEN_HOURS = 18 * 3600;

/** A genuine bundle that these rules cannot read: a member or a value is newer than they are. */
export class Unreadable extends BadBundle {}

/** A genuine bundle of another operator: it says nothing about whether these rules could read ours. */
export class Misdelivered extends BadBundle {}

/** Verify a bundle and check all of it; throws BadBundle, and Unreadable where the signature holds. */
export async function openBundle(token: string, trust: Ring, operator?: string): Promise<Bundle> {
  let content: Uint8Array;
  try {
    content = await verify(token, TYP, trust, LONGEST);
  } catch (error) {
    if (error instanceof Refused) throw new BadBundle(error.message);
    throw error;
  }
  try {
    const payload = objectOf(content);
    checkMembers(payload);
    if (operator !== undefined && payload.get("aud") !== operator) throw new Misdelivered("aud");
    return await assembled(payload);
  } catch (error) {
    if (error instanceof Misdelivered) throw error;
    if ([NotStrict, BadKey, BadStatusList, BadBundle].some((kind) => error instanceof kind)) throw new Unreadable((error as Error).message);
    throw error;
  }
}

async function assembled(payload: JsonObject): Promise<Bundle> {
  const statusRing = loadKeys(payload.get("status_keys"));
  const ring = loadKeys(payload.get("keys"));
  const lists = new Map<string, StatusList>();
  const arrived = await Promise.all(texts(payload.get("lists"), "lists").map((entry) => readList(entry, statusRing)));
  for (const list of arrived.toSorted((one, other) => one.issuedAt - other.issuedAt)) lists.set(list.uri, list);
  const operator = payload.get("aud") as string;
  const additions = payload.has("format") ? additionsOf(payload) : NO_ADDITIONS;
  const bundleKeys = payload.get("bundle_keys") as Json[] | undefined;
  if (bundleKeys?.length) loadKeys(bundleKeys);
  const offsets = rows(payload.get("offsets") ?? [], "offsets", 2);
  return {
    ...additions,
    issuer: payload.get("iss") as string,
    operator,
    issuedAt: payload.get("iat") as number,
    expiresAt: payload.get("exp") as number,
    version: payload.get("ver") as number,
    ring,
    lists,
    rules: rulesOf(payload.get("rules"), offsets.length > 0),
    offsets: offsets.map(([from, east]) => [whole(from, "offsets", 0, MAX_TIME), whole(east, "offsets", -EIGHTEEN_HOURS, EIGHTEEN_HOURS)]),
    policy: policyOf(payload),
    guests: new Set(additions.waivers.flatMap((waiver) => waiver.operators).filter((one) => one !== operator)),
    uses: usesOf(payload),
    ordered: orderedOf(payload),
    devices: new Set(texts(payload.get("devices") ?? [], "devices")),
    bundleKeys: bundleKeys?.length ? bundleKeys : null,
    delta: deltaOf(payload),
  };
}

function checkMembers(payload: JsonObject): void {
  const members = payload.has("format") ? [...FIRST, ...SECOND] : FIRST;
  known(payload, members, "");
  for (const name of members) require_(payload.has(name) || OPTIONAL.includes(name), name);
  for (const name of ["iss", "aud"]) textAt(payload.get(name), name);
  for (const name of ["iat", "exp", "ver"]) whole(payload.get(name), name, 1, MAX_TIME);
  require_((payload.get("iat") as number) < (payload.get("exp") as number), "exp");
  for (const name of ["removed", "devices", "lists"]) if (payload.has(name)) texts(payload.get(name), name);
  for (const name of ["keys", "status_keys", "bundle_keys"]) if (payload.has(name)) require_(Array.isArray(payload.get(name)), name);
  for (const name of ["offsets", "uses", "policy", "ordered"]) if (payload.has(name)) require_(payload.get(name) !== null, name);
}

/** The accepted uses, `[jti, leg, seconds, gate]`, or with what a use was behind. */
function usesOf(payload: JsonObject): Use[] {
  return rows(payload.get("uses") ?? [], "uses", 4, 5).map(([jti, leg, at, gate, kind = "ride"]) => {
    require_(typeof jti === "string" && (gate === null || typeof gate === "string"), "uses");
    require_(typeof kind === "string" && KINDS.includes(kind), "uses");
    return { jti, leg: whole(leg, "uses", 0, 7), at: whole(at, "uses", 0, MAX_TIME), gate, kind: kind as Kind };
  });
}

function policyOf(payload: JsonObject): Policy {
  const document = payload.has("policy") ? objectAt(payload.get("policy"), "policy") : (new Map() as JsonObject);
  known(document, ["degrade", "accept_demo", "max_stale_seconds", "leeway_seconds", "proof_past_seconds", "proof_future_seconds"], "policy.");
  const degrade = document.has("degrade") ? document.get("degrade") : "fail_closed";
  const demo = document.has("accept_demo") ? document.get("accept_demo") : false;
  require_(degrade === "fail_open" || degrade === "fail_closed", "policy.degrade");
  require_(typeof demo === "boolean", "policy.accept_demo");
  const seconds = (name: string, otherwise: number, most: number) =>
    document.has(name) ? whole(document.get(name), `policy.${name}`, 0, most) : otherwise;
  return {
    degrade,
    acceptDemo: demo,
    maxStaleSeconds: seconds("max_stale_seconds", 24 * 3600, 30 * 24 * 3600),
    leewaySeconds: seconds("leeway_seconds", 30, 300),
    proofPastSeconds: seconds("proof_past_seconds", 45, 300),
    proofFutureSeconds: seconds("proof_future_seconds", 30, 300),
  };
}

function deltaOf(payload: JsonObject): Delta | null {
  const value = payload.get("delta");
  if (value === undefined || value === null) return null;
  const document = objectAt(value, "delta");
  known(document, ["since", "cursor", "complete", "cleared"], "delta.");
  const complete = document.get("complete");
  require_(typeof complete === "boolean", "delta.complete");
  return {
    since: whole(document.get("since"), "delta.since", 0, MAX_TIME),
    cursor: whole(document.get("cursor"), "delta.cursor", 0, MAX_TIME),
    complete,
    cleared: document.has("cleared") ? texts(document.get("cleared"), "delta.cleared") : [],
  };
}

/** Read a code in the strict order: signature, then issuer, operators, claims and the phone's key. */
export async function readTicket(bundle: Bundle, token: string, operator: string): Promise<Reading> {
  let payload: JsonObject;
  try {
    payload = objectOf(await verify(token, "ticket+jwt", bundle.ring));
  } catch (error) {
    if (error instanceof Refused) return unread(error.reason, null);
    if (error instanceof NotStrict) return unread("bad_claims", null);
    throw error;
  }
  const named = payload.get("jti");
  const jti = isJti(named) ? named : null;
  if (payload.get("iss") !== bundle.issuer) return unread("wrong_issuer", jti);
  const audience = payload.get("aud");
  const codes = Array.isArray(audience) ? audience.filter((one) => typeof one === "string") : null;
  if (codes && !codes.includes(operator) && !codes.some((one) => bundle.guests.has(one))) {
    const operators = codes.slice(0, 8).filter((one) => one !== NOBODY).map((one) => cut(one, 12));
    return { ...unread("wrong_audience", jti, { operators }), givenBack: begunByNobody(payload) };
  }
  try {
    return { ...unread(null, jti), claims: claimsOf(payload) };
  } catch (error) {
    if (error instanceof BadClaims) return unread("bad_claims", jti, { claim: cut(error.message, 20) });
    throw error;
  }
}

function unread(reason: string | null, jti: string | null, values: Record<string, unknown> = {}): Reading {
  return { reason, claims: null, jti, values, givenBack: [] };
}

function cut(text: string, most: number): string {
  return letters(text) <= most ? text : Array.from(text).slice(0, most).join("");
}

/** The stops where legs began that were given back, of a ticket whose claims nobody has checked yet. */
function begunByNobody(payload: JsonObject): string[] {
  const legs = payload.get("l");
  const first = Array.isArray(legs) ? legs.slice(0, 8) : [];
  return first.flatMap((leg) => (Array.isArray(leg) && leg[0] === NOBODY && typeof leg[1] === "string" ? [leg[1]] : []));
}

/** The seconds by which the operator's clock is east of UTC at a moment; 0 where the bundle does not say. */
export function offsetAt(bundle: Bundle, moment: number): number {
  const before = bundle.offsets.filter(([from]) => (from as number) <= moment);
  const found = before.length ? before : bundle.offsets.slice(0, 1);
  return found.reduce((best, one) => ((one[0] as number) > (best[0] as number) || (one[0] === best[0] && (one[1] as number) > (best[1] as number)) ? one : best), found[0] ?? [0, 0])[1] as number;
}

/** A moment by the operator's clock, as RFC 3339 writes it. */
export function localTime(bundle: Bundle, moment: number): string {
  const offset = offsetAt(bundle, moment);
  const [sign, far] = offset < 0 ? ["-", -offset] : ["+", offset];
  const parts = [far / 3600, (far / 60) % 60, far % 60].map((part) => String(Math.floor(part)).padStart(2, "0"));
  const shown = far % 60 ? parts : parts.slice(0, 2);
  return `${new Date((moment + offset) * 1000).toISOString().slice(0, 19)}${sign}${shown.join(":")}`;
}
