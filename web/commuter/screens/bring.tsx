// Bring an order to this phone: by the link of a mail, or by its number and its key.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, now, Problem } from "../../shared/api";
import { t } from "../../shared/i18n";
import { go, Heading } from "../../shared/router";
import { keepOrder, refresh } from "../orders";
import { Back, Note, Trouble } from "../parts";

/** Take an order in by its token. */
async function bring(id: string, token: string): Promise<void> {
  const order = await call("GET /v1/orders/{order_id}", { path: { order_id: id }, token });
  await keepOrder({ id, token, order, tickets: null, fetchedAt: now() });
  await refresh(id);
}

export default function BringPage() {
  const code = useSignal(location.hash.slice(1));
  const id = useSignal("");
  const key = useSignal("");
  const email = useSignal("");
  const asked = useSignal(false);
  const error = useSignal<unknown>(null);
  useEffect(() => {
    if (!code.value) return;
    // The code is good once: neither the address nor the history keeps it.
    history.replaceState(null, "", location.pathname);
    call("POST /v1/orders/link", { body: { code: code.value } })
      .then(async ({ order_id, access_token }) => {
        await bring(order_id, access_token);
        go(`orders/${order_id}/options`, { replace: true });
      })
      .catch((trouble: unknown) => {
        code.value = "";
        error.value = trouble;
      });
  }, []);
  const take = (event: Event) => {
    event.preventDefault();
    error.value = null;
    bring(id.value.trim(), key.value.trim())
      .then(() => go("tickets"))
      .catch((trouble: unknown) => (error.value = trouble));
  };
  const ask = (event: Event) => {
    event.preventDefault();
    error.value = null;
    call("POST /v1/orders/recovery", { body: { email: email.value.trim() } })
      .then(() => (asked.value = true))
      .catch((trouble: unknown) => (error.value = trouble));
  };
  return (
    <>
      <Back to="tickets">{t("tickets.title")}</Back>
      <Heading title={t("bring.title")}>{t("bring.title")}</Heading>
      {code.value && <p role="status">{t("waiting")}</p>}
      {error.value instanceof Problem && [401, 404].includes(error.value.status) ? (
        <Note kind="bad">
          <p>{t("bring.unknown")}</p>
        </Note>
      ) : (
        <Trouble error={error.value} />
      )}
      <form class="card" onSubmit={take}>
        <h2>{t("bring.byKey")}</h2>
        <label class="field">
          {t("bring.order")}
          <input required autocomplete="off" value={id.value} onInput={(event) => (id.value = event.currentTarget.value)} />
        </label>
        <label class="field">
          {t("bring.key")}
          <input required autocomplete="off" value={key.value} onInput={(event) => (key.value = event.currentTarget.value)} />
        </label>
        <button class="main wide">{t("bring.go")}</button>
      </form>
      <form class="card" onSubmit={ask}>
        <h2>{t("bring.byMail")}</h2>
        <p class="hint">{t("bring.byMail.hint")}</p>
        {asked.value ? (
          <Note kind="good" live>
            <p>{t("bring.asked")}</p>
          </Note>
        ) : (
          <>
            <label class="field">
              {t("account.email")}
              <input type="email" required autocomplete="email" value={email.value} onInput={(event) => (email.value = event.currentTarget.value)} />
            </label>
            <button class="wide">{t("bring.ask")}</button>
          </>
        )}
      </form>
    </>
  );
}
