// Bring an order to this phone: by the link of a mail, or by its number and its key.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, Problem, type Schemas } from "../../shared/api";
import { t } from "../../shared/i18n";
import { go, Heading } from "../../shared/router";
import { takeIn } from "../orders";
import { Back, Note, Trouble } from "../parts";

export default function BringPage() {
  const code = useSignal(location.hash.slice(1));
  const fromPhone = useSignal(new URLSearchParams(location.search).get("from") === "phone");
  // Kept for another try: the code is used up by then.
  const opened = useSignal<Schemas["ClaimedOrder"] | null>(null);
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  useEffect(() => {
    // The code is good once: neither the address nor the history keeps it.
    if (code.value) history.replaceState(null, "", location.pathname);
  }, []);
  // Anybody can send a link: until the holder says yes it is neither used up nor is anything kept.
  const follow = async () => {
    busy.value = true;
    error.value = null;
    try {
      opened.value ??= await call("POST /v1/orders/link", { body: { code: code.value } });
      const { order_id, access_token } = opened.value;
      await takeIn(order_id, access_token);
      go(`orders/${order_id}/${fromPhone.value ? "take-over" : "options"}`, { replace: true });
    } catch (trouble) {
      if (trouble instanceof Problem) code.value = "";
      error.value = trouble;
    }
    busy.value = false;
  };
  return (
    <>
      <Back to="tickets">{t("tickets.title")}</Back>
      <Heading title={t("bring.title")}>{t("bring.title")}</Heading>
      <Refused error={error.value} />
      {code.value ? (
        <section class="card" aria-labelledby="link">
          <h2 id="link">{t("bring.link.ask")}</h2>
          <p>{t(fromPhone.value ? "bring.phone.text" : "bring.link.text")}</p>
          <button type="button" class="main wide" disabled={busy.value} onClick={() => void follow()}>
            {t(busy.value ? "wait.short" : "bring.go")}
          </button>
          <button type="button" class="wide" disabled={busy.value} onClick={() => (code.value = "")}>
            {t("bring.link.no")}
          </button>
        </section>
      ) : (
        <ByHand />
      )}
    </>
  );
}

/** Take an order in by its number and its key, or ask for a mail that names both. */
function ByHand() {
  const id = useSignal("");
  const key = useSignal("");
  const email = useSignal("");
  const asked = useSignal(false);
  const error = useSignal<unknown>(null);
  const take = (event: Event) => {
    event.preventDefault();
    error.value = null;
    takeIn(id.value.trim(), key.value.trim())
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
      <Refused error={error.value} />
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

function Refused({ error }: { error: unknown }) {
  if (!(error instanceof Problem) || ![401, 404].includes(error.status)) return <Trouble error={error} />;
  return (
    <Note kind="bad">
      <p>{t("bring.unknown")}</p>
    </Note>
  );
}
