"""Compare the prices of two tariffs: every ride between areas, or a sample of rides between stops, priced under both."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice, product

from tariffs.fares.feed import Feed
from tariffs.fares.legs import FareLeg
from tariffs.fares.price import price
from tariffs.money import Money
from ticketing.progress import Far, silent, told

_HEADER = ["change", "from", "to", "network", "rider", "old", "new", "difference"]
_ANY = "any"


@dataclass(frozen=True, slots=True)
class Ride:
    """A ride that both tariffs are asked for; `start` and `end` name its areas, or its stops."""

    start: str
    end: str
    network: str | None
    rider: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A ride whose price is not the same: None where a tariff has no price for it."""

    ride: Ride
    old: Money | None
    new: Money | None

    @property
    def word(self) -> str:
        """Name the change of the price as the passenger feels it."""
        if self.old is None or self.new is None:
            return "new" if self.old is None else "gone"
        if self.old.currency != self.new.currency:
            return "currency"
        return "dearer" if self.old < self.new else "cheaper"

    def row(self) -> list[str]:
        """The change as a line of a table."""
        comparable = self.old and self.new and self.word in {"dearer", "cheaper"}
        difference = str(self.new - self.old) if comparable and self.old and self.new else ""
        ride = self.ride
        return [
            self.word,
            ride.start,
            ride.end,
            ride.network or _ANY,
            ride.rider or _ANY,
            str(self.old or "unknown"),
            str(self.new or "unknown"),
            difference,
        ]


@dataclass(frozen=True, slots=True)
class Difference:
    """The number of compared rides, and those that changed: dearest rise first."""

    compared: int
    changes: tuple[Change, ...]

    def rows(self) -> list[list[str]]:
        """The changes as a table with its header."""
        return [_HEADER, *(change.row() for change in self.changes)]

    def summary(self) -> str:
        """One line: how many became what."""
        words = [change.word for change in self.changes]
        counts = [f"{words.count(word)} {word}" for word in sorted(set(words))]
        return f"{self.compared} rides compared: {', '.join(counts) or 'nothing changed'}"


def compare(
    old: Feed, new: Feed, medium: str | None, at: datetime, *, sample: int, seed: int, far: Far = silent
) -> Difference:
    """Price every ride between areas under both, or `sample` pairs of stops that both know, chosen by `seed`."""
    rides = list(_stop_pairs(old, new, sample, seed) if sample else _area_pairs(old, new))
    found = [
        Change(ride, _priced(old, ride, medium, at, sample), _priced(new, ride, medium, at, sample))
        for ride in told(rides, far, len(rides))
    ]
    changes = [change for change in found if change.old != change.new]
    return Difference(len(rides), tuple(sorted(changes, key=_order)))


def _area_pairs(old: Feed, new: Feed) -> Iterator[Ride]:
    areas = sorted(_areas(old) | _areas(new))
    for network, rider in product(_networks(old, new), _riders(old, new)):
        for start, end in product(areas or [""], repeat=2):
            yield Ride(start, end, network, rider)


def _stop_pairs(old: Feed, new: Feed, sample: int, seed: int) -> Iterator[Ride]:
    stops = sorted(old.stops.keys() & new.stops.keys())
    chance = random.Random(seed)
    if not stops:
        return
    drawn = ((chance.choice(stops), chance.choice(stops)) for _ in range(sample))
    for start, end in islice(drawn, sample):
        for network, rider in product(_networks(old, new), _riders(old, new)):
            yield Ride(start, end, network, rider)


def _areas(feed: Feed) -> set[str]:
    return {area for found in feed.stop_areas.values() for area in found}.union(*feed.listed[1:])


def _networks(old: Feed, new: Feed) -> Sequence[str | None]:
    return sorted(old.listed[0] | new.listed[0]) or [None]


def _riders(old: Feed, new: Feed) -> Sequence[str | None]:
    named = {row.rider for row in chain(old.prices(), new.prices()) if row.rider}
    return sorted(named) or [None]


def _priced(feed: Feed, ride: Ride, medium: str | None, at: datetime, sample: int) -> Money | None:
    start = feed.areas_of(ride.start) if sample else frozenset({ride.start} - {""})
    end = feed.areas_of(ride.end) if sample else frozenset({ride.end} - {""})
    leg = FareLeg(
        network=ride.network, from_areas=start, to_areas=end, areas=start | end, departure=at, arrival=at
    )
    return price(feed, [leg], ride.rider, medium).total


def _order(change: Change) -> tuple[int, int, str, str, str, str]:
    """Sort by concern to passengers: prices that are gone, then the largest rises."""
    first = {"gone": 0, "currency": 1, "dearer": 2, "cheaper": 3, "new": 4}[change.word]
    rise = change.new.minor - change.old.minor if change.old and change.new else 0
    ride = change.ride
    return (first, -rise if first == 2 else rise, ride.start, ride.end, ride.network or "", ride.rider or "")  # noqa: PLR2004  2 is dearer
