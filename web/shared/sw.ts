// Serve the app without a network: its own files alone, never an answer of the API.
declare const FILES: string[];
declare const VERSION: string;

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
const NAME = `tf-app-${VERSION}`;

worker.addEventListener("install", (event: Lasting) => {
  const fresh = FILES.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(fresh)));
});

worker.addEventListener("activate", (event: Lasting) => {
  event.waitUntil(drop().then(() => worker.clients.claim()));
});

async function drop(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith("tf-app-") && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
}

worker.addEventListener("message", (event: Lasting & { data: unknown }) => {
  if (event.data === "restart") event.waitUntil(worker.skipWaiting());
});

worker.addEventListener("fetch", (event: Asked) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || !event.request.url.startsWith(worker.registration.scope)) return;
  if (event.request.mode !== "navigate") return event.respondWith(kept(url.pathname, event.request));
  // The screen that pays has a policy of its own, which is not kept here: only the service gives it.
  const isPaying = url.pathname === new URL("pay", worker.registration.scope).pathname;
  event.respondWith(isPaying ? fetch(event.request).catch(() => kept("./", event.request)) : kept("./", event.request));
});

async function kept(wanted: string, request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  return (await cache.match(wanted, { ignoreVary: true })) ?? fetch(request);
}
