// Who travels, and on which phone the tickets live; then the places are held.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, newKey, Problem, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { money } from "../../shared/money";
import { go, Heading } from "../../shared/router";
import { mine } from "../../shared/session";
import { draft, keepDraft, othersOf, type Draft } from "../draft";
import { keepOrder, orderOf, refresh } from "../orders";
import { Back, categoryOf, Note, Trouble } from "../parts";
import { canKeep, publicKey } from "../wallet/key";

type Where = "here" | "other" | "paper";

export function Who() {
  const current = draft.value;
  const able = useSignal<boolean | null>(null);
  const where = useSignal<Record<string, Where>>({});
  const read = useSignal(false);
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  useEffect(() => {
    canKeep().then((can) => (able.value = can));
  }, []);
  if (!current?.quote) {
    go("", { replace: true });
    return null;
  }
  const { quote } = current;
  const placeOf = (ref: string): Where => (able.value ? (where.value[ref] ?? "here") : "paper");
  const separate = quote.connections.filter((one) => one.contract === "separate");
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    error.value = null;
    try {
      const bound = current.change ? [] : quote.passengers.filter((one) => placeOf(one.ref) === "here").map((one) => one.ref);
      const elsewhere = quote.passengers.filter((one) => placeOf(one.ref) === "other").map((one) => one.ref);
      const order = await ordered(current, quote, { bound, elsewhere, read: read.value });
      go(order.state === "ticketed" ? "tickets" : "pay");
    } catch (trouble) {
      error.value = trouble;
    }
    busy.value = false;
  };
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
      <form onSubmit={(event) => void submit(event)}>
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
                  checked={placeOf(one.ref) === choice}
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
        {error.value instanceof Problem && error.value.status === 409 ? <Taken error={error.value} others={othersOf(current)} /> : <Trouble error={error.value} />}
        <button class="main wide" disabled={busy.value || able.value === null}>
          {busy.value ? t("wait.hold") : t("who.go")}
        </button>
        <p class="hint">{t("who.next")}</p>
      </form>
    </>
  );
}

/** Passengers whose tickets this phone signs for, those whose tickets another one takes over, and whether the changes were read. */
interface Wishes {
  bound: string[];
  elsewhere: string[];
  read: boolean;
}

/** Order once, however often this is called, and keep the order before anything else happens. */
async function ordered(current: Draft, quote: Schemas["Quote"], { bound, elsewhere, read }: Wishes): Promise<Schemas["Order"]> {
  if (current.order && current.order.state === "awaiting_payment") return current.order;
  const key = bound.length ? await publicKey() : null;
  const phones = key ? bound.map((passenger) => ({ passenger, key })) : [];
  const more = { ...(phones.length ? { phones } : {}), ...(read ? { connections_acknowledged: true } : {}) };
  const old = current.change ? orderOf(current.change) : undefined;
  const order = await place(current, quote, old, more).catch(async (trouble: unknown) => {
    // A refusal is an answer: the next try is a new intent. Without an answer the same key is sent again.
    if (trouble instanceof Problem && trouble.status < 500) await keepDraft({ ...current, orderKey: newKey() });
    throw trouble;
  });
  const token = order.access_token as string;
  await keepOrder({ id: order.id, token, order, tickets: null, fetchedAt: 0, elsewhere });
  await keepDraft({ ...current, order, token });
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
  if (!old) return call("POST /v1/orders", { body: { quote_id: quote.id, ...more }, once, ...mine() });
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
