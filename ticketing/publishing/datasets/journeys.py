"""Count journeys by the zones of their origin and destination, month by month."""

from collections import Counter
from collections.abc import Mapping

from ticketing.db import Transaction
from ticketing.db.publishing import facts
from ticketing.publishing.datasets.dataset import Dataset, Part, Table
from ticketing.publishing.datasets.places import zone_of_stops, zones
from ticketing.publishing.desk import Month
from ticketing.publishing.privacy import MICRO, Rule
from ticketing.publishing.privacy.protecting import Key
from ticketing.regions import Region

_THRESHOLD = 20
# One journey that becomes another one leaves a cell and enters one.
_JOURNEY = 2


def _of_month(tx: Transaction, region: Region, month: Month) -> Mapping[str, Table]:
    by_stop = zone_of_stops(region.data)
    pairs: Counter[Key] = Counter()
    for journey in facts.list_journeys(tx, region.data.id, month.first, month.last):
        origin = by_stop.get(f"{journey.from_operator}:{journey.from_stop}")
        destination = by_stop.get(f"{journey.to_operator}:{journey.to_stop}")
        if origin is not None and destination is not None:
            pairs[origin, destination] += 1
    names = [zone.id for zone in zones(region.data)]
    totals: Counter[Key] = Counter()
    for (origin, _), count in pairs.items():
        totals[(origin,)] += count
    return {
        "zones": Table([(origin, destination) for origin in names for destination in names], pairs),
        "origins": Table([(origin,) for origin in names], totals),
    }


JOURNEYS = Dataset(
    name="journeys",
    title="Journeys by origin zone, destination zone and month",
    meaning=(
        "One count is one journey of one person: one ticket that was sold for rides of this month (by the day of its first ride) "
        "and not given back, from the zone of its first boarding to the zone of its last alighting, whether or not a gate has seen "
        "it. Passes and other tickets without a journey of their own are not counted."
    ),
    parts=(
        Part(
            name="zones",
            columns=("origin_zone", "destination_zone"),
            number="journeys",
            rule=Rule(unit="one journey", sensitivity=_JOURNEY, epsilon_micro=MICRO, threshold=_THRESHOLD),
        ),
        Part(
            name="origins",
            columns=("origin_zone",),
            number="journeys",
            rule=Rule(
                unit="one journey", sensitivity=_JOURNEY, epsilon_micro=MICRO // 2, threshold=_THRESHOLD
            ),
        ),
    ),
    read=_of_month,
)
