"""Plan the journeys of a rehearsal from the region's data: everything once, what was not reached again, then by chance."""

import csv
import io
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, product
from typing import Any

from operators.region import RegionData
from ticketing.regions.meetings import Meetings, Part, parts_of
from ticketing.rehearsal.days import Slot
from ticketing.rehearsal.holder import CLAIM, PASS
from ticketing.rehearsal.journey import CODES, ENDINGS, Ending, Journey
from ticketing.rehearsal.ways import Search, Trips, Way

_LEADS = (180, 26 * 60, 75, 3 * 24 * 60, 300)
_SIZES = (1, 2, 1, 3, 1, 4, 2, 5, 1, 6, 2, 7, 1, 8, 2, 9)
# How long somebody waits at the change, when the shortest ways do not reach what is wanted.
_STAYS = (0, 0, 0, 0, 45, 100, 150)
# What an aim for a kind of place is called, and one for a price beside somebody.
PLACE = "place"
COMPANY = "company"
_DISRUPTED_EVERY = 3
_METHODS = ("demo_ok", "demo_ok", "demo_ok", "demo_timeout_after_capture")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The goal of a journey: rides over these parts, on a day that is allowed, perhaps with what an account holds, or with a bicycle.

    `rider` buys it, and where `beside` is given somebody of that category travels beside them and nobody else.
    """

    name: str
    parts: tuple[Part, ...]
    weekdays: frozenset[int] = frozenset(range(1, 8))
    valid: tuple[str, str] = ("", "9999")
    brings: str | None = None
    rider: str | None = None
    channel: str | None = None
    kind: str | None = None
    beside: str | None = None

    def allows(self, day: date) -> bool:
        """Tell whether the day is one on which it can be reached."""
        return day.isoweekday() in self.weekdays and self.valid[0] <= day.isoformat() <= self.valid[1]


@dataclass(frozen=True, slots=True)
class Possible:
    """The reachable parts of a region, by dimension, as the report names it."""

    by_dimension: Mapping[str, tuple[str, ...]]

    def never(self, covered: Mapping[str, set[str]]) -> list[str]:
        """List the parts that were not reached, each as `dimension: name`."""
        parts = ((dimension, name) for dimension, names in self.by_dimension.items() for name in names)
        return [
            f"{dimension}: {name}" for dimension, name in parts if name not in covered.get(dimension, set())
        ]


def possible(region: RegionData, labels: Sequence[str], channels: Sequence[str]) -> Possible:
    """List what a rehearsal of a region should reach."""
    agreements = [document["id"] for document in priced_agreements(region)]
    prices = [
        price
        for document in [*priced_agreements(region), *region.passes]
        for price in document.get("prices", [])
    ]
    currencies = {region.currency, *(price["currency"] for price in prices), *_fare_currencies(region)}
    return Possible(
        {
            "operators": tuple(region.operators),
            "agreements": tuple(agreements),
            "riders": tuple(region.riders),
            "currencies": tuple(sorted(currencies)),
            "products": tuple(_products(region)),
            "passes": tuple(document["id"] for document in region.passes),
            "claims": tuple(dict.fromkeys(claim.partition(" ")[0] for claim in claims(region))),
            "company": tuple(row["rule_id"] for row in _companions(region)),
            "connectors": tuple(sorted({connector_of(region, operator) for operator in region.operators})),
            "channels": ("none", *channels),
            "parties": tuple(map(str, range(1, 10))),
            "days": tuple(dict.fromkeys(labels)),
            "endings": ENDINGS,
            "places": tuple(region.place_kinds),
            "codes": CODES,
        }
    )


def connector_of(region: RegionData, operator: str) -> str:
    """Name the connector of an operator's system; `none` is open transport."""
    table = region.operators[operator].connector
    return table.kind if table else "none"


def channels_of(region: RegionData) -> list[str]:
    """The sale channels that agreements and passes name."""
    documents = [*priced_agreements(region), *region.passes]
    found = {price.get("sale_channel") for document in documents for price in document.get("prices", [])}
    return sorted(filter(None, found))


def claims(region: RegionData) -> list[str]:
    """List the claims that may be proven, each with its issuer."""
    rows = csv.DictReader(io.StringIO(region.optional_texts.get("eligibility.csv", "")))
    return list(dict.fromkeys(f"{row['claim']} {row['issuer']}" for row in rows))


def aims(region: RegionData) -> list[Aim]:
    """List the goals of the first journeys: each agreement, each sale channel, each entitlement and pass, each kind of place, each carrier.

    Then the entitlements and passes on every agreement where they count, and the kinds of places on every carrier that sells them.
    """
    holders, channels, places = (
        list(_holder_aims(region)),
        list(_channel_aims(region)),
        list(_place_aims(region)),
    )
    first_holders = {aim.brings: aim for aim in reversed(holders)}
    first_channels = {aim.channel: aim for aim in reversed(channels)}
    first_places = {aim.kind: aim for aim in reversed(places)}
    first = [
        *_agreement_aims(region),
        *first_channels.values(),
        *first_holders.values(),
        *first_places.values(),
        *_company_aims(region),
        *(
            Aim(name=f"operator {operator}", parts=(Part(operator=operator),))
            for operator in region.operators
        ),
    ]
    return [*first, *(aim for aim in (*holders, *channels, *places) if aim not in first)]


def _place_aims(region: RegionData) -> Iterator[Aim]:
    """Each kind of place on each carrier that sells it."""
    for kind, taken in region.place_kinds.items():
        yield from (
            Aim(name=f"{PLACE} {kind} {operator}", parts=(Part(operator=operator),), kind=kind)
            for operator in taken
        )


def _company_aims(region: RegionData) -> Iterator[Aim]:
    """Each rule by which somebody travels for less beside another."""
    for row in _companions(region):
        name, rider = f"{COMPANY} {row['rule_id']}", row["beside"].split()[0]
        yield Aim(
            name=name, parts=(Part(operator=row["operator"]),), rider=rider, beside=row["rider_category"]
        )


def _agreement_aims(region: RegionData) -> Iterator[Aim]:
    for document in priced_agreements(region):
        weekdays = frozenset(document.get("conditions", {}).get("weekdays", range(1, 8)))
        valid = (document.get("valid_from") or "", document.get("valid_to") or "9999")
        parts = tuple(part for part in parts_of(document) if part.operator in region.operators)
        if document.get("kind") == "highest_fare_window":
            pairs = [(one, other) for one, other in product(parts, repeat=2) if one != other]
            yield from (
                Aim(name=document["id"], parts=pair, weekdays=weekdays, valid=valid) for pair in pairs
            )
        else:
            yield Aim(name=document["id"], parts=parts, weekdays=weekdays, valid=valid)


def _holder_aims(region: RegionData) -> Iterator[Aim]:
    """Each pass and claim on the carriers that it counts for, alone and within agreements, the longest first."""
    agreements = sorted(_agreement_aims(region), key=lambda aim: -len(aim.parts))
    for document in region.passes:
        riders = dict.fromkeys(price["rider"] for price in document.get("prices", []))
        rider = next(iter(riders), next(iter(region.riders)))
        scope = document.get("scope", {}).get("operators", [])
        yield from _brought(f"{PASS}{document['id']}", rider, scope, agreements)
    for row in csv.DictReader(io.StringIO(region.optional_texts.get("eligibility.csv", ""))):
        rider = next(iter(region.riders))
        yield from _brought(f"{CLAIM}{row['claim']} {row['issuer']}", rider, [row["operator"]], agreements)


def _brought(brings: str, rider: str, operators: Sequence[str], agreements: Sequence[Aim]) -> Iterator[Aim]:
    for operator in operators[:1]:
        yield Aim(
            name=f"{brings} on {operator}", parts=(Part(operator=operator),), brings=brings, rider=rider
        )
    for aim in agreements:
        if any(part.operator in operators for part in aim.parts):
            yield Aim(
                name=aim.name,
                parts=aim.parts,
                weekdays=aim.weekdays,
                valid=aim.valid,
                brings=brings,
                rider=rider,
            )


def _channel_aims(region: RegionData) -> Iterator[Aim]:
    by_name = {aim.name: aim for aim in _agreement_aims(region)}
    for document in priced_agreements(region):
        for channel in sorted(
            filter(None, {price.get("sale_channel") for price in document.get("prices", [])})
        ):
            aim = by_name[document["id"]]
            yield Aim(name=aim.name, parts=aim.parts, weekdays=aim.weekdays, valid=aim.valid, channel=channel)


# Whether the service prices a way as an aim asks.
Scout = Callable[[Aim, Way], bool]


class Planner:
    """Makes journeys from aims; the same seed makes the same ones."""

    def __init__(self, region: RegionData, seed: int, scout: Scout) -> None:
        self.region, self.trips = region, Trips(Meetings(region))
        self.dice = random.Random(seed)
        self.number, self._scout = 0, scout
        self._endings, self._codes = cycle(ENDINGS), cycle(reversed(CODES))
        self._sizes, self._leads, self._methods = cycle(_SIZES), cycle(_LEADS), cycle(_METHODS)
        self._riders = cycle(region.riders)
        self._disrupted = cycle(at == 0 for at in range(_DISRUPTED_EVERY))

    def plan(self, wanted: Sequence[Aim], slots: Sequence[Slot], count: int) -> list[Journey]:
        """At most `count` journeys, those of the wanted aims first and then by chance, in the order of time."""
        journeys: list[Journey] = []
        turns = cycle(slots)
        for aim in wanted[:count]:
            journeys += self._journey(aim, turns, slots)
        everything = aims(self.region)
        tries = 0
        while len(journeys) < count and tries < 4 * count:
            tries += 1
            journeys += self._journey(self.dice.choice(everything), turns, slots)
        return sorted(journeys, key=lambda one: one.depart_at - timedelta(minutes=one.lead_minutes))

    def _journey(self, aim: Aim, turns: Iterator[Slot], slots: Sequence[Slot]) -> list[Journey]:
        for _ in slots:
            slot = next(turns)
            way = self._way(aim, slot) if aim.allows(slot.day) else None
            if way is not None:
                self.number += 1
                return [self._made(aim, slot, way)]
        return []

    def _way(self, aim: Aim, slot: Slot) -> Way | None:
        """A way that the service prices as the aim asks; the last one where chance does not find such a way."""
        found = None
        for stay_minutes in _STAYS:
            search = Search(self.trips, slot.day, self.dice, slot.hours, stay_minutes)
            found = search.find(aim.parts) or found
            if found is None or aim.brings or aim.kind or self._scout(aim, found):
                return found
        return found

    def _made(self, aim: Aim, slot: Slot, way: Way) -> Journey:
        # One person with it: two would seldom find two places of a rare kind on one sailing.
        riders = (next(iter(self.region.riders)),) if aim.kind else self._party(aim.rider)
        riders = (riders[0], aim.beside) if aim.beside else riders
        ending: Ending = next(self._endings)
        if ending in {"refund_passenger", "exchange"} and len(riders) == 1:
            riders = (*riders, next(iter(self.region.riders)))
        return Journey(
            number=self.number,
            aim=aim.name,
            day=slot.label,
            origin=way.origin,
            destination=way.destination,
            depart_at=way.depart_at,
            operators=way.operators,
            stays=way.stays,
            riders=riders,
            kinds=(aim.kind,) if aim.kind else (),
            ending=ending,
            lead_minutes=next(self._leads),
            channel=aim.channel,
            brings=aim.brings,
            method=next(self._methods),
            # A pass pays for one person, and one alone is no group.
            disrupted=next(self._disrupted),
            code=next(self._codes) if len(riders) > 1 and not aim.brings else CODES[0],
        )

    def _party(self, first: str | None) -> tuple[str, ...]:
        """The first is grown up, or what the aim asks for; the others are of every category in turn."""
        lead = first or next(iter(self.region.riders))
        size = next(self._sizes)
        if size == 1 and first is None:
            return (next(self._riders),)
        return (lead, *(next(self._riders) for _ in range(size - 1)))


def _fare_currencies(region: RegionData) -> set[str]:
    """The currencies in which operators price."""
    texts = (files.get("fare_products.txt", "") for files in region.feed_texts.values())
    rows = [row for text in texts for row in csv.DictReader(io.StringIO(text))]
    return {row["currency"] for row in rows if row.get("currency")}


def _companions(region: RegionData) -> list[dict[str, str]]:
    """The rules by which company lowers a price."""
    rows = csv.DictReader(io.StringIO(region.optional_texts.get("companions.csv", "")))
    return [row for row in rows if row.get("priced_as")]


# The kinds of agreements about departures that do not take their passengers.
_WITHOUT_PRICE = ("continuation", "other_way")


def priced_agreements(region: RegionData) -> list[Any]:
    """List the agreements that make a price or a share; those about departures that do not take their passengers do neither."""
    documents = region.agreements if isinstance(region.agreements, list) else []
    return [document for document in documents if document.get("kind") not in _WITHOUT_PRICE]


def _products(region: RegionData) -> list[str]:
    kinds = {document.get("kind", "pass") for document in region.passes}
    return ["single", *sorted(kinds)]
