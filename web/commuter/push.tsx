// Tell this phone when a ride of an order is cancelled, late or moved: asked after a purchase, and ended with one tap.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, newKey, type Schemas } from "../shared/api";
import { language, t } from "../shared/i18n";
import { keepWish, wish } from "./draft";
import { keepOrder, orders, type KeptOrder } from "./orders";
import { Note, Trouble } from "./parts";

type Wanted = Schemas["ContactRequest"];

/** The offer to be told, or that one is told. With `asking` it can be refused, and is then not made after later purchases. */
export default function Push({ row, asking }: { row: KeptOrder; asking?: boolean }) {
  const shown = useSignal(false);
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const denied = useSignal(false);
  useEffect(() => {
    void (async () => {
      const refused = asking && (await wish<string>("push")) === "no";
      shown.value = !refused && "PushManager" in window && (await worker()) !== undefined;
    })();
  }, []);
  if (!shown.value) return null;
  const act = (work: () => Promise<void>) => () => {
    busy.value = true;
    error.value = null;
    work()
      .catch((trouble: unknown) => (error.value = trouble))
      .finally(() => {
        busy.value = false;
        // The button that was pressed is gone, or is another one.
        document.getElementById("push")?.focus();
      });
  };
  const begin = act(async () => {
    denied.value = (await Notification.requestPermission()) !== "granted";
    if (!denied.value) await subscribe(row);
  });
  const refuse = act(async () => {
    await keepWish("push", "no");
    shown.value = false;
  });
  return (
    <section class="card" aria-labelledby="push">
      <h2 id="push" tabIndex={-1}>{t("push.title")}</h2>
      {row.push ? (
        <Note kind="good" live>
          <p>{t("push.on")}</p>
          <button type="button" disabled={busy.value} onClick={act(() => end(row))}>
            {t("push.end")}
          </button>
        </Note>
      ) : (
        <>
          <p>{t("push.why")}</p>
          {denied.value && (
            <Note kind="wait" live>
              <p>{t("push.denied")}</p>
            </Note>
          )}
          <p class="buttons">
            <button type="button" class="main" disabled={busy.value} onClick={begin}>
              {t("push.yes")}
            </button>
            {asking && (
              <button type="button" disabled={busy.value} onClick={refuse}>
                {t("push.no")}
              </button>
            )}
          </p>
        </>
      )}
      <Trouble error={error.value} />
    </section>
  );
}

function worker(): Promise<ServiceWorkerRegistration | undefined> {
  return navigator.serviceWorker?.getRegistration("/app/") ?? Promise.resolve(undefined);
}

async function subscribe(row: KeptOrder): Promise<void> {
  const path = { order_id: row.id };
  const before = await call("GET /v1/orders/{order_id}/notify", { path, token: row.token });
  const manager = ((await navigator.serviceWorker.ready) as ServiceWorkerRegistration).pushManager;
  const options = { userVisibleOnly: true, applicationServerKey: before.web_push_key };
  const { endpoint, keys } = (await manager.subscribe(options).catch(() => renewed(manager, options))).toJSON();
  const ours: Wanted = { kind: "webpush", endpoint: endpoint as string, p256dh: keys?.["p256dh"] as string, auth: keys?.["auth"] as string, language: language.value };
  const others = before.contacts.filter((one) => one.id !== row.push);
  const contacts = [...staying(others), ours];
  const after = await call("PUT /v1/orders/{order_id}/notify", { path, body: { contacts }, token: row.token, once: newKey() });
  const pushed = after.contacts.filter((one) => one.kind === "webpush");
  // A browser that had asked before, and has forgotten it, keeps its contact.
  const mine = pushed.find((one) => !others.some(({ id }) => id === one.id)) ?? pushed.find((one) => one.hint === new URL(endpoint as string).host);
  await keepOrder({ ...row, push: mine?.id });
}

/** A subscription that was made for another key of the service stands in the way of a new one (Push API, 5.3). */
async function renewed(manager: PushManager, options: PushSubscriptionOptionsInit): Promise<PushSubscription> {
  await (await manager.getSubscription())?.unsubscribe();
  return manager.subscribe(options);
}

async function end(row: KeptOrder): Promise<void> {
  const path = { order_id: row.id };
  const before = await call("GET /v1/orders/{order_id}/notify", { path, token: row.token });
  const contacts = staying(before.contacts.filter((one) => one.id !== row.push));
  await call("PUT /v1/orders/{order_id}/notify", { path, body: { contacts }, token: row.token, once: newKey() });
  await keepOrder({ ...row, push: undefined });
  if (!orders.value.some((one) => one.push)) await unsubscribe();
}

/** Contacts as they are: the service knows their addresses, and the app does not. */
export function staying(contacts: Schemas["Contact"][]): Wanted[] {
  return contacts.map(({ id, kind, language: spoken }) => ({ id, kind, language: spoken }));
}

/** End what this browser takes from its push service: nothing more arrives. */
export async function unsubscribe(): Promise<void> {
  await (await (await worker())?.pushManager?.getSubscription())?.unsubscribe();
}
