"""Find the tickets that a run concerns that does not go as planned: those with a leg on it, and why. Pure.

Directly: the run is cancelled, does not call where the holder boards or alights, or is late there. By what follows: the
holder would reach the next ship, train or coach too late. The next tram takes over from one that is missed, so nobody hears
of that. Whoever has left the vehicle is not concerned.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from operators.promises import Promises, service_by
from tariffs.journey import Ride
from ticketing.db.operators.run_states import STAFF, RunState
from ticketing.db.ticket.legs import HeldLeg, TicketLeg
from ticketing.regions import Expected, News, failure_of, news_of

Why = Literal["cancelled", "skipped", "too_late", "late", "connection", "platform", "restored"]
EventKind = Literal[
    "cancelled", "delayed", "call_skipped", "connection_broken", "platform_changed", "service_restored"
]
_KINDS: Mapping[Why, EventKind] = {
    "cancelled": "cancelled",
    "skipped": "call_skipped",
    "too_late": "delayed",
    "late": "delayed",
    "connection": "connection_broken",
    "platform": "platform_changed",
    "restored": "service_restored",
}
# The gravest first: one event of a run says this, and each ticket its own reason.
GRAVEST_FIRST: tuple[str, ...] = (
    "cancelled",
    "skipped",
    "too_late",
    "connection",
    "late",
    "platform",
    "restored",
)
# Whose holders may choose how they go on.
ASKS: frozenset[str] = frozenset({"cancelled", "skipped", "too_late", "connection"})
# Who is told of these has nothing to board.
NOT_SERVED = frozenset({"cancelled", "skipped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """A ticket that a run concerns: by which leg, why, and how late; `then_leg` is the leg that is missed.

    `platform` is the stop at which its holder boards, where that is another than they know.
    """

    jti: str
    leg: int
    order_id: str
    why: Why
    late_seconds: int | None = None
    then_leg: int | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Boarding:
    """The stop at which the holder of a ticket boards a run by its operator's word, and the one that was sold."""

    leg: int
    order_id: str
    stop: str
    sold: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """By what tickets are judged: what operators promise, and the seconds that a change from one stop to another takes.

    `stays` tells whether the holder of two legs goes from the one to the other in the same vehicle. `expected` gives the time at
    which the run of a leg is expected to leave, its planned time where nothing is known.
    """

    promises: Mapping[str, Promises]
    change_seconds: Callable[[tuple[str, str], tuple[str, str]], int | None]
    stays: Callable[[TicketLeg, TicketLeg], bool]
    expected: Callable[[TicketLeg], datetime]


def affected(
    held: Sequence[HeldLeg], state: RunState, rules: Rules, now: datetime, told: Collection[str] = ()
) -> list[Affected]:
    """The tickets that a run concerns now, each once by its gravest reason.

    Who has been `told` that the run does not go as planned stays concerned until it is less than half as late as that takes.
    """
    found: dict[str, Affected] = {}
    for one in held:
        reason = _reason(one, state, rules, now, was_told=one.leg.jti in told)
        known = found.get(one.leg.jti)
        if reason and (known is None or GRAVEST_FIRST.index(reason.why) < GRAVEST_FIRST.index(known.why)):
            found[one.leg.jti] = reason
    return list(found.values())


def boardings(held: Sequence[HeldLeg], state: RunState, now: datetime) -> dict[str, Boarding]:
    """Tell where holders board who have not boarded yet, by ticket; those are left out of whom the operator does not say it.

    Staff say nothing of platforms, and whoever alights sees where that is.
    """
    stops: dict[str, Boarding] = {}
    if state.source == STAFF or state.withdrawn_at is not None:
        return stops
    for leg in (held_leg.leg for held_leg in held):
        news = news_of(ride_of(leg), state)
        if news.departs_at is None or now >= news.departs_at or leg.jti in stops:
            continue
        stops[leg.jti] = Boarding(
            leg=leg.leg, order_id=leg.order_id, stop=news.boards_at or leg.from_stop, sold=leg.from_stop
        )
    return stops


def kind_of(rows: Sequence[Affected]) -> EventKind:
    """The kind of an event that concerns these tickets: that of the gravest reason."""
    return _KINDS[min((one.why for one in rows), key=GRAVEST_FIRST.index)]


def _reason(
    held: HeldLeg, state: RunState, rules: Rules, now: datetime, *, was_told: bool
) -> Affected | None:
    leg = held.leg
    promises = rules.promises[leg.operator]
    ride = ride_of(leg)
    news = news_of(ride, state)
    if state.withdrawn_at is not None or now >= max(leg.arrives_at, news.arrives_at or leg.arrives_at):
        return None
    service = service_by(leg.mode, promises)
    known = Expected(
        is_served=news.is_served,
        departure_delay_seconds=news.departure_delay_seconds,
        arrival_delay_seconds=news.arrival_delay_seconds,
    )
    failure = failure_of(service, promises.late_refund, known)
    late = max(known.departure_delay_seconds or 0, known.arrival_delay_seconds or 0)
    worth = promises.tell_minutes * 60
    then = held.then if held.then is not None and _is_missed(held.then, leg, news, rules) else None
    why = _gravest(
        news,
        is_too_late=failure is not None,
        is_missed=then is not None,
        is_late=late >= (worth / 2 if was_told else worth),
    )
    if why is None:
        return None
    return Affected(
        jti=leg.jti,
        leg=leg.leg,
        order_id=leg.order_id,
        why=why,
        late_seconds=late or None,
        then_leg=then.leg if then else None,
    )


def _gravest(news: News, *, is_too_late: bool, is_missed: bool, is_late: bool) -> Why | None:
    """The gravest reason why a run concerns a ticket; None where it does not."""
    reasons: tuple[tuple[bool, Why], ...] = (
        (news.cancelled, "cancelled"),
        (news.skipped_stop_id is not None, "skipped"),
        (is_too_late, "too_late"),
        (is_missed, "connection"),
        (is_late, "late"),
    )
    return next((why for holds, why in reasons if holds), None)


def _is_missed(then: TicketLeg, leg: TicketLeg, news: News, rules: Rules) -> bool:
    """Tell whether the next leg leaves before its holder can be there; one that waits for nobody in particular is not missed."""
    if service_by(then.mode, rules.promises[then.operator]) == "city" or news.arrives_at is None:
        return False
    needed = rules.change_seconds((leg.operator, leg.to_stop), (then.operator, then.from_stop))
    if needed is None:
        return False
    # A change that was sold shorter than it takes has its planned time: only a delay breaks it.
    planned = timedelta(seconds=min(needed, (then.departs_at - leg.arrives_at).total_seconds()))
    comes_late = news.arrives_at > leg.arrives_at and news.arrives_at + planned > rules.expected(then)
    return comes_late and not rules.stays(leg, then)


def ride_of(leg: TicketLeg) -> Ride:
    """A leg as the ride that it is, so far as live data ask."""
    return Ride(
        operator=leg.operator,
        trip_id=leg.trip_id,
        route_id="",
        from_stop_id=leg.from_stop,
        to_stop_id=leg.to_stop,
        departure=leg.departs_at,
        arrival=leg.arrives_at,
        calls=(leg.from_stop, leg.to_stop),
        mode=leg.mode,
    )
