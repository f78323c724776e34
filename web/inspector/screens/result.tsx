// The answer over the whole screen: colour, shape and word; the reason, and what to do now.
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../shared/i18n";
import { go } from "../../shared/router";
import type { Decision } from "../../shared/gate/decision";
import { type Answer, answer, markShown, passedOver, place } from "../look";
import { notesOf, reasonOf, taskOf } from "../says";
import { give, type Weight } from "../signals";

const GOOD_MS = 3_000;
const SHAPES: Record<Weight, { outline: string; mark: string }> = {
  good: { outline: "M50 4a46 46 0 1 1 0 92a46 46 0 1 1 0-92z", mark: "M28 52l15 15 30-33" },
  look: { outline: "M50 6L96 92H4z", mark: "M50 36v28M50 76v2" },
  bad: { outline: "M32 4h36l28 28v36L68 96H32L4 68V32z", mark: "M33 33l34 34M67 33L33 67" },
};

export function weightOf(decision: Decision): Weight {
  if (!decision.admit) return "bad";
  return decision.reason === "ok" ? "good" : "look";
}

export function Sign({ weight }: { weight: Weight }) {
  return (
    <svg class="sign" viewBox="0 0 100 100" aria-hidden="true">
      <path d={SHAPES[weight].outline} class="outline" />
      <path d={SHAPES[weight].mark} class="mark" />
    </svg>
  );
}

function close(): void {
  passedOver.value = false;
  answer.value = null;
}

export function Result({ found }: { found: Answer }) {
  const { decision } = found;
  const weight = weightOf(decision);
  const next = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    markShown(found.scan);
    give(weight);
    next.current?.focus();
    const timer = weight === "good" ? setTimeout(close, GOOD_MS) : undefined;
    return () => clearTimeout(timer);
  }, [found]);
  const counted = decision.notes.filter(([code]) => code === "uses_left");
  const notes = notesOf(decision.notes.filter(([code]) => code !== "uses_left"));
  return (
    <section class={`result ${weight}`} role="alert" aria-label={t(`result.${weight}`)}>
      <div class="told">
        <Sign weight={weight} />
        <p class="word">{t(`result.${weight}`)}</p>
        {!decision.admit && <p class="reason">{reasonOf(decision)}</p>}
        {notes.length > 0 && (
          <ul class="reason">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {notesOf(counted).map((note) => (
          <p key={note}>{note}</p>
        ))}
        {weight !== "good" && <p class="task">{decision.admit ? t("do.look") : taskOf(decision)}</p>}
        {passedOver.value && <p class="task">{t("scanner.first")}</p>}
        {decision.admit && place.value.mode === "board" && <p>{t(`kind.${decision.kind === "inspection" ? "ride" : (decision.kind ?? "ride")}`)}</p>}
      </div>
      <div class="thumbs">
        <button type="button" onClick={() => go("closer")}>
          {t("closer.title")}
        </button>
        <button type="button" ref={next} class="next" onClick={close}>
          {t("result.next")}
        </button>
      </div>
    </section>
  );
}
