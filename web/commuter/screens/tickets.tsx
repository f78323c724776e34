// The tickets of this phone: the next one first, then today, later and past ones.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { now, reachable } from "../../shared/api";
import { t } from "../../shared/i18n";
import { dayOf, here, hours } from "../../shared/money";
import { Later } from "../../shared/lazy";
import { go, Heading, type Place } from "../../shared/router";
import { resume } from "../draft";
import { badgeOf, held, orders, refreshAll, ridesOf, startOf, type Badge, type Held } from "../orders";
import { categoryOf, Note, Signs } from "../parts";
import { localMoment } from "../wishes";

const STALE_MS = 24 * 3_600_000;
const UNPAID = ["awaiting_payment", "payment_failed", "payment_unknown"];
const DONE: Badge[] = ["expired", "refunded", "exchanged", "cancelled", "payment_lost"];

export function TicketList({ at }: { at: Place }) {
  const busy = useSignal(false);
  useEffect(() => {
    busy.value = true;
    refreshAll()
      .catch(() => undefined)
      .finally(() => (busy.value = false));
  }, []);
  const all = held();
  const groups = grouped(all);
  const bought = orders.value.find((row) => row.id === at.query.get("bought"));
  const unpaid = orders.value.filter((row) => UNPAID.includes(row.order.state) && Date.parse(row.order.expires_at) > now());
  const oldest = Math.min(...all.map((one) => one.row.fetchedAt));
  return (
    <>
      <Heading title={t("tickets.title")}>{t("tickets.title")}</Heading>
      {at.query.has("bought") && (
        <>
          <Note kind="good" live>
            <p>{t("tickets.bought")}</p>
            {bought?.elsewhere?.length ? (
              <a class="button" href={`/app/orders/${bought.id}/hand-over`}>
                {t("handover.go", { count: bought.elsewhere.length })}
              </a>
            ) : null}
          </Note>
          {bought && <Later load={() => import("../push").then((one) => one.default)} given={{ row: bought, asking: true }} />}
        </>
      )}
      {!reachable.value && (
        <Note kind="wait" live>
          <p>{t("offline.banner")}</p>
          {all.length > 0 && now() - oldest > STALE_MS && <p>{t("tickets.stale", { time: here(oldest, true) })}</p>}
        </Note>
      )}
      {unpaid.map((row) => (
        <Note key={row.id} kind="calm">
          <p>{t("tickets.unpaid", { time: here(row.order.expires_at) })}</p>
          <button type="button" onClick={() => void resume(row.order, row.token).then(() => go("pay"))}>
            {t("tickets.unpaid.go")}
          </button>
        </Note>
      ))}
      {all.length === 0 && !busy.value && (
        <div class="card empty">
          <p>{t("tickets.none")}</p>
          <a class="button main" href="/app/">
            {t("search.go")}
          </a>
        </div>
      )}
      {groups.map(([name, list]) => (
        <section key={name} aria-labelledby={name}>
          <h2 id={name}>{t(`tickets.${name}`)}</h2>
          <ul class="cards">
            {list.map((one) => (
              <li key={one.ticket.jti}>
                <Row one={one} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function grouped(all: Held[]): ["today" | "later" | "past", Held[]][] {
  const today = localMoment(now()).slice(0, 10);
  const nameOf = (one: Held) => {
    if (DONE.includes(badgeOf(one))) return "past";
    return startOf(one.ticket).slice(0, 10) <= today ? "today" : "later";
  };
  return (["today", "later", "past"] as const)
    .map((name) => [name, all.filter((one) => nameOf(one) === name)] as ["today" | "later" | "past", Held[]])
    .filter(([, list]) => list.length > 0);
}

function Row({ one }: { one: Held }) {
  const legs = ridesOf(one.ticket);
  const [first, last] = [legs[0], legs.at(-1)];
  return (
    <a class="card ticket-row" href={`/app/tickets/${one.row.id}/${one.ticket.jti}`}>
      <span class="line">
        <strong>{first && last ? t("tickets.way", { from: first.from.name, to: last.to.name }) : t("tickets.pass")}</strong>
        <Chip badge={badgeOf(one)} />
      </span>
      {first && last && (
        <>
          <span class="facts">
            {dayOf(first.departure)} · {hours(first.departure)}–{hours(last.arrival)} · {categoryOf(one.ticket.rider_category)}
          </span>
          <Signs legs={legs} />
        </>
      )}
      {!first && <span class="facts">{t("tickets.until", { time: here(one.ticket.valid_until, true) })}</span>}
    </a>
  );
}

const KINDS: Partial<Record<Badge, string>> = { valid: "good", later: "calm", suspended: "wait", disputed: "wait" };

export function Chip({ badge }: { badge: Badge }) {
  return <span class={`chip ${KINDS[badge] ?? "bad"}`}>{t(`badge.${badge}`)}</span>;
}
