// A passenger without a readable code: the control code that stands on the ticket, and why it was typed.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { call, NoAnswer, now, Problem, type Schemas } from "../../shared/api";
import { t, type PlainId } from "../../shared/i18n";
import { Heading } from "../../shared/router";
import { deviceToken } from "../device";
import { newId, place } from "../look";
import { Back } from "../parts";
import { Look } from "./closer";
import { Sign } from "./result";

const REASONS = ["battery", "damaged", "other"] as const;
const SPELLED = /^[A-Za-z2-7]{5}[ -]?[A-Za-z2-7]{5}$/;

interface Asked {
  scan_id: string;
  code: string;
  reason: string;
  device_ts: string;
  trip_id: string | null;
}

export function Typed() {
  const code = useSignal("");
  const reason = useSignal<(typeof REASONS)[number]>("battery");
  const looked = useSignal<string | null>(null);
  const problem = useSignal<PlainId | null>(null);
  const found = useSignal<Schemas["ByHand"] | null>(null);
  const lost = useRef<Asked | null>(null);
  const go = async () => {
    const wanted = code.value.trim();
    [found.value, looked.value, problem.value] = [null, null, SPELLED.test(wanted) ? null : "closer.spelled"];
    if (problem.value) return;
    if (place.value.mode === "inspect") looked.value = wanted;
    else await letIn(wanted);
  };
  const letIn = async (wanted: string) => {
    // An answer that was lost may have let the passenger in: the same words, sent again, get the same answer.
    const body = lost.current?.code === wanted ? lost.current : { scan_id: newId(), code: wanted, reason: t(`typed.${reason.value}`), device_ts: new Date(now()).toISOString(), trip_id: place.value.tripId };
    lost.current = body;
    try {
      found.value = await call("POST /v1/validations/by-hand", { body, token: await deviceToken() } as never);
      lost.current = null;
    } catch (trouble) {
      if (trouble instanceof Problem && trouble.status < 500) lost.current = null;
      if (trouble instanceof NoAnswer) problem.value = "typed.offline";
      else problem.value = trouble instanceof Problem && trouble.status === 404 ? "closer.unknown" : "closer.failed";
    }
  };
  return (
    <>
      <Heading title={t("typed.title")}>{t("typed.title")}</Heading>
      <p class="lead">{t(place.value.mode === "inspect" ? "typed.inspect" : "typed.board")}</p>
      <form onSubmit={(event) => (event.preventDefault(), void go())}>
        <label class="field">
          {t("typed.code")}
          <input
            class="code"
            value={code.value}
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            maxLength={11}
            onInput={(event) => (code.value = event.currentTarget.value)}
          />
        </label>
        {place.value.mode === "board" && (
          <fieldset class="modes">
            <legend>{t("typed.why")}</legend>
            {REASONS.map((one) => (
              <label key={one}>
                <input type="radio" name="why" checked={reason.value === one} onChange={() => (reason.value = one)} />
                <span>{t(`typed.${one}`)}</span>
              </label>
            ))}
          </fieldset>
        )}
        {problem.value && (
          <p class="fault" role="alert">
            {t(problem.value)}
          </p>
        )}
        <button class="main">{t(place.value.mode === "inspect" ? "typed.look" : "typed.go")}</button>
      </form>
      {found.value && <ByHand found={found.value} />}
      {looked.value && <Look subject={{ code: looked.value }} />}
      <Back />
    </>
  );
}

function ByHand({ found }: { found: Schemas["ByHand"] }) {
  const refused = found.decision !== "accept";
  const weight = refused ? "bad" : "look";
  return (
    <div class={`card ${weight}`} role="alert">
      <Sign weight={weight} />
      <p class="word">{t(`result.${weight}`)}</p>
      <p>{found.staff_sees}</p>
      {found.ride && (
        <p>
          {found.ride.from} – {found.ride.to}
        </p>
      )}
    </div>
  );
}
