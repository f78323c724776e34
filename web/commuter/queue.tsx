// The queue of a rush, as its buyer meets it: a place, a time, and the same call again at that time.
import { signal } from "@preact/signals";
import { call, NoAnswer, Problem, type Schemas } from "../shared/api";
import { t } from "../shared/i18n";
import { here } from "../shared/money";
import { Note } from "./parts";

export const AGAIN_MS = 2_000;

/** A place, and the moment of this device's clock at which the same call is sent again with the ticket. */
export interface InLine {
  ticket: string;
  place: number;
  due: number;
}

/** The place of somebody who waits until a price can be kept. */
const waiting = signal<InLine | null>(null);

export function placeOf(told: Partial<Schemas["Problem"]>): InLine {
  return { ticket: told.queue_ticket ?? "", place: told.place ?? 0, due: Date.now() + (told.wait_ms ?? AGAIN_MS) };
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, Math.max(0, ms)));
}

export function Place({ queue }: { queue: InLine }) {
  return <p>{t("queue.place", { place: queue.place, time: here(queue.due, false, true) })}</p>;
}

/** Shown where a price is asked for: nothing, unless there is a queue. */
export function QuoteQueue() {
  return waiting.value ? (
    <Note kind="wait" live>
      <Place queue={waiting.value} />
    </Note>
  ) : null;
}

/** Have the price of an offer kept; in a rush wait as told. Nothing comes of it once the reader has left the screen. */
export async function quoted(offer_id: string, own: { token?: string } = {}): Promise<Schemas["Quote"] | undefined> {
  const screen = location.href;
  let line: InLine | null = null;
  try {
    while (location.href === screen) {
      try {
        const quote = await call("POST /v1/quotes", { body: { offer_id }, queue: line?.ticket, ...own });
        return location.href === screen ? quote : undefined;
      } catch (trouble) {
        line = later(trouble, line);
      }
      waiting.value = line;
      await pause(line.due - Date.now());
    }
  } finally {
    waiting.value = null;
  }
  return undefined;
}

/** The place after a call that had no quote; any other trouble is the reader's to know. */
function later(trouble: unknown, line: InLine | null): InLine {
  if (trouble instanceof Problem && trouble.code === "in_queue") return placeOf(trouble.document);
  if (trouble instanceof NoAnswer && line) return { ...line, due: Date.now() + AGAIN_MS };
  throw trouble;
}
