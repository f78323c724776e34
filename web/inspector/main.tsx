// The inspector's app: the frame around its screens, and the order in which it wakes up.
import { signal } from "@preact/signals";
import { render } from "preact";
import { LANGUAGES, preferred, speak, t, type Language } from "../shared/i18n";
import { go, Heading, listen, path, Screens, type Route } from "../shared/router";
import { install, restart, waiting as newer } from "../shared/update";
import { warmUp } from "./camera";
import { count, start } from "./courier";
import { enrolment, loadEnrolment } from "./device";
import { bundle, loadKnowledge, shut } from "./knowledge";
import { answer } from "./look";
import { Closer } from "./screens/closer";
import { Enrol } from "./screens/enrol";
import { Gone, Outdated, Twice } from "./screens/ends";
import { More } from "./screens/more";
import { Scan } from "./screens/scan";
import { Shift } from "./screens/shift";
import { Typed } from "./screens/typed";
import { loadWishes, wishes } from "./signals";

const ROUTES: Route[] = [
  { pattern: /^$/, screen: Scan },
  { pattern: /^closer$/, screen: Closer },
  { pattern: /^typed$/, screen: Typed },
  { pattern: /^shift$/, screen: Shift },
  { pattern: /^more$/, screen: More },
];
/** Another window of this browser has the device already: two would not know of each other's scans. */
const isSecond = signal(false);

function Missing() {
  return (
    <>
      <Heading title={t("missing")}>{t("missing")}</Heading>
      <a class="button main" href="/inspect/">
        {t("scan.title")}
      </a>
    </>
  );
}

function Room() {
  if (isSecond.value) return <Twice />;
  if (shut.value === "revoked") return <Gone />;
  if (!enrolment.value) return <Enrol />;
  if (shut.value === "outdated") return <Outdated />;
  return <Screens routes={ROUTES} missing={Missing} />;
}

function App() {
  const isBusy = path() === "" && answer.value !== null;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.querySelector<HTMLElement>("h1")?.focus())}>
        {t("skip")}
      </a>
      {newer.value && !isBusy && (
        <div class="note calm update" role="status">
          <p>{t("update.text")}</p>
          <button type="button" onClick={restart}>
            {t("update.go")}
          </button>
        </div>
      )}
      <main id="main" class={path() === "" && enrolment.value && bundle.value ? "wide" : ""}>
        <Room />
      </main>
    </>
  );
}

const PATIENCE_MS = 1_500;

/** Take the device for this window until it closes; a page that has just been loaded anew may have to wait for itself. */
function isAlone(): Promise<boolean> {
  if (!("locks" in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = () => {
      resolve(true);
      return new Promise<void>(() => undefined);
    };
    navigator.locks.request("inspect", { signal: AbortSignal.timeout(PATIENCE_MS) }, held).catch(() => resolve(false));
  });
}

async function wake(): Promise<void> {
  warmUp();
  await loadWishes().catch(() => undefined);
  const chosen = wishes.value.language as Language | null;
  await Promise.all([speak(chosen && chosen in LANGUAGES ? chosen : preferred()), loadEnrolment()]);
  isSecond.value = !(await isAlone());
  const began = performance.now();
  if (!isSecond.value) await loadKnowledge();
  performance.measure("open", { start: began });
  listen();
  // A code of the office stays in no address, also where this phone needs none.
  if (enrolment.value && location.hash) history.replaceState(null, "", location.pathname);
  if (path() !== "" && !enrolment.value) go("", { replace: true });
  render(<App />, document.getElementById("app") as HTMLElement);
  if (!isSecond.value) {
    start();
    void count();
  }
  await install();
}

void wake();
