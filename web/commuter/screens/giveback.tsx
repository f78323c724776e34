// Give back a ticket or some legs of it: the amount and its rule first, then the deed.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, newKey, Problem, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { hours, minor, money } from "../../shared/money";
import { Heading, type Place } from "../../shared/router";
import { heldBy, refresh, type Held } from "../orders";
import { Back, lineOf, modeOf, Note, Sign, Trouble, Waiting } from "../parts";

type Offer = Schemas["RefundOffer"];

export function GiveBack({ at }: { at: Place }) {
  const found = heldBy(at.parts["order"] as string, at.parts["jti"] as string);
  const done = useSignal<Schemas["Refund"] | null>(null);
  const title = t("giveback.title");
  if (!found) return null;
  const back = `tickets/${found.row.id}/${found.ticket.jti}`;
  return (
    <>
      <Back to={done.value ? "tickets" : back}>{t(done.value ? "tickets.title" : "ticket.title")}</Back>
      <Heading title={title}>{title}</Heading>
      {done.value ? (
        <Note kind="good" live>
          <p>{t("giveback.done", { amount: money(done.value.amount) })}</p>
          <a class="button" href="/app/tickets">
            {t("tickets.title")}
          </a>
        </Note>
      ) : (
        <Choice held={found} done={(refund) => (done.value = refund)} />
      )}
    </>
  );
}

function Choice({ held, done }: { held: Held; done: (refund: Schemas["Refund"]) => void }) {
  const { row, ticket } = held;
  const legs = ticket.legs;
  const open = legs.flatMap((leg, index) => (leg.given_back_at ? [] : [index]));
  const chosen = useSignal<number[]>(open);
  const offer = useSignal<Offer | null>(null);
  const error = useSignal<unknown>(null);
  const busy = useSignal(false);
  const once = useSignal(newKey());
  const whole = chosen.value.length === open.length;
  const wanted = { passengers: [ticket.passenger], ...(whole || legs.length === 0 ? {} : { legs: chosen.value }) };
  const path = { order_id: row.id };
  const ask = () => {
    offer.value = error.value = null;
    if (chosen.value.length === 0 && legs.length > 0) return;
    call("POST /v1/orders/{order_id}/refund-offers", { path, body: wanted, token: row.token })
      .then((found) => (offer.value = found))
      .catch((trouble: unknown) => (error.value = trouble));
  };
  useEffect(ask, [chosen.value.join()]);
  const give = async () => {
    if (busy.value || !offer.value) return;
    busy.value = true;
    error.value = null;
    try {
      const body = { ...wanted, expected: offer.value.amount };
      const refund = await call("POST /v1/orders/{order_id}/refunds", { path, body, token: row.token, once: once.value });
      await refresh(row.id);
      done(refund);
    } catch (trouble) {
      error.value = trouble;
      // An answer ends this try; without one the same call is sent again, and nothing is given back twice.
      if (trouble instanceof Problem && trouble.status < 500) once.value = newKey();
    }
    busy.value = false;
  };
  const toggle = (index: number) => {
    const had = chosen.value.includes(index);
    chosen.value = had ? chosen.value.filter((one) => one !== index) : [...chosen.value, index].sort((a, b) => a - b);
  };
  return (
    <>
      {open.length > 1 && (
        <fieldset class="card">
          <legend>{t("giveback.legs")}</legend>
          {legs.map((leg, index) => leg.given_back_at ? null : (
            <label key={index} class="check">
              <input type="checkbox" checked={chosen.value.includes(index)} onChange={() => toggle(index)} />
              <span>
                <Sign mode={leg.mode} /> {hours(leg.departure)} {modeOf(leg.mode)} {lineOf(leg)}
                <small>{t("tickets.way", { from: leg.from.name, to: leg.to.name })}</small>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {!offer.value && !error.value && (chosen.value.length > 0 || legs.length === 0) && <Waiting />}
      {chosen.value.length === 0 && legs.length > 0 && <p>{t("giveback.choose")}</p>}
      <Trouble error={error.value} again={ask} />
      {offer.value && <OfferCard offer={offer.value} busy={busy.value} give={() => void give()} />}
    </>
  );
}

function OfferCard({ offer, busy, give }: { offer: Offer; busy: boolean; give: () => void }) {
  const nothing = minor(offer.amount) === 0;
  const refused = offer.refused as { because?: string }[];
  return (
    <section class="card" aria-live="polite">
      <p class="big">{nothing ? t("giveback.nothing") : t("giveback.amount", { amount: money(offer.amount) })}</p>
      <ul>
        {offer.lines.map((line) => (
          <li key={line.jti + line.legs.join()}>{line.because}</li>
        ))}
        {refused.map((line, index) => (
          <li key={index}>{line.because}</li>
        ))}
      </ul>
      {offer.lines.length > 0 && (
        <button type="button" class="main wide danger" disabled={busy} onClick={give}>
          {busy ? t("wait.short") : nothing ? t("giveback.goNothing") : t("giveback.go", { amount: money(offer.amount) })}
        </button>
      )}
      <p class="hint">{t("giveback.days")}</p>
    </section>
  );
}
