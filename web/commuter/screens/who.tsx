// Who travels, and on which phone the tickets live; then the places are held.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call, newKey, NoAnswer, Problem, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { money } from "../../shared/money";
import { go, Heading } from "../../shared/router";
import { mine } from "../../shared/session";
import { draft, keepDraft, othersOf, type Draft, type Queued, type Wishes } from "../draft";
import { keepOrder, orderOf, refresh } from "../orders";
import { Back, categoryOf, Note, Trouble } from "../parts";
import { AGAIN_MS, pause, Place, placeOf } from "../queue";
import { canKeep, publicKey } from "../wallet/key";

type Where = "here" | "other" | "paper";

export function Who() {
  const current = draft.value;
  const able = useSignal<boolean | null>(null);
  const where = useSignal<Record<string, Where>>({});
  const read = useSignal(false);
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const isHere = useRef(true);
  const submit = async (wishes: Wishes) => {
    const quote = draft.value?.quote;
    if (busy.value || !quote) return;
    busy.value = true;
    error.value = null;
    try {
      const order = await queued(quote, wishes, () => isHere.current);
      if (order) go(order.state === "ticketed" ? "tickets" : "pay");
    } catch (trouble) {
      error.value = trouble;
    }
    busy.value = false;
  };
  useEffect(() => {
    canKeep().then((can) => (able.value = can));
    // Loaded anew while it waited: the place is kept, and so is the order that it is for.
    if (draft.value?.queue) void submit(draft.value.queue.wishes);
    return () => {
      isHere.current = false;
    };
  }, []);
  if (!current?.quote) {
    go("", { replace: true });
    return null;
  }
  const { quote } = current;
  const phoneOf = (ref: string): Where => (able.value ? (where.value[ref] ?? "here") : "paper");
  const separate = quote.connections.filter((one) => one.contract === "separate");
  const refs = (choice: Where) => quote.passengers.filter((one) => phoneOf(one.ref) === choice).map((one) => one.ref);
  const wishes = (): Wishes => ({ bound: current.change ? [] : refs("here"), elsewhere: refs("other"), read: read.value });
  return (
    <>
      {current.other ? (
        <Back to={`orders/${current.change}/options`}>{t("options.title")}</Back>
      ) : (
        <Back to={current.itinerary ? "journey" : "passes"}>{t(current.itinerary ? "journey.title" : "passes.title")}</Back>
      )}
      <Heading title={t("who.title")}>{t("who.title")}</Heading>
      {current.change && (
        <Note kind="calm">
          {current.other && <p>{current.other.text}</p>}
          <p>{t("who.keeps")}</p>
        </Note>
      )}
      {able.value === false && !current.change && (
        <Note kind="wait">
          <p>{t("who.unable")}</p>
        </Note>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(wishes());
        }}
      >
        {quote.passengers.map((one, index) => (
          <fieldset key={one.ref} class="card">
            <legend>
              {index + 1}. {categoryOf(one.rider_category)} <span class="amount">{money(one.total)}</span>
            </legend>
            {(current.change ? [] : (["here", "other", "paper"] as const)).map((choice) => (
              <label key={choice} class="check">
                <input
                  type="radio"
                  name={`where-${one.ref}`}
                  checked={phoneOf(one.ref) === choice}
                  disabled={choice !== "paper" && !able.value}
                  onChange={() => (where.value = { ...where.value, [one.ref]: choice })}
                />
                <span>
                  {t(`who.${choice}`)}
                  <small>{t(`who.${choice}.hint`)}</small>
                </span>
              </label>
            ))}
          </fieldset>
        ))}
        {separate.length > 0 && (
          <label class="check card">
            <input type="checkbox" checked={read.value} onChange={(event) => (read.value = event.currentTarget.checked)} />
            <span>{t("connections.read")}</span>
          </label>
        )}
        {busy.value && current.queue && <InQueue queue={current.queue} />}
        {error.value instanceof Problem && error.value.status === 409 ? <Taken error={error.value} others={othersOf(current)} /> : <Trouble error={error.value} />}
        <button class="main wide" disabled={busy.value || able.value === null}>
          {busy.value ? t(current.queue ? "wait.queue" : "wait.hold") : t("who.go")}
        </button>
        <p class="hint">{t("who.next")}</p>
      </form>
    </>
  );
}

function InQueue({ queue }: { queue: Queued }) {
  return (
    <Note kind="wait" live>
      <Place queue={queue} />
      <p>{t("queue.stay")}</p>
    </Note>
  );
}

/** Order; in a rush wait as told and come again with the place, until there is an answer or the reader leaves the screen. */
async function queued(quote: Schemas["Quote"], wishes: Wishes, isHere: () => boolean): Promise<Schemas["Order"] | undefined> {
  while (isHere() && draft.value?.quote?.id === quote.id) {
    const { queue } = draft.value;
    await pause((queue?.due ?? 0) - Date.now());
    if (!isHere()) return undefined;
    try {
      return await ordered(draft.value, quote, queue?.wishes ?? wishes);
    } catch (trouble) {
      if (trouble instanceof Problem && trouble.code === "in_queue") await keepPlace(trouble.document, queue?.wishes ?? wishes);
      else if (isUnderWay(trouble) || (trouble instanceof NoAnswer && queue)) await pause(AGAIN_MS);
      else throw trouble;
    }
  }
  return undefined;
}

/** The order is still wanted: it waits in the queue, or the call before a reload has not ended yet. */
function isUnderWay(trouble: unknown): boolean {
  return trouble instanceof Problem && ["in_queue", "idempotency_key_in_use"].includes(trouble.code);
}

async function keepPlace(told: Partial<Schemas["Problem"]>, wishes: Wishes): Promise<void> {
  const queue = { ...placeOf(told), wishes };
  if (draft.value) await keepDraft({ ...draft.value, queue });
}

/** Order once, however often this is called, and keep the order before anything else happens. */
async function ordered(current: Draft, quote: Schemas["Quote"], { bound, elsewhere, read }: Wishes): Promise<Schemas["Order"]> {
  if (current.order && current.order.state === "awaiting_payment") return current.order;
  const key = bound.length ? await publicKey() : null;
  const phones = key ? bound.map((passenger) => ({ passenger, key })) : [];
  const more = { ...(phones.length ? { phones } : {}), ...(read ? { connections_acknowledged: true } : {}) };
  const old = current.change ? orderOf(current.change) : undefined;
  const order = await place(current, quote, old, more).catch(async (trouble: unknown) => {
    // A refusal is an answer: the next try is a new intent. Without an answer, or with a place in the queue, the same key is sent again.
    if (trouble instanceof Problem && trouble.status < 500 && !isUnderWay(trouble)) await keepDraft({ ...current, orderKey: newKey(), queue: null });
    throw trouble;
  });
  const token = order.access_token as string;
  await keepOrder({ id: order.id, token, order, tickets: null, fetchedAt: 0, elsewhere });
  await keepDraft({ ...current, order, token, queue: null });
  if (order.state === "ticketed") {
    await refresh(order.id);
    if (old) await refresh(old.id);
  }
  void navigator.storage?.persist?.();
  return order;
}

interface More {
  phones?: { passenger: string; key: Schemas["PhoneKey"] }[];
  connections_acknowledged?: boolean;
}

function place(current: Draft, quote: Schemas["Quote"], old: { id: string; token: string } | undefined, more: More): Promise<Schemas["Order"]> {
  const once = current.orderKey;
  if (!old) return call("POST /v1/orders", { body: { quote_id: quote.id, ...more }, once, queue: current.queue?.ticket, ...mine() });
  const passengers = quote.passengers.map((one) => one.ref);
  const legs = current.other ? { legs: current.other.legs } : {};
  const body = { quote_id: quote.id, passengers, ...legs, ...more };
  return call("POST /v1/orders/{order_id}/exchanges", { path: { order_id: old.id }, body, token: old.token, once });
}

function Taken({ error, others }: { error: Problem; others: string }) {
  return (
    <Note kind="bad">
      <p>{t("refused.order")}</p>
      {error.code === "departure_cancelled" ? <p>{t("leg.cancelled")}</p> : <p lang="en">{error.document.detail}</p>}
      <a class="button" href={others}>
        {t("soldout.others")}
      </a>
    </Note>
  );
}
