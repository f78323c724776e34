// Let one person at a time travel on a pass: its own code, or the ticket of one of its orders.
import type { Ordered, OrderedRide } from "./additions";
import type { Use } from "./usage";

/** A gate's memory of earlier presentations, and of the uses that orders took of passes. */
export interface Memory {
  usesOf(jti: string): Use[];
  hasProof(jti: string, nonce: string): boolean;
  orderedOf(jti: string): Ordered;
  /** The passes that pay for rides of an order's ticket. */
  passesBehind(jti: string): string[];
}

/** A ride of an order on the pass that is shown: when it departs, and until when it is under way where it has begun. */
export interface RideInTheWay {
  departs: number;
  until: number | null;
}

interface Begun {
  use: Use;
  ride: OrderedRide | null;
}

export const NOTHING_ORDERED: Ordered = { strokes: 0, rides: [] };
const AHEAD_SECONDS = 300;
const LEAST_SECONDS = 60;

/** The ride that shows that somebody else travels now on a pass whose own code is shown. */
export function rideInTheWay(jti: string, now: number, memory: Memory): RideInTheWay | null {
  const own = Math.max(-1, ...memory.usesOf(jti).filter((use) => isHeard(use, now)).map((use) => use.at));
  let latest: RideInTheWay | null = null;
  for (const ride of memory.orderedOf(jti).rides) {
    const began = beganAt(ride, now, memory);
    if (began === null || began <= own || now >= began + half(ride)) continue;
    if (!latest || began + half(ride) > (latest.until as number)) latest = { departs: ride.departs, until: began + half(ride) };
  }
  return latest;
}

/** The ride of an order whose ticket an inspector should see beside the pass. */
export function rideToAskFor(jti: string, now: number, memory: Memory): RideInTheWay | null {
  const begun = newest(jti, now, memory);
  if (begun?.ride && now < begun.use.at + whole(begun.ride)) return { departs: begun.ride.departs, until: begun.use.at + whole(begun.ride) };
  const coming = memory.orderedOf(jti).rides.find((ride) => ride.starts <= now && now < ride.ends && !hasBegun(ride, memory));
  return coming ? { departs: coming.departs, until: null } : null;
}

/** The use that shows that somebody else travels now on the pass that pays for a leg of an order's ticket. */
export function useInTheWay(ticket: string, leg: number, now: number, memory: Memory): Use | null {
  for (const held of memory.passesBehind(ticket)) {
    const mine = memory.orderedOf(held).rides.find((ride) => ride.ticket === ticket && ride.leg === leg);
    const begun = newest(held, now, memory);
    if (!mine || !begun) continue;
    const lasts = half(begun.ride ?? mine);
    // A gate on board may have taken one ride of a ticket for another, so of its own rides the shorter one counts.
    const shortest = begun.ride?.ticket === ticket ? Math.min(lasts, half(mine)) : lasts;
    if (now < begun.use.at + shortest) return begun.use;
  }
  return null;
}

/** When the ticket of an order began a ride last; null where it has not, or has checked out. */
function beganAt(ride: OrderedRide, now: number, memory: Memory): number | null {
  const last = latestOf(memory.usesOf(ride.ticket).filter((use) => use.leg === ride.leg && isHeard(use, now)), (use) => use);
  return !last || last.kind === "out" ? null : last.at;
}

/** The newest use of any code of a pass; null where there is none, or where it was checked out. */
function newest(held: string, now: number, memory: Memory): Begun | null {
  const shown: Begun[] = memory.usesOf(held).map((use) => ({ use, ride: null }));
  for (const ride of memory.orderedOf(held).rides) {
    for (const use of memory.usesOf(ride.ticket)) if (use.leg === ride.leg) shown.push({ use, ride });
  }
  const found = latestOf(shown.filter(({ use }) => isHeard(use, now)), ({ use }) => use);
  return !found || found.use.kind === "out" ? null : found;
}

/** The latest, of equal ones the first. */
function latestOf<T>(all: T[], useOf: (one: T) => Use): T | null {
  return all.reduce<T | null>((best, one) => (best && useOf(best).at >= useOf(one).at ? best : one), null);
}

function hasBegun(ride: OrderedRide, memory: Memory): boolean {
  return memory.usesOf(ride.ticket).some((use) => use.leg === ride.leg);
}

function isHeard(use: Use, now: number): boolean {
  return use.at <= now + AHEAD_SECONDS;
}

/** How long a person is surely on board: half of the ride's planned time, and a minute at least. */
function half(ride: OrderedRide): number {
  return Math.max(LEAST_SECONDS, Math.floor((ride.arrives - ride.departs) / 2));
}

function whole(ride: OrderedRide): number {
  return Math.max(LEAST_SECONDS, ride.arrives - ride.departs);
}
