// The screen of every hour: the camera, the answer over it, and below the few things that a thumb must reach.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t, type PlainId } from "../../shared/i18n";
import { go, Heading } from "../../shared/router";
import { camera, hearScanner, light, openCamera, readFrom, torch, trouble, turn } from "../camera";
import { bundle, seconds } from "../knowledge";
import { answer, keepInView, look, passedOver, place } from "../look";
import { Strip, Warnings } from "../parts";
import { clockOf } from "../says";
import { give } from "../signals";
import { Result, weightOf } from "./result";

const TROUBLES: Record<string, PlainId> = { denied: "camera.denied", none: "camera.none", busy: "camera.busy", old: "camera.old" };

/** A code was read: decide, and keep how long it took from the picture to the answer for those who measure. */
function saw(code: string, seenAt = performance.now(), pulled = false): void {
  if (answer.value?.code === code) return keepInView(code);
  // An answer that somebody must look at stays until it is tapped away; after a good one the next passenger may come.
  if (answer.value && weightOf(answer.value.decision) !== "good") return;
  void look(code, pulled).then((found) => {
    if (found && !found.again) performance.measure("scan to answer", { start: seenAt });
  });
}

/** A hand scanner has read a code: below an answer that stays, say that nobody has checked it. */
function typedIn(code: string): void {
  const shown = answer.value;
  if (!shown || shown.code === code || weightOf(shown.decision) === "good") return saw(code, performance.now(), true);
  passedOver.value = true;
  give("bad");
}

export function Scan() {
  const video = useRef<HTMLVideoElement>(null);
  const isBusy = useSignal(false);
  useEffect(() => hearScanner(typedIn), []);
  useEffect(() => {
    const shown = video.current;
    if (!shown || !camera.value) return undefined;
    shown.srcObject = camera.value;
    void shown.play().catch(() => undefined);
    return readFrom(shown, saw);
  }, [camera.value]);
  const start = async () => {
    isBusy.value = true;
    await openCamera();
    isBusy.value = false;
  };
  const isOn = camera.value !== null;
  return (
    <div class="scan">
      <Heading title={t("scan.title")}>
        <span class="unseen">{t("scan.title")}</span>
      </Heading>
      <Strip />
      <Warnings />
      <div class="view">
        {isOn && <video ref={video} muted playsinline aria-label={t("camera.picture")} />}
        {isOn && <span class="frame" aria-hidden="true" />}
        {!isOn && (
          <div class="start">
            {trouble.value && (
              <p class="note bad" role="alert">
                {t(TROUBLES[trouble.value] as PlainId)}
              </p>
            )}
            <button type="button" class="main" disabled={isBusy.value || !bundle.value} onClick={() => void start()}>
              {t("camera.start")}
            </button>
            <p class="hint">{t("scanner.hint")}</p>
          </div>
        )}
        {isOn && (
          <div class="tools">
            {torch.value !== null && (
              <button type="button" aria-pressed={torch.value} onClick={() => void light(!torch.value).catch(() => undefined)}>
                {t("camera.light")}
              </button>
            )}
            <button type="button" onClick={() => void turn()}>
              {t("camera.turn")}
            </button>
          </div>
        )}
      </div>
      <Sailings />
      <fieldset class="modes">
        <legend class="unseen">{t("mode")}</legend>
        {(["inspect", "board"] as const).map((mode) => (
          <label key={mode}>
            <input
              type="radio"
              name="mode"
              checked={place.value.mode === mode}
              onChange={() => (place.value = { ...place.value, mode })}
            />
            <span>
              {t(`mode.${mode}`)}
              <small>{t(`mode.${mode}.hint`)}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <nav class="thumbs" aria-label={t("nav")}>
        <button type="button" onClick={() => go("typed")}>
          {t("typed.short")}
        </button>
        <button type="button" onClick={() => go("shift")}>
          {t("shift.title")}
        </button>
        <button type="button" onClick={() => go("more")}>
          {t("more.title")}
        </button>
      </nav>
      {answer.value && <Result found={answer.value} />}
    </div>
  );
}

const SOON_SECONDS = 12 * 3600;

/** The departure on which tickets are looked at, where the operator's tickets are bound to one. */
function Sailings() {
  const held = bundle.value;
  if (!held?.boarding.size) return null;
  const soon = [...held.sailings].flatMap(([trip, calls]) => {
    const near = calls.find(([, departure]) => Math.abs(departure - seconds()) < SOON_SECONDS);
    return near ? [{ trip, departure: near[1] }] : [];
  });
  return (
    <label class="field sailings">
      {t("sailing")}
      <select
        value={place.value.tripId ?? ""}
        onChange={(event) => (place.value = { ...place.value, tripId: event.currentTarget.value || null })}
      >
        <option value="">{t("sailing.any")}</option>
        {soon
          .toSorted((one, other) => one.departure - other.departure)
          .map(({ trip, departure }) => (
            <option key={trip} value={trip}>
              {clockOf(departure)} {trip}
            </option>
          ))}
      </select>
    </label>
  );
}
