// Decide the kind of one more use of a ticket: a ride, a transfer, a check-in or a check-out, or one too many.
import type { Rule } from "./rules";

export type Kind = "ride" | "transfer" | "in" | "out";
export type Values = Record<string, unknown>;

/** One accepted use of one leg, at which gate (null where it is not known), and what it was. */
export interface Use {
  jti: string;
  leg: number;
  at: number;
  gate: string | null;
  kind: Kind;
}

/** The next use: its kind, or the refusal with the use that it collides with. */
export interface Step {
  kind: Kind;
  refusal?: string;
  collides?: Use | undefined;
  note?: string;
}

/** What a use needs to be judged: the earlier ones in order of time, who wants it where, and what the ticket allows. */
export interface Wanted {
  earlier: Use[];
  leg: number;
  at: number;
  here: (string | null)[];
  direction: "in" | "out" | null;
  usesPerLeg: number;
  uses: number | null;
  ordered: number;
  rule: Rule;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function counts(use: { kind: string }): boolean {
  return use.kind === "ride" || use.kind === "in";
}

/** Join the uses that several sources tell: what two of them know is one, what one tells twice was twice. */
export function toldTogether(...sources: Use[][]): Use[] {
  const kept = new Map<string, Use[]>();
  for (const source of sources) {
    const mine = new Map<string, Use[]>();
    for (const use of source) {
      const key = JSON.stringify([use.jti, use.leg, use.at, use.gate]);
      const same = mine.get(key);
      if (same) same.push(use);
      else mine.set(key, [use]);
    }
    for (const [key, uses] of mine) if (uses.length >= (kept.get(key)?.length ?? 0)) kept.set(key, uses);
  }
  return [...kept.values()].flat();
}

/** How long ago a use was, and at which gate where people know it by its name. */
export function useValues(use: Use, now: number): Values {
  return { seconds: now - use.at, ...(use.gate && !ID.test(use.gate) ? { gate: use.gate } : {}) };
}

export function stepValues(step: Step, now: number, uses: number | null): Values {
  if (!step.collides) return {};
  if (step.refusal === "uses_exhausted") return { count: uses };
  const values = useValues(step.collides, now);
  if (step.refusal !== "passback") return values;
  return "gate" in values ? { gate: values["gate"] } : {};
}

/** Whether somebody who was checked in wants to leave. */
export function goesOut(earlier: Use[], direction: string | null, rule: Rule): boolean {
  return rule.check === "in_out" && direction !== "in" && earlier.at(-1)?.kind === "in";
}

/** Whether a use would be a check-out. */
export function isWayOut(earlier: Use[], direction: string | null, rule: Rule): boolean {
  return goesOut(earlier, direction, rule) || (rule.check === "in_out" && direction === "out");
}

/** Whether all uses of a leg are taken; 0 means that they are never. */
export function isSpent(used: Use[], leg: number, usesPerLeg: number): boolean {
  return usesPerLeg !== 0 && used.filter((use) => use.leg === leg && counts(use)).length >= usesPerLeg;
}

/** How many uses of how many are left of a carnet after one more of a kind. */
export function usesLeft(wanted: Wanted, kind: Kind): Values {
  const most = wanted.uses ?? 0;
  const taken = wanted.earlier.filter(counts).length + (counts({ kind }) ? 1 : 0) + wanted.ordered;
  return { left: Math.max(0, most - taken), count: most };
}

/** Say what a use would be after the earlier ones. An exit never holds anybody. */
export function nextUse(wanted: Wanted): Step {
  const counted = wanted.earlier.filter(counts);
  for (const rule of [wayOut, window, transfer, legUses, allUses]) {
    const step = rule(wanted, counted);
    if (step) return step;
  }
  if (wanted.rule.check !== "in_out") return { kind: "ride" };
  return wanted.earlier.at(-1)?.kind === "in" ? { kind: "in", note: "no_check_out" } : { kind: "in" };
}

/** Whether this comes too soon after a use at another gate. */
function isPassedBack(wanted: Wanted, last: Use): boolean {
  const sameGate = last.gate !== null && wanted.here.includes(last.gate);
  return wanted.at - last.at < wanted.rule.passbackSeconds && !sameGate;
}

function passback(collides: Use): Step {
  return { kind: "ride", refusal: "passback", collides };
}

function wayOut(wanted: Wanted): Step | null {
  const { earlier, direction } = wanted;
  if (!isWayOut(earlier, direction, wanted.rule)) return null;
  const last = earlier.at(-1);
  if (direction === null && last && isPassedBack(wanted, last)) return passback(last);
  return last?.kind === "in" ? { kind: "out" } : { kind: "out", note: "no_check_in" };
}

function window({ rule, at }: Wanted, counted: Use[]): Step | null {
  const first = counted[0];
  if (rule.windowSeconds === null || !first || at < first.at + rule.windowSeconds) return null;
  return { kind: "ride", refusal: "expired", collides: first };
}

function transfer(wanted: Wanted, counted: Use[]): Step | null {
  const { rule, earlier, at } = wanted;
  const last = counted.at(-1);
  if (!rule.transferSeconds || !last || at >= last.at + rule.transferSeconds) return null;
  const since = earlier.slice(earlier.findIndex((use) => isSame(use, last)));
  if (rule.transfers !== null && since.filter((use) => use.kind === "transfer").length >= rule.transfers) return null;
  const newest = earlier.at(-1) as Use;
  return isPassedBack(wanted, newest) ? passback(newest) : { kind: "transfer" };
}

function isSame(one: Use, other: Use): boolean {
  return one.leg === other.leg && one.at === other.at && one.gate === other.gate && one.kind === other.kind;
}

function legUses(wanted: Wanted, counted: Use[]): Step | null {
  const same = counted.filter((use) => use.leg === wanted.leg);
  const last = same.at(-1);
  if (wanted.usesPerLeg && same.length >= wanted.usesPerLeg) return { kind: "ride", refusal: "already_used", collides: last };
  return last && isPassedBack(wanted, last) ? passback(last) : null;
}

function allUses({ uses, ordered }: Wanted, counted: Use[]): Step | null {
  if (uses === null || counted.length + ordered < uses) return null;
  return { kind: "ride", refusal: "uses_exhausted", collides: counted.at(-1) };
}
