// Serve the app without a network: its own files alone, never an answer of the API.
declare const FILES: string[];
declare const VERSION: string;
declare const APP: string;

interface Worker {
  addEventListener(name: string, act: (event: never) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(options: object): Promise<Client[]>; openWindow(url: string): Promise<unknown> };
  registration: { scope: string; showNotification(title: string, options: object): Promise<void> };
  location: Location;
}
interface Client {
  url: string;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
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
  if (event.request.mode !== "navigate") return event.respondWith(kept(url.pathname, event.request));
  // The screen that pays has a policy of its own, which is not kept here: only the service gives it.
  const isPaying = url.pathname === new URL("pay", worker.registration.scope).pathname;
  event.respondWith(isPaying ? fetch(event.request).catch(() => kept("./", event.request)) : kept("./", event.request));
});

async function kept(wanted: string, request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  return (await cache.match(wanted, { ignoreVary: true })) ?? fetch(request);
}

/** What the service says by web push (docs/messages.md). */
interface Message {
  title?: string;
  body?: string;
  type?: string;
  lang?: string;
  data?: { order_id?: string };
}

worker.addEventListener("push", (event: Lasting & { data: { json(): unknown } | null }) => {
  event.waitUntil(told(event.data));
});

/** Browsers want each message to be shown, also one that cannot be read. */
async function told(data: { json(): unknown } | null): Promise<void> {
  let said: Message = {};
  try {
    said = (data?.json() ?? {}) as Message;
  } catch {
    // Only the name of the app is shown.
  }
  const path = screenOf(said);
  await worker.registration.showNotification(said.title ?? "Throughfare", {
    body: said.body ?? "",
    lang: said.lang ?? "",
    icon: "icon-192.png",
    // A newer message of the same matter takes the older one's place.
    tag: `${said.type} ${said.data?.order_id}`,
    data: path,
  });
}

/** The screen on which the holder can act: the way on, the money, or the ticket itself. */
function screenOf({ type = "", data }: Message): string {
  const order = data?.order_id ?? "";
  if (!/^[\w-]+$/.test(order) || type === "order.ticketed") return "tickets";
  if (type.startsWith("journey.")) return `orders/${order}/options`;
  return type.startsWith("claim.") ? `orders/${order}/delays` : `orders/${order}`;
}

worker.addEventListener("notificationclick", (event: Lasting & { notification: { data: unknown; close(): void } }) => {
  event.notification.close();
  event.waitUntil(open(String(event.notification.data)));
});

/** Show a screen in the app where it is open, but never in the place of a payment. */
async function open(path: string): Promise<void> {
  const scope = worker.registration.scope;
  const there = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const free = there.find((one) => one.url.startsWith(scope) && !one.url.startsWith(`${scope}pay`));
  if (!free) return void (await worker.clients.openWindow(scope + path));
  free.postMessage({ open: path });
  await free.focus();
}
