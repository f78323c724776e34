// The screens on which nothing is decided: a revoked device, an app that is too old, a second window.
import { t } from "../../shared/i18n";
import { Heading } from "../../shared/router";
import { waiting } from "../courier";
import { forgetAll } from "../store";

export function Gone() {
  const isEmpty = waiting.value === 0;
  return (
    <>
      <Heading title={t("gone.title")}>{t("gone.title")}</Heading>
      <p class="lead">{t("gone.text")}</p>
      {isEmpty ? (
        <button type="button" class="main" onClick={() => void forgetAll().then(() => location.assign("/inspect/"))}>
          {t("gone.again")}
        </button>
      ) : (
        <p class="note wait">{t("gone.waiting", { count: waiting.value })}</p>
      )}
    </>
  );
}

export function Outdated() {
  return (
    <>
      <Heading title={t("outdated.title")}>{t("outdated.title")}</Heading>
      <p class="lead">{t("outdated.text")}</p>
      <button type="button" class="main" onClick={() => location.reload()}>
        {t("outdated.go")}
      </button>
    </>
  );
}

export function Twice() {
  return (
    <>
      <Heading title={t("twice.title")}>{t("twice.title")}</Heading>
      <p class="lead">{t("twice.text")}</p>
      <button type="button" class="main" onClick={() => location.reload()}>
        {t("twice.go")}
      </button>
    </>
  );
}
