// Language, help, and forgetting this phone: nothing of the reader stays in the browser.
import { useSignal } from "@preact/signals";
import { t, language, LANGUAGES, speak, type Language } from "../../shared/i18n";
import { forgetAll } from "../../shared/idb";
import { Heading } from "../../shared/router";
import { keepWish } from "../draft";
import { orders } from "../orders";
import { Note } from "../parts";

export function More() {
  const sure = useSignal(false);
  const forget = async () => {
    await import("../push").then((one) => one.unsubscribe()).catch(() => undefined);
    await forgetAll();
    location.assign("/app/");
  };
  return (
    <>
      <Heading title={t("more.title")}>{t("more.title")}</Heading>
      <fieldset class="card">
        <legend>{t("more.language")}</legend>
        {(Object.keys(LANGUAGES) as Language[]).map((name) => (
          <label key={name} class="check">
            <input
              type="radio"
              name="language"
              checked={language.value === name}
              onChange={() => {
                void keepWish("language", name);
                void speak(name);
              }}
            />
            <span lang={name}>{LANGUAGES[name]}</span>
          </label>
        ))}
      </fieldset>
      <ul class="rows actions">
        <li>
          <a href="/app/account">{t("account.title")}</a>
        </li>
        <li>
          <a href="/app/link">{t("bring.title")}</a>
        </li>
      </ul>
      <section class="card" aria-labelledby="help">
        <h2 id="help">{t("more.help")}</h2>
        <p>{t("more.help.gate")}</p>
        <p>{t("more.help.offline")}</p>
        <p>{t("more.help.money")}</p>
      </section>
      <section class="card" aria-labelledby="forget">
        <h2 id="forget">{t("more.forget")}</h2>
        <p>{t("more.forget.text", { count: orders.value.length })}</p>
        {sure.value ? (
          <Note kind="bad">
            <p>{t("more.forget.sure")}</p>
            <p class="buttons">
              <button type="button" class="danger" onClick={() => void forget()}>
                {t("more.forget.go")}
              </button>
              <button type="button" onClick={() => (sure.value = false)}>
                {t("more.forget.stop")}
              </button>
            </p>
          </Note>
        ) : (
          <button type="button" onClick={() => (sure.value = true)}>
            {t("more.forget.ask")}
          </button>
        )}
      </section>
    </>
  );
}
