// Give tickets to another phone: this one shows a link as a code, the other one reads it and takes over what it carries.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call, newKey, now, Problem, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { here } from "../../shared/money";
import { go, Heading, type Place } from "../../shared/router";
import { orderOf, refresh, type KeptOrder, type Ticket } from "../orders";
import { Back, categoryOf, Note, Trouble } from "../parts";
import { canKeep, publicKey } from "../wallet/key";
import { isBound, isOurs } from "../wallet/proof";
import { Qr } from "../wallet/qr";

const LOOK_MS = 4_000;

/** What a phone carries: one code, of a passenger or of a group. */
interface Carried {
  jti: string;
  name: string;
  token: string;
}

function carriedOf(row: KeptOrder | undefined): Carried[] {
  const tickets = row?.tickets;
  if (!tickets) return [];
  if (tickets.group_code) return [{ jti: tickets.group_code.jti, name: t("handover.group"), token: tickets.group_code.token }];
  const named = (one: Ticket, index: number) => ({ jti: one.jti, name: `${index + 1}. ${categoryOf(one.rider_category)}`, token: one.token ?? "", status: one.status });
  return tickets.tickets.map(named).filter((one) => one.token && one.status === "valid");
}

export function HandOver({ at }: { at: Place }) {
  const id = at.parts["order"] as string;
  const link = useSignal<Schemas["NewLink"] | null>(null);
  const before = useSignal<Carried[]>(carriedOf(orderOf(id)));
  const error = useSignal<unknown>(null);
  const row = orderOf(id);
  const shown = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!link.value) return;
    // The button that was pressed is gone: who goes by keyboard or hears the page goes on at the code.
    shown.current?.focus();
    const timer = setInterval(() => void refresh(id).catch(() => undefined), LOOK_MS);
    return () => clearInterval(timer);
  }, [link.value]);
  if (!row) return <NotHere />;
  const make = () => {
    error.value = null;
    call("POST /v1/orders/{order_id}/links", { path: { order_id: id }, token: row.token })
      .then((made) => (link.value = made))
      .catch((trouble: unknown) => (error.value = trouble));
  };
  const current = carriedOf(row);
  const gone = before.value.filter((one) => current.some((other) => other.name === one.name && other.token !== one.token));
  const isOver = link.value !== null && Date.parse(link.value.expires_at) <= now();
  return (
    <>
      <Back to={`orders/${id}`}>{t("order.title")}</Back>
      <Heading title={t("handover.title")}>{t("handover.title")}</Heading>
      <p>{t("handover.how")}</p>
      <Note kind="wait">
        <p>{t("handover.what")}</p>
      </Note>
      {gone.map((one) => (
        <Note key={one.jti} kind="good" live>
          <p>{t("handover.gone", { name: one.name })}</p>
        </Note>
      ))}
      {link.value && !isOver && (
        <section ref={shown} tabIndex={-1} class="code" aria-label={t("handover.code")}>
          <Qr text={`${location.origin}/app/link?from=phone#${link.value.code}`} label={t("handover.code")} />
          <p class="small">{t("handover.until", { time: here(link.value.expires_at) })}</p>
        </section>
      )}
      {(!link.value || isOver) && (
        <button type="button" class="main wide" onClick={make}>
          {t("handover.show")}
        </button>
      )}
      <Trouble error={error.value} again={make} />
    </>
  );
}

export function TakeOver({ at }: { at: Place }) {
  const id = at.parts["order"] as string;
  const row = orderOf(id);
  const ours = useSignal<Record<string, boolean>>({});
  const able = useSignal(true);
  useEffect(() => void canKeep().then((can) => (able.value = can)), []);
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const carried = carriedOf(row);
  const tokens = carried.map((one) => one.token).join();
  useEffect(() => {
    void Promise.all(carried.map(async (one) => [one.jti, isBound(one.token) && (await isOurs(one.token))] as const))
      .then((each) => (ours.value = Object.fromEntries(each)))
      .catch((trouble: unknown) => (error.value = trouble));
  }, [tokens]);
  if (!row) return <NotHere />;
  const take = async (one: Carried) => {
    busy.value = true;
    error.value = null;
    try {
      const path = { order_id: id, jti: one.jti };
      await call("POST /v1/orders/{order_id}/tickets/{jti}/move", { path, body: { public_key: await publicKey() }, token: row.token, once: newKey() });
      await refresh(id);
      document.querySelector("h1")?.focus();
      if (carriedOf(orderOf(id)).length === 1) go("tickets", { replace: true });
    } catch (trouble) {
      error.value = trouble;
    }
    busy.value = false;
  };
  return (
    <>
      <Back to="tickets">{t("tickets.title")}</Back>
      <Heading title={t("takeover.title")}>{t("takeover.title")}</Heading>
      <p>{t("takeover.how")}</p>
      {!able.value && (
        <Note kind="wait">
          <p>{t("who.unable")}</p>
        </Note>
      )}
      <ul class="cards">
        {carried.map((one) => (
          <li key={one.name} class="card">
            <h2>{one.name}</h2>
            {ours.value[one.jti] ? (
              <Note kind="good" live>
                <p>{t("takeover.done")}</p>
              </Note>
            ) : (
              <button type="button" class="main wide" disabled={busy.value || !able.value} onClick={() => void take(one)}>
                {t("ticket.move")}
              </button>
            )}
          </li>
        ))}
      </ul>
      {error.value instanceof Problem && error.value.status === 409 ? (
        <Note kind="bad">
          <p lang="en">{error.value.document.detail}</p>
        </Note>
      ) : (
        <Trouble error={error.value} />
      )}
    </>
  );
}

function NotHere() {
  return (
    <>
      <Heading title={t("handover.title")}>{t("handover.title")}</Heading>
      <Note kind="calm">
        <p>{t("ticket.notHere")}</p>
      </Note>
    </>
  );
}
