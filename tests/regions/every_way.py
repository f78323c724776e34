"""Ways through a region that its data allows: for each agreement rides that fit it, and what travellers may bring."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from operators.gtfs.timetable import Timetable
from operators.region import RegionData
from operators.territory import metres_by_state
from tariffs.agreements.model import Agreement, Element
from tariffs.journey import Ride
from tariffs.party import Passenger, ProvenClaim
from tariffs.passes import on_sale
from tariffs.runs import runs_of
from ticketing.regions import Region

_WEEK = timedelta(days=7)
_ZONE = ZoneInfo("Europe/Helsinki")


def day_of(agreement: Agreement) -> date:
    """A day on which an agreement holds."""
    first = max(agreement.valid_from, date(2026, 10, 12))
    return next(
        day
        for day in (first + timedelta(days=number) for number in range(7))
        if day.isoweekday() in agreement.weekdays
    )


def rides_of(region: Region, agreement: Agreement) -> list[Ride] | None:
    """Rides that fit an agreement, one after another; None where its data has none."""
    start = datetime.combine(day_of(agreement), time(8), _ZONE)
    if agreement.kind == "highest_fare_window":
        found = [
            _ride(region, Element(operator=operator), start + n * timedelta(minutes=20))
            for n, operator in enumerate(agreement.parties)
        ]
    else:
        found = [
            _ride(region, element, start + n * timedelta(minutes=20))
            for n, element in enumerate(agreement.pattern)
        ]
    rides = [ride for ride in found if ride is not None]
    return rides if len(rides) == len(found) and agreement.covers(runs_of(region.book, rides)) else None


def another(region: Region, operator: str, after: Ride) -> Ride | None:
    """A ride of an operator a little later."""
    return _ride(region, Element(operator=operator), after.arrival + timedelta(minutes=5))


def travellers(region: Region, first: Ride) -> Iterator[Passenger]:
    """Every rider category, plain, with each proof that the region knows, and with each pass that it sells."""
    for rider in region.data.riders:
        yield Passenger("p", rider)
        for claim in sorted({row.claim for row in region.book.eligibility}):
            yield Passenger("p", rider, (ProvenClaim(claim, first.departure.date() + _WEEK, "x" * 43),))
        for product in on_sale(region.book.passes, first.departure.date()).values():
            held = product.held("pass-1", first.departure - timedelta(hours=1), _ZONE)
            yield Passenger("p", rider, passes=(held,))


def orders_of(legs: int) -> Sequence[tuple[int, ...]]:
    """Orders in which the legs of a journey may be given back, one by one."""
    every = list(itertools.permutations(range(legs)))
    return every if legs <= 3 else every[:: len(every) // 6]


def _ride(region: Region, element: Element, departure: datetime) -> Ride | None:
    """The first ride of an operator between two stops that an agreement's element fits."""
    timetable = region.data.timetables[element.operator]
    for route, calls in _stretches(timetable):
        arrival = departure + timedelta(minutes=10)
        ride = Ride(
            operator=element.operator,
            trip_id="",
            route_id=route,
            from_stop_id=calls[0],
            to_stop_id=calls[-1],
            departure=departure,
            arrival=arrival,
            calls=calls,
            mode=timetable.routes[route].mode,
            distance_m=metres_by_state(region.data, element.operator, calls),
        )
        if element.turn or element.fits(runs_of(region.book, [ride])[0]):
            return ride
    return None


def _stretches(timetable: Timetable) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Stretches of patterns, from the first stop to the last and shorter ones."""
    for pattern in timetable.patterns:
        last = len(pattern.stops) - 1
        for start, end in [(0, last), (0, 1), (last - 1, last), *itertools.combinations(range(last + 1), 2)]:
            yield pattern.route, pattern.stops[start : end + 1]


def operators_of(data: RegionData) -> list[str]:
    """The operators of a region that run something."""
    return [name for name, timetable in data.timetables.items() if timetable.patterns]
