// The greenhouse gases of one person on a journey: the sum, "at least" where a ride is not known, and where each figure is from.
import type { Schemas } from "../shared/api";
import { t } from "../shared/i18n";
import { mass } from "../shared/money";
import type { Leg } from "./orders";
import { modeOf } from "./parts";

type Told = Schemas["Emissions"];

/** A few words for a card. */
export function emissionsOf(told: Told): string {
  if (told.grams === null) return t("co2.unknown");
  const amount = mass(told.grams);
  return told.at_least ? t("co2.least", { amount }) : t("co2.is", { amount });
}

/** The whole account; nothing for a journey on foot, and for what an earlier release has told. */
export function Emissions({ told, legs }: { told: Told | null | undefined; legs: Leg[] }) {
  if (!told) return null;
  const rides = legs.filter((leg) => leg.kind === "ride");
  return (
    <section class="card" aria-labelledby="co2">
      <h2 id="co2">{t("co2.title")}</h2>
      <p>{told.text}</p>
      {told.car && <p>{told.car.text}</p>}
      <details>
        <summary>{t("co2.more")}</summary>
        <ul>
          {told.rides.map((ride, index) => (
            <li key={index}>
              {modeOf(rides[index]?.mode ?? "")} {rides[index]?.operator_name}: {ride.grams === null ? t("co2.unknown") : mass(ride.grams)}
              {ride.data_class && <small>{t("co2.data", { kind: ride.data_class, year: String(ride.year) })}</small>}
            </li>
          ))}
        </ul>
        {told.factors.map((one) => (
          <p key={one.factor} class="hint" lang="en">
            {one.method} (
            <a href={one.url} rel="noreferrer">
              {one.source}
            </a>
            )
          </p>
        ))}
      </details>
    </section>
  );
}
