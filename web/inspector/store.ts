// The device's own store, in IndexedDB: who it is, what it knows of tickets, and every scan until the service has it.
import type { Ordered } from "../shared/gate/additions";
import type { Decision } from "../shared/gate/decision";
import type { Use } from "../shared/gate/usage";

const STORES = ["state", "known", "scan", "proof"] as const;
type Store = (typeof STORES)[number];

/** Where this device stands, as the service has enrolled it. */
export interface Enrolment {
  id: "enrolment";
  deviceId: string;
  name: string;
  operator: string;
  stopId: string | null;
  zone: string | null;
  direction: "in" | "out" | null;
  issuer: string;
  kid: string;
  key: CryptoKey;
}

/** The bundle as it came, the keys that sign later ones, and how far its uses go. */
export interface Held {
  id: "bundle";
  token: string;
  trust: string;
  cursor: number;
  etag: string | null;
  wholeAt: number;
  /** When it was fetched, in POSIX seconds by the corrected clock. */
  fetchedAt: number;
}

/** The public keys that sign bundles: they outlive what is known of tickets, so that a phone which forgot it can ask again. */
export interface Trust {
  id: "trust";
  trust: string;
}

/** Tickets whose number begins alike, with their uses and what orders took of them. */
export interface Bucket {
  id: string;
  tickets: [jti: string, uses: Use[], ordered: Ordered | null][];
}

/** One scan. `told` is 0 until the service has answered for it; `result` is its answer. Times in POSIX seconds. */
export interface Scan {
  seq?: number;
  scanId: string;
  jti: string;
  code: string;
  nonce: string | null;
  deviceTs: number;
  clockOffset: number;
  mode: "inspect" | "board";
  bundleVersion: number;
  decision: Decision;
  shown: 0 | 1;
  told: 0 | 1;
  toldAt?: number;
  result?: string;
  doubleUse?: { first_gate: string; second_gate: string; gap_seconds: number } | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const KEPT_SECONDS = 24 * 3600;
let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("tf-inspect", 1);
    request.onupgradeneeded = () => {
      const made = request.result;
      made.createObjectStore("state", { keyPath: "id" });
      made.createObjectStore("known", { keyPath: "id" });
      made.createObjectStore("proof", { keyPath: "id" });
      const scans = made.createObjectStore("scan", { keyPath: "seq", autoIncrement: true });
      scans.createIndex("told", ["told", "seq"]);
      scans.createIndex("jti", ["jti", "seq"]);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** One transaction that is on the disk when this ends, or is not at all. */
async function write(stores: readonly Store[], act: (tx: IDBTransaction) => void): Promise<void> {
  const tx = (await database()).transaction(stores, "readwrite", { durability: "strict" });
  act(tx);
  await new Promise<void>((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onerror = tx.onabort = () => reject(tx.error);
  });
}

export async function find<T>(store: Store, id: string): Promise<T | undefined> {
  return settled((await database()).transaction(store).objectStore(store).get(id) as IDBRequest<T | undefined>);
}

export async function keep(row: { id: string }): Promise<void> {
  await write(["state"], (tx) => tx.objectStore("state").put(row));
}

export async function listBuckets(): Promise<Bucket[]> {
  return settled((await database()).transaction("known").objectStore("known").getAll() as IDBRequest<Bucket[]>);
}

/** Apply a bundle as a whole: its text, and the tickets that it names; `whole` forgets all others first. */
export async function applyBundle(held: Held, buckets: Bucket[], whole: boolean): Promise<void> {
  await write(["state", "known"], (tx) => {
    tx.objectStore("state").put(held);
    tx.objectStore("state").put({ id: "trust", trust: held.trust } as Trust);
    const known = tx.objectStore("known");
    if (whole) known.clear();
    for (const bucket of buckets) known.put(bucket);
  });
}

/** Write a scan down, and the proof of an accepted one, before its answer is shown; gives its number. */
export async function addScan(scan: Scan): Promise<number> {
  let number: IDBRequest<IDBValidKey> | undefined;
  await write(["scan", "proof"], (tx) => {
    number = tx.objectStore("scan").add(scan);
    const { admit, nonce, jti } = scan.decision;
    if (admit && nonce && scan.mode === "board") tx.objectStore("proof").put({ id: `${jti} ${nonce}`, at: scan.deviceTs + scan.clockOffset });
  });
  return number?.result as number;
}

export async function changeScan(seq: number, change: Partial<Scan>): Promise<void> {
  const tx = (await database()).transaction("scan", "readwrite");
  const held = await settled(tx.objectStore("scan").get(seq) as IDBRequest<Scan | undefined>);
  if (held) await settled(tx.objectStore("scan").put({ ...held, ...change }));
}

export async function listUntold(limit: number): Promise<Scan[]> {
  const index = (await database()).transaction("scan").objectStore("scan").index("told");
  return settled(index.getAll(IDBKeyRange.bound([0, 0], [0, Infinity]), limit) as IDBRequest<Scan[]>);
}

export async function countUntold(): Promise<number> {
  const index = (await database()).transaction("scan").objectStore("scan").index("told");
  return settled(index.count(IDBKeyRange.bound([0, 0], [0, Infinity])));
}

/** All scans. A row that is none, as after an edit by hand, goes: no batch that has it would ever be taken. */
export async function listScans(): Promise<Scan[]> {
  const rows = await settled((await database()).transaction("scan").objectStore("scan").getAll() as IDBRequest<Scan[]>);
  const damaged = rows.filter((row) => !isScan(row));
  if (damaged.length) await write(["scan"], (tx) => damaged.forEach((row) => tx.objectStore("scan").delete(row.seq as number)));
  return rows.filter(isScan);
}

function isScan({ scanId, jti, deviceTs, decision }: Partial<Scan>): boolean {
  return UUID.test(String(scanId)) && typeof jti === "string" && Number.isInteger(deviceTs) && typeof decision?.reason === "string";
}

/** The service's answers: the scans wait no longer, and go after so many seconds. */
export async function markTold(
  outcomes: Map<string, Pick<Scan, "result" | "doubleUse">>,
  scans: Scan[],
  at: number,
  keptSeconds = KEPT_SECONDS,
): Promise<void> {
  await write(["scan"], (tx) => {
    const store = tx.objectStore("scan");
    for (const scan of scans) {
      const outcome = outcomes.get(scan.scanId);
      if (outcome) store.put({ ...scan, ...outcome, told: 1, toldAt: at, code: "" });
    }
    const old = store.index("told").openCursor(IDBKeyRange.bound([1, 0], [1, Infinity]));
    old.onsuccess = () => {
      const cursor = old.result;
      if (!cursor) return;
      if (((cursor.value as Scan).toldAt ?? at) <= at - keptSeconds) cursor.delete();
      cursor.continue();
    };
  });
}

/** The proofs that were shown here within the last minutes, as `jti nonce`. */
export async function listProofs(since: number): Promise<string[]> {
  const rows = await settled((await database()).transaction("proof").objectStore("proof").getAll() as IDBRequest<{ id: string; at: number }[]>);
  const old = rows.filter((row) => row.at < since);
  if (old.length) await write(["proof"], (tx) => old.forEach((row) => tx.objectStore("proof").delete(row.id)));
  return rows.filter((row) => row.at >= since).map((row) => row.id);
}

/** Forget the bundle and all that it said of tickets; the scans stay until the service has them. */
export async function forgetKnowledge(): Promise<void> {
  await write(["state", "known", "proof"], (tx) => {
    tx.objectStore("state").delete("bundle");
    tx.objectStore("known").clear();
    tx.objectStore("proof").clear();
  });
}

/** Forget everything: key, knowledge, scans. */
export async function forgetAll(): Promise<void> {
  await write(STORES, (tx) => STORES.forEach((store) => tx.objectStore(store).clear()));
}
