// Parts that several screens share: messages, waiting, a leg in words, the way as a strip.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { NoAnswer, Problem, type Schemas } from "../shared/api";
import { t, tOr } from "../shared/i18n";
import { dayOf, hours, money } from "../shared/money";
import type { Leg } from "./orders";

export function Note({ kind, children, live }: { kind: "calm" | "good" | "wait" | "bad"; children: ComponentChildren; live?: boolean }) {
  const role = kind === "bad" ? "alert" : live ? "status" : undefined;
  return (
    <div class={`note ${kind}`} role={role}>
      {children}
    </div>
  );
}

/** An error in the reader's words: what happened, and what to do. */
export function Trouble({ error, again }: { error: unknown; again?: (() => void) | undefined }) {
  if (!error) return null;
  return (
    <Note kind="bad">
      <p>{troubleOf(error)}</p>
      {again && (
        <button type="button" onClick={again}>
          {t("again")}
        </button>
      )}
    </Note>
  );
}

export function troubleOf(error: unknown): string {
  if (error instanceof NoAnswer) return navigator.onLine ? t("trouble.noAnswer") : t("offline.call");
  if (error instanceof Problem) return tOr(`problem.${error.code}`, error.document.detail ?? t("trouble.unknown"));
  return t("trouble.unknown");
}

/** Three empty cards, once waiting has taken long enough to be noticed. */
export function Waiting() {
  const shown = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => (shown.value = true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status">
      <span class="unseen">{t("waiting")}</span>
      {shown.value && [0, 1, 2].map((one) => <div key={one} class="card skeleton" aria-hidden="true" />)}
    </div>
  );
}

const SIGNS: Record<string, string> = {
  tram: "M7 3h10v2h-4l1 2h1a3 3 0 0 1 3 3v6a3 3 0 0 1-2 2.8L17.500 21h-2l-1-2h-5l-1 2h-2l1.500-2.200A3 3 0 0 1 6 16v-6a3 3 0 0 1 3-3h1l1-2H7zM8.500 10v3h7v-3zM9 15a1 1 0 1 0 .01 0zm6 0a1 1 0 1 0 .01 0z",
  ferry: "M11 2h2v3h4v4l3 1-2.200 7c-1 0-1.800-.500-2.600-1.100-.900.700-1.900 1.100-3.200 1.100s-2.300-.400-3.200-1.100c-.800.600-1.600 1.100-2.600 1.100L4 10l3-1V5h4zM9 7v1.300l3-1 3 1V7zM4 19c1.300 0 2.500-.400 3.500-1.100 1.200.800 2.700 1.200 4.500 1.200s3.300-.400 4.500-1.200c1 .700 2.200 1.100 3.500 1.100v2c-1.300 0-2.500-.300-3.500-.900-1.300.700-2.800 1-4.500 1s-3.200-.300-4.500-1c-1 .600-2.200.900-3.500.900z",
  rail: "M8 3h8a3 3 0 0 1 3 3v9a3 3 0 0 1-2.200 2.900L18.500 21h-2.200l-1.500-3H9.200l-1.500 3H5.500l1.700-3.100A3 3 0 0 1 5 15V6a3 3 0 0 1 3-3zM7 6v4h10V6zm2 6.500a1.300 1.300 0 1 0 .01 0zm6 0a1.300 1.300 0 1 0 .01 0z",
  bus: "M7 3h10a3 3 0 0 1 3 3v10a2 2 0 0 1-1 1.700V20h-3v-2H8v2H5v-2.300A2 2 0 0 1 4 16V6a3 3 0 0 1 3-3zM6 6v5h12V6zm2 7a1.300 1.300 0 1 0 .01 0zm8 0a1.300 1.300 0 1 0 .01 0z",
  walk: "M13 2.500a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM9.500 8.200 13 7.500c.700 0 1.200.300 1.600.900l1.200 2 2.700 1.300-.800 1.800-3.200-1.500-.900-1.300-.700 3.600 2.400 2.500 1 5-2 .400-.900-4.500-2.700-2.600-1.300 5-3 2.600-1.300-1.500 2.500-2.200 1.800-8-1.700.700-.700 2.600-1.900-.500z",
};

export function Sign({ mode }: { mode: string }) {
  return (
    <svg class={`sign ${mode}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={SIGNS[mode === "metro" ? "rail" : mode] ?? SIGNS["bus"]} fill="currentColor" fill-rule="evenodd" />
    </svg>
  );
}

export function modeOf(mode: string): string {
  return tOr(`mode.${mode}`, mode);
}

/** The line as people say it: a tram has a number, a ship the name of its company. */
export function lineOf(leg: Leg): string {
  return leg.mode === "ferry" ? (leg.operator_name ?? leg.line ?? "") : (leg.line ?? leg.operator_name ?? "");
}

/** The way as a row of signs: tram 2, ship, tram 9. */
export function Signs({ legs }: { legs: Leg[] }) {
  const rides = legs.filter((leg) => leg.kind === "ride");
  return (
    <ol class="signs">
      {rides.map((leg, index) => (
        <li key={index} class={leg.mode}>
          <Sign mode={leg.mode} />
          <span class="unseen">{modeOf(leg.mode)} </span>
          {lineOf(leg)}
        </li>
      ))}
    </ol>
  );
}

function minutes(seconds: number): number {
  return Math.max(1, Math.round(seconds / 60));
}

export function span(seconds: number): string {
  const all = Math.round(seconds / 60);
  return t("span", { hours: Math.floor(all / 60), minutes: all % 60 });
}

function Moment({ planned, live }: { planned: string; live?: string | null | undefined }) {
  if (!live || hours(live) === hours(planned)) return <time dateTime={planned}>{hours(planned)}</time>;
  return (
    <>
      <s>
        <span class="unseen">{t("leg.planned")} </span>
        {hours(planned)}
      </s>{" "}
      <time class="live" dateTime={live}>
        <span class="unseen">{t("leg.expected")} </span>
        {hours(live)}
      </time>
    </>
  );
}

/** The way from stop to stop, one below the other, with its line drawn beside it. */
export function Way({ legs, marked }: { legs: Leg[]; marked?: number | undefined }) {
  let ride = -1;
  return (
    <ol class="way">
      {legs.map((leg, index) => {
        if (leg.kind === "walk") return leg.walk_seconds ? <Walk key={index} leg={leg} /> : null;
        ride += 1;
        return <Ride key={index} leg={leg} current={marked === ride} />;
      })}
    </ol>
  );
}

function Walk({ leg }: { leg: Leg }) {
  return (
    <li class="walk">
      <Sign mode="walk" />
      {t("leg.walk", { minutes: minutes(leg.walk_seconds ?? 0), metres: leg.distance_m ?? 0, to: leg.to.name })}
    </li>
  );
}

function Ride({ leg, current }: { leg: Leg; current: boolean }) {
  const words = leg.notices?.length ? leg.notices.map((one) => one.text) : (leg.alerts ?? []);
  return (
    <li class={`ride ${leg.mode}${leg.cancelled || leg.given_back_at ? " cancelled" : ""}`} aria-current={current ? "step" : undefined}>
      <p class="stop">
        <Moment planned={leg.departure} live={leg.live_departure} /> <strong>{leg.boards_at?.name ?? leg.from.name}</strong>
      </p>
      <p class="by">
        <Sign mode={leg.mode} />
        <span>
          {modeOf(leg.mode)} {lineOf(leg)}
          {leg.headsign ? ` · ${t("leg.towards", { to: leg.headsign })}` : ""}
          {leg.mode !== "ferry" && leg.operator_name ? <small>{leg.operator_name}</small> : null}
          {leg.in_seat_transfer ? <small>{t("leg.inSeat")}</small> : null}
          {leg.check_in_until ? <small>{t("leg.checkIn", { time: hours(leg.check_in_until) })}</small> : null}
          {leg.wheelchair && leg.wheelchair !== "unknown" ? <small>{t(`wheelchair.${leg.wheelchair}`)}</small> : null}
          {leg.given_back_at ? <small class="bad">{t("badge.refunded")}</small> : null}
          {leg.cancelled ? <small class="bad">{t("leg.cancelled")}</small> : null}
          {leg.excluded ? <small class="bad">{t("leg.excluded")}</small> : null}
          {words.map((text) => (
            <small key={text} class="wait">
              {text}
            </small>
          ))}
        </span>
      </p>
      <p class="stop">
        <Moment planned={leg.arrival} live={leg.live_arrival} /> <strong>{leg.alights_at?.name ?? leg.to.name}</strong>
      </p>
    </li>
  );
}

/** One sentence for those who hear the page: "06:24 to 10:18, 3 changes, 48 euros". */
export function sentenceOf(one: Schemas["Itinerary"]): string {
  const price = one.price.total ? money(one.price.total) : (one.price.why ?? t("price.none"));
  return t("itinerary.sentence", { from: hours(one.departure), to: hours(one.arrival), changes: one.changes, price });
}

export function dayLabel(moment: string): string {
  return dayOf(moment, "long");
}

export function categoryOf(category: string): string {
  return tOr(`category.${category}`, category);
}

/** A link back, at the top of a screen. */
export function Back({ to, children }: { to: string; children: ComponentChildren }) {
  return (
    <p class="back">
      <a href={`/app/${to}`}>
        <span aria-hidden="true">‹ </span>
        {children}
      </a>
    </p>
  );
}
