"""Rides that a journey has and its price has not: their operator has no price for anybody. Pure.

One operator without a price must not unprice the others. What is sold is the rest: no fare, transfer or agreement
reaches over the ride that is left out, and the derivation names it first.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from tariffs.agreements import Run
from tariffs.book import TariffBook
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.own_price import Journey, price_as
from tariffs.parts import Part, step
from tariffs.runs import runs_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """One ride that is not sold: `leg` is its place among all rides of the way, `before` how many sold ones come first.

    Names are those that people read; times are RFC 3339. `on_board` tells that its operator sells it in the vehicle.
    """

    leg: int
    before: int
    operator: str
    operator_name: str
    from_name: str
    to_name: str
    departure: str
    on_board: bool = False

    def to_json(self) -> dict[str, Any]:
        """Write it as offers and quotes keep it; `on_board` where it is so, as documents from before it know no such word."""
        return {name: value for name, value in asdict(self).items() if name != "on_board" or value}

    @property
    def because(self) -> str:
        """Why the price is only a part, in English."""
        leaves = f"{datetime.fromisoformat(self.departure):%H:%M}"
        ride = f"without the ride of {self.operator_name} at {leaves} from {self.from_name} to {self.to_name}"
        if self.on_board:
            return f"{ride}: it is paid on board"
        return f"{ride}: it has no price here, and is bought from {self.operator_name}"


def rides_without_price(book: TariffBook, rides: Sequence[Ride]) -> frozenset[int]:
    """The places of rides for which their operator has no price for any rider category of the region.

    A category that an operator does not sell to is no such ride: nobody travels on it without a ticket.
    """
    runs = runs_of(book, rides)
    journey = Journey(book=book, rides=rides, runs=runs, at=None, offers=())
    found: set[int] = set()
    for run in runs:
        if not _is_priced(journey, run):
            alone = [replace(run, legs=(leg,), first_day=rides[leg].departure.date()) for leg in run.legs]
            found.update(single.legs[0] for single in alone if not _is_priced(journey, single))
    return frozenset(found)


def steps_of(excluded: Sequence[Excluded], currency: str) -> list[dict[str, Any]]:
    """The first lines of a derivation."""
    return [
        step(
            "on_board" if one.on_board else "excluded",
            legs=(),
            rule=(None, 0, one.operator_name),
            amount=Money(0, currency),
            before=None,
            product=f"{one.from_name} - {one.to_name}, {datetime.fromisoformat(one.departure):%H:%M}",
        )
        for one in excluded
    ]


def _is_priced(journey: Journey, run: Run) -> bool:
    mapped = {own[run.operator] for own in journey.book.riders.values() if run.operator in own}
    return any(isinstance(price_as(journey, run, rider), Part) for rider in sorted(mapped))
