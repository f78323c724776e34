"""Read SIRI-ET: estimated vehicle journeys become disruptions of a timetable. Pure.

SIRI 2.1, `EstimatedVehicleJourney`: a call is late by its expected time, and was left at its actual one (`RecordedCalls`). A call
without either, or whose prediction is inaccurate, is not known to be on time. `matching.py` finds the trips.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from operators.elements import children
from operators.errors import BadReply
from operators.gtfs.added import read_added
from operators.gtfs.runs import Run, Runs
from operators.gtfs.timetable import Timetable
from operators.port import AddedTrip, CallChange, Disruption, Disruptions, Matching, ObservedCall
from operators.siri.delivery import Delivery
from operators.siri.journeys import Journey, Names, ToldCall, ToldEnd, added_update, journey_of
from operators.siri.matching import find_run, places_of
from operators.told import Event

SOURCE = "siri_et"
SERVICE = "EstimatedTimetableDelivery"
_PATH = (SERVICE, "EstimatedJourneyVersionFrame", "EstimatedVehicleJourney")
_MAX_DELAY_SECONDS = 86_400
MAX_JOURNEYS = 50_000
# The vehicle's clock and that of its producer.
_CLOCKS_DIFFER = timedelta(minutes=1)


def read_estimated(
    delivery: Delivery, timetable: Timetable, runs: Runs | None = None, names: Names | None = None
) -> Disruptions:
    """The disruptions of a delivery; what does not fit the timetable is left out and counted by its reason.

    Of several journeys about one run the one that was recorded last counts. Raises BadReply for more journeys than anybody runs.
    """
    read = _Read(runs or Runs(timetable), delivery.told_at)
    for element in children(delivery.root, *_PATH):
        if read.messages == MAX_JOURNEYS:
            raise BadReply(f"the delivery has more than {MAX_JOURNEYS} journeys")
        read.take(journey_of(element, names or Names()))
    return Disruptions(
        as_of=delivery.told_at,
        items=tuple(item for _, item in read.items.values()),
        added=tuple(read.added),
        source=SOURCE,
        matching=Matching(read.messages, dict(read.unmatched)),
    )


class _Read:
    """Read the journeys of a delivery, one after another."""

    def __init__(self, runs: Runs, told: datetime) -> None:
        self._runs, self._told = runs, told
        self.items: dict[tuple[str, object], tuple[datetime, Disruption]] = {}
        self.added: list[AddedTrip] = []
        self.unmatched: Counter[str] = Counter()
        self.messages = 0

    def take(self, journey: Journey) -> None:
        """Read one journey; what cannot be placed is counted, never guessed."""
        self.messages += 1
        if journey.extra:
            self._add(journey)
            return
        run = find_run(journey, self._runs, self._told)
        if isinstance(run, str):
            self.unmatched[run] += 1
            return
        item = Disruption(run.trip_id, run.service_date, cancelled=True)
        if not journey.cancelled:
            calls = tuple(_calls(journey, run, self._runs.timetable, self._told))
            if journey.calls and not calls:
                self.unmatched["unknown_stops"] += 1
                return
            if not _nowhere(calls, run):
                item = Disruption(run.trip_id, run.service_date, calls=calls)
        at, key = journey.recorded_at or self._told, (run.trip_id, run.service_date)
        if key not in self.items or self.items[key][0] <= at:
            self.items[key] = at, item

    def _add(self, journey: Journey) -> None:
        if journey.cancelled:
            return
        added = read_added(added_update(journey), self._runs.timetable, self._runs.known, self._told)
        if added is None:
            self.unmatched["not_understood"] += 1
        else:
            self.added.append(added)


def _nowhere(calls: tuple[CallChange, ...], run: Run) -> bool:
    """Tell whether a run calls nowhere: then it is cancelled, whatever its own word for that is."""
    return len(calls) == len(run.pattern.stops) and all(call.skipped for call in calls)


def _calls(journey: Journey, run: Run, timetable: Timetable, told_at: datetime) -> Iterator[CallChange]:
    begins = run.begins(timetable.timezone)
    for place, call in sorted(places_of(journey.calls, run, timetable).items()):
        planned = run.pattern.stops[place]
        arrival = _delay(call.arrival, begins + run.pattern.arrivals[place])
        departure = _delay(call.departure, begins + run.pattern.departures[place])
        if call.skipped:
            yield CallChange(place, skipped=True)
            continue
        platform, happened = _platform(call, planned, timetable), _happened(call, arrival, departure, told_at)
        if happened:
            yield ObservedCall(place, arrival, departure, assigned_stop_id=platform, happened=happened)
        else:
            yield CallChange(place, arrival, departure, assigned_stop_id=platform)


def _happened(
    call: ToldCall, arrival: int | None, departure: int | None, told_at: datetime
) -> tuple[Event, ...]:
    """The ends of a call that are told by their actual times, as far as those are over: what is to come is expected."""
    events: list[Event] = []
    if arrival is not None and _is_over(call.arrival, told_at):
        events.append("arrival")
    if departure is not None and _is_over(call.departure, told_at):
        events.append("departure")
    return tuple(events)


def _is_over(end: ToldEnd, told_at: datetime) -> bool:
    return end.is_actual and end.at is not None and end.at <= told_at + _CLOCKS_DIFFER


def _delay(end: ToldEnd, planned: int) -> int | None:
    """Compute how many seconds late an end of a call is by our timetable, whatever the producer aims at."""
    late = None if end.at is None else int(end.at.timestamp()) - planned
    return late if late is not None and abs(late) <= _MAX_DELAY_SECONDS else None


def _platform(call: ToldCall, planned: str, timetable: Timetable) -> str | None:
    """The stop that a call is moved to: another platform of the timetable, where it is told."""
    told = call.platform or call.stop_id
    stop = timetable.stops.get(told)
    return told if stop and not stop.is_station and told != planned else None
