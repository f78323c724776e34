// Stripe's form for a card, in frames of its own: no number of a card comes near our code, and none to our service.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call, type Money, type Schemas } from "../shared/api";
import { language, t } from "../shared/i18n";
import { minor } from "../shared/money";
import { isLoadedFor, standApart } from "../shared/router";
import { Note } from "./parts";

interface Fault {
  message?: string;
}
interface Elements {
  create(kind: "payment", options: object): { mount(place: HTMLElement): void; on(event: "ready" | "loaderror", act: () => void): void; destroy(): void };
  submit(): Promise<{ error?: Fault }>;
}
interface Stripe {
  elements(options: object): Elements;
  createPaymentMethod(given: { elements: Elements }): Promise<{ paymentMethod?: { id: string }; error?: Fault }>;
  handleNextAction(given: { clientSecret: string }): Promise<{ error?: Fault }>;
}
interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown;
}
type Page = Window & { Stripe?: (key: string, options: object) => Stripe; trustedTypes?: Policies };

/** The buyer has to change something in the form: Stripe says what, in the reader's language. */
class CardFault extends Error {
  override name = "CardFault";
}

/** The form once it is there: it names the card by an id of Stripe, and asks the buyer what the bank wants to know. */
export interface CardForm {
  method(): Promise<string>;
  ask(secret: string): Promise<void>;
}

export default function Card({ due, ready }: { due: Money; ready: (form: CardForm) => void }) {
  const place = useRef<HTMLDivElement>(null);
  const state = useSignal<"loading" | "there" | "none" | "failed">("loading");
  useEffect(() => {
    // The service gives the policy that lets the form in to this screen alone: it has to be a document of its own.
    if (!isLoadedFor("pay")) return location.reload();
    standApart();
    void shown(due, place.current as HTMLElement)
      .then((form) => {
        state.value = form ? "there" : "none";
        if (form) ready(form);
      })
      .catch(() => (state.value = "failed"));
  }, []);
  return (
    <>
      {state.value === "none" && (
        <Note kind="calm">
          <p>{t("pay.cardLater")}</p>
        </Note>
      )}
      {state.value === "failed" && (
        <Note kind="bad">
          <p>{t("pay.card.failed")}</p>
          <button type="button" onClick={() => location.reload()}>
            {t("again")}
          </button>
        </Note>
      )}
      <div ref={place} class="card" hidden={state.value === "none" || state.value === "failed"} aria-busy={state.value === "loading"} />
    </>
  );
}

async function shown(due: Money, place: HTMLElement): Promise<CardForm | null> {
  const { card_form } = await call("GET /v1/service", {});
  if (!card_form) return null;
  const stripe = await loaded(card_form);
  const night = matchMedia("(prefers-color-scheme: dark)").matches;
  const elements = stripe.elements({
    mode: "payment",
    amount: minor(due),
    currency: due.currency.toLowerCase(),
    captureMethod: "manual",
    paymentMethodCreation: "manual",
    paymentMethodTypes: ["card"],
    appearance: { theme: night ? "night" : "stripe" },
  });
  await new Promise<void>((done, failed) => {
    const element = elements.create("payment", { wallets: { applePay: "never", googlePay: "never" } });
    element.on("ready", done);
    element.on("loaderror", () => failed(new Error("the card form did not load")));
    element.mount(place);
  });
  return {
    method: async () => {
      const checked = await elements.submit();
      if (checked.error) throw new CardFault(checked.error.message);
      const { paymentMethod, error } = await stripe.createPaymentMethod({ elements });
      if (!paymentMethod) throw new CardFault(error?.message);
      return paymentMethod.id;
    },
    // Whatever the buyer answers, the service asks Stripe for the outcome.
    ask: (clientSecret) => stripe.handleNextAction({ clientSecret }).then(() => undefined, () => undefined),
  };
}

async function loaded(form: Schemas["CardForm"]): Promise<Stripe> {
  const page = window as Page;
  const origin = new URL(form.script).origin;
  page.trustedTypes?.createPolicy("default", {
    createScriptURL: (url) => {
      const from = new URL(url, location.href).origin;
      // Stripe's script fetches its parts from its own names; nothing else may become a script here.
      if (from !== origin && !from.endsWith(`.${new URL(origin).host}`)) throw new TypeError(`no script of the card form: ${url}`);
      return url;
    },
  });
  const script = document.createElement("script");
  script.src = form.script;
  await new Promise((done, failed) => {
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
  if (!page.Stripe) throw new Error("the script of the card form defines nothing");
  return page.Stripe(form.publishable_key, { locale: language.value });
}
