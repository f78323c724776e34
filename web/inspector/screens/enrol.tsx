// Make this phone an inspector's device, by the link of the office or by a typed code.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { NoAnswer, Problem } from "../../shared/api";
import { t, type PlainId } from "../../shared/i18n";
import { Heading } from "../../shared/router";
import { begin } from "../courier";

/** The code of the link lies behind `#`, which no browser sends; it leaves the address before anything else is done. */
function codeOfLink(): string {
  const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
  if (location.hash) history.replaceState(null, "", location.pathname);
  return code;
}

function problemOf(trouble: unknown): PlainId {
  if (trouble instanceof NoAnswer) return "enrol.offline";
  if (trouble instanceof Problem && trouble.status === 401) return "enrol.old";
  if (trouble instanceof Problem && trouble.status === 429) return "enrol.busy";
  // Ed25519, by which most tickets are signed, is younger than the rest of WebCrypto.
  if (trouble instanceof DOMException && ["NotSupportedError", "SyntaxError"].includes(trouble.name)) return "enrol.too_old";
  return trouble instanceof Problem ? "enrol.refused" : "enrol.unable";
}

export function Enrol() {
  const code = useSignal("");
  const isBusy = useSignal(false);
  const problem = useSignal<PlainId | null>(null);
  const go = async () => {
    if (isBusy.value || !code.value.trim()) return;
    isBusy.value = true;
    problem.value = null;
    try {
      void navigator.storage?.persist?.();
      await begin(code.value.trim());
    } catch (trouble) {
      problem.value = problemOf(trouble);
    }
    isBusy.value = false;
  };
  useEffect(() => {
    const follow = () => {
      code.value = codeOfLink() || code.value;
      if (code.value) void go();
    };
    follow();
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return (
    <>
      <Heading title={t("enrol.title")}>{t("enrol.title")}</Heading>
      <p class="lead">{t("enrol.text")}</p>
      <form onSubmit={(event) => (event.preventDefault(), void go())}>
        <label class="field">
          {t("enrol.code")}
          <input
            name="code"
            value={code.value}
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            placeholder="ABCD-EFGH-IJKL-MNOP"
            aria-invalid={problem.value ? true : undefined}
            aria-describedby={problem.value ? "fault" : undefined}
            onInput={(event) => (code.value = event.currentTarget.value)}
          />
        </label>
        {problem.value && (
          <p id="fault" class="fault" role="alert">
            {t(problem.value)}
          </p>
        )}
        <button class="main" disabled={isBusy.value}>
          {isBusy.value ? t("enrol.busy_now") : t("enrol.go")}
        </button>
      </form>
      <p class="hint">{t("enrol.install")}</p>
    </>
  );
}
