"""Decide which legs of a ticket do not go as sold, and by what their holder may choose to go on. Pure.

The order is that of Regulation (EU) 1177/2010, Article 18, and of 2021/782: another departure of the same operator, one of
another operator, the money. A later departure that the holder chooses costs nothing, and none is earlier than the one on the
ticket.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from tariffs.money import Money
from ticketing.db.documents import digest
from ticketing.regions.not_carried import Failure

Why = Literal["cancelled", "too_late", "connection", "moved"]
Kind = Literal["later_departure", "other_operator", "other_way", "refund", "wait"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WHYS: tuple[Why, ...] = get_args(Why)
# So many later departures are a choice; more are a timetable.
LATER = 3
# So long after its planned departure a leg still brings another departure; the money is there for longer.
OFFERED_FOR = timedelta(hours=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFacts:
    """A leg of a ticket that is left, in the order of travel.

    `departs_at` and `arrives_at` are the times on the ticket, `sold_*` those that were bought, `expected_*` those that the
    operator tells now. `change_seconds` is what the change from the leg before takes, None for the first one and where
    nobody knows. Of a leg that `takes_over` the next vehicle is as good as one that is missed, as of a tram. To one that is
    `moved_unasked` its holder was moved without an answer of theirs.
    """

    at: int
    takes_over: bool
    departs_at: datetime
    arrives_at: datetime
    sold_departs_at: datetime
    sold_arrives_at: datetime
    expected_departs_at: datetime
    expected_arrives_at: datetime
    failure: Failure | None = None
    used: bool = False
    moved_unasked: bool = False
    change_seconds: int | None = None
    operator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisruptedLeg:
    """A leg by which its holder cannot travel as sold; they can board from `ready_at` on.

    `used`: a gate has let them in already, as for a ship that is cancelled then. `broken_by` is the operator of the ride before it,
    where that has broken the connection.
    """

    at: int
    why: Why
    departs_at: datetime
    arrives_at: datetime
    expected_departs_at: datetime
    expected_arrives_at: datetime
    ready_at: datetime | None = None
    used: bool = False
    broken_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A departure that goes: `places` are those left for this holder, None where its operator tells no number.

    `total` are its places of that kind, taken and free, None where its operator does not tell them. `until` is how long an agreement
    opens it, None for one of the same operator.
    """

    operator: str
    trip_id: str
    service_date: date
    from_stop: str
    to_stop: str
    departs_at: datetime
    arrives_at: datetime
    places: int | None = None
    total: int | None = None
    is_on_sale: bool = True
    until: datetime | None = None

    @property
    def key(self) -> tuple[str, str, date, str, str]:
        """The name of the departure with its ends."""
        return self.operator, self.trip_id, self.service_date, self.from_stop, self.to_stop


@dataclass(frozen=True, slots=True, kw_only=True)
class AnotherWay:
    """A way that a search has found with an offer for these passengers, by other operators.

    It is ordered as an exchange of the leg. Its first ride leaves from `starts`, perhaps another terminal. `total` is its price for all of them, and `due` what they pay beyond the worth of the
    leg: it comes back once they have travelled, up to `cap` for each.
    """

    offer_id: str
    offer_expires_at: str
    departs_at: datetime
    arrives_at: datetime
    starts: str
    operators: tuple[str, ...]
    total: Money
    due: Money
    cap: Money
    passengers: tuple[str, ...]

    @property
    def cost(self) -> Money:
        """The part of `due` above the caps, which its passengers bear in the end."""
        return Money(max(0, self.due.minor - self.cap.minor * len(self.passengers)), self.due.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A way on, which costs its holder nothing in the end, but for a `way` above its cap; `coming` is the departure of one that has one, `back` the money, `way` the one that is ordered."""

    kind: Kind
    leg: int
    departs_at: datetime | None = None
    arrives_at: datetime | None = None
    coming: Coming | None = None
    back: Money | None = None
    way: AnotherWay | None = None

    @property
    def id(self) -> str:
        """The same for the same way on of a leg, whoever asks and when."""
        run = [str(part) for part in self.coming.key] if self.coming is not None else []
        return digest([self.kind, self.leg, *run])[:16]


@dataclass(frozen=True, slots=True)
class Around:
    """The departures around a disrupted leg: `same` of its operator, `others` under agreements, another way, and the money that comes back."""

    same: Sequence[Coming] = ()
    others: Sequence[Coming] = field(default=())
    back: Money | None = None
    way: AnotherWay | None = None


def disrupted_legs(legs: Sequence[LegFacts], now: datetime) -> list[DisruptedLeg]:
    """List the legs that do not take their holder as sold, in the order of travel.

    What follows a leg that does not run, or that is missed, is asked about once its holder has chosen.
    """
    disrupted: list[DisruptedLeg] = []
    before: LegFacts | None = None
    reaches: datetime | None = None
    for leg in legs:
        ready_at = _ready_at(before, leg, reaches)
        why = _why(leg, ready_at, now)
        if why is not None:
            broken_by = before.operator if before is not None and why == "connection" else None
            disrupted.append(replace(_disrupted(leg, why, ready_at), broken_by=broken_by))
        if why in {"cancelled", "connection"}:
            return disrupted
        before, reaches = leg, leg.expected_arrives_at
        if ready_at is not None:  # the next tram takes over from one that is missed
            reaches += max(timedelta(0), ready_at - leg.expected_departs_at)
    return disrupted


def options_of(leg: DisruptedLeg, around: Around, now: datetime, *, most: int = LATER) -> list[Option]:
    """List the ways on for a leg, the best first: later departures, another operator's, the money, and to wait for one that is late.

    Of later departures there are at `most` so many.
    """
    ways: list[Option] = []
    if not leg.used and now < leg.departs_at + OFFERED_FOR:
        ways += [_going("later_departure", leg, one) for one in later(leg, around.same, now)][:most]
        if leg.why in {"cancelled", "connection"}:
            ways += [_going("other_operator", leg, one) for one in _elsewhere(leg, around.others, now)]
            ways += [_another(leg, around.way)] if around.way is not None else []
    if around.back is not None:
        ways.append(Option(kind="refund", leg=leg.at, back=around.back))
    if leg.why == "too_late" and now < leg.expected_arrives_at:
        times = leg.expected_departs_at, leg.expected_arrives_at
        ways.append(Option(kind="wait", leg=leg.at, departs_at=times[0], arrives_at=times[1]))
    return ways


def later(leg: DisruptedLeg, coming: Iterable[Coming], now: datetime) -> list[Coming]:
    """List the departures with places that are later than the one on the ticket and can be reached, soonest first."""
    return sorted(
        (one for one in coming if one.is_on_sale and one.places != 0 and _is_ahead(leg, one, now)),
        key=lambda one: (one.departs_at, one.arrives_at),
    )


def _elsewhere(leg: DisruptedLeg, coming: Iterable[Coming], now: datetime) -> Iterator[Coming]:
    """The next departure of each other operator, while its agreement opens it: a place is not promised."""
    seen: set[str] = set()
    for one in sorted(coming, key=lambda each: (each.departs_at, each.operator)):
        is_open = one.until is not None and one.departs_at <= one.until
        if is_open and one.operator not in seen and _is_ahead(leg, one, now):
            seen.add(one.operator)
            yield one


def _is_ahead(leg: DisruptedLeg, coming: Coming, now: datetime) -> bool:
    """Tell whether a departure is still to come, is not earlier than the ticket's, and its holder can be there."""
    earliest = max(now, leg.departs_at, leg.ready_at or leg.departs_at)
    return coming.departs_at >= earliest


def _going(kind: Kind, leg: DisruptedLeg, coming: Coming) -> Option:
    return Option(
        kind=kind,
        leg=leg.at,
        departs_at=coming.departs_at,
        arrives_at=coming.arrives_at,
        coming=coming,
    )


def _another(leg: DisruptedLeg, way: AnotherWay) -> Option:
    return Option(kind="other_way", leg=leg.at, departs_at=way.departs_at, arrives_at=way.arrives_at, way=way)


def _ready_at(before: LegFacts | None, leg: LegFacts, reaches: datetime | None) -> datetime | None:
    """Tell from when on a holder can board after the leg before; None where that one arrives as it was sold.

    A change that was sold shorter than it takes has its planned time.
    """
    if before is None or reaches is None or leg.change_seconds is None or reaches <= before.sold_arrives_at:
        return None
    planned = leg.sold_departs_at - before.sold_arrives_at
    return reaches + min(timedelta(seconds=leg.change_seconds), planned)


def _why(leg: LegFacts, ready_at: datetime | None, now: datetime) -> Why | None:
    """Tell why a leg does not take its holder as sold; None where it does. Who is on board of a late ship travels on it."""
    if leg.failure is not None and leg.failure.ends_journey:
        if leg.failure.is_cancelled:
            return "cancelled"
        if not leg.used and now < leg.expected_arrives_at:
            return "too_late"
    is_missed = ready_at is not None and ready_at > leg.expected_departs_at
    if is_missed and not leg.takes_over and not leg.used and now < leg.sold_arrives_at + OFFERED_FOR:
        return "connection"
    if leg.moved_unasked and not leg.used and now < leg.expected_departs_at:
        return "moved"
    return None


def _disrupted(leg: LegFacts, why: Why, ready_at: datetime | None) -> DisruptedLeg:
    return DisruptedLeg(
        at=leg.at,
        why=why,
        departs_at=leg.departs_at,
        arrives_at=leg.arrives_at,
        expected_departs_at=leg.expected_departs_at,
        expected_arrives_at=leg.expected_arrives_at,
        ready_at=ready_at,
        used=leg.used,
    )
