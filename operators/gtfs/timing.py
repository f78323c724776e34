"""Put the calls of a trip in order and give each its times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

from tariffs.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One row of stop_times.txt: seconds after the origin of the service day, None where the feed leaves them out."""

    sequence: int
    stop: str
    arrival: int | None
    departure: int | None
    boards: bool
    alights: bool
    line: int


def timed(trip_id: str, line: int, read: Sequence[Call], findings: list[Finding]) -> list[Call]:
    """The calls of a trip (on a line of trips.txt) in order, times that are left out put in evenly between those that are there.

    None where a fault of the trip is found, which is reported.
    """
    calls = sorted(read, key=lambda call: call.sequence)
    file = "stop_times.txt"
    if len(calls) < 2:  # noqa: PLR2004  a ride has two ends
        findings.append(
            Finding(
                file="trips.txt",
                row=line,
                field="trip_id",
                code="unusable_trip",
                message=f"{trip_id} has fewer than two calls",
                severity="warning",
            )
        )
        return []
    for before, after in pairwise(calls):
        if before.sequence == after.sequence:
            findings.append(
                Finding(
                    file, after.line, "stop_sequence", "duplicate_key", f"{trip_id} repeats {after.sequence}"
                )
            )
            return []
    filled = [_with_both(call) if call.arrival is None or call.departure is None else call for call in calls]
    if filled[0].departure is None or filled[-1].arrival is None:
        findings.append(
            Finding(
                file, filled[0].line, "departure_time", "missing_value", f"{trip_id} needs times at both ends"
            )
        )
        return []
    timed = _interpolated(filled)
    backwards = _find_backwards(timed)
    if backwards:
        findings.append(
            Finding(file, backwards.line, "arrival_time", "time_travel", f"{trip_id} runs back in time")
        )
        return []
    return timed


def _find_backwards(calls: Sequence[Call]) -> Call | None:
    """The first call that is left before it is reached, or reached before the one before it is left."""
    reached_from = -math.inf
    for call in calls:
        arrival, departure = cast("int", call.arrival), cast("int", call.departure)
        if arrival < reached_from or departure < arrival:
            return call
        reached_from = departure
    return None


def _with_both(call: Call) -> Call:
    """A call that tells one of its times has both: the other is the same."""
    arrival = call.arrival if call.arrival is not None else call.departure
    departure = call.departure if call.departure is not None else call.arrival
    return replace(call, arrival=arrival, departure=departure)


def _interpolated(calls: list[Call]) -> list[Call]:
    known_at = [at for at, call in enumerate(calls) if call.arrival is not None]
    times = list(calls)
    for left, right in pairwise(known_at):
        start, end = cast("int", calls[left].departure), cast("int", calls[right].arrival)
        for at in range(left + 1, right):
            moment = start + (end - start) * (at - left) // (right - left)
            times[at] = replace(calls[at], arrival=moment, departure=moment)
    return times
