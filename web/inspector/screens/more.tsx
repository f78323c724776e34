// Language, sound and buzzing, this device, help.
import { useSignal } from "@preact/signals";
import { language, LANGUAGES, speak, t, type Language } from "../../shared/i18n";
import { Heading } from "../../shared/router";
import { waiting } from "../courier";
import { enrolment, SOFTWARE } from "../device";
import { bundle } from "../knowledge";
import { Back, Strip, Warnings } from "../parts";
import { clockOf } from "../says";
import { give, wish, wishes } from "../signals";
import { forgetAll } from "../store";

export function More() {
  const isSure = useSignal(false);
  const own = enrolment.value;
  return (
    <>
      <Heading title={t("more.title")}>{t("more.title")}</Heading>
      <Strip />
      <Warnings />
      <fieldset class="modes">
        <legend>{t("language")}</legend>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <label key={code}>
            <input
              type="radio"
              name="language"
              checked={language.value === code}
              onChange={() => (wish({ language: code }), void speak(code as Language))}
            />
            <span lang={code}>{name}</span>
          </label>
        ))}
      </fieldset>
      <label class="check">
        <input type="checkbox" checked={wishes.value.buzz} onChange={(event) => (wish({ buzz: event.currentTarget.checked }), give("good"))} />
        {t("more.buzz")}
      </label>
      <label class="check">
        <input type="checkbox" checked={wishes.value.sound} onChange={(event) => (wish({ sound: event.currentTarget.checked }), give("good"))} />
        {t("more.sound")}
      </label>
      <h2>{t("more.device")}</h2>
      <dl class="facts">
        <dt>{t("more.name")}</dt>
        <dd>{own?.name}</dd>
        <dt>{t("more.operator")}</dt>
        <dd>
          {own?.operator} {own?.stopId}
        </dd>
        <dt>{t("more.bundle")}</dt>
        <dd>{bundle.value ? clockOf(bundle.value.issuedAt) : "–"}</dd>
        <dt>{t("more.software")}</dt>
        <dd>{SOFTWARE}</dd>
      </dl>
      <p class="hint">{t("more.help")}</p>
      {waiting.value > 0 && <p class="note wait">{t("more.keep", { count: waiting.value })}</p>}
      {isSure.value ? (
        <div class="note bad">
          <p>{t("more.sure")}</p>
          <button type="button" class="danger" onClick={() => void forgetAll().then(() => location.assign("/inspect/"))}>
            {t("more.forget")}
          </button>
        </div>
      ) : (
        <button type="button" class="danger" disabled={waiting.value > 0} onClick={() => (isSure.value = true)}>
          {t("more.forget")}
        </button>
      )}
      <Back />
    </>
  );
}
