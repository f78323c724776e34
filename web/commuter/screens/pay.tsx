// Pay: one amount, one button, and one charge whatever happens to the answer.
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { call, demoGateway, newKey, NoAnswer, Problem, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { dayOf, here, hours, money } from "../../shared/money";
import { go, Heading } from "../../shared/router";
import { draft, dropDraft, keepDraft, othersOf, type Draft } from "../draft";
import type { CardForm } from "../card";
import { hasTickets, refresh } from "../orders";
import { Note, Signs, Trouble, troubleOf } from "../parts";

const METHODS = ["demo_ok", "demo_declined", "demo_sca", "demo_timeout_after_capture"] as const;

export function Pay() {
  const current = draft.value;
  const method = useSignal<string>(current?.method ?? "demo_ok");
  const busy = useSignal(false);
  // A method that is still noted was sent, and its answer has not come: this was loaded anew meanwhile.
  const error = useSignal<unknown>(current?.method && !current.order?.next_action ? new NoAnswer("") : null);
  const asks = useSignal<Schemas["NextAction"] | null>(current?.order?.next_action ?? null);
  const form = useSignal<CardForm | null>(null);
  // Once it is paid the purchase is dropped, and the screen leads on by itself.
  const isLeaving = useRef(false);
  const bank = useRef<HTMLButtonElement>(null);
  const isAsked = asks.value !== null;
  const wasAsked = useRef(isAsked);
  useEffect(() => {
    // The form is gone, and with it the button that had the focus.
    if (isAsked && !wasAsked.current) bank.current?.focus();
    wasAsked.current = isAsked;
  }, [isAsked]);
  if (!current?.order || !current.token) {
    if (!isLeaving.current) go("tickets", { replace: true });
    return null;
  }
  const order = current.order;
  const byCard = !isDemo(order);
  const act = (work: () => Promise<Schemas["Order"]>) => async () => {
    if (busy.value) return;
    busy.value = true;
    try {
      const paid = await work();
      error.value = null;
      isLeaving.current = true;
      asks.value = await settled(current, paid);
      isLeaving.current = asks.value === null;
    } catch (trouble) {
      isLeaving.current = false;
      error.value = trouble;
      if (isRefusal(trouble)) asks.value = null;
      await afterRefusal(trouble);
    }
    busy.value = false;
  };
  // Without an answer the same method is sent again by the same key, also where a form would name the card anew.
  const chosen = async () => (unsure(error.value) ? draft.value?.method : null) ?? (form.value ? await form.value.method() : method.value);
  const pay = act(async () => asked(current, await charge(current, await chosen()), form.value));
  const answered = act(async () => asked(current, { ...(draft.value?.order ?? order), next_action: asks.value }, form.value, true));
  return (
    <>
      <Heading title={t("pay.title")}>{t("pay.title")}</Heading>
      {(!byCard || movesNothing(order)) && (
        <Note kind="wait">
          <p>{t("pay.demo")}</p>
        </Note>
      )}
      {current.itinerary && <What itinerary={current.itinerary} />}
      {current.other && <p class="card">{current.other.text}</p>}
      <dl class="card sums">
        {minorRows(order).map(([name, amount]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{amount}</dd>
          </div>
        ))}
      </dl>
      {byCard && <CardOf due={order.due} ready={(there) => (form.value = there)} />}
      {asks.value ? (
        <Note kind="calm" live>
          <p>{t("pay.bank")}</p>
          <PayTrouble error={error.value} others={othersOf(current)} />
          <p class="buttons">
            {asks.value.url && (
              <a class="button" href={asks.value.url} target="_blank" rel="noopener">
                {t("pay.bank.open")}
              </a>
            )}
            <button ref={bank} type="button" class="main" onClick={() => void answered()} disabled={busy.value}>
              {t(asks.value.url ? "pay.bank.done" : "pay.bank.open")}
            </button>
          </p>
        </Note>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void pay();
          }}
        >
          {!byCard && (
            <fieldset class="card">
              <legend>{t("pay.method")}</legend>
              {METHODS.map((name) => (
                <label key={name} class="check">
                  <input type="radio" name="method" checked={method.value === name} disabled={busy.value || unsure(error.value)} onChange={() => (method.value = name)} />
                  <span>{t(`pay.${name}`)}</span>
                </label>
              ))}
            </fieldset>
          )}
          <PayTrouble error={error.value} others={othersOf(current)} />
          <button class="main wide" disabled={busy.value || (byCard && !form.value && !unsure(error.value))}>
            {busy.value ? t("wait.pay") : unsure(error.value) ? t("pay.check") : t("pay.go", { amount: money(order.due) })}
          </button>
        </form>
      )}
      <p class="hint">{t("pay.until", { time: here(order.expires_at) })}</p>
    </>
  );
}

/** The journey that is paid for, once more before the money goes. */
function What({ itinerary }: { itinerary: Schemas["Itinerary"] }) {
  const [first, last] = [itinerary.legs[0], itinerary.legs.at(-1)];
  if (!first || !last) return null;
  return (
    <div class="card">
      <strong>{t("tickets.way", { from: first.from.name, to: last.to.name })}</strong>
      <span class="facts">
        {dayOf(itinerary.departure)} · {hours(itinerary.departure)}–{hours(itinerary.arrival)}
      </span>
      <Signs legs={itinerary.legs} />
    </div>
  );
}

function isDemo(order: Schemas["Order"]): boolean {
  return demoGateway.value || order.stand_ins?.some((one) => one.startsWith("demo payment gateway")) === true;
}

/** A test key of Stripe takes cards and no money. */
function movesNothing(order: Schemas["Order"]): boolean {
  return order.stand_ins.some((one) => one.includes("no money moves"));
}

function minorRows(order: Schemas["Order"]): [string, string][] {
  const rows: [string, string][] = [[t("total"), money(order.total)]];
  if (Number(order.credit.amount) !== 0) rows.push([t("pay.credit"), `− ${money(order.credit)}`], [t("pay.due"), money(order.due)]);
  return rows;
}

/** The form of cards comes when it is needed, with a script of its own. */
function CardOf(given: { due: Schemas["Money"]; ready: (form: CardForm) => void }) {
  const card = useSignal<{ of: ComponentType<typeof given> } | "failed" | null>(null);
  useEffect(() => {
    import("../card").then(
      (one) => (card.value = { of: one.default }),
      () => (card.value = "failed"),
    );
  }, []);
  if (card.value === "failed") return <Trouble error={new NoAnswer("")} again={() => location.reload()} />;
  const Card = card.value?.of;
  return Card ? <Card {...given} /> : null;
}

/** Have the buyer answer the bank in the card form's own frame, then look at what came of it. */
async function asked(current: Draft, order: Schemas["Order"], form: CardForm | null, again = false): Promise<Schemas["Order"]> {
  const action = order.next_action;
  if (!action) return order;
  if (!action.client_secret || !form) return again ? result(current) : order;
  await keepDraft({ ...(draft.value ?? current), order });
  await form.ask(action.client_secret);
  return result(current);
}

/** Charge by the key of this try. The key is on the disk before the call leaves: a reload asks with the same one. */
async function charge(current: Draft, method: string): Promise<Schemas["Order"]> {
  if (current.method !== method) await keepDraft({ ...current, method, payKey: current.method ? newKey() : current.payKey });
  const { payKey, token, order } = draft.value as Draft;
  return call("POST /v1/orders/{order_id}/payments", { path: { order_id: (order as Schemas["Order"]).id }, body: { method }, token: token as string, once: payKey });
}

function result(current: Draft): Promise<Schemas["Order"]> {
  const order = (draft.value?.order ?? current.order) as Schemas["Order"];
  const waiting = order.payments.find((one) => one.state !== "declined") ?? order.payments.at(-1);
  const path = { order_id: order.id, payment_id: waiting?.id ?? "" };
  return call("POST /v1/orders/{order_id}/payments/{payment_id}/result", { path, token: current.token as string });
}

async function settled(current: Draft, order: Schemas["Order"]): Promise<Schemas["NextAction"] | null> {
  if (order.next_action) {
    await keepDraft({ ...(draft.value ?? current), order });
    return order.next_action;
  }
  if (order.state === "payment_failed") throw new Problem(402, {});
  if (UNDONE.includes(order.state)) throw new Problem(410, {});
  // Neither paid nor refused: the gateway has not said yet.
  if (!hasTickets(order)) throw new NoAnswer("");
  await refresh(order.id);
  if (current.change) await refresh(current.change);
  await dropDraft();
  go(`tickets?bought=${order.id}`, { replace: true });
  return null;
}

/** What was placed has come to nothing: places went back, and nothing is charged. */
const UNDONE = ["cancelled", "expired", "unwinding"];

function isRefusal(trouble: unknown): boolean {
  return trouble instanceof Problem && trouble.status < 500;
}

/** After a refusal the next try is a new charge; without an answer it is the same one. */
async function afterRefusal(trouble: unknown): Promise<void> {
  if (draft.value?.order && isRefusal(trouble)) {
    await keepDraft({ ...draft.value, payKey: newKey(), method: null, order: { ...draft.value.order, next_action: null } });
  }
}

function unsure(error: unknown): boolean {
  return error instanceof NoAnswer || (error instanceof Problem && error.status >= 500);
}

function PayTrouble({ error, others }: { error: unknown; others: string }) {
  if (unsure(error)) {
    return (
      <Note kind="wait" live>
        <p>{t("pay.unsure")}</p>
      </Note>
    );
  }
  if (error instanceof Problem && error.status === 402) {
    return (
      <Note kind="bad">
        <p>{t("pay.declined")}</p>
      </Note>
    );
  }
  if (error instanceof Problem && (error.status === 409 || error.status === 410)) {
    return (
      <Note kind="bad">
        <p>{error.code ? troubleOf(error) : t("refused.order")}</p>
        <a class="button" href={others}>
          {t("soldout.others")}
        </a>
      </Note>
    );
  }
  if (error instanceof Error && error.name === "CardFault") {
    return (
      <Note kind="bad">
        <p>{error.message || t("trouble.unknown")}</p>
      </Note>
    );
  }
  return <Trouble error={error} />;
}
