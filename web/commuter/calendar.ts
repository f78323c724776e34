// Write a journey as a calendar entry (RFC 5545): one event for each ride, in universal time.
import type { Leg } from "./orders";

function stamp(moment: string): string {
  return `${new Date(moment).toISOString().replace(/[-:]/g, "").slice(0, 15)}Z`;
}

/** A value in one line (section 3.3.11): a name of a feed may end its line in any of three ways. */
function escaped(text: string): string {
  return text.replace(/[\\;,]/g, "\\$&").replace(/\r\n|\r|\n/g, "\\n");
}

/** Lines end with CRLF and have at most 75 bytes; the rest follows behind a space (section 3.1). */
function folded(line: string): string {
  const bytes = new TextEncoder();
  let [out, width] = ["", 0];
  for (const letter of line) {
    const size = bytes.encode(letter).length;
    if (width + size > 75) [out, width] = [`${out}\r\n `, 1];
    out += letter;
    width += size;
  }
  return out;
}

export function calendarOf(jti: string, legs: Leg[]): string {
  const events = legs.flatMap((leg, index) => [
    "BEGIN:VEVENT",
    `UID:${jti}-${index}@throughfare`,
    `DTSTAMP:${stamp(new Date().toISOString())}`,
    `DTSTART:${stamp(leg.departure)}`,
    `DTEND:${stamp(leg.arrival)}`,
    `SUMMARY:${escaped(`${leg.from.name} – ${leg.to.name}, ${leg.operator_name ?? ""} ${leg.line ?? ""}`)}`,
    `LOCATION:${escaped(leg.from.name)}`,
    "END:VEVENT",
  ]);
  const lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Throughfare//app//EN", ...events, "END:VCALENDAR"];
  return lines.map((line) => `${folded(line)}\r\n`).join("");
}
