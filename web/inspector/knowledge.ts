// What the device decides by: the newest bundle, the uses that bundles told, and its own scans.
import { batch, signal } from "@preact/signals";
import { now } from "../shared/api";
import type { Ordered } from "../shared/gate/additions";
import { BadBundle, type Bundle, openBundle, Unreadable } from "../shared/gate/bundle";
import type { Memory } from "../shared/gate/decision";
import { loadKeys, type Ring } from "../shared/gate/jwk";
import { type Json, type JsonObject, parse } from "../shared/gate/strict";
import { NOTHING_ORDERED } from "../shared/gate/traveller";
import { toldTogether, type Use } from "../shared/gate/usage";
import { enrolment } from "./device";
import { applyBundle, type Bucket, find, forgetKnowledge, type Held, keep, listBuckets, listProofs, listScans, markTold, type Scan } from "./store";

export const bundle = signal<Bundle | null>(null);
export const held = signal<Held | null>(null);
/** Why the device decides about nothing: it is revoked, or the app cannot read the operator's bundle. */
export const shut = signal<"revoked" | "outdated" | null>(null);

const PROOF_SECONDS = 90;
const BUCKET_LETTERS = 2;
const TWO_DAYS_SECONDS = 2 * 24 * 3600;

let known = new Map<string, { uses: Use[]; ordered: Ordered | null }>();
let behind = new Map<string, string[]>();
const own = new Map<string, Scan[]>();
const proofs = new Set<string>();

export function seconds(): number {
  return Math.floor(now() / 1000);
}

/** Read everything from the disk: the app may have been closed in the middle of anything. */
export async function loadKnowledge(): Promise<void> {
  const [row, closed, buckets, scans, shown] = await Promise.all([
    find<Held>("state", "bundle"),
    find<{ why: "revoked" | "outdated" }>("state", "shut"),
    listBuckets(),
    listScans(),
    listProofs(seconds() - PROOF_SECONDS),
  ]);
  for (const id of shown) proofs.add(id);
  for (const scan of scans) remember(scan);
  shut.value = closed?.why ?? null;
  if (!buckets.every(isBucket)) return forget(); // somebody's hand was in the store: it is fetched anew
  setKnown(buckets);
  if (row) {
    try {
      bundle.value = { ...(await openBundle(row.token, ringOf(row.trust), enrolment.value?.operator)), uses: [] };
      held.value = row;
    } catch {
      await forget(); // a key that has been taken out: nothing of it holds any more
    }
  }
}

function isBucket({ tickets }: Bucket): boolean {
  return Array.isArray(tickets) && tickets.every((entry) => Array.isArray(entry) && typeof entry[0] === "string" && Array.isArray(entry[1]));
}

function ringOf(trust: string): Ring {
  return loadKeys((parse(trust) as JsonObject).get("keys"));
}

function setKnown(buckets: Bucket[]): void {
  known = new Map();
  for (const { tickets } of buckets) for (const [jti, uses, ordered] of tickets) known.set(jti, { uses, ordered });
  setBehind();
}

function setBehind(): void {
  behind = new Map();
  for (const [jti, { ordered }] of known) {
    for (const ticket of new Set(ordered?.rides.map((ride) => ride.ticket))) behind.set(ticket, [...(behind.get(ticket) ?? []), jti]);
  }
}

export interface Page {
  token: string;
  opened: Bundle;
  etag: string | null;
}

/** Open a page of what the service sends; throws BadBundle, and shuts the app where it cannot read a genuine one. */
export async function verified(token: string, trust = held.value?.trust): Promise<Bundle> {
  try {
    const opened = await openBundle(token, ringOf(trust as string), enrolment.value?.operator);
    const current = bundle.value;
    if (current && (opened.issuer !== current.issuer || opened.version < current.version)) throw new BadBundle("ver");
    return opened;
  } catch (error) {
    if (error instanceof Unreadable) await close("outdated");
    throw error;
  }
}

/** Take the pages of one fetch as a whole: each ticket that they name has these uses and no others. */
export async function apply(pages: Page[], trust: string, whole: boolean): Promise<void> {
  const last = pages.at(-1) as Page;
  const named = new Map<string, { uses: Use[]; ordered: Ordered | null }>();
  for (const { opened } of pages) mergePage(named, opened);
  const next = whole ? new Map<string, { uses: Use[]; ordered: Ordered | null }>() : known;
  const touched = new Set<string>();
  for (const [jti, entry] of named) {
    touched.add(jti.slice(0, BUCKET_LETTERS));
    if (entry.uses.length || entry.ordered) next.set(jti, entry);
    else next.delete(jti);
  }
  const row: Held = {
    id: "bundle",
    token: last.token,
    trust: last.opened.bundleKeys ? JSON.stringify({ keys: plain(last.opened.bundleKeys) }) : trust,
    cursor: last.opened.delta?.cursor ?? 0,
    etag: last.etag,
    wholeAt: whole ? seconds() : (held.value?.wholeAt ?? seconds()),
    fetchedAt: seconds(),
  };
  await applyBundle(row, bucketsOf(next, touched), whole);
  if (shut.value === "outdated") await reopen();
  known = next;
  setBehind();
  batch(() => {
    held.value = row;
    bundle.value = { ...last.opened, uses: [] };
  });
}

function mergePage(named: Map<string, { uses: Use[]; ordered: Ordered | null }>, opened: Bundle): void {
  const fresh = new Set([...(opened.delta?.cleared ?? []), ...opened.uses.map((use) => use.jti), ...opened.ordered.keys()]);
  for (const jti of fresh) named.set(jti, { uses: [], ordered: opened.ordered.get(jti) ?? null });
  for (const use of opened.uses) named.get(use.jti)?.uses.push(use);
}

function bucketsOf(all: Map<string, { uses: Use[]; ordered: Ordered | null }>, touched: Set<string>): Bucket[] {
  const buckets = new Map<string, Bucket>([...touched].map((id) => [id, { id, tickets: [] }]));
  for (const [jti, { uses, ordered }] of all) buckets.get(jti.slice(0, BUCKET_LETTERS))?.tickets.push([jti, uses, ordered]);
  return [...buckets.values()];
}

function plain(value: Json): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, inner]) => [name, plain(inner)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

/** The memory of this device: uses by bundles and by itself, each once. */
export function memory(): Memory {
  return {
    usesOf: (jti) => toldTogether(ownUses(jti), known.get(jti)?.uses ?? []),
    hasProof: (jti, nonce) => proofs.has(`${jti} ${nonce}`),
    orderedOf: (jti) => known.get(jti)?.ordered ?? NOTHING_ORDERED,
    passesBehind: (jti) => behind.get(jti) ?? [],
  };
}

function ownUses(jti: string): Use[] {
  const gate = enrolment.value?.name ?? null;
  return (own.get(jti) ?? []).flatMap(({ decision, deviceTs, clockOffset }) => {
    const { admit, kind, leg } = decision;
    return admit && kind && kind !== "inspection" ? [{ jti, leg: leg ?? 0, at: deviceTs + clockOffset, gate, kind }] : [];
  });
}

/** Count a scan among what this device has seen. */
export function remember(scan: Scan): void {
  own.set(scan.jti, [...(own.get(scan.jti) ?? []), scan]);
  const { admit, nonce, jti } = scan.decision;
  if (admit && nonce && scan.mode === "board") proofs.add(`${jti} ${nonce}`);
}

export function lastScanOf(jti: string): Scan | undefined {
  return own.get(jti)?.at(-1);
}

/** The bundle is so old that it opens nothing and what it says of others must go. */
export function isForgotten(): boolean {
  return bundle.value !== null && seconds() - bundle.value.issuedAt > TWO_DAYS_SECONDS;
}

export async function forget(): Promise<void> {
  await forgetKnowledge();
  setKnown([]);
  proofs.clear();
  batch(() => {
    bundle.value = null;
    held.value = null;
  });
}

export async function close(why: "revoked" | "outdated"): Promise<void> {
  await keep({ id: "shut", why } as { id: string });
  if (why === "revoked") {
    await markTold(new Map(), [], seconds(), 0);
    await forget();
  }
  shut.value = why;
}

async function reopen(): Promise<void> {
  await keep({ id: "shut", why: null } as { id: string });
  shut.value = null;
}
