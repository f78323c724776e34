"""Free places of the rides that are shown, as their operators tell them: all are asked at once, nobody is waited for long.

A number is a help to choose by and nothing more: places are taken by a hold alone. Who does not answer within
the budget contributes a reason, not a delay; what comes too late is thrown away.
"""

import queue
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import structlog

from operators.departures import departure_of
from operators.errors import OperatorError
from operators.place_kinds import FOOT
from operators.port import Availability, Connector, Departure
from operators.region import RegionData
from tariffs.journey import Ride

_log = structlog.get_logger(__name__)
# The time for a fan-out (reference on connectors, A.4).
BUDGET_SECONDS = 1.5
Reason = Literal["late", "not_told"]
NotSold = Literal["no_allotment", "sold_out", "sale_ended"]
# The name of a ride: operator, trip, stop of boarding, planned departure.
RideKey = tuple[str, str, str, datetime]


@dataclass(frozen=True, slots=True)
class FreePlaces:
    """Places by kind, None where there is no number; `as_of` is the operator's time. Or the reason for neither.

    `total` are the places of the departure, taken and free, of the kinds that its operator tells.
    """

    places: Mapping[str, int | None] | None
    as_of: datetime | None
    reason: Reason | None
    total: Mapping[str, int] = field(default_factory=dict)


def ask(
    region: RegionData,
    connectors: Mapping[str, Connector],
    rides: Iterable[Ride],
    budget_seconds: float = BUDGET_SECONDS,
) -> dict[RideKey, FreePlaces]:
    """Ask each operator that tells once about all of its rides; one that tells nothing is left out."""
    wanted = _wanted(region, connectors, rides)
    told = _told(connectors, wanted, budget_seconds)
    return {
        key: _found(departure, told[operator]) if operator in told else FreePlaces(None, None, "late")
        for operator, departures in wanted.items()
        for departure, key in departures.items()
    }


def not_sold(
    region: RegionData,
    connectors: Mapping[str, Connector],
    rides: Iterable[Ride],
    kinds: Collection[str] = (),
) -> dict[RideKey, NotSold]:
    """The rides of operators that allot places on which there is none to sell, to a person or of these kinds, and why.

    An operator that does not answer in time is not taken at its silence: the order's hold decides then.
    """
    allotting = {name: one for name, one in connectors.items() if one.capabilities.allots}
    wanted = _wanted(region, allotting, rides)
    answers = _told(allotting, wanted, BUDGET_SECONDS)
    reasons: dict[RideKey, NotSold] = {}
    for operator, answer in answers.items():
        if answer is None:
            continue
        left = {one.departure: one.free for one in answer}
        for departure, key in wanted[operator].items():
            reason = _why_not_sold(left.get(departure), kinds)
            if reason is not None:
                reasons[key] = reason
    return reasons


def _why_not_sold(free: Mapping[str, int | None] | None, kinds: Collection[str]) -> NotSold | None:
    """Tell why a departure with these places left has none to sell; None where it has."""
    if free is None or set(kinds) - free.keys():
        return "no_allotment"
    if any(free.get(kind) == 0 for kind in (FOOT, *kinds)):
        return "sold_out"
    return None


def _told(
    connectors: Mapping[str, Connector],
    wanted: Mapping[str, Mapping[Departure, RideKey]],
    budget_seconds: float,
) -> dict[str, Sequence[Availability] | None]:
    """The answers that come within the budget, None where an operator failed; all are asked at once."""
    answers: queue.SimpleQueue[tuple[str, Sequence[Availability] | None]] = queue.SimpleQueue()
    for operator, departures in wanted.items():
        threading.Thread(
            target=_ask_one, args=(connectors[operator], tuple(departures), answers), daemon=True
        ).start()
    replies: dict[str, Sequence[Availability] | None] = {}
    give_up = time.monotonic() + budget_seconds
    while len(replies) < len(wanted) and (left := give_up - time.monotonic()) > 0:
        try:
            operator, answer = answers.get(timeout=left)
        except queue.Empty:
            break
        replies[operator] = answer
    return replies


def key_of(ride: Ride) -> RideKey:
    """Name a ride in the answer of `ask`."""
    return (ride.operator, ride.trip_id, ride.from_stop_id, ride.departure)


def _wanted(
    region: RegionData, connectors: Mapping[str, Connector], rides: Iterable[Ride]
) -> dict[str, dict[Departure, RideKey]]:
    wanted: dict[str, dict[Departure, RideKey]] = {}
    for ride in rides:
        connector = connectors.get(ride.operator)
        if connector is None or not connector.capabilities.availability:
            continue
        try:
            departure = departure_of(ride, region.timetables[ride.operator])
        except LookupError:
            continue  # a trip that was added for today: there is nothing to ask by
        wanted.setdefault(ride.operator, {})[departure] = key_of(ride)
    return wanted


def _ask_one(
    connector: Connector,
    departures: tuple[Departure, ...],
    answers: "queue.SimpleQueue[tuple[str, Sequence[Availability] | None]]",
) -> None:
    try:
        answers.put((connector.operator, connector.availability(departures)))
    except (OperatorError, OSError) as error:
        _log.info("free places not told", operator=connector.operator, reason=str(error))
        answers.put((connector.operator, None))


def _found(departure: Departure, told: Sequence[Availability] | None) -> FreePlaces:
    for one in told or ():
        if one.departure == departure:
            return FreePlaces(one.free, one.as_of, None, one.total)
    return FreePlaces(None, None, "not_told")
