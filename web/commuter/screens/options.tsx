// After a disruption: the rides that do not go as the ticket says, and the ways on, each one tap.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, newKey, Problem, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { here, hours, money } from "../../shared/money";
import { go, Heading, type Place } from "../../shared/router";
import { keepDraft } from "../draft";
import { heldBy, orderOf, refresh, type KeptOrder } from "../orders";
import { Back, categoryOf, Note, Trouble, Waiting } from "../parts";
import { quoted, QuoteQueue } from "../queue";

const FEW = 50;

type Disrupted = Schemas["DisruptedLeg"];
type OtherWay = Schemas["OtherWay"];

export function OptionsPage({ at }: { at: Place }) {
  const row = orderOf(at.parts["order"] as string);
  const answer = useSignal<Schemas["Options"] | null>(null);
  const error = useSignal<unknown>(null);
  const said = useSignal<string | null>(null);
  const keys = useSignal<Record<string, string>>({});
  // What went wrong with a choice stays to be read while the ways on are asked for anew.
  const ask = () => {
    if (!row) return;
    call("GET /v1/orders/{order_id}/options", { path: { order_id: row.id }, token: row.token })
      .then((found) => (answer.value = found))
      .catch((trouble: unknown) => (error.value = trouble));
  };
  useEffect(ask, []);
  if (!row) return null;
  const again = () => {
    error.value = null;
    ask();
  };
  const take = async (leg: Disrupted, option: Schemas["Option"]) => {
    error.value = said.value = null;
    const intent = `${leg.jti} ${option.id}`;
    const once = keys.value[intent] ?? newKey();
    keys.value = { ...keys.value, [intent]: once };
    const body = { passengers: [leg.passenger], leg: leg.leg, option: option.id };
    try {
      if (option.order) return await freeze(row.id, option.order, option.text);
      const taken = await call("POST /v1/orders/{order_id}/options", { path: { order_id: row.id }, body, token: row.token, once });
      if (taken.state === "refund") {
        go(`tickets/${row.id}/${leg.jti}/give-back`);
        return;
      }
      said.value = taken.state === "moved" && option.departure ? t("options.moved", { time: hours(option.departure) }) : t("options.noted");
      await refresh(row.id);
    } catch (trouble) {
      if (trouble instanceof Problem && trouble.status < 500) keys.value = {};
      error.value = trouble;
    }
    ask();
  };
  const back = answer.value?.legs[0] && heldBy(row.id, answer.value.legs[0].jti) ? `tickets/${row.id}/${answer.value.legs[0].jti}` : "tickets";
  return (
    <>
      <Back to={back}>{t("ticket.title")}</Back>
      <Heading title={t("options.title")}>{t("options.title")}</Heading>
      {said.value && (
        <Note kind="good" live>
          <p>{said.value}</p>
        </Note>
      )}
      <Trouble error={error.value} again={again} />
      <QuoteQueue />
      {!answer.value && !error.value && <Waiting />}
      {answer.value?.legs.length === 0 && (
        <Note kind="calm">
          <p>{t("options.none")}</p>
        </Note>
      )}
      {answer.value?.legs.map((leg) => (
        <Choices key={leg.jti + leg.leg} row={row} leg={leg} take={(option) => void take(leg, option)} />
      ))}
    </>
  );
}

/** Another way is ordered like a change of the ride: its price is frozen, then it is held and paid. */
async function freeze(change: string, { offer_id, legs }: OtherWay, text: string): Promise<void> {
  const quote = await quoted(offer_id);
  if (!quote) return;
  const keys = { orderKey: newKey(), payKey: newKey() };
  await keepDraft({ itinerary: null, quote, search: "", change, other: { legs, text }, order: null, token: null, method: null, ...keys });
  go("who");
}

function Choices({ row, leg, take }: { row: KeptOrder; leg: Disrupted; take: (option: Schemas["Option"]) => void }) {
  return (
    <section class="card">
      <h2>
        {hours(leg.departure)} {leg.operator_name}
      </h2>
      <Whose row={row} jti={leg.jti} />
      <p class="bad strong">{t(`options.why.${leg.why}`)}</p>
      {leg.held && <p>{t("options.held", { time: here(leg.held.until) })}</p>}
      {leg.notes.map((note) => (
        <p key={note.code}>{note.text}</p>
      ))}
      {leg.options.length === 0 && <p>{t("options.nothing")}</p>}
      <ul class="cards">
        {leg.options.map((option) => (
          <li key={option.id} class="option">
            <p>{option.text}</p>
            {option.refund && <p class="big">{money(option.refund)}</p>}
            {option.law && <p class="hint">{option.law.article}</p>}
            {option.order && option.order.passengers.length > 1 && <p class="hint">{t("options.together", { count: option.order.passengers.length })}</p>}
            {option.places !== null && option.places <= FEW && <p class="hint">{t("places.free", { count: option.places })}</p>}
            {leg.chosen === option.id ? (
              <p class="chip good">{t("options.chosen")}</p>
            ) : (
              <button type="button" class="wide" aria-label={`${t(`options.take.${option.kind}`)}: ${option.text}`} onClick={() => take(option)}>
                {t(`options.take.${option.kind}`)}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The passenger of several to whom a choice belongs: each goes on alone. */
function Whose({ row, jti }: { row: KeptOrder; jti: string }) {
  const tickets = row.tickets?.tickets ?? [];
  const index = tickets.findIndex((one) => one.jti === jti);
  const ticket = tickets[index];
  if (!ticket || tickets.length < 2) return null;
  return (
    <p class="facts">
      {index + 1}. {categoryOf(ticket.rider_category)}
    </p>
  );
}
