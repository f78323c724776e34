// The members that format 2 of a bundle adds: boarding, sailings, delays, waivers, other issuers, what orders took of passes.
import { loadKeys } from "./jwk";
import { known, objectAt, require_, rows, textAt, texts, whole, YEAR_SECONDS } from "./rules";
import { MAX_TIME } from "./statuslist";
import type { Json, JsonObject } from "./strict";

export interface Delay {
  departsAt: number | null;
  arrivals: Map<string, number>;
  cancelled: boolean;
}

/** Tickets for some departures (by `called`) open another one, until `until`. */
export interface Waiver {
  trips: Set<string>;
  operators: string[];
  operator: string;
  trip: string;
  until: number;
  /** The tickets that it is for; null: all. */
  tickets: Set<string> | null;
}

/** A ride that an order took with a pass: which leg of which ticket opens it, its planned times, and when that ticket is good. */
export interface OrderedRide {
  ticket: string;
  leg: number;
  departs: number;
  arrives: number;
  starts: number;
  ends: number;
}

export interface Ordered {
  strokes: number;
  rides: OrderedRide[];
}

export interface Additions {
  boarding: Map<string, { opensSeconds: number; closesSeconds: number }>;
  sailings: Map<string, [string, number][]>;
  delays: Map<string, Delay>;
  waivers: Waiver[];
  categories: Map<string, string>;
}

export const NO_ADDITIONS: Additions = { boarding: new Map(), sailings: new Map(), delays: new Map(), waivers: [], categories: new Map() };

/** The name of a departure in tables: operator, stop, minute. */
export function called(operator: string, stop: string, departure: number): string {
  return JSON.stringify([operator, stop, departure]);
}

export function wholeMinute(seconds: number): number {
  return seconds - (seconds % 60);
}

export function additionsOf(payload: JsonObject): Additions {
  require_(payload.get("format") === 2, "format");
  const sailings: Additions["sailings"] = new Map();
  for (const row of rows(payload.get("sailings"), "sailings", 3)) {
    const [trip, stop, departure] = calledIn(row, "sailings");
    sailings.set(trip, [...(sailings.get(trip) ?? []), [stop, departure]]);
  }
  checkIssuers(payload);
  const categories = objectAt(payload.get("categories"), "categories");
  texts([...categories.values()], "categories");
  return {
    boarding: new Map([...objectAt(payload.get("boarding"), "boarding")].map(([product, rule]) => [product, boardingOf(rule)])),
    sailings,
    delays: new Map(rows(payload.get("delays"), "delays", 5).map(delayOf)),
    waivers: list(payload.get("waivers"), "waivers").map(waiverOf),
    categories: categories as Map<string, string>,
  };
}

function list(value: Json | undefined, path: string): Json[] {
  require_(Array.isArray(value), path);
  return value;
}

function exactly(value: Json | undefined, names: string[], path: string, optional: string[] = []): JsonObject {
  const document = objectAt(value, path);
  known(document, [...names, ...optional], `${path}.`);
  for (const name of names) require_(document.has(name), `${path}.${name}`);
  return document;
}

function calledIn(row: Json[], path: string): [string, string, number] {
  const [first, second, departure] = row;
  require_(typeof first === "string" && typeof second === "string", path);
  return [first, second, wholeMinute(whole(departure, path, 0, MAX_TIME))];
}

function boardingOf(value: Json): { opensSeconds: number; closesSeconds: number } {
  const document = objectAt(value, "boarding");
  known(document, ["opens_seconds", "closes_seconds"], "boarding.");
  return {
    opensSeconds: whole(document.get("opens_seconds"), "boarding", 0, 24 * 3600),
    closesSeconds: document.has("closes_seconds") ? whole(document.get("closes_seconds"), "boarding", 0, 6 * 3600) : 900,
  };
}

function delayOf(row: Json[]): [string, Delay] {
  const [departsAt, arrivals] = [row[3] as Json, row[4] as Json];
  const name = called(...calledIn(row, "delays"));
  const expected = departsAt === null ? null : whole(departsAt, "delays", 0, MAX_TIME);
  if (arrivals === null) return [name, { departsAt: expected, arrivals: new Map(), cancelled: true }];
  const late = rows(arrivals, "delays", 2).map(([stop, seconds]): [string, number] => {
    require_(typeof stop === "string", "delays");
    return [stop, whole(seconds, "delays", 0, YEAR_SECONDS)];
  });
  return [name, { departsAt: expected, arrivals: new Map(late), cancelled: false }];
}

function waiverOf(value: Json): Waiver {
  const document = exactly(value, ["event", "trips", "accept", "until"], "waivers", ["tickets"]);
  const tickets = document.has("tickets") ? texts(document.get("tickets"), "waivers.tickets") : null;
  require_(tickets?.length !== 0, "waivers.tickets");
  textAt(document.get("event"), "waivers.event");
  const accept = texts(document.get("accept"), "waivers.accept");
  require_(accept.length === 2, "waivers.accept");
  const trips = rows(document.get("trips"), "waivers.trips", 3).map((row) => calledIn(row, "waivers.trips"));
  return {
    trips: new Set(trips.map((trip) => called(...trip))),
    operators: trips.map(([operator]) => operator),
    operator: accept[0] as string,
    trip: accept[1] as string,
    until: whole(document.get("until"), "waivers.until", 1, MAX_TIME),
    tickets: tickets && new Set(tickets),
  };
}

/** Check the other schemes; no gate decides by them yet. */
function checkIssuers(payload: JsonObject): void {
  const names = [payload.get("iss")];
  for (const value of list(payload.get("issuers"), "issuers")) {
    const document = exactly(value, ["iss", "keys", "status_keys", "lists", "removed", "allow", "since", "until"], "issuers");
    names.push(textAt(document.get("iss"), "issuers.iss"));
    for (const name of ["lists", "removed"]) texts(document.get(name), `issuers.${name}`);
    for (const name of ["keys", "status_keys"]) loadKeys(document.get(name));
    const [since, until] = ["since", "until"].map((name) => whole(document.get(name), `issuers.${name}`, 1, MAX_TIME)) as [number, number];
    require_(since < until, "issuers.until");
    const allow = exactly(document.get("allow"), ["operators", "products", "legs", "max_seconds"], "issuers.allow");
    for (const name of ["operators", "products"]) texts(allow.get(name), `issuers.allow.${name}`);
    for (const row of rows(allow.get("legs"), "issuers.allow.legs", 3)) texts(row, "issuers.allow.legs");
    whole(allow.get("max_seconds"), "issuers.allow.max_seconds", 1, YEAR_SECONDS);
  }
  require_(new Set(names).size === names.length, "issuers");
}

/** What orders took of passes; nothing in format 1. */
export function orderedOf(payload: JsonObject): Map<string, Ordered> {
  return new Map(rows(payload.get("ordered") ?? [], "ordered", 3).map(([jti, strokes, rides]): [string, Ordered] => {
    require_(typeof jti === "string", "ordered");
    return [jti, { strokes: whole(strokes, "ordered", 0, 1 << 20), rides: rows(rides, "ordered", 6).map(rideOf) }];
  }));
}

function rideOf([ticket, leg, ...times]: Json[]): OrderedRide {
  require_(typeof ticket === "string", "ordered");
  const [departs, arrives, starts, ends] = times.map((moment) => whole(moment, "ordered", 0, MAX_TIME)) as [number, number, number, number];
  return { ticket, leg: whole(leg, "ordered", 0, 7), departs, arrives, starts, ends };
}
