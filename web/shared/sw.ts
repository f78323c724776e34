// Serve the app without a network: its own files alone, never an answer of the API.
declare const FILES: string[];
declare const VERSION: string;
declare const APP: string;

interface Worker {
  addEventListener(name: string, act: (event: never) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  registration: { scope: string };
  location: Location;
}
interface Lasting {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked extends Lasting {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}

const worker = self as unknown as Worker;
const OURS = `tf-${APP}-`;
const NAME = `tf-${APP}-${VERSION}`;

worker.addEventListener("install", (event: Lasting) => {
  const fresh = FILES.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(fresh)));
});

worker.addEventListener("activate", (event: Lasting) => {
  event.waitUntil(drop().then(() => worker.clients.claim()));
});

async function drop(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
}

worker.addEventListener("message", (event: Lasting & { data: unknown }) => {
  if (event.data === "restart") event.waitUntil(worker.skipWaiting());
});

worker.addEventListener("fetch", (event: Asked) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || !event.request.url.startsWith(worker.registration.scope)) return;
  const wanted = event.request.mode === "navigate" ? "./" : url.pathname;
  event.respondWith(kept(wanted, event.request));
});

async function kept(wanted: string, request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  return (await cache.match(wanted, { ignoreVary: true })) ?? fetch(request);
}
