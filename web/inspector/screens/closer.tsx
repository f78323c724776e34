// Look closer at a ticket, online: where it was used, whose it is, earlier notes; note an incident.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, NoAnswer, Problem, type Schemas } from "../../shared/api";
import { t, type PlainId } from "../../shared/i18n";
import { Heading } from "../../shared/router";
import { here } from "../../shared/money";
import { deviceToken, isRevoked } from "../device";
import { close } from "../knowledge";
import { answer, place } from "../look";
import { Back } from "../parts";

type Inspection = Schemas["Inspection"];

/** What is looked at: the code of the answer, or a control code that was typed. */
export interface Subject {
  token?: string;
  code?: string;
}

export function Closer() {
  const found = answer.value;
  return (
    <>
      <Heading title={t("closer.title")}>{t("closer.title")}</Heading>
      {found ? <Look subject={{ token: found.code }} wasFresh={found.decision.admit} /> : <p class="note calm">{t("closer.nothing")}</p>}
      <Back />
    </>
  );
}

function problemOf(trouble: unknown): PlainId {
  if (trouble instanceof NoAnswer) return "closer.offline";
  if (trouble instanceof Problem && trouble.status === 404) return "closer.unknown";
  if (trouble instanceof Problem && trouble.status === 422) return "closer.spelled";
  return trouble instanceof Problem && trouble.status === 403 ? "closer.refused" : "closer.failed";
}

export async function inspected(subject: Subject, holder?: string): Promise<Inspection> {
  const named = place.value.tripId ? { trip_id: place.value.tripId } : {};
  const body = { ...subject, ...named, ...(holder ? { holder_name: holder } : {}) };
  try {
    return await call("POST /v1/inspections", { body, token: await deviceToken() } as never);
  } catch (trouble) {
    if (isRevoked(trouble)) await close("revoked");
    throw trouble;
  }
}

/**
 * Ask about a ticket. A code of a phone is fresh for 45 seconds only: one that was fresh when this phone read it is asked
 * about by its control code once it has grown old, as the passenger has put the phone away.
 */
async function lookedAt(subject: Subject, wasFresh: boolean, holder?: string): Promise<Inspection> {
  const found = await inspected(subject, holder);
  const code = found.ticket?.control_code;
  return wasFresh && code && found.reason === "proof_expired" ? inspected({ code }, holder) : found;
}

export function Look({ subject, wasFresh = false }: { subject: Subject; wasFresh?: boolean }) {
  const found = useSignal<Inspection | null>(null);
  const problem = useSignal<PlainId | null>(null);
  const holder = useSignal("");
  const look = async (name?: string) => {
    problem.value = null;
    try {
      found.value = await lookedAt(subject, wasFresh, name);
    } catch (trouble) {
      problem.value = problemOf(trouble);
    }
  };
  useEffect(() => void look(), [subject.code, subject.token]);
  if (problem.value) {
    return (
      <div class="note bad" role="alert">
        <p>{t(problem.value)}</p>
        <button type="button" onClick={() => void look()}>
          {t("again")}
        </button>
      </div>
    );
  }
  if (!found.value) return <p role="status">{t("closer.wait")}</p>;
  const { decision, staff_sees, ticket, holder: likeness, inspection_id } = found.value;
  return (
    <>
      <p class={`note ${decision === "accept" ? "good" : "bad"}`} role="status">
        <strong>{t(decision === "accept" ? "result.good" : "result.bad")}</strong> {staff_sees}
      </p>
      {ticket && <Facts ticket={ticket} />}
      {ticket?.is_personal && (
        <form onSubmit={(event) => (event.preventDefault(), void look(holder.value))}>
          <label class="field">
            {t("closer.name")}
            <input value={holder.value} autocomplete="off" onInput={(event) => (holder.value = event.currentTarget.value)} />
          </label>
          {likeness && <p class={`note ${likeness === "same" ? "good" : "wait"}`}>{t(`holder.${likeness}` as PlainId)}</p>}
          <button disabled={!holder.value.trim()}>{t("closer.compare")}</button>
        </form>
      )}
      <Incident id={inspection_id} />
    </>
  );
}

function Facts({ ticket }: { ticket: NonNullable<Inspection["ticket"]> }) {
  return (
    <>
      <dl class="facts">
        <dt>{t("closer.control")}</dt>
        <dd>{ticket.control_code}</dd>
        <dt>{t("closer.valid")}</dt>
        <dd>
          {here(ticket.not_before, true)} – {here(ticket.expires_at, true)}
        </dd>
        <dt>{t("closer.people")}</dt>
        <dd>{ticket.passengers}</dd>
      </dl>
      <h2>{t("closer.history")}</h2>
      {ticket.history.length === 0 && <p>{t("closer.unused")}</p>}
      <ul class="rows">
        {ticket.history.map((use) => (
          <li key={use.at + use.gate}>
            {here(use.at, true)} · {t(`kind.${use.kind}`)}
            {use.gate && ` · ${use.gate}`}
          </li>
        ))}
      </ul>
      {ticket.notes.length > 0 && <h2>{t("closer.notes")}</h2>}
      <ul class="rows">
        {ticket.notes.map((note) => (
          <li key={note.at}>
            {here(note.at, true)} · {note.reason}
          </li>
        ))}
      </ul>
    </>
  );
}

function Incident({ id }: { id: string }) {
  const note = useSignal("");
  const state = useSignal<"open" | "kept" | "failed">("open");
  const keep = async () => {
    try {
      await call("POST /v1/inspections/{inspection_id}/incidents", { path: { inspection_id: id }, body: { note: note.value.trim() }, token: await deviceToken() } as never);
      state.value = "kept";
    } catch {
      state.value = "failed";
    }
  };
  if (state.value === "kept") return <p class="note good">{t("incident.kept")}</p>;
  return (
    <form onSubmit={(event) => (event.preventDefault(), void keep())}>
      <label class="field">
        {t("incident")}
        <textarea rows={2} value={note.value} maxLength={200} onInput={(event) => (note.value = event.currentTarget.value)} />
      </label>
      {state.value === "failed" && <p class="fault">{t("incident.failed")}</p>}
      <button disabled={note.value.trim().length < 3}>{t("incident.keep")}</button>
    </form>
  );
}
