// Say a decision: the sentences of the gates, in the reader's language, with the names that people know.
import file from "../../gate/throughfare_gate/gate/sentences.json";
import { here } from "../shared/money";
import { language, t, tOr } from "../shared/i18n";
import type { Decision, Note, Values } from "../shared/gate/decision";

type Variant = Record<string, string>;
const NOTES = file.notes as Record<string, Variant>;
const STAFF = file.staff as unknown as Record<string, Variant[]>;
const CATEGORIES = file.categories as Record<string, Variant>;
const PLACE = /\{(\w+)\}/g;
const INSTANTS = ["departure", "boarding", "opens", "closed"];

/** The sentence for staff about a refusal, as full as its values allow. */
export function reasonOf({ reason, values }: Decision): string {
  const chosen = (STAFF[reason] ?? []).find((variant) => needs(variant).every((name) => name in values));
  return chosen ? filled(chosen, values) : reason;
}

function needs(variant: Variant): string[] {
  const named = [...(variant["en"] as string).matchAll(PLACE)].map((match) => match[1] as string);
  return variant["if"] ? [...named, variant["if"]] : named;
}

/** What to look at although a ticket is good, each on its own. */
export function notesOf(notes: Note[]): string[] {
  return notes.map(([code, values]) => filled(NOTES[`${code}.${values[code]}`] ?? (NOTES[code] as Variant), values));
}

/** What the inspector does now, by the reason. */
export function taskOf(decision: Decision): string {
  const closer = decision.reason === "revoked" || decision.reason === "expired" ? "" : Object.keys(decision.values)[0];
  return tOr(`do.${decision.reason}.${closer}`, tOr(`do.${decision.reason}`, t("do.other")));
}

function filled(variant: Variant, values: Values): string {
  const days = new Set<string>();
  return (variant[language.value] as string).replace(PLACE, (_, name: string) => {
    const written = writtenAs(name, values[name]);
    if (!INSTANTS.includes(name)) return written;
    // Of a second instant of the day the hour is enough.
    const [day = "", hour = ""] = written.split(" ");
    if (days.has(day)) return hour;
    days.add(day);
    return written;
  });
}

function writtenAs(name: string, value: unknown): string {
  if (name.endsWith("seconds")) return duration(Number(value));
  if (INSTANTS.includes(name)) return String(value).slice(0, 16).replace("T", " ");
  if (name === "until") return String(value).slice(11, 16);
  if (name === "category") return String(value).split(" or ").map((one) => CATEGORIES[one]?.[language.value] ?? one).join(" / ");
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** A length of time as people read it: `1 h 43 min`, `12 min`, `40 s`. */
export function duration(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes ? `${minutes} min` : `${Math.abs(seconds) % 60} s`;
}

export function clockOf(seconds: number): string {
  return here(seconds * 1000);
}
