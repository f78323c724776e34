"""Decide when a leg counts as not carried, whatever the conditions of its fare say: cancelled, or late beyond the limit of its kind. Pure.

Sea: departure more than 90 minutes late (Regulation (EU) 1177/2010, art. 18). Rail: 60 minutes or more expected at the
destination (Regulation (EU) 2021/782, art. 18). Coach: departure more than 120 minutes late (Regulation (EU) 181/2011,
art. 19). City transport: what its operator promises, else nothing but a cancellation.
"""

from dataclasses import dataclass

from operators.promises import LateRefund, Service

_MINUTE = 60
_SEA_DEPARTURE, _COACH_DEPARTURE, _RAIL_ARRIVAL = 90 * _MINUTE, 120 * _MINUTE, 60 * _MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The known facts of a leg's run: `is_served` at both ends, seconds late, None where nothing is known."""

    is_served: bool = True
    departure_delay_seconds: int | None = None
    arrival_delay_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a leg counts as not carried. `ends_journey`: the ticket is for this departure, so the rest is of no use either.

    The next tram takes over from one that is cancelled; nobody takes over from a ship or a train.
    """

    reason: str
    ends_journey: bool
    is_cancelled: bool = False


def failure_of(service: Service, promise: LateRefund, known: Expected) -> Failure | None:
    """Why a leg counts as not carried; None while it is carried as it was sold."""
    bound = service != "city"
    if not known.is_served:
        return Failure("cancelled", bound, is_cancelled=True)
    leaves, reaches = known.departure_delay_seconds or 0, known.arrival_delay_seconds or 0
    if service == "sea" and leaves > _SEA_DEPARTURE:
        return Failure(f"{_minutes(leaves)} late at departure, more than 90", bound)
    if service == "rail" and reaches >= _RAIL_ARRIVAL:
        return Failure(f"{_minutes(reaches)} late at its destination, 60 or more", bound)
    if service == "coach" and leaves > _COACH_DEPARTURE:
        return Failure(f"{_minutes(leaves)} late at departure, more than 120", bound)
    return _by_promise(promise, leaves, reaches, bound=bound)


def _by_promise(promise: LateRefund, leaves: int, reaches: int, *, bound: bool) -> Failure | None:
    for late, minutes, where in (
        (leaves, promise.departure_minutes, "departure"),
        (reaches, promise.arrival_minutes, "its destination"),
    ):
        if minutes is not None and late >= minutes * _MINUTE:
            return Failure(f"{_minutes(late)} late at {where}, its operator promises {minutes}", bound)
    return None


def _minutes(seconds: int) -> str:
    """Whole minutes; of a part more the reader should not think that a limit was just reached."""
    return f"{seconds // _MINUTE} min" if seconds % _MINUTE == 0 else f"over {seconds // _MINUTE} min"
