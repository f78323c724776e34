// Say texts in the reader's language; the texts are functions that the build has made of ICU messages.
import { signal } from "@preact/signals";
import type { Messages as OfCommuters } from "../.generated/texts";
import type { Messages as OfInspectors } from "../.generated/inspector/texts";

// The build gives each app its own texts.
type Messages = OfCommuters & OfInspectors;

export const LANGUAGES = { en: "English", et: "Eesti", fi: "Suomi", sv: "Svenska" } as const;
export type Language = keyof typeof LANGUAGES;
export type MessageId = keyof Messages;
type Plain = { [K in MessageId]: Messages[K] extends undefined ? K : never }[MessageId];
export type PlainId = Plain;

const SOURCES: Record<Language, () => Promise<{ default: Record<string, unknown> }>> = {
  en: () => import("texts/en"),
  et: () => import("texts/et"),
  fi: () => import("texts/fi"),
  sv: () => import("texts/sv"),
};

interface Forms {
  n(value: number): string;
  p(value: number, options: Record<string, () => string>): string;
  s(value: string | number, options: Record<string, () => string>): string;
}

export const language = signal<Language>("en");
const texts = signal<Record<string, unknown>>({});
let forms = formsOf("en");

function formsOf(name: Language): Forms {
  const numbers = new Intl.NumberFormat(name);
  const rules = new Intl.PluralRules(name);
  const other = (options: Record<string, () => string>) => (options["other"] as () => string)();
  return {
    n: (value) => numbers.format(value),
    p: (value, options) => (options[`=${value}`] ?? options[rules.select(value)] ?? (() => other(options)))(),
    s: (value, options) => (options[String(value)] ?? (() => other(options)))(),
  };
}

/** The language that this browser's reader asks for first among ours. */
export function preferred(): Language {
  const wanted = navigator.languages.map((one) => one.slice(0, 2).toLowerCase());
  return (wanted.find((one) => one in LANGUAGES) as Language | undefined) ?? "en";
}

export async function speak(name: Language): Promise<void> {
  texts.value = (await SOURCES[name]()).default;
  forms = formsOf(name);
  language.value = name;
  document.documentElement.lang = name;
}

export function t<K extends MessageId>(id: K, ...given: Messages[K] extends undefined ? [] : [Messages[K]]): string {
  const text = texts.value[id];
  if (typeof text === "function") return (text as (a: unknown, f: Forms) => string)(given[0], forms);
  return typeof text === "string" ? text : id;
}

/** The text of an id that is made of a word of the API, or another text where there is none. */
export function tOr(id: string, otherwise: string): string {
  const text = texts.value[id];
  return typeof text === "string" ? text : otherwise;
}
