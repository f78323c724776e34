// The purchase under way: kept on the disk, so that a reload or a dead battery goes on where it was.
import { signal } from "@preact/signals";
import { newKey, type Schemas } from "../shared/api";
import { find, keep, remove } from "../shared/idb";
import type { InLine } from "./queue";

export interface Draft {
  itinerary: Schemas["Itinerary"] | null;
  /** Null where an order that was left unpaid is taken up again. */
  quote: Schemas["Quote"] | null;
  /** Repeated with the same value until there is an answer, so that nothing is ordered or charged twice. */
  orderKey: string;
  payKey: string;
  search: string;
  order: Schemas["Order"] | null;
  token: string | null;
  method: string | null;
  /** The order that pays for this one with its tickets. */
  change: string | null;
  /** Another way after a disruption: the legs that it takes the place of, and the words of what is paid first and repaid later. */
  other?: { legs: number[]; text: string };
  queue?: Queued | null;
}

/** Passengers whose tickets this phone signs for, those whose tickets another one takes over, and whether the changes were read. */
export interface Wishes {
  bound: string[];
  elsewhere: string[];
  read: boolean;
}

/** A place in the queue of a rush: its ticket is good for the same order alone, from a time of this device's clock on. */
export interface Queued extends InLine {
  wishes: Wishes;
}

/** The screen with the other ways of a purchase that has come to nothing. */
export function othersOf(current: Draft): string {
  return current.other ? `/app/orders/${current.change}/options` : `/app/results?${current.search}`;
}

export const draft = signal<Draft | null>(null);

export async function loadDraft(): Promise<void> {
  draft.value = (await find<{ id: string; draft: Draft }>("pref", "draft"))?.draft ?? null;
}

export async function keepDraft(next: Draft): Promise<void> {
  draft.value = next;
  await keep("pref", { id: "draft", draft: next } as { id: string });
}

export async function dropDraft(): Promise<void> {
  draft.value = null;
  await remove("pref", "draft");
}

/** Take up an order again that was placed and not paid. */
export async function resume(order: Schemas["Order"], token: string): Promise<void> {
  if (draft.value?.order?.id === order.id) return;
  const keys = { orderKey: newKey(), payKey: newKey() };
  await keepDraft({ itinerary: null, quote: null, search: "", change: order.exchange_of, order, token, method: null, ...keys });
}

export async function wish<T>(id: string): Promise<T | undefined> {
  return (await find<{ id: string; value: T }>("pref", id))?.value;
}

export async function keepWish(id: string, value: unknown): Promise<void> {
  await keep("pref", { id, value } as { id: string });
}
