"""Find the rides by which a passenger may go on: of the same operator between the same stops, or of another one close to them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from operators.gtfs.runs import Run
from operators.gtfs.timetable import Pattern, Timetable
from operators.promises import service_of
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.db import Transaction
from ticketing.db.operators import run_states
from ticketing.regions.meetings import metres_between
from ticketing.regions.not_carried import Expected, failure_of
from ticketing.regions.planned import KnownRide, ride_on
from ticketing.regions.run_news import News, key_of, news_of

# Another line's terminal so far away is in the same town: West Harbour and Katajanokka are 3 km apart.
_NEAR_METRES = 5_000
_DAYS_AHEAD = 2
# So many departures are looked at: of a line that is cancelled for a day no more are asked for.
_LOOKED_AT = 12


@dataclass(frozen=True, slots=True)
class OnwardEnds:
    """The stops at which a passenger may board and alight, of one operator."""

    operator: str
    starts: frozenset[str]
    ends: frozenset[str]


def same_ends(ride: Ride) -> OnwardEnds:
    """The ends of a ride itself. Pure."""
    return OnwardEnds(ride.operator, frozenset({ride.from_stop_id}), frozenset({ride.to_stop_id}))


def near_ends(data: RegionData, ride: Ride, operator: str) -> OnwardEnds:
    """The stops of another operator in the towns where a ride begins and ends. Pure."""
    return OnwardEnds(
        operator,
        _near(data, (ride.operator, ride.from_stop_id), operator),
        _near(data, (ride.operator, ride.to_stop_id), operator),
    )


def rides_onward(tx: Transaction, data: RegionData, ends: OnwardEnds, after: datetime) -> list[KnownRide]:
    """List the next rides that leave after a moment, soonest first; those that do not run as sold are left out."""
    timetable = data.timetables.get(ends.operator)
    if timetable is None:
        return []
    coming = sorted(
        _coming(data, timetable, ends, after), key=lambda one: (one.ride.departure, one.ride.arrival)
    )[:_LOOKED_AT]
    keys = {at: key_of(one.ride, timetable) for at, one in enumerate(coming)}
    known = run_states.find_runs(tx, data.id, set(keys.values()))
    promises = data.operators[ends.operator].promises

    def goes(ride: Ride, news: News) -> bool:
        expected = Expected(
            is_served=news.is_served,
            departure_delay_seconds=news.departure_delay_seconds,
            arrival_delay_seconds=news.arrival_delay_seconds,
        )
        return failure_of(service_of(ride, promises), promises.late_refund, expected) is None

    return [
        one
        for at, one in enumerate(coming)
        if keys[at] not in known or goes(one.ride, news_of(one.ride, known[keys[at]]))
    ]


def _near(data: RegionData, place: tuple[str, str], operator: str) -> frozenset[str]:
    here = data.timetables[place[0]].stops.get(place[1])
    other = data.timetables.get(operator)
    if here is None or other is None:
        return frozenset()
    return frozenset(stop.id for stop in other.stops.values() if metres_between(here, stop) <= _NEAR_METRES)


def _coming(data: RegionData, timetable: Timetable, ends: OnwardEnds, after: datetime) -> Iterator[KnownRide]:
    today = after.astimezone(ZoneInfo(timetable.timezone)).date()
    days = [today + timedelta(days=offset) for offset in range(-1, _DAYS_AHEAD + 1)]
    for pattern in timetable.patterns:
        places = _places(pattern, ends.starts, ends.ends)
        if places is None:
            continue
        for trip in pattern.trips:
            service = timetable.services[trip.service]
            for day in filter(service.runs_on, days):
                begins = Run(day, pattern, trip).begins(timetable.timezone)
                if begins + pattern.departures[places[0]] > after.timestamp():
                    yield ride_on(data, ends.operator, (pattern, trip), places, begins)


def _places(pattern: Pattern, starts: Collection[str], ends: Collection[str]) -> tuple[int, int] | None:
    """The places of the first stop to board at and of the first one to alight at behind it; None where it does not run so."""
    boards = [at for at, stop in enumerate(pattern.stops) if stop in starts and pattern.boards[at]]
    for at in range(boards[0] + 1 if boards else 0, len(pattern.stops) if boards else 0):
        if pattern.stops[at] in ends and pattern.alights[at]:
            return boards[0], at
    return None
