// Keep the device and the service in step while the inspector works: bundles down, scans up, neither waits for the other.
import { signal } from "@preact/signals";
import { call, clockOffset, NoAnswer, Problem } from "../shared/api";
import { BadBundle } from "../shared/gate/bundle";
import { deviceToken, dropToken, enrol, enrolment, isRevoked } from "./device";
import { apply, close, forget, held, isForgotten, type Page, seconds, shut, verified } from "./knowledge";
import { countUntold, find, keep, listUntold, markTold, type Scan, type Trust } from "./store";

export const waiting = signal(0);
export const lastUpload = signal<number | null>(null);
/** Whether the last call of either kind was answered. */
export const online = signal(true);
export const doubles = signal(0);

const REFRESH_MS = 60_000;
const JITTER_MS = 10_000;
const LONGEST_PAUSE_MS = 60_000;
const WHOLE_SECONDS = 24 * 3600;
const BATCH = 500;
const PATIENCE_MS = 30_000;

let again: number | null = null;

/** Read `Refresh-After`, 5 to 3600 whole seconds; null for anything else: then the device asks each minute. */
function toldMs(said: string | null): number | null {
  const told = /^[0-9]{1,4}$/.test(said ?? "") ? Number(said) : 0;
  return told >= 5 && told <= 3_600 ? told * 1_000 : null;
}

/** The pause to the next bundle: one that the service says is a promise about revocations, and chance only shortens it. */
function pauseMs(): number {
  if (again !== null && again < REFRESH_MS) return again * (1 - (Math.random() * JITTER_MS) / REFRESH_MS);
  const whole = again ?? REFRESH_MS;
  return whole + (whole / REFRESH_MS) * (Math.random() * 2 - 1) * JITTER_MS;
}

/** Enrol by a code, and fetch what the first bundle leaves out. */
export async function begin(code: string): Promise<void> {
  const first = await enrol(code);
  const trust = JSON.stringify(first.trust);
  await keep({ id: "trust", trust } as Trust);
  const opened = await verified(first.bundle, trust);
  await fetchAll([{ token: first.bundle, opened, etag: null }], trust, true);
}

/** Fetch what has changed, page by page, and apply it at once. Once a day everything is fetched anew. */
export async function refresh(): Promise<void> {
  const row = held.value;
  const trust = row?.trust ?? (await find<Trust>("state", "trust"))?.trust;
  if (trust === undefined) return;
  const whole = !row || seconds() - row.wholeAt >= WHOLE_SECONDS;
  const page = await fetchPage(whole ? 0 : row.cursor, whole ? null : row.etag, trust);
  if (page) await fetchAll([page], trust, whole);
}

async function fetchAll(pages: Page[], trust: string, whole: boolean): Promise<void> {
  let last = pages.at(-1) as Page;
  while (last.opened.delta && !last.opened.delta.complete) {
    last = (await fetchPage(last.opened.delta.cursor, null, trust)) ?? last;
    pages.push(last);
  }
  if (last.opened.devices.has(enrolment.value?.deviceId ?? "")) return close("revoked");
  await apply(pages, trust, whole);
}

async function fetchPage(since: number, etag: string | null, trust?: string): Promise<Page | null> {
  const query = new URLSearchParams({
    since: String(since),
    format: "2",
    queue: String(waiting.value),
    clock_offset: String(offsetSeconds()),
  });
  const answer = await send(`/v1/operators/${encodeURIComponent(enrolment.value?.operator ?? "")}/gate-bundle?${query}`, etag);
  again = toldMs(answer.headers.get("Refresh-After"));
  if (answer.status === 304) return null;
  const token = await answer.text();
  return { token, opened: await verified(token, trust), etag: answer.headers.get("ETag") };
}

/** Ask for a bundle; a token that is refused for its time is signed once more by the service's. */
async function send(path: string, etag: string | null, again = true): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      headers: { Authorization: `Bearer ${await deviceToken()}`, ...(etag ? { "If-None-Match": etag } : {}) },
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw new NoAnswer(String(error));
  }
  noteClock(answer);
  if (answer.status === 401 && again) {
    dropToken();
    return send(path, etag, false);
  }
  if (answer.ok || answer.status === 304) return answer;
  const problem = new Problem(answer.status, (await answer.json().catch(() => ({}))) as object);
  if (isRevoked(problem)) await close("revoked");
  throw problem;
}

function noteClock(answer: Response): void {
  const told = Date.parse(answer.headers.get("Date") ?? "");
  if (Number.isNaN(told)) return;
  const difference = told + 500 - Date.now();
  clockOffset.value = Math.abs(difference) > 1_500 ? Math.round(difference) : 0;
}

export function offsetSeconds(): number {
  return Math.round(clockOffset.value / 1000);
}

/** Tell the oldest scans; gives whether more wait. Nothing is dropped before the service has answered for it. */
export async function tell(): Promise<boolean> {
  const scans = await listUntold(BATCH);
  if (scans.length) {
    const answer = await call("POST /v1/validations/batch", { body: { scans: scans.map(fact) }, token: await deviceToken() } as never);
    const outcomes = new Map(answer.outcomes.map((one) => [one.scan_id, { result: one.result, doubleUse: one.double_use }] as const));
    doubles.value += answer.outcomes.filter((one) => one.result === "recorded_double_use").length;
    // A lost phone keeps nothing that the service has.
    await markTold(outcomes as never, scans, seconds(), shut.value === "revoked" ? 0 : undefined);
    lastUpload.value = seconds();
  }
  await count();
  return scans.length === BATCH;
}

function fact(scan: Scan): object {
  return {
    scan_id: scan.scanId,
    seq: scan.seq,
    jti: scan.jti,
    leg: scan.decision.leg ?? 0,
    device_ts: new Date(scan.deviceTs * 1000).toISOString().replace(".000", ""),
    clock_offset: scan.clockOffset,
    decision: scan.decision.admit ? "accept" : "refuse",
    reason: scan.decision.reason,
    bundle_version: scan.bundleVersion,
    direction: scan.mode === "inspect" ? "inspect" : (enrolment.value?.direction ?? null),
  };
}

export async function count(): Promise<void> {
  waiting.value = await countUntold();
}

/** Something that is tried again and again: at once when it is asked for, else after a pause that grows with failures. */
class Round {
  private wake: () => void = () => undefined;
  private failures = 0;
  private isAsked = false;

  constructor(
    private readonly act: () => Promise<boolean>,
    private readonly calm: () => number,
  ) {}

  /** Act at once; where it acts just now, once more after that. */
  soon(): void {
    this.isAsked = true;
    this.wake();
  }

  async run(): Promise<void> {
    for (;;) {
      let pause = this.calm();
      this.isAsked = false;
      try {
        const more = await this.act();
        this.failures = 0;
        online.value = true;
        if (more) pause = 0;
      } catch (trouble) {
        this.failures += 1;
        if (trouble instanceof NoAnswer) online.value = false;
        else if (!(trouble instanceof Problem) && !(trouble instanceof BadBundle)) console.error(trouble);
        const longest = Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** Math.min(this.failures - 1, 10));
        pause = longest / 2 + (Math.random() * longest) / 2;
      }
      if (this.isAsked) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        this.wake = () => (clearTimeout(timer), resolve());
      });
    }
  }
}

const down = new Round(
  async () => {
    try {
      if (shut.value !== "revoked" && enrolment.value) await refresh();
    } finally {
      // Without a network above all: a phone that somebody keeps from it forgets too.
      if (isForgotten()) await forget();
    }
    return false;
  },
  pauseMs,
);
const up = new Round(
  () => (enrolment.value ? tell() : Promise.resolve(false)),
  () => REFRESH_MS,
);

export function scansWait(): void {
  void count();
  up.soon();
}

let wantedAt = 0;

/** Ask for a bundle, since a key is unknown; no code can make the device ask more than once a minute. */
export function wantsBundle(): void {
  if (Date.now() - wantedAt < REFRESH_MS) return;
  wantedAt = Date.now();
  down.soon();
}

/** Start both rounds, and wake them when the network or the reader comes back. */
export function start(): void {
  const wake = () => (up.soon(), down.soon());
  window.addEventListener("online", wake);
  window.addEventListener("offline", () => (online.value = false));
  document.addEventListener("visibilitychange", () => !document.hidden && wake());
  void down.run();
  void up.run();
}

