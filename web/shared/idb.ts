// Keep orders, the phone's key and wishes in this browser, in IndexedDB.
const STORES = ["order", "key", "pref"] as const;
type Store = (typeof STORES)[number];

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("tf", 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store, { keyPath: "id" });
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

export async function find<T>(store: Store, id: string): Promise<T | undefined> {
  const tx = (await database()).transaction(store);
  return settled(tx.objectStore(store).get(id) as IDBRequest<T | undefined>);
}

export async function list<T>(store: Store): Promise<T[]> {
  return settled((await database()).transaction(store).objectStore(store).getAll() as IDBRequest<T[]>);
}

/** Write a row; it is on the disk when this ends, because a ticket or a key must not be lost. */
export async function keep(store: Store, row: { id: string }): Promise<void> {
  const tx = (await database()).transaction(store, "readwrite", { durability: "strict" });
  tx.objectStore(store).put(row);
  await new Promise<void>((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onerror = tx.onabort = () => reject(tx.error);
  });
}

export async function remove(store: Store, id: string): Promise<void> {
  await settled((await database()).transaction(store, "readwrite").objectStore(store).delete(id));
}

/** Forget everything: every order, the key and all wishes. */
export async function forgetAll(): Promise<void> {
  const open = await database();
  for (const store of STORES) await settled(open.transaction(store, "readwrite").objectStore(store).clear());
}
