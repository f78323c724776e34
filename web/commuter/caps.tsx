// How far a rider is under a cap, in a sentence: "2 more rides and the week is free". Nothing is shown where there is none.
import type { Schemas } from "../shared/api";
import { t } from "../shared/i18n";
import { money } from "../shared/money";
import { Note } from "./parts";

export function Caps({ caps }: { caps: Schemas["Cap"][] }) {
  if (caps.length === 0) return null;
  return (
    <Note kind="good">
      {caps.map((one) => (
        <p key={one.id}>
          {t("caps.more", { rides: one.rides_left, window: one.window })} <small>{t("caps.paid", { paid: money(one.paid), limit: money(one.limit) })}</small>
        </p>
      ))}
    </Note>
  );
}

export function capsOf(quote: Schemas["Quote"]): Schemas["Cap"][] {
  return quote.passengers.flatMap((one) => one.caps ?? []);
}
