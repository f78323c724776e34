// The commuter's app: the frame around its screens, and the order in which it wakes up.
import { clockOffset, NoAnswer } from "../shared/api";
import { LANGUAGES, preferred, speak, t, type Language, type PlainId } from "../shared/i18n";
import { lazy as fetchedLater } from "../shared/lazy";
import { Heading, listen, path, Screens, type Place, type Route } from "../shared/router";
import { loadSession } from "../shared/session";
import { install, restart, waiting } from "../shared/update";
import { keepWish, loadDraft, wish } from "./draft";
import { loadOrders } from "./orders";
import { Trouble } from "./parts";
import { Journey } from "./screens/journey";
import { More } from "./screens/more";
import { Results } from "./screens/results";
import { Search } from "./screens/search";
import { TicketPage } from "./screens/ticket";
import { TicketList } from "./screens/tickets";
import { Who } from "./screens/who";
import { effect } from "@preact/signals";
import { render, type ComponentType } from "preact";

/** A screen that could not be fetched: there is no network, or the service is away. */
function NotFetched({ again }: { again: () => void }) {
  return (
    <>
      <Heading title="Throughfare">Throughfare</Heading>
      <Trouble error={new NoAnswer("")} again={again} />
    </>
  );
}

const lazy = (load: () => Promise<ComponentType<{ at: Place }>>) => fetchedLater(load, NotFetched);

const ROUTES: Route[] = [
  { pattern: /^$/, screen: Search },
  { pattern: /^results$/, screen: Results },
  { pattern: /^journey$/, screen: Journey },
  { pattern: /^who$/, screen: Who },
  { pattern: /^pay$/, screen: lazy(() => import("./screens/pay").then((one) => one.Pay)) },
  { pattern: /^tickets$/, screen: TicketList },
  { pattern: /^tickets\/(?<order>[\w-]+)\/(?<jti>[\w-]+)$/, screen: TicketPage },
  { pattern: /^tickets\/(?<order>[\w-]+)\/(?<jti>[\w-]+)\/give-back$/, screen: lazy(() => import("./screens/giveback").then((one) => one.GiveBack)) },
  { pattern: /^orders\/(?<order>[\w-]+)$/, screen: lazy(() => import("./screens/order").then((one) => one.OrderPage)) },
  { pattern: /^orders\/(?<order>[\w-]+)\/options$/, screen: lazy(() => import("./screens/options").then((one) => one.OptionsPage)) },
  { pattern: /^orders\/(?<order>[\w-]+)\/delays$/, screen: lazy(() => import("./screens/delays").then((one) => one.DelaysPage)) },
  { pattern: /^orders\/(?<order>[\w-]+)\/hand-over$/, screen: lazy(() => import("./screens/handover").then((one) => one.HandOver)) },
  { pattern: /^orders\/(?<order>[\w-]+)\/take-over$/, screen: lazy(() => import("./screens/handover").then((one) => one.TakeOver)) },
  { pattern: /^passes$/, screen: lazy(() => import("./screens/passes").then((one) => one.Passes)) },
  { pattern: /^more$/, screen: More },
  { pattern: /^account$/, screen: lazy(() => import("./screens/account").then((one) => one.default)) },
  { pattern: /^link$/, screen: lazy(() => import("./screens/bring").then((one) => one.default)) },
];

const TABS: [string, PlainId, string][] = [
  ["", "search.tab", "M10 3a7 7 0 0 1 5.600 11.200l5 5-1.400 1.400-5-5A7 7 0 1 1 10 3zm0 2a5 5 0 1 0 0 10 5 5 0 0 0 0-10z"],
  ["tickets", "tickets.title", "M3 6h18v4a2 2 0 0 0 0 4v4H3v-4a2 2 0 0 0 0-4zm6 2v8h2V8z"],
  ["passes", "passes.title", "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zm1 4h14V7H5zm2 5h6v-2H7z"],
  ["more", "more.title", "M4 6h16v2H4zm0 5h16v2H4zm0 5h16v2H4z"],
];

/** The tab that a path belongs to: the way to a ticket begins at the search. */
function tabOf(path: string): string {
  if (/^(orders|link)/.test(path)) return "tickets";
  if (path.startsWith("account")) return "more";
  return ["tickets", "passes", "more"].find((name) => path.startsWith(name)) ?? "";
}

function Missing() {
  return (
    <>
      <Heading title={t("missing")}>{t("missing")}</Heading>
      <a class="button main" href="/app/">
        {t("search.title")}
      </a>
    </>
  );
}

function App() {
  const isPaying = path().startsWith("pay");
  const isShowing = /^tickets\/[\w-]+\/[\w-]+$/.test(path());
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.querySelector<HTMLElement>("h1")?.focus())}>
        {t("skip")}
      </a>
      <header>
        <a class="brand" href="/app/">
          <img src="/app/icon.svg" alt="" width="28" height="28" /> Throughfare
        </a>
      </header>
      {waiting.value && !isPaying && !isShowing && (
        <div class="note calm update" role="status">
          <p>{t("update.text")}</p>
          <button type="button" onClick={restart}>
            {t("update.go")}
          </button>
        </div>
      )}
      <main id="main">
        <Screens routes={ROUTES} missing={Missing} />
      </main>
      <nav class="tabs" aria-label={t("nav")}>
        {TABS.map(([to, name, sign]) => (
          <a key={to} href={`/app/${to}`} aria-current={tabOf(path()) === to ? "page" : undefined}>
            <svg viewBox="0 0 24 24" aria-hidden="true">
              <path d={sign} fill="currentColor" fill-rule="evenodd" />
            </svg>
            {t(name)}
          </a>
        ))}
      </nav>
    </>
  );
}

const DAY_MS = 86_400_000;

/** Go on with the service's time as it was last told: a phone without a network signs by it too. */
async function keepTime(): Promise<void> {
  const told = await wish<{ offset: number; at: number }>("clock");
  if (told && Math.abs(Date.now() - told.at) < DAY_MS) clockOffset.value = told.offset;
  effect(() => void keepWish("clock", { offset: clockOffset.value, at: Date.now() }).catch(() => undefined));
}

async function wake(): Promise<void> {
  // A private window may keep nothing: the app then searches and shows prices, and says at the sale why it cannot bind.
  const chosen = await wish<Language>("language").catch(() => undefined);
  await Promise.all([speak(chosen && chosen in LANGUAGES ? chosen : preferred()), loadOrders().catch(() => undefined), loadDraft().catch(() => undefined)]);
  await loadSession().catch(() => undefined);
  await keepTime().catch(() => undefined);
  listen();
  render(<App />, document.getElementById("app") as HTMLElement);
  await install();
}

void wake();
