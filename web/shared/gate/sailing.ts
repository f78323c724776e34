// Check the departure that a ticket is bound to: is it boarding now, and does a waiver let its ticket open another one.
import { called, type Delay, type Waiver, wholeMinute } from "./additions";
import { localTime } from "./bundle";
import type { Claims, Leg } from "./claims";
import type { Case, Gate, Refusal } from "./decision";
import type { Bundle } from "./bundle";
import type { Values } from "./usage";

const LONGEST_DELAY = 24 * 3600;

/** The seconds for which a ticket goes on beyond its end, because a departure that it names arrives late; a day at most. */
export function lateSeconds(claims: Claims, bundle: Bundle): number {
  const late = claims.legs.map((leg) => delayOf(leg, bundle)?.arrivals.get(leg.end ?? "") ?? 0);
  return Math.min(LONGEST_DELAY, Math.max(0, ...late));
}

function delayOf(leg: Leg, bundle: Bundle): Delay | undefined {
  return leg.departure === null ? undefined : bundle.delays.get(called(leg.operator, leg.start, leg.departure));
}

/** The planned departure that a gate names: as it says, else the one of its trip that is nearest to now. */
function namedSailing(gate: Gate, bundle: Bundle, now: number): number | null {
  if (gate.departure !== null) return wholeMinute(gate.departure);
  const calls = bundle.sailings.get(gate.tripId ?? "") ?? [];
  const here = calls.filter(([stop]) => gate.stopId === null || gate.stopId === stop).map(([, departure]) => departure);
  return here.reduce<number | null>((best, one) => (best !== null && Math.abs(best - now) <= Math.abs(one - now) ? best : one), null);
}

/** Whether the departure that the ticket is bound to is boarding now. */
export function sailing(case_: Case): Refusal | null {
  const { bundle, gate, notes } = case_;
  const rule = bundle.boarding.get(case_.claims.product);
  const leg = case_.claims.legs[case_.leg] as Leg;
  if (!rule || leg.operator !== gate.operator) return null;
  if (leg.departure === null) {
    notes.push(["no_departure", {}]);
    return null;
  }
  const named = namedSailing(gate, bundle, case_.now);
  if (named === null && gate.tripId !== null) notes.push(["unknown_sailing", { trip: gate.tripId }]);
  const delay = delayOf(leg, bundle);
  let refusal: Refusal | null = null;
  if (named !== null && named !== leg.departure) {
    refusal = ["wrong_sailing", { ...departure(bundle, leg.departure), boarding: localTime(bundle, named) }];
  } else if (!gate.inspects) refusal = outside(case_, leg.departure, delay, rule);
  if (refusal?.[0] === "wrong_sailing" && isWaived(case_, leg)) return null;
  if (!delay?.cancelled) return refusal;
  notes.push(["cancelled", departure(bundle, leg.departure)]);
  return refusal && [refusal[0], { ...refusal[1], cancelled: true }];
}

/** The refusal of somebody who comes before the opening of check-in, or after the sailing has left. */
function outside(
  { bundle, now }: Case,
  planned: number,
  delay: Delay | undefined,
  rule: { opensSeconds: number; closesSeconds: number },
): Refusal | null {
  const opens = planned - rule.opensSeconds;
  if (now < opens) return ["check_in_not_open", { ...departure(bundle, planned), opens: localTime(bundle, opens) }];
  const closed = Math.max(planned, delay?.departsAt ?? 0) + rule.closesSeconds;
  return now <= closed ? null : ["wrong_sailing", { ...departure(bundle, planned), closed: localTime(bundle, closed) }];
}

/** The legs that go with the sailing that the gate names; all of them where none does, or it names none. */
export function fitting({ gate, bundle, claims, now }: Case, candidates: number[]): number[] {
  if (gate.tripId === null && gate.departure === null) return candidates;
  const named = namedSailing(gate, bundle, now);
  const found = candidates.filter((at) => (claims.legs[at] as Leg).departure === named);
  return found.length ? found : candidates;
}

/** Whether a waiver lets a ticket for one departure open the gate of another; staff are told which it was. */
export function isWaived(case_: Case, leg: Leg): boolean {
  const { bundle, gate, now, claims } = case_;
  if (leg.departure === null) return false;
  const missed = called(leg.operator, leg.start, leg.departure);
  const minute = wholeMinute(gate.departure ?? 0);
  const goes = (trip: string) =>
    trip === "any" || trip === gate.tripId || (bundle.sailings.get(trip) ?? []).some(([stop, at]) => stop === gate.stopId && at === minute);
  const concerns = (waiver: Waiver) => waiver.trips.has(missed) && (waiver.tickets === null || waiver.tickets.has(claims.jti));
  const found = bundle.waivers.some(
    (waiver) => concerns(waiver) && now < waiver.until && waiver.operator === gate.operator && goes(waiver.trip),
  );
  if (found) case_.notes.push(["rerouted", departure(bundle, leg.departure)]);
  return found;
}

function departure(bundle: Bundle, planned: number): Values {
  return { departure: localTime(bundle, planned) };
}
