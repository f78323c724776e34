"""Refuse what does not run: rides whose departure is cancelled, or no longer calls where it was sold, with what goes next."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from operators.gtfs.runs import Run
from operators.gtfs.timetable import Pattern, Timetable
from operators.region import RegionData
from tariffs.journey import Ride
from throughfare_gate.moments import written
from ticketing.db import Transaction
from ticketing.db.operators import run_states
from ticketing.errors import DepartureCancelled, Fault, NextDeparture
from ticketing.regions.live_board import news_of_rides
from ticketing.regions.run_news import News, news_of

_CHOICES = 3
# So many later departures are looked at: of a line that is cancelled for a day no more are asked for.
_LOOKED_AT = 12
_DAYS_AHEAD = 2


def require_running(tx: Transaction, data: RegionData, rides: Sequence[Ride], now: datetime) -> None:
    """Raise DepartureCancelled for the first ride that is known not to run, with the next departures of its line."""
    news = news_of_rides(tx, data, rides)
    for at, ride in enumerate(rides):
        known = news.get(at)
        if known is not None and not known.is_served:
            detail = reason(data, ride, known)
            raise DepartureCancelled(
                detail, [Fault(f"legs[{at}]", detail)], next_departures(tx, data, ride, now)
            )


def reason(data: RegionData, ride: Ride, news: News) -> str:
    """Say what has become of a ride that is not served."""
    operator = data.operators[ride.operator].name
    departure = f"the {ride.departure:%H:%M} departure of {operator} on {ride.departure:%d.%m.%Y}"
    if news.cancelled:
        return f"{departure} is cancelled, as told at {written(news.as_of)}"
    return f"{departure} does not call at {_stop_name(data, ride, news)}, as told at {written(news.as_of)}"


def next_departures(
    tx: Transaction, data: RegionData, ride: Ride, now: datetime
) -> tuple[NextDeparture, ...]:
    """The next departures of the same operator between the same stops that are not known to be cancelled."""
    timetable = data.timetables.get(ride.operator)
    if timetable is None:
        return ()
    after = max(now, ride.departure)
    later = sorted(_later(timetable, ride, after), key=lambda found: found[1].departure)[:_LOOKED_AT]
    keys = {(ride.operator, run.trip_id, run.service_date) for run, _ in later}
    known = run_states.find_runs(tx, data.id, keys)
    return tuple(
        one
        for run, one in later
        if (state := known.get((ride.operator, run.trip_id, run.service_date))) is None
        or news_of(_as_ride(ride, one), state).is_served
    )[:_CHOICES]


def _later(timetable: Timetable, ride: Ride, after: datetime) -> Iterator[tuple[Run, NextDeparture]]:
    first = after.astimezone(ZoneInfo(timetable.timezone)).date()
    for pattern in timetable.patterns:
        ends = _ends(pattern, ride)
        if ends is None:
            continue
        for day in (first + timedelta(days=offset) for offset in range(-1, _DAYS_AHEAD + 1)):
            for trip in pattern.trips:
                run = Run(day, pattern, trip)
                if not timetable.services[trip.service].runs_on(day):
                    continue
                begins = run.begins(timetable.timezone)
                leaves = begins + pattern.departures[ends[0]]
                if leaves > after.timestamp():
                    yield run, _written(timetable, ride, run, (leaves, begins + pattern.arrivals[ends[1]]))


def _ends(pattern: Pattern, ride: Ride) -> tuple[int, int] | None:
    """The places of a ride's ends in a pattern that runs that way."""
    boards = [at for at, stop in enumerate(pattern.stops) if stop == ride.from_stop_id and pattern.boards[at]]
    for at in range(boards[0] + 1 if boards else 0, len(pattern.stops) if boards else 0):
        if pattern.stops[at] == ride.to_stop_id and pattern.alights[at]:
            return boards[0], at
    return None


def _written(timetable: Timetable, ride: Ride, run: Run, times: tuple[int, int]) -> NextDeparture:
    leaves, reaches = (
        datetime.fromtimestamp(moment, ZoneInfo(timetable.timezone_of(stop)))
        for moment, stop in zip(times, (ride.from_stop_id, ride.to_stop_id), strict=True)
    )
    line = timetable.routes[run.pattern.route].line
    return NextDeparture(
        operator=ride.operator,
        line=line,
        trip_id=run.trip_id,
        from_stop_id=ride.from_stop_id,
        to_stop_id=ride.to_stop_id,
        departure=leaves,
        arrival=reaches,
    )


def _as_ride(ride: Ride, coming: NextDeparture) -> Ride:
    return Ride(
        operator=ride.operator,
        trip_id=coming.trip_id,
        route_id=ride.route_id,
        from_stop_id=ride.from_stop_id,
        to_stop_id=ride.to_stop_id,
        departure=coming.departure,
        arrival=coming.arrival,
        calls=ride.calls,
        mode=ride.mode,
    )


def _stop_name(data: RegionData, ride: Ride, news: News) -> str:
    stop_id = news.skipped_stop_id or ride.from_stop_id
    stop = data.timetables[ride.operator].stops.get(stop_id)
    return stop.name if stop else stop_id
