// Results: a card for each way, with its price, its changes and what it is best for.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, newKey, Problem, type Schemas } from "../../shared/api";
import { t, tOr } from "../../shared/i18n";
import { hours, money } from "../../shared/money";
import { go, Heading, type Place } from "../../shared/router";
import { mine } from "../../shared/session";
import { keepDraft } from "../draft";
import { emissionsOf } from "../emissions";
import { Back, dayLabel, Note, sentenceOf, Signs, span, Trouble, Waiting } from "../parts";
import { quoted, QuoteQueue } from "../queue";
import { fromQuery, isWhole, moved, toQuery, toRequest, type Wish } from "../wishes";

type Itinerary = Schemas["Itinerary"];

export function Results({ at }: { at: Place }) {
  const wish = fromQuery(at.query);
  if (!isWhole(wish)) {
    go("", { replace: true });
    return null;
  }
  return <Found wish={wish} search={at.query.toString()} />;
}

function Found({ wish, search }: { wish: Wish; search: string }) {
  const answer = useSignal<Schemas["Journeys"] | null>(null);
  const error = useSignal<unknown>(null);
  const busy = useSignal<string | null>(null);
  // A journey of somebody who has signed in counts for their caps; a change is a matter of its order alone.
  const own = wish.change ? {} : mine();
  const ask = () => {
    answer.value = error.value = null;
    call("POST /v1/journeys", { body: toRequest(wish), ...own })
      .then((found) => (answer.value = found))
      .catch((trouble: unknown) => (error.value = trouble));
  };
  useEffect(ask, [search]);
  const choose = async (itinerary: Itinerary) => {
    if (busy.value) return;
    busy.value = itinerary.offer_id;
    error.value = null;
    try {
      const quote = await quoted(itinerary.offer_id as string, own);
      const change = wish.change?.order ?? null;
      if (quote) {
        await keepDraft({ itinerary, quote, search, change, orderKey: newKey(), payKey: newKey(), order: null, token: null, method: null });
        go("journey");
      }
    } catch (trouble) {
      error.value = trouble;
    }
    busy.value = null;
  };
  const shifted = (minutes: number, from = wish.at) => `results?${toQuery({ ...wish, arrive: false, at: moved(from, minutes) })}`;
  const list = answer.value?.itineraries ?? [];
  const last = list.at(-1)?.departure.slice(0, 16);
  return (
    <>
      <Back to={`?${search}`}>{t("results.back")}</Back>
      <Heading title={`${wish.from.name} – ${wish.to.name}`}>
        {wish.from.name} <span aria-hidden="true">→</span>
        <span class="unseen">{t("to")}</span> {wish.to.name}
      </Heading>
      <p class="lead">
        {dayLabel(wish.at)}, {t(wish.arrive ? "results.arrive" : "results.depart", { time: wish.at.slice(11) })}
      </p>
      {isGone(error.value) ? <Changed error={error.value as Problem} again={ask} /> : <Trouble error={error.value} again={ask} />}
      <QuoteQueue />
      {!answer.value && !error.value && <Waiting />}
      {answer.value && (
        <p class="unseen" role="status">
          {t("results.count", { count: list.length })}
        </p>
      )}
      {answer.value && list.length === 0 && (
        <Note kind="calm">
          <p>{answer.value.reason ?? t("results.nothing")}</p>
        </Note>
      )}
      <nav class="earlier" aria-label={t("results.times")}>
        <a class="button" href={`/app/${shifted(-60)}`}>
          {t("results.earlier")}
        </a>
        <a class="button" href={`/app/${last ? shifted(1, last) : shifted(60)}`}>
          {t("results.later")}
        </a>
      </nav>
      {list.length > 1 && (
        <p class="sorted">
          <a href={`/app/results?${toQuery({ ...wish, clean: !wish.clean })}`}>{t(wish.clean ? "sort.best" : "sort.clean")}</a>
        </p>
      )}
      <ol class="cards">
        {list.map((one, index) => (
          <li key={index}>
            <Card one={one} busy={busy.value !== null && busy.value === one.offer_id} choose={() => void choose(one)} />
          </li>
        ))}
      </ol>
    </>
  );
}

function Card({ one, busy, choose }: { one: Itinerary; busy: boolean; choose: () => void }) {
  const total = one.price.total;
  const isWalk = one.legs.every((leg) => leg.kind === "walk");
  const isSoldOut = few(one) === 0;
  const offers = one.offer_id !== null && !isSoldOut;
  return (
    <article class={`card offer${offers || isWalk ? "" : " off"}`}>
      <h2 class="unseen">{sentenceOf(one)}</h2>
      <div class="line" aria-hidden="true">
        <span class="times">
          {hours(one.departure)} – {hours(one.arrival)}
        </span>
        <strong class="price">{total ? money(total) : isWalk ? "" : t("price.none")}</strong>
      </div>
      <Signs legs={one.legs} />
      <p class="facts">
        {span(one.duration_seconds)} · {t("changes", { count: one.changes })}
        {one.emissions && ` · ${emissionsOf(one.emissions)}`}
        {one.best_for.map((what) => (
          <span key={what} class="chip">
            {tOr(`best.${what}`, what)}
          </span>
        ))}
      </p>
      {one.cancelled && <p class="bad strong">{t("leg.cancelled")}</p>}
      {!total && !one.cancelled && one.price.why && <p class="bad strong">{one.price.why}</p>}
      {one.price.excluded.map((part) => (
        <p key={part.leg} class="wait">
          {t(part.on_board ? "price.onboard" : "price.excluded", { operator: part.operator_name, from: part.from_name, to: part.to_name })}
        </p>
      ))}
      {isSoldOut && <p class="bad strong">{t("soldout")}</p>}
      {!isSoldOut && few(one) !== null && <p class="wait">{t("places.few", { count: few(one) as number })}</p>}
      {offers && (
        <button type="button" class="main wide" onClick={choose} disabled={busy} aria-label={busy ? undefined : t("results.choose.long", { sentence: sentenceOf(one) })}>
          {busy ? t("wait.short") : t("results.choose")}
        </button>
      )}
    </article>
  );
}

const FEW = 10;

/** The smallest number of free places on the way, where it is small enough to matter. */
function few(one: Itinerary): number | null {
  const told = one.legs.map((leg) => leg.free_places?.places?.["foot"]).filter((count) => typeof count === "number");
  const least = Math.min(...told);
  return least <= FEW ? least : null;
}

function isGone(error: unknown): boolean {
  return error instanceof Problem && (error.status === 410 || error.code === "price_changed");
}

function Changed({ error, again }: { error: Problem; again: () => void }) {
  const { offered, now } = error.document;
  return (
    <Note kind="wait" live>
      <p>{offered && now ? t("price.changed", { offered: money(offered), now: money(now) }) : t("price.mayHaveChanged")}</p>
      <button type="button" onClick={again}>
        {t("price.ask")}
      </button>
    </Note>
  );
}
