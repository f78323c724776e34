// The orders and tickets that this phone keeps, and how they are brought up to date.
import { signal } from "@preact/signals";
import { call, callTagged, now, Problem, type Schemas } from "../shared/api";
import { find, keep, list, remove } from "../shared/idb";

export type Order = Schemas["Order"];
export type Ticket = Schemas["Ticket"];
export type Tickets = Schemas["Tickets"];
export type SoldLeg = Schemas["SoldLeg"];
/** A leg as a search tells it, or as a ticket does, of which it may have been given back. */
export type Leg = Schemas["Leg"] & Pick<SoldLeg, "given_back_at">;

/** An order that this phone keeps, with its tickets as they were at `fetchedAt`. */
export interface KeptOrder {
  id: string;
  token: string;
  order: Order;
  tickets: Tickets | null;
  /** The versions of `order` and `tickets` as the service named them; none where they came by another call. */
  tags?: { order: string | null; tickets: string | null };
  fetchedAt: number;
  /** The contact by which this phone is told about the order, where its holder said yes. */
  push?: string | undefined;
  /** Passengers whose tickets another phone takes over. */
  elsewhere?: string[];
}

export const orders = signal<KeptOrder[]>([]);

export async function loadOrders(): Promise<void> {
  orders.value = await list<KeptOrder>("order");
}

export function orderOf(id: string): KeptOrder | undefined {
  return orders.value.find((one) => one.id === id);
}

export async function keepOrder(row: KeptOrder): Promise<void> {
  await keep("order", row);
  orders.value = [...orders.value.filter((one) => one.id !== row.id), row];
}

/** Keep an order that was bought elsewhere. Tickets of it that are here stay until the service's answer replaces them. */
export async function takeIn(id: string, token: string): Promise<void> {
  const order = await call("GET /v1/orders/{order_id}", { path: { order_id: id }, token });
  await keepOrder({ id, token, order, tickets: orderOf(id)?.tickets ?? null, fetchedAt: now() });
  await refresh(id);
}

export async function forgetOrder(id: string): Promise<void> {
  await remove("order", id);
  orders.value = orders.value.filter((one) => one.id !== id);
}

/** Ask the service how an order and its tickets stand now. */
export async function refresh(id: string): Promise<KeptOrder | undefined> {
  const row = (await find<KeptOrder>("order", id)) ?? orderOf(id);
  if (!row) return undefined;
  const given = { path: { order_id: id }, token: row.token };
  const asked = await callTagged("GET /v1/orders/{order_id}", given, row.tags?.order);
  const order = asked ? asked.answer : row.order;
  const held = row.tickets && hasTickets(order) ? row : null;
  const listed = hasTickets(order) ? await callTagged("GET /v1/orders/{order_id}/tickets", given, held?.tags?.tickets) : undefined;
  const tickets = listed ? withoutPictures(listed.answer) : (held?.tickets ?? null);
  const tags = { order: asked ? asked.tag : (row.tags?.order ?? null), tickets: listed ? listed.tag : (held?.tags?.tickets ?? null) };
  // What the holder has chosen meanwhile stays: only what was asked for is replaced.
  const fresh = { ...((await find<KeptOrder>("order", id)) ?? row), order, tickets, tags, fetchedAt: now() };
  await keepOrder(fresh);
  return fresh;
}

/** The app draws codes itself: the service's pictures of them would be the larger part of what is kept. */
function withoutPictures(tickets: Tickets): Tickets {
  return { ...tickets, tickets: tickets.tickets.map((one) => ({ ...one, qr_png: null, qr_svg: null })) };
}

/** Tell whether an order has come to tickets, whatever has become of them since. */
export function hasTickets(order: Order): boolean {
  return ["ticketed", "part_refunded", "refunded", "exchanged", "disputed", "refunding", "exchanging"].includes(order.state);
}

export async function refreshAll(): Promise<void> {
  for (const row of orders.value) {
    if (isOver(row)) continue;
    await refresh(row.id).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
    });
  }
}

function isOver(row: KeptOrder): boolean {
  const ends = row.tickets?.tickets.map((one) => Date.parse(one.valid_until)) ?? [now()];
  return Math.max(...ends) < now() - 7 * 86_400_000;
}

/** A passenger's ticket with the order that it belongs to. */
export interface Held {
  row: KeptOrder;
  ticket: Ticket;
  number: number;
}

export function held(): Held[] {
  const all = orders.value.flatMap((row) =>
    (row.tickets?.tickets ?? []).map((ticket, index) => ({ row, ticket, number: index + 1 })),
  );
  return all.sort((one, other) => startOf(one.ticket).localeCompare(startOf(other.ticket)));
}

export function heldBy(order: string, jti: string): Held | undefined {
  return held().find((one) => one.row.id === order && one.ticket.jti === jti);
}

/** The rides that the ticket still opens: what was given back is gone. */
export function ridesOf(ticket: Ticket): SoldLeg[] {
  return ticket.legs.filter((leg) => !leg.given_back_at);
}

export function startOf(ticket: Ticket): string {
  return ridesOf(ticket)[0]?.departure ?? ticket.not_before;
}

export type Badge = "valid" | "later" | "expired" | "refunded" | "exchanged" | "cancelled" | "payment_lost" | "suspended" | "disputed";

/** The state of a ticket in one word, by the service's clock. */
export function badgeOf({ row, ticket }: Held): Badge {
  if (ticket.status === "revoked") return ticket.revoked_because ?? "cancelled";
  if (ticket.status === "suspended") return row.order.disputed ? "disputed" : "suspended";
  if (Date.parse(ticket.valid_until) < now()) return "expired";
  return Date.parse(ticket.not_before) > now() ? "later" : "valid";
}

/** The token that a passenger shows: the ticket's own, or that of the group's code. */
export function shownToken({ row, ticket }: Held): string | null {
  return ticket.token ?? (ticket.group_code ? (row.tickets?.group_code?.token ?? null) : null);
}
