// A search as an address: what one asks for, readable and shareable, and the call that it becomes.
import type { Schemas } from "../shared/api";
import { ACCOUNT, now } from "../shared/api";
import { signedIn } from "../shared/session";
import type { Chosen } from "./combobox";
import { badgeOf, held, orderOf } from "./orders";

export interface Wish {
  from: Chosen;
  to: Chosen;
  via: Chosen | null;
  /** Local date and time without offset, as the form has it: 2026-12-01T06:10. */
  at: string;
  arrive: boolean;
  passengers: string[];
  lessWalking: boolean;
  wheelchair: boolean;
  /** The least emissions first. */
  clean?: boolean | undefined;
  /** The order whose tickets pay for this journey, and its passengers who change. */
  change: { order: string; passengers: string[] } | null;
}

export function toQuery(wish: Wish): string {
  const query = new URLSearchParams({
    from: wish.from.id,
    fromName: wish.from.name,
    to: wish.to.id,
    toName: wish.to.name,
    at: wish.at,
    who: wish.passengers.join("."),
  });
  if (wish.arrive) query.set("arrive", "1");
  if (wish.via) query.set("via", wish.via.id);
  if (wish.via) query.set("viaName", wish.via.name);
  if (wish.lessWalking) query.set("less", "1");
  if (wish.wheelchair) query.set("chair", "1");
  if (wish.clean) query.set("clean", "1");
  if (wish.change) query.set("change", wish.change.order);
  if (wish.change) query.set("refs", wish.change.passengers.join("."));
  return query.toString();
}

export function fromQuery(query: URLSearchParams): Partial<Wish> {
  const place = (key: string): Chosen | undefined => {
    const id = query.get(key);
    return id ? { id, name: query.get(`${key}Name`) ?? id } : undefined;
  };
  const change = query.get("change");
  const at = query.get("at") ?? "";
  const wish: Partial<Wish> = {
    via: place("via") ?? null,
    arrive: query.get("arrive") === "1",
    lessWalking: query.get("less") === "1",
    wheelchair: query.get("chair") === "1",
    clean: query.get("clean") === "1",
    change: change ? { order: change, passengers: (query.get("refs") ?? "").split(".").filter(Boolean) } : null,
  };
  const [from, to] = [place("from"), place("to")];
  if (from) wish.from = from;
  if (to) wish.to = to;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(at)) wish.at = at;
  const who = (query.get("who") ?? "").split(".").filter(Boolean);
  if (who.length) wish.passengers = who.slice(0, 30);
  return wish;
}

export function isWhole(wish: Partial<Wish>): wish is Wish {
  return Boolean(wish.from && wish.to && wish.at && wish.passengers?.length);
}

/** A local moment of the form with this device's offset of that day (RFC 3339). */
export function withOffset(at: string): string {
  const offset = -new Date(at).getTimezoneOffset();
  const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  return `${at}:00${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
}

export function localMoment(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function moved(at: string, minutes: number): string {
  return localMoment(new Date(at).getTime() + minutes * 60_000);
}

export function soon(): string {
  return localMoment(now());
}

/** A place by its id, or by where the phone is. */
function endpoint(place: Chosen): Schemas["Endpoint"] {
  const [, lat, lon] = /^geo:(-?[\d.]+),(-?[\d.]+)$/.exec(place.id) ?? [];
  return lat && lon ? { lat: Number(lat), lon: Number(lon) } : { stop_id: place.id };
}

export function toRequest(wish: Wish): Schemas["JourneyRequest"] {
  const refs = wish.change?.passengers ?? [];
  // Whoever has signed in travels as the first grown-up.
  const owner = signedIn.value && !wish.change ? wish.passengers.findIndex((category) => !["child", "infant"].includes(category)) : -1;
  const changed = wish.change ? orderOf(wish.change.order) : undefined;
  return {
    from: endpoint(wish.from),
    to: endpoint(wish.to),
    ...(wish.arrive ? { arrive_by: withOffset(wish.at) } : { depart_at: withOffset(wish.at) }),
    passengers: wish.passengers.map((category, index) => ({
      ref: refs[index] ?? `p${index + 1}`,
      rider_category: category,
      ...(index === owner ? { account_holder: true } : {}),
      ...passesFor(category, wish.passengers.indexOf(category) === index),
    })),
    ...(wish.via ? { via: { stop_id: wish.via.id } } : {}),
    ...(wish.lessWalking ? { walking: "less" as const } : {}),
    ...(wish.wheelchair ? { wheelchair: true } : {}),
    ...(wish.clean ? { sort: "emissions" as const } : {}),
    ...(changed ? { exchange: { order_id: changed.id, access_token: changed.token, passengers: refs } } : {}),
    free_places: true,
  };
}

const MOST_PASSES = 5;

/** The passes that this phone holds for a category: one person travels on them, the first of that category. */
function passesFor(category: string, isFirst: boolean): Pick<Schemas["Passenger"], "passes"> {
  const passes = held().filter(
    // An order of the account has no token of its own here: the account brings its passes.
    (one) => one.row.token !== ACCOUNT && one.ticket.legs.length === 0 && one.ticket.rider_category === category && ["valid", "later"].includes(badgeOf(one)),
  );
  if (!isFirst || passes.length === 0) return {};
  return { passes: passes.slice(0, MOST_PASSES).map(({ row }) => ({ order_id: row.id, access_token: row.token })) };
}
