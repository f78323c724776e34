// Show amounts and moments as the reader writes them. Amounts are added in whole minor units.
import type { Money } from "./api";
import { language } from "./i18n";

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

/** Hours and minutes as the API tells them: local to their stop. */
export function hours(moment: string): string {
  return moment.slice(11, 16);
}

export function dayOf(moment: string, form: "short" | "long" = "short"): string {
  const date = new Date(`${moment.slice(0, 10)}T12:00:00Z`);
  return new Intl.DateTimeFormat(language.value, {
    weekday: form,
    day: "numeric",
    month: form === "long" ? "long" : "numeric",
    timeZone: "UTC",
  }).format(date);
}

/** A moment of the API by this device's own time zone: when a ticket was fetched, when a price ends. */
export function here(moment: string | number, withDay = false): string {
  return new Intl.DateTimeFormat(language.value, {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    ...(withDay ? { weekday: "short", day: "numeric", month: "numeric" } : {}),
  }).format(new Date(moment));
}
