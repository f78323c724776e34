// One code in, one answer out, written down before anybody sees it.
import { signal } from "@preact/signals";
import { decide, type Decision, type Gate, present } from "../shared/gate/decision";
import { offsetSeconds, scansWait, wantsBundle } from "./courier";
import { enrolment } from "./device";
import { bundle, lastScanOf, memory, remember, seconds, shut } from "./knowledge";
import { addScan, changeScan, type Scan } from "./store";

/** The answer that is on the screen; `again`: the same code was read a moment ago, and this is no new scan. */
export interface Answer {
  decision: Decision;
  scan: Scan | null;
  code: string;
  at: number;
  again: boolean;
}

export interface Place {
  mode: "inspect" | "board";
  tripId: string | null;
}

export const answer = signal<Answer | null>(null);
/** A hand scanner has read another code below an answer that must be tapped away: nobody has decided about it. */
export const passedOver = signal(false);
export const place = signal<Place>({ mode: "inspect", tripId: null });

const DEBOUNCE_SECONDS = 3;
const CLOCK_SECONDS = 300;
const LONGEST_CODE = 2_700;
/** The screen that is in view: a camera reads it many times a second, until it has been away for a while. */
let view: { code: string; jti: string | null; mode: Place["mode"]; seenAt: number; answer: Answer } | null = null;
let busy: Promise<unknown> = Promise.resolve();

/** Decide about a code, one after the other; `pulled`: by the trigger of a hand scanner, which is never left without an answer. */
export function look(code: string, pulled = false): Promise<Answer | null> {
  const next = busy.then(() => looked(code.trim(), pulled));
  busy = next.catch(() => undefined);
  return next;
}

async function looked(code: string, pulled: boolean): Promise<Answer | null> {
  const known = bundle.value;
  const own = enrolment.value;
  if (!known || !own || shut.value || !code) return null;
  const deviceTs = Math.floor(Date.now() / 1000);
  const at = seconds();
  if (pulled && view?.mode !== place.value.mode) view = null;
  if (isInView(at) && view?.code === code) return stillThere(at, pulled);
  const shown = await present(code.slice(0, LONGEST_CODE), known, own.operator);
  const { jti } = shown.reading;
  const earlier = jti ? lastScanOf(jti) : undefined;
  if (earlier && isInView(at) && view?.jti === jti && isOneScan(earlier, shown.proof?.nonce ?? null)) return stillThere(at, pulled);
  // The app ended between writing a scan and showing its answer: nobody has seen it yet.
  if (earlier?.decision.admit && !earlier.shown) return shownAtLast(earlier, code, at);
  const decision = decide(shown, known, memory(), at, gateOf());
  if (decision.reason === "unknown_key") wantsBundle();
  const found = await written(decision, code, { deviceTs, at, nonce: shown.proof?.nonce ?? null, version: known.version });
  view = { code, jti, mode: place.value.mode, seenAt: at, answer: found };
  answer.value = found;
  return found;
}

/** The code of the answer on the screen is read again: its passenger is still there. */
export function keepInView(code: string): void {
  if (view?.code === code) view.seenAt = seconds();
}

function isInView(at: number): boolean {
  return view !== null && at - view.seenAt >= 0 && at - view.seenAt < DEBOUNCE_SECONDS;
}

function stillThere(at: number, pulled: boolean): Answer | null {
  if (!view) return null;
  view.seenAt = at;
  const found = { ...view.answer, again: true };
  if (pulled) answer.value = found;
  return found;
}

/** Whether this is the screen that was read before: the same code, or the next one of a phone that was let in. */
function isOneScan(earlier: Scan, nonce: string | null): boolean {
  if (earlier.mode !== place.value.mode) return false;
  return earlier.nonce === nonce || (earlier.decision.admit && earlier.nonce !== null && nonce !== null);
}

function shownAtLast(scan: Scan, code: string, at: number): Answer {
  const found = { decision: scan.decision, scan, code, at, again: true };
  view = { code, jti: scan.jti, mode: scan.mode, seenAt: at, answer: found };
  answer.value = found;
  return found;
}

/** Write a scan down before its answer is shown; one that cannot be written is not accepted. */
async function written(
  decision: Decision,
  code: string,
  { deviceTs, at, nonce, version }: { deviceTs: number; at: number; nonce: string | null; version: number },
): Promise<Answer> {
  if (decision.jti === null) return { decision, scan: null, code, at, again: false };
  const scan: Scan = {
    scanId: newId(),
    jti: decision.jti,
    code,
    nonce,
    deviceTs,
    clockOffset: offsetSeconds(),
    mode: place.value.mode,
    bundleVersion: version,
    decision,
    shown: 0,
    told: 0,
  };
  try {
    scan.seq = await addScan(scan);
  } catch (trouble) {
    const refused: Decision = { ...decision, admit: false, reason: "internal_error", kind: null, nonce: null, values: { error: String(trouble) }, notes: [] };
    return { decision: refused, scan: null, code, at, again: false };
  }
  remember(scan);
  scansWait();
  return { decision, scan, code, at, again: false };
}

export function markShown(scan: Scan | null): void {
  if (scan?.seq === undefined || scan.shown) return;
  scan.shown = 1;
  void changeScan(scan.seq, { shown: 1 }).catch(() => undefined);
}

/** The inspector's place as the decision takes it. */
export function gateOf(): Gate {
  const own = enrolment.value;
  return {
    operator: own?.operator ?? "",
    stopId: own?.stopId ?? null,
    leg: null,
    id: own?.name ?? null,
    zone: own?.zone ?? null,
    direction: own?.direction ?? null,
    inspects: place.value.mode === "inspect",
    clockIsSure: Math.abs(offsetSeconds()) <= CLOCK_SECONDS,
    tripId: place.value.tripId,
    departure: null,
  };
}

/** A UUIDv7 (RFC 9562, section 5.7). */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const time = Date.now();
  for (let at = 0; at < 6; at++) bytes[at] = Math.floor(time / 2 ** (8 * (5 - at))) & 255;
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}
