// Delays that are proven: a confirmation to show to others, and the money that the law grants for them.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, file, Problem, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { here, hours, money } from "../../shared/money";
import { Heading, type Place } from "../../shared/router";
import { orderOf, type KeptOrder } from "../orders";
import { Back, Note, Trouble, Waiting } from "../parts";
import { save } from "../save";
import { Qr } from "../wallet/qr";

type Late = Schemas["ConfirmableLeg"];
type Claim = Schemas["HolderClaim"];

export function DelaysPage({ at }: { at: Place }) {
  const row = orderOf(at.parts["order"] as string);
  const legs = useSignal<Late[] | null>(null);
  const claims = useSignal<Claim[]>([]);
  const error = useSignal<unknown>(null);
  const load = async () => {
    if (!row) return;
    const given = { path: { order_id: row.id }, token: row.token };
    error.value = null;
    try {
      legs.value = (await call("GET /v1/orders/{order_id}/delay-confirmations", given)).legs;
      claims.value = (await call("GET /v1/orders/{order_id}/claims", given)).claims;
    } catch (trouble) {
      error.value = trouble;
    }
  };
  useEffect(() => void load(), []);
  if (!row) return null;
  return (
    <>
      <Back to={`orders/${row.id}`}>{t("order.title")}</Back>
      <Heading title={t("delays.title")}>{t("delays.title")}</Heading>
      <Trouble error={error.value} again={() => void load()} />
      {!legs.value && !error.value && <Waiting />}
      {legs.value?.length === 0 && claims.value.length === 0 && (
        <Note kind="calm">
          <p>{t("delays.none")}</p>
        </Note>
      )}
      {claims.value.map((claim) => (
        <ClaimCard key={claim.id} row={row} claim={claim} changed={() => void load()} />
      ))}
      {legs.value?.map((late) => (
        <LateCard key={late.leg} row={row} late={late} />
      ))}
    </>
  );
}

function LateCard({ row, late }: { row: KeptOrder; late: Late }) {
  const shown = useSignal<Schemas["Confirmation"] | null>(null);
  const error = useSignal<unknown>(null);
  // The ticket has the time of the stop's own zone.
  const sold = row.tickets?.tickets[0]?.legs[late.leg];
  // Somebody of the order shows it; the confirmation of a run is the same for all of them.
  const query = { passenger: row.order.passengers[0]?.ref ?? "" };
  const given = { path: { order_id: row.id, leg: late.leg }, query, token: row.token };
  const show = () =>
    call("GET /v1/orders/{order_id}/delay-confirmations/{leg}", given)
      .then((found) => (shown.value = found))
      .catch((trouble: unknown) => (error.value = trouble));
  const print = () =>
    file("GET /v1/orders/{order_id}/delay-confirmations/{leg}/print.pdf", given)
      .then((pdf) => save(pdf, "delay.pdf"))
      .catch((trouble: unknown) => (error.value = trouble));
  return (
    <section class="card">
      <h2>
        {sold ? hours(sold.departure) : here(late.planned_departure)} {t("tickets.way", { from: late.from_stop, to: late.to_stop })}
      </h2>
      <p class="bad strong">{words(late)}</p>
      {late.note && <p>{late.note}</p>}
      {late.state === "contradiction" && <p>{t("delays.contradiction")}</p>}
      {shown.value ? (
        <>
          <p class="lines">{shown.value.text}</p>
          <Qr text={shown.value.token} label={t("delays.code")} />
        </>
      ) : (
        late.state === "confirmed" && (
          <button type="button" class="wide" onClick={() => void show()}>
            {t("delays.show")}
          </button>
        )
      )}
      {shown.value && (
        <button type="button" class="wide" onClick={() => void print()}>
          {t("ticket.print")}
        </button>
      )}
      <Trouble error={error.value} />
    </section>
  );
}

function words(late: Late): string {
  if (late.cancelled) return t("leg.cancelled");
  if (late.skipped) return t("delays.skipped");
  return t("late", { minutes: late.arrival_delay_minutes ?? late.departure_delay_minutes ?? 0 });
}

function ClaimCard({ row, claim, changed }: { row: KeptOrder; claim: Claim; changed: () => void }) {
  const iban = useSignal("");
  const name = useSignal("");
  const error = useSignal<unknown>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    error.value = null;
    const path = { order_id: row.id, claim_id: claim.id };
    const body = { iban: iban.value.trim(), name: name.value.trim() };
    call("POST /v1/orders/{order_id}/claims/{claim_id}/account", { path, body, token: row.token })
      .then(() => {
        // The app keeps neither of them.
        iban.value = name.value = "";
        changed();
      })
      .catch((trouble: unknown) => (error.value = trouble));
  };
  const fault = error.value instanceof Problem ? error.value.document.errors?.[0]?.message : undefined;
  return (
    <section class="card">
      {claim.amount && <p class="big">{money(claim.amount)}</p>}
      <p>{claim.text}</p>
      {claim.state === "needs_account" && (
        <form onSubmit={submit}>
          <p>{t("claims.account")}</p>
          <label class="field">
            IBAN
            <input required autocomplete="off" value={iban.value} onInput={(event) => (iban.value = event.currentTarget.value)} />
          </label>
          <label class="field">
            {t("claims.name")}
            <input required autocomplete="name" value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />
          </label>
          {fault && <p class="fault">{fault}</p>}
          {!fault && <Trouble error={error.value} />}
          <button class="main wide">{t("claims.go")}</button>
        </form>
      )}
    </section>
  );
}
