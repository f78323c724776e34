// Search: from, to, when, who. The last journeys are one tap away.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, clockOffset, reachable } from "../../shared/api";
import { t } from "../../shared/i18n";
import { go, Heading, type Place } from "../../shared/router";
import { Combobox, type Chosen } from "../combobox";
import { keepWish, wish as wishOf } from "../draft";
import { orderOf } from "../orders";
import { Back, categoryOf, Note } from "../parts";
import { fromQuery, isWhole, soon, toQuery, type Wish } from "../wishes";

const MOST_RECENT = 4;

interface Recent {
  from: Chosen;
  to: Chosen;
}

export function Search({ at }: { at: Place }) {
  const given = fromQuery(at.query);
  const wish = useSignal<Partial<Wish>>({ ...given, at: given.at ?? soon(), passengers: given.passengers ?? ["adult"] });
  const touched = useSignal(false);
  const recent = useSignal<Recent[]>([]);
  const categories = useSignal<string[]>(["adult", "child"]);
  const faults = useSignal<{ from?: string; to?: string; who?: string }>({});
  useEffect(() => {
    wishOf<Recent[]>("recent").then((found) => (recent.value = found ?? []));
    call("GET /v1/regions", {})
      .then(({ regions }) => (categories.value = [...new Set(regions.flatMap((one) => one.rider_categories))]))
      .catch(() => undefined);
  }, []);
  // The clock of a phone may be wrong, and the first answer says so: a moment that nobody chose follows it.
  useEffect(() => {
    if (!given.at && !touched.value) wish.value = { ...wish.value, at: soon() };
  }, [clockOffset.value]);
  const change = (part: Partial<Wish>) => {
    if (part.at) touched.value = true;
    wish.value = { ...wish.value, ...part };
  };
  const place = (key: "from" | "to" | "via") => (chosen: Chosen | null) => {
    const { [key]: _, ...rest } = wish.value;
    wish.value = chosen ? { ...rest, [key]: chosen } : rest;
  };
  const places = distinct(recent.value.flatMap((one) => [one.from, one.to]));
  const submit = (event: Event) => {
    event.preventDefault();
    const found: typeof faults.value = {};
    if (!wish.value.from) found.from = t("search.fault.place");
    if (!wish.value.to) found.to = t("search.fault.place");
    if (!wish.value.passengers?.length) found.who = t("search.fault.who");
    faults.value = found;
    const first = Object.keys(found)[0];
    if (first) document.getElementById(first)?.focus();
    if (first || !isWhole(wish.value)) return;
    const { from, to } = wish.value;
    const others = recent.value.filter((one) => one.from.id !== from.id || one.to.id !== to.id);
    void keepWish("recent", [{ from, to }, ...others].slice(0, MOST_RECENT));
    go(`results?${toQuery(wish.value)}`);
  };
  const changing = given.change ? orderOf(given.change.order) : undefined;
  return (
    <>
      {changing && <Back to={`orders/${changing.id}`}>{t("order.title")}</Back>}
      <Heading title={t("search.title")}>{changing ? t("change.title") : t("search.title")}</Heading>
      {!reachable.value && (
        <Note kind="wait" live>
          <p>{t("offline.banner")}</p>
          <a href="/app/tickets">{t("tickets.title")}</a>
        </Note>
      )}
      <form class="card" onSubmit={submit} noValidate>
        <div class="ends">
          <Combobox id="from" here label={t("search.from")} value={wish.value.from ?? null} recent={places} fault={faults.value.from ?? null} choose={place("from")} />
          <button
            type="button"
            class="swap"
            aria-label={t("search.swap")}
            onClick={() => {
              const { from, to, ...rest } = wish.value;
              wish.value = { ...rest, ...(to ? { from: to } : {}), ...(from ? { to: from } : {}) };
            }}
          >
            <span aria-hidden="true">⇅</span>
          </button>
          <Combobox id="to" label={t("search.to")} value={wish.value.to ?? null} recent={places} fault={faults.value.to ?? null} choose={place("to")} />
        </div>
        <fieldset class="plain">
          <legend class="unseen">{t("search.when")}</legend>
          <div class="segments">
            {[false, true].map((arrive) => (
              <label key={String(arrive)}>
                <input type="radio" name="arrive" checked={Boolean(wish.value.arrive) === arrive} onChange={() => change({ arrive })} />
                <span>{t(arrive ? "search.arrive" : "search.depart")}</span>
              </label>
            ))}
          </div>
          <div class="two">
            <label class="field">
              {t("search.date")}
              <input type="date" required value={wish.value.at?.slice(0, 10)} onInput={(event) => change({ at: `${event.currentTarget.value}T${wish.value.at?.slice(11)}` })} />
            </label>
            <label class="field">
              {t("search.time")}
              <input type="time" required value={wish.value.at?.slice(11)} onInput={(event) => change({ at: `${wish.value.at?.slice(0, 10)}T${event.currentTarget.value}` })} />
            </label>
          </div>
        </fieldset>
        {!changing && (
          <fieldset class="plain" id="who" tabIndex={-1}>
            <legend>{t("search.who")}</legend>
            {categories.value.map((category) => (
              <Counter key={category} category={category} all={wish.value.passengers ?? []} change={(passengers) => change({ passengers })} />
            ))}
            {faults.value.who && <p class="fault">{faults.value.who}</p>}
          </fieldset>
        )}
        <details>
          <summary>{t("search.more")}</summary>
          <Combobox id="via" label={t("search.via")} value={wish.value.via ?? null} recent={places} fault={null} choose={place("via")} />
          <label class="check">
            <input type="checkbox" checked={wish.value.lessWalking} onChange={(event) => change({ lessWalking: event.currentTarget.checked })} />
            {t("search.less")}
          </label>
          <label class="check">
            <input type="checkbox" checked={wish.value.wheelchair} onChange={(event) => change({ wheelchair: event.currentTarget.checked })} />
            {t("search.chair")}
          </label>
          <label class="check">
            <input type="checkbox" checked={wish.value.clean} onChange={(event) => change({ clean: event.currentTarget.checked })} />
            {t("sort.clean")}
          </label>
        </details>
        <button class="main wide">{t("search.go")}</button>
      </form>
      {!changing && recent.value.length > 0 && (
        <section aria-labelledby="recent">
          <h2 id="recent">{t("search.recent")}</h2>
          <ul class="rows">
            {recent.value.map((one) => (
              <li key={one.from.id + one.to.id}>
                <a href={`/app/results?${toQuery({ ...one, via: null, at: soon(), arrive: false, passengers: wish.value.passengers ?? ["adult"], lessWalking: false, wheelchair: false, change: null })}`}>
                  {one.from.name} <span aria-hidden="true">→</span>
                  <span class="unseen">{t("to")}</span> {one.to.name}
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Counter({ category, all, change }: { category: string; all: string[]; change: (next: string[]) => void }) {
  const count = all.filter((one) => one === category).length;
  const name = categoryOf(category);
  const less = () => change(all.filter((_, index) => index !== all.lastIndexOf(category)));
  return (
    <div class="counter" role="group" aria-label={name}>
      <span>{name}</span>
      <button type="button" aria-label={t("search.fewer", { name })} disabled={count === 0} onClick={less}>
        −
      </button>
      <output aria-live="polite">{count}</output>
      <button type="button" aria-label={t("search.another", { name })} disabled={all.length >= 12} onClick={() => change([...all, category])}>
        +
      </button>
    </div>
  );
}

function distinct(places: Chosen[]): Chosen[] {
  return places.filter((one, index) => places.findIndex((other) => other.id === one.id) === index).slice(0, 6);
}
