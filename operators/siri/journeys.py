"""The words of a SIRI-ET journey, read from its elements: references, calls, and what is told of each. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from google.transit import gtfs_realtime_pb2 as gtfs

from operators.elements import Element, children, is_true, leaves_of, text_at
from operators.siri.delivery import instant

_MAX_CALLS = 500
_ENDS = ("Arrival", "Departure")


@dataclass(frozen=True, slots=True)
class Names:
    """The words by which a producer names what our timetable has.

    `stop`, `line` and `journey` are the beginnings that it puts before our ids, taken off where a reference has them. `directions`
    are its words for GTFS's 0 and 1: any other word says nothing.
    """

    stop: str = ""
    line: str = ""
    journey: str = ""
    directions: Mapping[str, int] = field(default_factory=lambda: {"0": 0, "1": 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEnd:
    """An arrival or a departure as it is told; `is_actual` is True for what has happened."""

    aimed: datetime | None = None
    at: datetime | None = None
    is_actual: bool = False
    is_cancelled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCall:
    """A call as it is told: `stop_id` as planned, `platform` where it is served instead."""

    stop_id: str
    platform: str
    arrival: ToldEnd
    departure: ToldEnd
    skipped: bool
    boards: bool
    alights: bool

    @property
    def aimed(self) -> datetime | None:
        """Its planned time."""
        return self.arrival.aimed or self.departure.aimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A journey as it is told; `references` are its names in the order in which they are tried, `day` its service day."""

    references: tuple[str, ...]
    line: str
    direction: int | None
    day: date | None
    leaves_at: datetime | None
    cancelled: bool
    extra: bool
    recorded_at: datetime | None
    headsign: str = ""
    calls: tuple[ToldCall, ...] = field(repr=False, default=())


def journey_of(element: Element, names: Names) -> Journey:
    """Read one `EstimatedVehicleJourney`."""
    leaves = leaves_of(element)
    framed = [
        text_at(element, "FramedVehicleJourneyRef", name)
        for name in ("DatedVehicleJourneyRef", "DataFrameRef")
    ]
    references = (
        leaves.get("DatedVehicleJourneyRef", ""),
        framed[0],
        leaves.get("EstimatedVehicleJourneyCode", ""),
    )
    known = not is_true(leaves.get("PredictionInaccurate")) and leaves.get("Monitored", "true") not in {
        "false",
        "0",
    }
    told_calls = [
        *children(element, "RecordedCalls", "RecordedCall"),
        *children(element, "EstimatedCalls", "EstimatedCall"),
    ]
    return Journey(
        references=tuple(dict.fromkeys(one.removeprefix(names.journey) for one in references if one)),
        line=leaves.get("LineRef", "").removeprefix(names.line),
        direction=names.directions.get(leaves.get("DirectionRef", "")),
        day=_day(framed[1]),
        leaves_at=instant(leaves.get("OriginAimedDepartureTime")),
        cancelled=is_true(leaves.get("Cancellation")),
        extra=is_true(leaves.get("ExtraJourney")),
        recorded_at=instant(leaves.get("RecordedAtTime")),
        headsign=leaves.get("DestinationName", ""),
        calls=tuple(_call(one, names, known=known) for one in told_calls[:_MAX_CALLS]),
    )


def added_update(journey: Journey) -> Any:
    """An extra journey in the words of GTFS-Realtime, by which added trips are read."""
    update = gtfs.TripUpdate()
    update.trip.schedule_relationship = gtfs.TripDescriptor.ADDED
    update.trip.trip_id = next(iter(journey.references), "")
    update.trip.route_id = journey.line
    update.trip_properties.trip_headsign = journey.headsign
    if journey.day:
        update.trip.start_date = f"{journey.day:%Y%m%d}"
    for call in journey.calls:
        made_call = update.stop_time_update.add(stop_id=call.platform or call.stop_id)
        if call.skipped:
            made_call.schedule_relationship = gtfs.TripUpdate.StopTimeUpdate.SKIPPED
        for event, end in ((made_call.arrival, call.arrival), (made_call.departure, call.departure)):
            moment = end.at or end.aimed
            if moment is not None:
                event.time = int(moment.timestamp())
    return update


def _call(element: Element, names: Names, *, known: bool) -> ToldCall:
    leaves = leaves_of(element)
    known = known and not is_true(leaves.get("PredictionInaccurate"))
    arrival, departure = (_end(leaves, name, known=known) for name in _ENDS)
    said = [text.is_cancelled for text in (arrival, departure) if text.is_cancelled is not None]
    stop = _quay(element, "AimedQuayRef") or leaves.get("StopPointRef", "")
    return ToldCall(
        stop_id=stop.removeprefix(names.stop),
        platform=_quay(element, "ExpectedQuayRef").removeprefix(names.stop),
        arrival=arrival,
        departure=departure,
        # Where one end alone is called off, its status says so and the other's does not: it is served.
        skipped=is_true(leaves.get("Cancellation")) or (bool(said) and all(said)),
        boards=leaves.get("DepartureBoardingActivity") != "noBoarding",
        alights=leaves.get("ArrivalBoardingActivity") != "noAlighting",
    )


def _quay(element: Element, name: str) -> str:
    """The quay of a call, by either of its ends; empty where none is told."""
    return next((text for end in _ENDS if (text := text_at(element, f"{end}StopAssignment", name))), "")


def _end(leaves: Mapping[str, str], name: str, *, known: bool) -> ToldEnd:
    """Read one end of a call: its actual time, else the expected one where that is known."""
    aimed, expected, actual = (
        instant(leaves.get(f"{word}{name}Time")) for word in ("Aimed", "Expected", "Actual")
    )
    status = leaves.get(f"{name}Status")
    if not known or status == "noReport":
        expected = None
    elif expected is None and status == "onTime":
        expected = aimed
    return ToldEnd(
        aimed=aimed,
        at=actual or expected,
        is_actual=actual is not None,
        is_cancelled=None if status is None else status == "cancelled",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
