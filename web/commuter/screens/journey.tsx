// The journey and its price: every stop, and why it costs what it costs.
import { useSignal } from "@preact/signals";
import { newKey, now, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { Later } from "../../shared/lazy";
import { here, minor, money, moneyOf } from "../../shared/money";
import { go, Heading } from "../../shared/router";
import { mine } from "../../shared/session";
import { Caps, capsOf } from "../caps";
import { draft, keepDraft, type Draft } from "../draft";
import { Emissions } from "../emissions";
import { Back, categoryOf, dayLabel, Note, Way } from "../parts";
import { quoted, QuoteQueue } from "../queue";

export function Journey() {
  const current = draft.value;
  if (!current?.itinerary || !current.quote) {
    go("", { replace: true });
    return null;
  }
  const { itinerary, quote, search } = current;
  return (
    <>
      <Back to={`results?${search}`}>{t("journey.back")}</Back>
      <Heading title={t("journey.title")}>{dayLabel(itinerary.departure)}</Heading>
      <div class="card">
        {/* The map comes when the rest is there. */}
        <Later load={() => import("../map").then((one) => one.default)} given={{ legs: itinerary.legs }} />
        <Way legs={itinerary.legs} />
      </div>
      <Why quote={quote} names={namesOf(itinerary)} />
      <Caps caps={capsOf(quote)} />
      <Connections connections={quote.connections} />
      <Emissions told={itinerary.emissions} legs={itinerary.legs} />
      <Note kind="calm">
        <p>{t("journey.conditions")}</p>
      </Note>
      <Expiry draft={current} until={quote.expires_at} />
      <div class="sticky">
        <span>
          <small>{t("total")}</small>
          <strong>{money(quote.total)}</strong>
        </span>
        <button type="button" class="main" onClick={() => go("who")}>
          {t("journey.go")}
        </button>
      </div>
    </>
  );
}

export function namesOf(itinerary: Schemas["Itinerary"]): Record<string, string> {
  return Object.fromEntries(itinerary.legs.filter((leg) => leg.operator).map((leg) => [leg.operator, leg.operator_name ?? leg.operator]));
}

interface Step {
  reason?: string;
  before?: string;
  after?: string;
  currency?: string;
}

/** What each passenger's journey would cost in tickets bought apart, in minor units. */
function apart(quote: Schemas["Quote"]): number {
  return quote.passengers.reduce((sum, one) => {
    const step = (one.derivation as Step[]).find(({ reason }) => reason === "agreement");
    return sum + (step?.before ? minor({ amount: step.before, currency: one.total.currency }) : minor(one.total));
  }, 0);
}

export function Why({ quote, names }: { quote: Schemas["Quote"]; names: Record<string, string> }) {
  const dear = apart(quote);
  const currency = quote.total.currency;
  const sums = summed(quote, (one) => one.shares.map((share) => [share.operator, minor(share.gross)]));
  const taxes = summed(quote, (one) => one.taxes.map((tax) => [`${tax.member_state} ${Number(tax.rate_percent)}`, minor(tax.vat)]));
  return (
    <section class="card why" aria-labelledby="why">
      <h2 id="why">{t("why.title")}</h2>
      <p class="big">{dear > minor(quote.total) ? t("why.saves", { price: money(quote.total), apart: moneyOf(dear, currency) }) : t("why.costs", { price: money(quote.total) })}</p>
      {quote.passengers.map((one) => (
        <div key={one.ref}>
          <h3>
            {categoryOf(one.rider_category)} <span class="amount">{money(one.total)}</span>
          </h3>
          <ul>
            {one.explanation.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </div>
      ))}
      <details>
        <summary>{t("why.more")}</summary>
        <Table caption={t("why.operators")} rows={sums.map(([id, sum]) => [names[id] ?? id, moneyOf(sum, currency)])} />
        <Table caption={t("why.vat")} rows={taxes.map(([id, sum]) => [t("why.rate", { state: id.slice(0, 2), rate: Number(id.slice(3)) }), moneyOf(sum, currency)])} />
        {quote.tax_unverified && <p class="hint">{t("why.unverified")}</p>}
      </details>
    </section>
  );
}

type Passenger = Schemas["QuotedPassenger"];

function summed(quote: Schemas["Quote"], parts: (one: Passenger) => [string, number][]): [string, number][] {
  const sums = new Map<string, number>();
  for (const [id, amount] of quote.passengers.flatMap(parts)) sums.set(id, (sums.get(id) ?? 0) + amount);
  return [...sums].filter(([, sum]) => sum !== 0);
}

function Table({ caption, rows }: { caption: string; rows: [string, string][] }) {
  return (
    <table>
      <caption>{caption}</caption>
      <tbody>
        {rows.map(([name, amount]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{amount}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Connections({ connections }: { connections: Schemas["Connection"][] }) {
  if (connections.length === 0) return null;
  return (
    <details class="card" open={connections.some((one) => one.contract === "separate")}>
      <summary>{t("connections.title")}</summary>
      <ul>
        {connections.map((one) => (
          <li key={one.after_leg}>{one.text}</li>
        ))}
      </ul>
    </details>
  );
}

const SOON_MS = 5 * 60_000;

/** How long the price is kept: said from five minutes before its end, and asked for again with one tap. */
export function Expiry({ draft: current, until }: { draft: Draft; until: string }) {
  const error = useSignal(false);
  const left = Date.parse(until) - now();
  if (left > SOON_MS) return <p class="hint">{t("expiry.until", { time: here(until) })}</p>;
  const again = async () => {
    const offer = current.itinerary?.offer_id;
    try {
      const quote = await quoted(offer ?? "", current.change ? {} : mine());
      if (quote) await keepDraft({ ...current, quote, orderKey: newKey(), payKey: newKey() });
    } catch {
      error.value = true;
    }
  };
  return (
    <>
      <QuoteQueue />
      <Note kind="wait" live>
        <p>{left > 0 ? t("expiry.soon", { minutes: Math.ceil(left / 60_000) }) : t("expiry.over")}</p>
        {left > 0 && !error.value ? (
          <button type="button" onClick={() => void again()}>
            {t("price.ask")}
          </button>
        ) : (
          <a class="button" href={`/app/results?${current.search}`}>
            {t("results.again")}
          </a>
        )}
      </Note>
    </>
  );
}
