// Have tickets, receipt and news of an order sent by mail.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, newKey, type Schemas } from "../shared/api";
import { language, t } from "../shared/i18n";
import { keepWish, wish } from "./draft";
import type { KeptOrder } from "./orders";
import { Note, Trouble } from "./parts";
import { staying } from "./push";

export function Mail({ row }: { row: KeptOrder }) {
  const contacts = useSignal<Schemas["Contacts"] | null>(null);
  const email = useSignal("");
  const error = useSignal<unknown>(null);
  const path = { order_id: row.id };
  useEffect(() => {
    void wish<string>("mail").then((known) => (email.value = known ?? ""));
    call("GET /v1/orders/{order_id}/notify", { path, token: row.token })
      .then((found) => (contacts.value = found))
      .catch(() => undefined);
  }, []);
  const set = (mail: Schemas["ContactRequest"][]) => {
    error.value = null;
    const others = contacts.value?.contacts.filter((one) => one.kind !== "email") ?? [];
    const wanted = [...staying(others), ...mail];
    call("PUT /v1/orders/{order_id}/notify", { path, body: { contacts: wanted }, token: row.token, once: newKey() })
      .then((found) => (contacts.value = found))
      .catch((trouble: unknown) => (error.value = trouble));
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const address = email.value.trim();
    void keepWish("mail", address);
    set([{ kind: "email", address, language: language.value }]);
  };
  if (!contacts.value) return null;
  const known = contacts.value.contacts.find((one) => one.kind === "email");
  return (
    <section class="card" aria-labelledby="mail">
      <h2 id="mail">{t("mail.title")}</h2>
      {known ? (
        <Note kind="calm" live>
          <p>{t("mail.known", { hint: known.hint })}</p>
          <button type="button" onClick={() => set([])}>
            {t("mail.stop")}
          </button>
        </Note>
      ) : (
        <form onSubmit={submit}>
          <label class="field">
            {t("account.email")}
            <input type="email" required autocomplete="email" value={email.value} onInput={(event) => (email.value = event.currentTarget.value)} />
          </label>
          <p class="hint">{t("mail.hint")}</p>
          <button class="wide">{t("mail.go")}</button>
        </form>
      )}
      <Trouble error={error.value} />
    </section>
  );
}
