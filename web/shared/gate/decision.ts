// Accept or refuse a ticket: the same rules as the service's and the gates', held equal by shared cases.
// No clock, no network, no storage: the time and the bundle are arguments. Signatures are verified before, by `present`.
import { type Bundle, localTime, offsetAt, readTicket, type Reading } from "./bundle";
import { type Claims, type Leg, NOBODY, ZONE } from "./claims";
import { type Proof, readProof } from "./proof";
import { allows, type Rule } from "./rules";
import { fitting, isWaived, lateSeconds, sailing } from "./sailing";
import { statusOf } from "./statuslist";
import { type Memory, NOTHING_ORDERED, rideInTheWay, rideToAskFor, useInTheWay } from "./traveller";
import { goesOut, isSpent, isWayOut, type Kind, nextUse, stepValues, type Use, usesLeft, useValues, type Values, type Wanted } from "./usage";

export type { Memory, Use, Values };
export type Note = [code: string, values: Values];
export type Refusal = [reason: string, values: Values];

/** The place of a presentation; null leaves the choice to the ticket. */
export interface Gate {
  operator: string;
  stopId: string | null;
  leg: number | null;
  id: string | null;
  zone: string | null;
  direction: "in" | "out" | null;
  inspects: boolean;
  clockIsSure: boolean;
  tripId: string | null;
  departure: number | null;
}

/** A code that was shown, read: its ticket, and its proof where there is one (null: it is not the phone's). */
export interface Presented {
  reading: Reading;
  hasProof: boolean;
  proof: Proof | null;
}

export interface Decision {
  admit: boolean;
  reason: string;
  leg: number | null;
  jti: string | null;
  kind: Kind | "inspection" | null;
  nonce: string | null;
  values: Values;
  notes: Note[];
}

/** One presentation on its way through the checks, and what they find out. */
export interface Case {
  presented: Presented;
  claims: Claims;
  bundle: Bundle;
  seen: Memory;
  now: number;
  gate: Gate;
  used: Use[];
  leg: number;
  nonce: string | null;
  kind: Kind | "inspection";
  notes: Note[];
}

export const USES_LEFT = "uses_left";
const NO_LEG = -1;
const CLOCK_SLACK_SECONDS = 30;
const DAY_SECONDS = 24 * 3600;
const FRESH_SECONDS = 120;
const STANDING = ["", "revoked", "suspended", "replaced"];

/** Read a scanned code for a gate: `ticket`, or `ticket~proof`. */
export async function present(code: string, bundle: Bundle, operator: string, beside?: string | null): Promise<Presented> {
  const tilde = beside == null ? code.indexOf("~") : -1;
  const token = tilde < 0 ? code : code.slice(0, tilde);
  const proof = beside ?? (tilde < 0 ? null : code.slice(tilde + 1));
  const reading = await readTicket(bundle, token, operator);
  const key = reading.claims?.bindingKey;
  return { reading, hasProof: proof !== null, proof: proof !== null && key ? await readProof(proof, token, key) : null };
}

/** Decide about one presentation at `now` (POSIX seconds): the first reason that holds is the answer. */
export function decide(presented: Presented, bundle: Bundle, seen: Memory, now: number, gate: Gate): Decision {
  const behind = bundle.issuedAt - now;
  if (behind > CLOCK_SLACK_SECONDS) return refused("clock_behind", { seconds: behind });
  const { reading } = presented;
  if (!reading.claims) {
    const gone = gate.stopId !== null && reading.givenBack.includes(gate.stopId) ? { given_back: true } : {};
    return refused(reading.reason ?? "malformed", { ...reading.values, ...gone }, reading.jti);
  }
  const used = seen.usesOf(reading.claims.jti).toSorted((one, other) => one.at - other.at);
  const case_: Case = { presented, claims: reading.claims, bundle, seen, now, gate, used, leg: NO_LEG, nonce: null, kind: "ride", notes: [] };
  for (const check of [time, status, binding, leg, sailing, product, hours, uses]) {
    const refusal = check(case_);
    if (refusal) return refused(...refusal, case_.claims.jti, case_.leg === NO_LEG ? null : case_.leg);
  }
  return admitted(case_);
}

function refused(reason: string, values: Values, jti: string | null = null, leg: number | null = null): Decision {
  return { admit: false, reason, leg, jti, kind: null, nonce: null, values, notes: [] };
}

function admitted({ claims, bundle, notes, leg, nonce, kind }: Case): Decision {
  if (claims.category) notes.push(["category", { category: bundle.categories.get(claims.category) ?? claims.category }]);
  if (claims.personal) notes.push(["personal", {}]);
  if (claims.passengers > 1) notes.push(["group", { count: claims.passengers }]);
  const reason = notes.some(([code]) => code !== USES_LEFT) ? "ok_attention" : "ok";
  return { admit: true, reason, leg, jti: claims.jti, kind, nonce, values: {}, notes };
}

function time({ bundle, claims, now, notes }: Case): Refusal | null {
  const [leeway, ends] = [bundle.policy.leewaySeconds, claims.expiresAt];
  if (now + leeway < claims.notBefore) return ["not_yet_valid", { seconds: claims.notBefore - now }];
  if (now - leeway < ends) return null;
  const until = ends + lateSeconds(claims, bundle);
  if (now - leeway < until) {
    notes.push(["late", { seconds: now - ends }]);
    return null;
  }
  const age = now - bundle.issuedAt;
  const known = age > FRESH_SECONDS && now < ends + DAY_SECONDS ? { known_seconds: age } : {};
  return ["expired", { seconds: now - until, ...known }];
}

/** Refuse what is known as revoked, however old the list; an old list no longer proves validity. */
function status({ bundle, claims, now, notes }: Case): Refusal | null {
  const list = bundle.lists.get(claims.status.uri);
  if (list) {
    const bits = statusOf(list, claims.status.index);
    if (bits === null) return ["status_stale", { index: claims.status.index }];
    if (bits) return [STANDING[bits] as string, {}];
    const isFresh = now - list.issuedAt <= bundle.policy.maxStaleSeconds && now < list.expiresAt;
    if (isFresh && now < bundle.expiresAt) return null;
  }
  if (bundle.policy.degrade === "fail_closed" || now >= bundle.expiresAt + DAY_SECONDS) {
    return ["status_stale", list ? { seconds: now - list.issuedAt } : {}];
  }
  notes.push(["stale_list", {}]);
  return null;
}

function binding(case_: Case): Refusal | null {
  const { presented, claims, bundle, gate, now } = case_;
  if (!presented.hasProof) {
    const isNeeded = claims.bindingKey !== null || bundle.rules.get(claims.product)?.binding === "required";
    return isNeeded ? ["proof_missing", {}] : null;
  }
  const { proof } = presented;
  if (!proof) return ["proof_invalid", {}];
  if (proof.audience !== gate.operator) return ["proof_wrong_operator", { operator: proof.audience }];
  case_.nonce = proof.nonce;
  if (!gate.clockIsSure) return ["proof_expired", { off: true }];
  const ahead = proof.issuedAt - now;
  if (ahead < -bundle.policy.proofPastSeconds || ahead > bundle.policy.proofFutureSeconds) {
    return ["proof_expired", { difference: `${ahead < 0 ? "" : "+"}${ahead}` }];
  }
  return case_.seen.hasProof(claims.jti, proof.nonce) ? ["proof_replayed", {}] : null;
}

/** Choose the leg: the one the gate names, else the first of this operator that fits and has uses left. */
function leg(case_: Case): Refusal | null {
  const { claims, gate } = case_;
  const legAt = (at: number) => claims.legs[at] as Leg;
  const all = claims.legs.flatMap(({ operator }, at) => (operator === gate.operator ? [at] : []));
  if (!all.length) return sentHere(case_);
  const own = gate.leg === null ? all : all.filter((at) => at === gate.leg);
  const here = own.filter((at) => isHere(legAt(at), gate));
  const candidates = here.length ? here : elsewhere(case_, own);
  if (!candidates.length) return [all.some((at) => legAt(at).end === null) ? "wrong_zone" : "wrong_leg", givenBack(case_)];
  const fits = fitting(case_, candidates);
  case_.leg = fits.find((at) => !isSpent(case_.used, at, claims.usesPerLeg)) ?? (fits[0] as number);
  return null;
}

/** The legs that a gate takes although none of them begins there: all of this operator, or none. */
function elsewhere(case_: Case, own: number[]): number[] {
  const { claims, bundle, gate } = case_;
  const rule = bundle.rules.get(claims.product);
  if (bundle.boarding.has(claims.product) || rule?.stops === "board") return [];
  const endsHere = gate.stopId !== null && own.some((at) => claims.legs[at]?.end === gate.stopId);
  if (rule?.check !== "in_out" && endsHere) return [];
  return "given_back" in givenBack(case_) ? [] : own;
}

function sentHere(case_: Case): Refusal | null {
  for (const [at, one] of case_.claims.legs.entries()) {
    if (isWaived(case_, one)) {
      case_.leg = at;
      return null;
    }
  }
  return ["wrong_audience", { operators: case_.claims.audience.filter((name) => name !== NOBODY), ...givenBack(case_) }];
}

/** Tell whether a leg that was given back began where the gate is. */
function givenBack({ claims, gate }: Case): Values {
  return claims.legs.some(({ operator, start }) => operator === NOBODY && start === gate.stopId) ? { given_back: true } : {};
}

/** Whether a leg begins where the gate is, as far as the gate says where that is. */
function isHere({ start, end }: Leg, gate: Gate): boolean {
  if (end !== null) return gate.stopId === null || start === gate.stopId;
  if (gate.zone === null) return gate.stopId === null;
  return (start.startsWith(ZONE) ? start.slice(ZONE.length) : start).includes(gate.zone);
}

function product({ bundle, claims, leg }: Case): Refusal | null {
  const rule = bundle.rules.get(claims.product);
  if (!rule) return ["product_not_accepted", { product: claims.product }];
  const travelClass = claims.legs[leg]?.travelClass ?? null;
  if (rule.classes.length && (travelClass === null || !rule.classes.includes(travelClass))) return ["wrong_class", { class: travelClass ?? "none" }];
  return claims.demo && !bundle.policy.acceptDemo ? ["product_not_accepted", { demo: true }] : null;
}

/** Time rules speak of the local day; they hold nobody who is on the way out. */
function hours({ bundle, claims, used, gate, now }: Case): Refusal | null {
  const rule = bundle.rules.get(claims.product) as Rule;
  if (!(rule.hours.length || rule.days.length) || isWayOut(used, gate.direction, rule)) return null;
  return allows(rule, now + offsetAt(bundle, now)) ? null : ["outside_time_rule", {}];
}

function uses(case_: Case): Refusal | null {
  const { claims, now, gate, used, notes } = case_;
  const [inTheWay, strokes] = otherCode(case_);
  if (gate.inspects) {
    case_.kind = "inspection";
    if (inTheWay) notes.push(inTheWay);
    if (!used.some((use) => use.leg === case_.leg)) notes.push(["no_use_known", {}]);
    return null;
  }
  if (inTheWay) return inTheWay;
  const wanted: Wanted = {
    earlier: used,
    leg: case_.leg,
    at: now,
    here: [gate.id, gate.stopId],
    direction: gate.direction,
    usesPerLeg: claims.usesPerLeg,
    uses: claims.uses,
    ordered: strokes,
    rule: case_.bundle.rules.get(claims.product) as Rule,
  };
  const step = nextUse(wanted);
  if (step.refusal) return [step.refusal, stepValues(step, now, claims.uses)];
  case_.kind = step.kind;
  if (step.note) notes.push([step.note, {}]);
  if (step.kind === "transfer") notes.push(["transfer", {}]);
  if (claims.uses !== null) notes.push([USES_LEFT, usesLeft(wanted, step.kind)]);
  return null;
}

/** Say which other code of one pass travels instead of this one, and how many strokes orders took of this one. */
function otherCode({ claims, seen, now, gate, used, bundle, leg }: Case): [Refusal | null, number] {
  if (claims.usesPerLeg) {
    // A ticket of a journey that has begun may go on, or out; only a pass is what orders take rides of.
    if (used.some((use) => use.leg === leg)) return [null, 0];
    const use = useInTheWay(claims.jti, leg, now, seen);
    return [use && ["pass_on_another_ride", useValues(use, now)], 0];
  }
  const leaves = goesOut(used, gate.direction, bundle.rules.get(claims.product) as Rule);
  const ride = leaves ? null : (gate.inspects ? rideToAskFor : rideInTheWay)(claims.jti, now, seen);
  const until = ride?.until === null || !ride ? {} : { until: localTime(bundle, ride.until) };
  return [ride && ["ride_of_an_order", { departure: localTime(bundle, ride.departs), ...until }], seen.orderedOf(claims.jti).strokes];
}

/** A memory of uses and proofs that lie in memory; looking a ticket up costs the same however many there are. */
export function memoryOf(all: Use[], proofs: Set<string>, bundle: Pick<Bundle, "ordered">): Memory {
  const byTicket = new Map<string, Use[]>();
  for (const use of all) {
    const same = byTicket.get(use.jti);
    if (same) same.push(use);
    else byTicket.set(use.jti, [use]);
  }
  const behind = new Map<string, string[]>();
  for (const [jti, { rides }] of bundle.ordered) {
    for (const ticket of new Set(rides.map((ride) => ride.ticket))) behind.set(ticket, [...(behind.get(ticket) ?? []), jti]);
  }
  return {
    usesOf: (jti) => byTicket.get(jti) ?? [],
    hasProof: (jti, nonce) => proofs.has(`${jti} ${nonce}`),
    orderedOf: (jti) => bundle.ordered.get(jti) ?? NOTHING_ORDERED,
    passesBehind: (jti) => behind.get(jti) ?? [],
  };
}
