// Show amounts and moments as the reader writes them. Amounts are added in whole minor units.
import type { Money } from "./api";
import { language } from "./i18n";

/** Days in the order of the countries between which people travel here: 13/10, never 10/13. */
function locale(): string {
  return language.value === "en" ? "en-GB" : language.value;
}

export function minor(amount: Money): number {
  const [whole = "0", part = ""] = amount.amount.replace("-", "").split(".");
  const value = Number(whole) * 100 + Number(part.padEnd(2, "0"));
  return amount.amount.startsWith("-") ? -value : value;
}

export function money(amount: Money): string {
  return moneyOf(minor(amount), amount.currency);
}

export function moneyOf(value: number, currency: string): string {
  return new Intl.NumberFormat(language.value, { style: "currency", currency }).format(value / 100);
}

/** Grams below a kilogram, kilograms with one digit from there on. */
export function mass(grams: number): string {
  const [value, unit] = grams < 1000 ? [grams, "gram"] : [grams / 1000, "kilogram"];
  return new Intl.NumberFormat(language.value, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}

/** Hours and minutes as the API tells them: local to their stop. */
export function hours(moment: string): string {
  return moment.slice(11, 16);
}

export function dayOf(moment: string, form: "short" | "long" = "short"): string {
  const date = new Date(`${moment.slice(0, 10)}T12:00:00Z`);
  return new Intl.DateTimeFormat(locale(), {
    weekday: form,
    day: "numeric",
    month: form === "long" ? "long" : "numeric",
    timeZone: "UTC",
  }).format(date);
}

/** A moment of the API by this device's own time zone: when a ticket was fetched, when a price ends. */
export function here(moment: string | number, withDay = false, withSeconds = false): string {
  const parts = new Intl.DateTimeFormat(locale(), {
    hour: "2-digit",
    minute: "2-digit",
    ...(withSeconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
    ...(withDay ? { weekday: "short", day: "numeric", month: "numeric" } : {}),
  }).formatToParts(new Date(moment));
  // As timetables write it in every language: Finnish would have a point in the time.
  return parts.map((part, index) => (part.type === "literal" && ["hour", "minute"].includes(parts[index - 1]?.type ?? "") && ["minute", "second"].includes(parts[index + 1]?.type ?? "") ? ":" : part.value)).join("");
}
