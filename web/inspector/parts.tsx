// Parts of several screens: the strip that says how things stand, and the way back.
import { signal } from "@preact/signals";
import { t } from "../shared/i18n";
import { offsetSeconds, online, waiting } from "./courier";
import { enrolment } from "./device";
import { bundle, held, seconds } from "./knowledge";
import { duration } from "./says";

const OLD_SECONDS = 3_600;
const CLOCK_SECONDS = 300;

const TICK_MS = 10_000;
/** Changes every ten seconds, so that ages on the screen go on. */
export const tick = signal(0);
setInterval(() => (tick.value += 1), TICK_MS);

/** How old the device's knowledge is, in words, and how much that matters. */
export function age(): { text: string; weight: "good" | "wait" | "bad" } {
  void tick.value;
  const known = bundle.value;
  if (!known) return { text: t("age.none"), weight: "bad" };
  const old = Math.max(0, seconds() - known.issuedAt);
  if (seconds() >= known.expiresAt) return { text: t("age.over", { age: duration(old) }), weight: "bad" };
  return { text: t("age", { age: duration(old) }), weight: old > OLD_SECONDS ? "wait" : "good" };
}

export function Strip() {
  const { text, weight } = age();
  return (
    <div class="strip" data-bundle={held.value?.etag}>
      <strong>{enrolment.value?.name}</strong>
      <span class={`chip ${online.value ? "good" : "wait"}`}>{online.value ? t("online") : t("offline")}</span>
      <span class={`chip ${weight}`}>{text}</span>
      {waiting.value > 0 && <span class="chip wait">{t("queue.count", { count: waiting.value })}</span>}
    </div>
  );
}

/** What the inspector must know before trusting an answer. */
export function Warnings() {
  const known = bundle.value;
  return (
    <>
      {!known && <p class="note bad">{t("warn.none")}</p>}
      {known && seconds() >= known.expiresAt && (
        <p class="note bad">{t(known.policy.degrade === "fail_open" ? "warn.open" : "warn.closed")}</p>
      )}
      {Math.abs(offsetSeconds()) > CLOCK_SECONDS && <p class="note bad">{t("warn.clock")}</p>}
    </>
  );
}

export function Back() {
  return (
    <a class="button back" href="/inspect/">
      ‹ {t("scan.title")}
    </a>
  );
}
