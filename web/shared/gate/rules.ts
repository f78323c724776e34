// The rules of products as a bundle carries them, and the checks that every member of a bundle goes through.
import type { Json, JsonObject } from "./strict";

/** A bundle that must not be applied; the one that is held stays. The message names the member. */
export class BadBundle extends Error {}

export interface Rule {
  binding: string;
  passbackSeconds: number;
  stops: string;
  classes: string[];
  hours: number[][];
  days: number[];
  transferSeconds: number;
  transfers: number | null;
  windowSeconds: number | null;
  check: string;
}

const DAY_SECONDS = 24 * 3600;
export const YEAR_SECONDS = 366 * DAY_SECONDS;
const MEMBERS = [
  "binding", "passback_seconds", "stops", "classes", "hours", "days", "transfer_seconds", "transfers", "window_seconds", "check",
];

export function require_(holds: boolean, path: string): asserts holds {
  if (!holds) throw new BadBundle(path);
}

export function objectAt(value: Json | undefined, path: string): JsonObject {
  require_(value instanceof Map, path);
  return value;
}

/** Refuse a name that is not understood: it must not be skipped. */
export function known(document: JsonObject, names: Iterable<string>, path: string): void {
  const allowed = new Set(names);
  for (const name of document.keys()) require_(allowed.has(name), `${path}${name}`);
}

export function whole(value: Json | undefined, path: string, low: number, high: number): number {
  require_(typeof value === "number" && low <= value && value <= high, path);
  return value;
}

export function textAt(value: Json | undefined, path: string): string {
  require_(typeof value === "string" && value !== "", path);
  return value;
}

export function texts(value: Json | undefined, path: string): string[] {
  require_(Array.isArray(value) && value.every((one) => typeof one === "string"), path);
  return value as string[];
}

/** A list of lists of one of these lengths. */
export function rows(value: Json | undefined, path: string, ...lengths: number[]): Json[][] {
  require_(Array.isArray(value) && value.every((row) => Array.isArray(row) && lengths.includes(row.length)), path);
  return value as Json[][];
}

/** The rules by product; rules about the local day need `offsets`, since a guess would be an hour wrong. */
export function rulesOf(value: Json | undefined, hasOffsets: boolean): Map<string, Rule> {
  const rules = new Map([...objectAt(value, "rules")].map(([product, rule]) => [product, ruleOf(rule, `rules.${product}`)] as const));
  const isTimed = [...rules.values()].some((rule) => rule.hours.length || rule.days.length);
  require_(hasOffsets || !isTimed, "offsets");
  return rules;
}

function ruleOf(value: Json, path: string): Rule {
  const document = objectAt(value, path);
  known(document, MEMBERS, `${path}.`);
  const member = (name: string, otherwise: Json) => (document.has(name) ? (document.get(name) as Json) : otherwise);
  const oneOf = (name: string, ...allowed: string[]) => {
    const found = member(name, allowed[0] as string);
    require_(typeof found === "string" && allowed.includes(found), `${path}.${name}`);
    return found;
  };
  const optional = (name: string, low: number, high: number) =>
    document.get(name) === undefined || document.get(name) === null ? null : whole(document.get(name), `${path}.${name}`, low, high);
  const days = member("days", []);
  require_(Array.isArray(days), `${path}.days`);
  return {
    binding: oneOf("binding", "optional", "required", "none"),
    passbackSeconds: whole(member("passback_seconds", 60), `${path}.passback_seconds`, 0, DAY_SECONDS),
    stops: oneOf("stops", "any", "board"),
    classes: texts(member("classes", []), `${path}.classes`),
    hours: rows(member("hours", []), `${path}.hours`, 2).map((row) => span(row, `${path}.hours`)),
    days: days.map((day) => whole(day, `${path}.days`, 1, 7)),
    transferSeconds: whole(member("transfer_seconds", 0), `${path}.transfer_seconds`, 0, DAY_SECONDS),
    transfers: optional("transfers", 0, 99),
    windowSeconds: optional("window_seconds", 1, YEAR_SECONDS),
    check: oneOf("check", "once", "in_out"),
  };
}

function span(row: Json[], path: string): number[] {
  const [start, end] = row.map((value) => whole(value, path, 0, DAY_SECONDS)) as [number, number];
  require_(start < end, path);
  return [start, end];
}

/** Whether a moment of the local clock (POSIX seconds moved east) is within a rule's hours and days. */
export function allows(rule: Rule, local: number): boolean {
  const day = Math.floor(local / DAY_SECONDS);
  const second = local - day * DAY_SECONDS;
  const inHours = !rule.hours.length || rule.hours.some(([start, end]) => (start as number) <= second && second < (end as number));
  // 1 January 1970 was a Thursday.
  return inHours && (!rule.days.length || rule.days.includes(((((day + 3) % 7) + 7) % 7) + 1));
}
