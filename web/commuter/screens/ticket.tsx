// One ticket: the code that a gate reads, renewed every 15 seconds by this phone's key, with or without a network.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, clockOffset, demoGateway, file, newKey, now, reachable } from "../../shared/api";
import { t } from "../../shared/i18n";
import { here, hours } from "../../shared/money";
import { go, Heading, type Place } from "../../shared/router";
import { calendarOf } from "../calendar";
import { Emissions } from "../emissions";
import { badgeOf, heldBy, refresh, ridesOf, shownToken, startOf, type Badge, type Held, type Leg } from "../orders";
import { Back, categoryOf, Note, Trouble, Way } from "../parts";
import { phoneKey, publicKey } from "../wallet/key";
import { codeWithProof, isBound, isOurs } from "../wallet/proof";
import { Qr } from "../wallet/qr";
import { save } from "../save";
import { Chip } from "./tickets";

const RENEW_MS = 15_000;
const SOON_MS = 2 * 3_600_000;
const POLL_SOON_MS = 30_000;
const POLL_MS = 300_000;
const CLOCK_IS_OFF_MS = 5 * 60_000;
const SHOWN: Badge[] = ["valid", "later"];

export function TicketPage({ at }: { at: Place }) {
  const found = heldBy(at.parts["order"] as string, at.parts["jti"] as string);
  const error = useSignal<unknown>(null);
  useEffect(() => (found ? live(found) : undefined), []);
  if (!found) return <Gone />;
  const { row, ticket, number } = found;
  const badge = badgeOf(found);
  const legs = ticket.legs;
  const rides = ridesOf(ticket);
  const siblings = row.tickets?.tickets ?? [];
  const next = nextLeg(legs);
  const print = () =>
    file("GET /v1/orders/{order_id}/tickets/{jti}/print.pdf", { path: { order_id: row.id, jti: ticket.jti }, token: row.token })
      .then((pdf) => save(pdf, "ticket.pdf"))
      .catch((trouble: unknown) => (error.value = trouble));
  return (
    <>
      <Back to="tickets">{t("tickets.title")}</Back>
      <Heading title={t("ticket.title")}>
        {rides.length ? t("tickets.way", { from: rides[0]?.from.name ?? "", to: rides.at(-1)?.to.name ?? "" }) : t("tickets.pass")}
      </Heading>
      <p class="lead">
        <Chip badge={badge} /> {categoryOf(ticket.rider_category)}
        {siblings.length > 1 ? ` · ${t("ticket.of", { number, count: siblings.length })}` : ""}
      </p>
      {!reachable.value && (
        <Note kind="wait" live>
          <p>{t("offline.banner")}</p>
        </Note>
      )}
      <News held={found} />
      {SHOWN.includes(badge) ? <Code held={found} next={next} /> : <NoCode badge={badge} />}
      {siblings.length > 1 && (
        <nav class="siblings" aria-label={t("ticket.others")}>
          {siblings.map((one, index) => (
            <a key={one.jti} href={`/app/tickets/${row.id}/${one.jti}`} aria-current={one.jti === ticket.jti ? "page" : undefined}>
              {index + 1}. {categoryOf(one.rider_category)}
            </a>
          ))}
        </nav>
      )}
      {legs.length > 0 && (
        <section class="card" aria-labelledby="way">
          <h2 id="way">{t("ticket.way")}</h2>
          <Way legs={asToldNow(found)} marked={next} />
        </section>
      )}
      <Emissions told={row.tickets?.emissions} legs={legs} />
      <Documents held={found} />
      <ul class="rows actions">
        {badge === "valid" || badge === "later" ? (
          <>
            <li>
              <a href={`/app/tickets/${row.id}/${ticket.jti}/give-back`}>{t("giveback.title")}</a>
            </li>
            <li>
              <a href={`/app/?${changeQuery(found)}`}>{t("change.title")}</a>
            </li>
            <li>
              <a href={`/app/orders/${row.id}/hand-over`}>{t("handover.title")}</a>
            </li>
            <li>
              <button type="button" onClick={() => save(new Blob([calendarOf(ticket.jti, rides)], { type: "text/calendar" }), "journey.ics")}>
                {t("ticket.calendar")}
              </button>
            </li>
            <li>
              <button type="button" onClick={() => void print()}>
                {t("ticket.print")}
              </button>
            </li>
          </>
        ) : null}
        <li>
          <a href={`/app/orders/${row.id}`}>{t("order.title")}</a>
        </li>
      </ul>
      <Trouble error={error.value} />
      <p class="hint">{t("ticket.asOf", { time: here(row.fetchedAt, true) })}</p>
    </>
  );
}

/** Look for news while the page is seen: often near the journey, seldom else, and more slowly after failures. */
function live(found: Held): () => void {
  let timer: ReturnType<typeof setTimeout>;
  let failures = 0;
  const look = async () => {
    if (!document.hidden) {
      await refresh(found.row.id).then(
        () => (failures = 0),
        () => (failures += 1),
      );
    }
    const near = Math.abs(Date.parse(startOf(found.ticket)) - now()) < SOON_MS;
    timer = setTimeout(() => void look(), (near ? POLL_SOON_MS : POLL_MS) * Math.min(1 + failures, 6));
  };
  void look();
  return () => clearTimeout(timer);
}

/** The leg whose arrival lies ahead: its operator's gate is the next one. */
function nextLeg(legs: Leg[]): number {
  const ahead = legs.findIndex((leg) => !leg.given_back_at && Date.parse(leg.live_arrival ?? leg.arrival) > now());
  return ahead < 0 ? Math.max(0, legs.findLastIndex((leg) => !leg.given_back_at)) : ahead;
}

function changeQuery({ row, ticket }: Held): string {
  const legs = ridesOf(ticket);
  const [first, last] = [legs[0], legs.at(-1)];
  const region = (stop: string, operator: string) => `${operator}:${stop}`;
  const query = new URLSearchParams({ change: row.id, refs: ticket.passenger, who: ticket.rider_category });
  if (first?.from.stop_id) query.set("from", region(first.from.stop_id, first.operator ?? ""));
  if (first) query.set("fromName", first.from.name);
  if (last?.to.stop_id) query.set("to", region(last.to.stop_id, last.operator ?? ""));
  if (last) query.set("toName", last.to.name);
  return query.toString();
}

function Code({ held, next }: { held: Held; next: number }) {
  const token = shownToken(held);
  const legs = held.ticket.legs;
  const chosen = useSignal(next);
  const code = useSignal<string | null>(null);
  const lost = useSignal(false);
  const operator = legs[chosen.value]?.operator ?? null;
  useEffect(() => (token ? renewing(token, operator, code, lost) : undefined), [token, operator]);
  useEffect(keepAwake, []);
  if (!token) return <NoCode badge="suspended" />;
  if (lost.value) return <Lost held={held} />;
  return (
    <section class="code" aria-label={t("ticket.code")}>
      {badgeOf(held) === "later" && <p class="from">{t("ticket.from", { time: here(held.ticket.not_before, true) })}</p>}
      {code.value ? <Qr text={code.value} label={t("ticket.code.label")} /> : <div class="qr" aria-hidden="true" />}
      {isBound(token) && <Life key={code.value ?? ""} />}
      {legs.length > 0 && (
        <div class="gate">
          <p>
            {t("ticket.gate", { operator: legs[chosen.value]?.operator_name ?? "" })}
            <br />
            <strong>
              {hours(legs[chosen.value]?.departure ?? "")} {legs[chosen.value]?.from.name}
            </strong>
          </p>
          {isBound(token) && operatorsOf(legs).length > 1 && (
            <button type="button" onClick={() => (chosen.value = another(legs, chosen.value))}>
              {t("ticket.gate.next")}
            </button>
          )}
        </div>
      )}
      <p class="control">
        {t("ticket.control")} <strong>{spaced(held.ticket.control_code)}</strong>
      </p>
      <p class="small">{t("ticket.bright")}</p>
      {!demoGateway.value && Math.abs(clockOffset.value) > CLOCK_IS_OFF_MS && <p class="small">{t("ticket.clock", { minutes: Math.round(Math.abs(clockOffset.value) / 60_000) })}</p>}
    </section>
  );
}

function operatorsOf(legs: Leg[]): string[] {
  return [...new Set(legs.filter((leg) => !leg.given_back_at).map((leg) => leg.operator ?? ""))];
}

/** The next leg of another operator: a proof is for one operator's gates. */
function another(legs: Leg[], from: number): number {
  for (let step = 1; step < legs.length; step++) {
    const index = (from + step) % legs.length;
    if (!legs[index]?.given_back_at && legs[index]?.operator !== legs[from]?.operator) return index;
  }
  return from;
}

function spaced(code: string): string {
  return code.replace(/(.{5})(?=.)/g, "$1 ");
}

/** Make the code now, and anew every 15 seconds where the phone has to sign it. */
function renewing(token: string, operator: string | null, code: Signal<string | null>, lost: Signal<boolean>): () => void {
  if (!isBound(token)) {
    code.value = token;
    return () => undefined;
  }
  let ended = false;
  const renew = async () => {
    const pair = await phoneKey();
    if (!(await isOurs(token))) {
      lost.value = true;
      return;
    }
    const made = await codeWithProof(token, operator ?? "", now(), pair.privateKey);
    if (!ended) code.value = made;
  };
  void renew();
  const timer = setInterval(() => void renew(), RENEW_MS);
  const seen = () => void (document.hidden || renew());
  document.addEventListener("visibilitychange", seen);
  return () => {
    ended = true;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}

function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  const ask = () => {
    if (!document.hidden) navigator.wakeLock?.request("screen").then((got) => (lock = got), () => undefined);
  };
  ask();
  document.addEventListener("visibilitychange", ask);
  return () => {
    document.removeEventListener("visibilitychange", ask);
    void lock?.release();
  };
}

/** A ring that runs for as long as the code lives: a picture of it stands still. */
function Life() {
  return (
    <p class="life">
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="8" />
        <circle class="runs" cx="10" cy="10" r="8" pathLength="100" />
      </svg>
      {t("ticket.live")}
    </p>
  );
}

type Ended = Exclude<Badge, "valid" | "later">;

function NoCode({ badge }: { badge: Badge }) {
  return (
    <div class="card nocode">
      <p class="word">{t(`badge.${badge}`)}</p>
      <p>{t(`why.${badge as Ended}`)}</p>
    </div>
  );
}

/** The key of this ticket is gone from this browser, or was never here: the service can move the ticket to it. */
function Lost({ held }: { held: Held }) {
  const error = useSignal<unknown>(null);
  const busy = useSignal(false);
  const { row, ticket } = held;
  const move = async () => {
    busy.value = true;
    try {
      const jti = ticket.group_code ?? ticket.jti;
      await call("POST /v1/orders/{order_id}/tickets/{jti}/move", {
        path: { order_id: row.id, jti },
        body: { public_key: { ...(await publicKey()) } },
        token: row.token,
        once: newKey(),
      });
      await refresh(row.id);
      location.reload();
    } catch (trouble) {
      error.value = trouble;
      busy.value = false;
    }
  };
  return (
    <Note kind="wait">
      <p>{t("ticket.lost")}</p>
      <button type="button" class="main" disabled={busy.value} onClick={() => void move()}>
        {t("ticket.move")}
      </button>
      <Trouble error={error.value} />
    </Note>
  );
}

/** What operators say now about the rides of this ticket. */
function News({ held }: { held: Held }) {
  const { row, ticket } = held;
  const legs = ticket.legs;
  // Without passengers it concerns everybody of the order.
  const concerns = (those: string[]) => those.length === 0 || those.includes(ticket.passenger);
  const news = (row.tickets?.news ?? []).filter((one) => concerns(one.passengers) && !legs[one.leg]?.given_back_at);
  const lines = news.map((one) => ({ one, leg: legs[one.leg] })).filter(({ one }) => one.cancelled || one.departure_delay_seconds || one.note);
  if (lines.length === 0) return null;
  return (
    <Note kind="bad">
      {lines.map(({ one, leg }) => (
        <div key={one.leg}>
          <p>
            <strong>
              {hours(leg?.departure ?? "")} {leg?.operator_name ?? one.operator}:
            </strong>{" "}
            {one.cancelled ? t("cancelled") : one.departure_delay_seconds ? t("late", { minutes: Math.round(one.departure_delay_seconds / 60) }) : ""}
          </p>
          {one.note && <p lang={one.note.language}>{one.note.text}</p>}
        </div>
      ))}
      <a class="button" href={`/app/orders/${row.id}/options`}>
        {t("options.go")}
      </a>
    </Note>
  );
}

/** The rides with what operators have told since: cancelled ones, late ones, other platforms. */
function asToldNow({ row, ticket }: Held): Leg[] {
  const later = (moment: string, seconds: number | null) => (seconds ? shifted(moment, seconds) : null);
  return ticket.legs.map((leg, index) => {
    const news = row.tickets?.news.find((one) => one.leg === index && (one.passengers.length === 0 || one.passengers.includes(ticket.passenger)));
    if (!news) return leg;
    return {
      ...leg,
      cancelled: news.cancelled,
      live_departure: later(leg.departure, news.departure_delay_seconds),
      live_arrival: later(leg.arrival, news.arrival_delay_seconds),
      boards_at: news.boards_at,
      alights_at: news.alights_at,
    };
  });
}

/** A moment so many seconds later, in the same form and with the same offset. */
function shifted(moment: string, seconds: number): string {
  const [local, offset] = [moment.slice(0, 19), moment.slice(19)];
  return new Date(Date.parse(`${local}Z`) + seconds * 1000).toISOString().slice(0, 19) + offset;
}

function Documents({ held }: { held: Held }) {
  const documents = held.ticket.operator_documents;
  if (documents.length === 0) return null;
  const legs = held.ticket.legs;
  return (
    <details class="card">
      <summary>{t("documents.title")}</summary>
      <p class="hint">{t("documents.hint")}</p>
      {documents.map((one, index) => (
        <div key={index} class="document">
          <p>
            <strong>{legs[one.leg]?.operator_name ?? one.operator}</strong> {one.reference}
          </p>
          {one.kind === "qr_code" && one.encoding === "text" && <Qr text={one.content} label={t("documents.code", { operator: one.operator })} small />}
        </div>
      ))}
    </details>
  );
}

function Gone() {
  return (
    <>
      <Heading title={t("ticket.title")}>{t("ticket.title")}</Heading>
      <Note kind="calm">
        <p>{t("ticket.notHere")}</p>
      </Note>
      <button type="button" onClick={() => go("tickets")}>
        {t("tickets.title")}
      </button>
    </>
  );
}

