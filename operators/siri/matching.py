"""Find the run of a SIRI journey and the places of its calls in a timetable, or say why there is none. Pure.

Nothing is guessed: two candidates are none. The reasons are those of GTFS-Realtime (`operators/gtfs/runs.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from google.transit import gtfs_realtime_pb2 as gtfs

from operators.gtfs.added import origin_of
from operators.gtfs.runs import Run, Runs, Unmatched
from operators.gtfs.timetable import Pattern, Timetable
from operators.siri.journeys import Journey, ToldCall

# A trip may begin two days after its service day, and a service day a little before midnight.
_DAYS = (-2, -1, 0, 1)


def find_run(journey: Journey, runs: Runs, told_at: datetime) -> Run | Unmatched:
    """The run of a journey: by its references, else by its line, its direction where one is told, and its aimed start."""
    if not journey.references and not journey.line:
        return "no_trip_named"
    reason: Unmatched = "no_trip_named"
    for reference in journey.references:
        run = _by_reference(reference, journey, runs, told_at)
        if not isinstance(run, str):
            return run
        # A trip that we know and that does not run on that day is not another one.
        if run not in {"unknown_trip", "several_runs"}:
            return run
        reason = run
    by_start = _by_start(journey, runs)
    if isinstance(by_start, str) and journey.references:
        return "several_runs" if by_start == "several_runs" else reason
    return by_start


def places_of(calls: Sequence[ToldCall], run: Run, timetable: Timetable) -> Mapping[int, ToldCall]:
    """The calls of a run by their place; one at a stop that the run does not have is left out.

    A stop that is called at more than once is the call nearest to the aimed time; a call at another platform of the
    station is that at the planned one.
    """
    begins = run.begins(timetable.timezone)
    places: dict[int, ToldCall] = {}
    for call in calls:
        after = max(places, default=-1) + 1
        same = [at for at in range(after, len(run.pattern.stops)) if run.pattern.stops[at] == call.stop_id]
        station = _station(call.stop_id, timetable)
        if not same and station:
            stops = run.pattern.stops
            same = [at for at in range(after, len(stops)) if _station(stops[at], timetable) == station]
        if same:
            places[_nearest(same, call, run.pattern, begins)] = call
    return places


def _by_reference(reference: str, journey: Journey, runs: Runs, told_at: datetime) -> Run | Unmatched:
    trip = gtfs.TripDescriptor(trip_id=reference)
    if journey.day:
        trip.start_date = f"{journey.day:%Y%m%d}"
    moments = [journey.leaves_at, *(call.aimed for call in journey.calls), journey.recorded_at, told_at]
    near = next(moment for moment in moments if moment is not None)
    return runs.find(trip, int(near.timestamp()))


def _by_start(journey: Journey, runs: Runs) -> Run | Unmatched:
    first = journey.calls[0] if journey.calls else None
    leaves = journey.leaves_at or (first.departure.aimed if first else None)
    if not journey.line or leaves is None:
        return "no_trip_named"
    zone = runs.timetable.timezone
    today = leaves.astimezone(ZoneInfo(zone)).date()
    days = [journey.day] if journey.day else [today + timedelta(days=offset) for offset in _DAYS]
    starts = [run for day in days for run in _leaving(journey, leaves, day, runs)]
    if len(starts) > 1:
        return "several_runs"
    return starts[0] if starts else "unknown_trip"


def _leaving(journey: Journey, leaves: datetime, day: date, runs: Runs) -> list[Run]:
    """List the runs of a journey's line that leave at its time on a service day, and call where it does."""
    seconds = int(leaves.timestamp() - origin_of(day, runs.timetable.timezone).timestamp())
    starting = runs.starting(journey.line, journey.direction, seconds, day)
    return [run for run in starting if _calls_fit(journey, run, runs.timetable)]


def _calls_fit(journey: Journey, run: Run, timetable: Timetable) -> bool:
    """Tell whether a run has every stop that is told, and begins with the first where nothing else says when it leaves."""
    places = places_of(journey.calls, run, timetable)
    return len(places) == len(journey.calls) and (journey.leaves_at is not None or 0 in places)


def _nearest(places: Sequence[int], call: ToldCall, pattern: Pattern, begins: int) -> int:
    arrives, leaves = call.arrival.aimed, call.departure.aimed
    if arrives is not None:
        moment = arrives.timestamp()
        return min(places, key=lambda at: abs(begins + pattern.arrivals[at] - moment))
    if leaves is not None:
        moment = leaves.timestamp()
        return min(places, key=lambda at: abs(begins + pattern.departures[at] - moment))
    return places[0]


def _station(stop_id: str, timetable: Timetable) -> str | None:
    stop = timetable.stops.get(stop_id)
    if stop is None:
        return None
    return stop.id if stop.is_station else stop.parent
