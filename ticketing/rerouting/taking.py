"""Take a way on for passengers of an order: written down first, and carried on from there."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

from tariffs import companions
from tariffs.money import Money
from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.disruption import reroutings
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.sale import bookings, orders
from ticketing.errors import Conflict, InvalidRequest, OptionGone
from ticketing.purchase.places import Wanted, booking_of
from ticketing.purchase.refund.giving_back import refundable_order
from ticketing.purchase.refund.remainder import book_of
from ticketing.regions import company
from ticketing.regions.planned import KnownRide
from ticketing.rerouting.answering import answer
from ticketing.rerouting.choosing import Question, list_questions
from ticketing.rerouting.moving import carry_on, require_movable, swap
from ticketing.rerouting.options import Option, options_of
from ticketing.rerouting.scene import ReroutingDesk, Scene, around_of, coming_of, find_money, read_scene

# A departure that was listed a while ago can still be taken while it has places.
_MOST_TAKEN = 12
_AS_SOLD = "this leg goes as the ticket says; there is nothing to choose"
_GONE = "this way on is there no more; choose another"


@dataclass(frozen=True, slots=True)
class OptionWish:
    """The way on that is wanted of a leg: for these passengers, or where none is named for all who have it."""

    passengers: tuple[str, ...]
    leg: int
    option: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The way on that was taken: the choice as it is kept; or the money, for which a refund of these passengers is asked."""

    passengers: tuple[str, ...]
    leg: int
    choice: Rerouting | None = None
    back: Money | None = None


ClaimKey = Callable[[Transaction], None]
RememberTaken = Callable[[Transaction, Taken], None]


def take(
    desk: ReroutingDesk,
    order_id: str,
    wish: OptionWish,
    request_key: str,
    remember: RememberTaken,
    *,
    claim: ClaimKey,
) -> Taken:
    """Take a way on. Another departure of the same operator is booked for real, and then the tickets are for it.

    The same `request_key` continues an earlier call. Raises InvalidRequest for a stranger, Conflict where there is nothing to
    choose, OptionGone where the way on is there no more, OperatorSilent where an operator does not answer yet.
    """

    def keep(tx: Transaction, choice: Rerouting) -> None:
        remember(tx, _taken(choice))

    if wish.option == Option(kind="refund", leg=wish.leg).id:
        return _money(desk, order_id, wish)
    if wish.option == Option(kind="other_way", leg=wish.leg).id:
        raise Conflict(
            "this way is ordered: freeze its offer, then exchange the ride for it (`order` of the option)"
        )
    with desk.database.write() as tx:
        claim(tx)
        choice = reroutings.find_by_key(tx, order_id, request_key)
        if choice is None:
            choice = _begin(tx, desk, order_id, wish, request_key)
            if choice.state == "done":
                keep(tx, choice)
    return _taken(carry_on(desk.till, choice.id, keep) if choice.state != "done" else choice)


def list_unfinished(desk: ReroutingDesk, limit: int = 500) -> list[Rerouting]:
    """List the moves that a crash or a silent operator has left under way."""
    with desk.database.read() as tx:
        return reroutings.list_asked(tx, limit)


def finish(desk: ReroutingDesk, choice: Rerouting) -> None:
    """Carry a move on to its end, also where that is that the old tickets stay; raises OperatorSilent."""
    try:
        carry_on(desk.till, choice.id)
    except OptionGone:
        return


def _taken(choice: Rerouting) -> Taken:
    return Taken(choice.passengers, choice.leg, choice)


def _money(desk: ReroutingDesk, order_id: str, wish: OptionWish) -> Taken:
    """Answer a wish for the money: nothing is done here, a refund of the order does it."""
    with desk.database.read() as tx:
        scene = read_scene(tx, desk, order_id)
        concerned = _concerned(scene, list_questions(tx, desk, scene), wish)
    refs = tuple(one.ticket.passenger_ref for one in concerned)
    amounts = [find_money(desk, order_id, ref, wish.leg) for ref in refs]
    whole = [one for one in amounts if one is not None]
    if len(whole) < len(refs):
        raise OptionGone(_GONE)
    return Taken(refs, wish.leg, back=Money(sum(one.minor for one in whole), whole[0].currency))


@dataclass(frozen=True, slots=True)
class Plan:
    """A way on for the passengers who want it, as it is decided; `known` is its ride, None for one that only is waited for."""

    scene: Scene
    concerned: Sequence[Question]
    option: Option
    known: KnownRide | None

    @property
    def refs(self) -> tuple[str, ...]:
        """Name the passengers."""
        return tuple(one.ticket.passenger_ref for one in self.concerned)


def _begin(
    tx: Transaction, desk: ReroutingDesk, order_id: str, wish: OptionWish, request_key: str
) -> Rerouting:
    """Write a choice down with the places that it wants; one that wants none is done at once."""
    refundable_order(tx, order_id, lock=True)
    if orders.find_exchange_under_way(tx, order_id):
        raise Conflict("tickets of this order are being exchanged already")
    scene = read_scene(tx, desk, order_id)
    plan = _planned(desk, scene, _concerned(scene, list_questions(tx, desk, scene), wish), wish)
    for other in reroutings.list_of_order(tx, order_id):
        if other.state == "asked" and set(other.passengers) & set(plan.refs):
            raise Conflict("these tickets are being moved already; look again in some seconds")
    choice = choice_of(desk, plan, request_key)
    reroutings.put_rerouting(tx, choice)
    there = answer(tx, choice, desk.clock.now())
    if plan.known is not None and plan.option.kind == "later_departure":
        _begin_move(tx, desk, plan, choice, there)
    else:
        reroutings.end_rerouting(tx, choice.id, "done", desk.clock.now())
    return reroutings.find_rerouting(tx, choice.id) or choice


def _begin_move(
    tx: Transaction, desk: ReroutingDesk, plan: Plan, choice: Rerouting, there: Collection[str]
) -> None:
    """Write down the places of a move that are to be asked for, but for passengers whose place is `there`.

    Where its operator has none the tickets are moved at once.
    """
    require_allowed(tx, desk, plan, choice)
    if desk.till.connector(plan.scene.order.region, choice.operator) is None:
        swap(tx, desk.till, choice)
    else:
        want_places(tx, desk, plan, choice.id, [ref for ref in plan.refs if ref not in there])


def require_allowed(tx: Transaction, desk: ReroutingDesk, plan: Plan, choice: Rerouting) -> None:
    """Raise Conflict where a ticket cannot be moved, or somebody would travel without the company that they need."""
    for question in plan.concerned:
        require_movable(tx, question.ticket, choice)
    if plan.known is not None:
        _require_company(tx, desk, plan, plan.known)


def want_places(
    tx: Transaction, desk: ReroutingDesk, plan: Plan, choice_id: str, refs: Sequence[str]
) -> None:
    """Write down the places of passengers on the departure of a plan that its operator is to be asked for."""
    scene, known = plan.scene, plan.known
    if known is None:
        raise LookupError("a way on without a departure has no places")
    first = len(bookings.list_bookings(tx, scene.order.id)) + 1
    wanted = [
        booking_of(
            desk.till,
            scene.quote,
            Wanted(scene.order.id, seq, plan.option.leg, known.ride),
            scene.quote.document.passenger(ref),
        )
        for seq, ref in enumerate(refs, start=first)
    ]
    bookings.insert_bookings(
        tx, [replace(one, document={**one.document, bookings.CHOICE: choice_id}) for one in wanted]
    )


def _concerned(scene: Scene, questions: Sequence[Question], wish: OptionWish) -> list[Question]:
    """List the questions that a wish answers; all must be about one departure."""
    rides, live = len(scene.quote.document.rides), {one.passenger_ref for one in scene.live}
    if not 0 <= wish.leg < rides:
        raise InvalidRequest.at("leg", f"must be from 0 to {rides - 1}")
    for at, ref in enumerate(wish.passengers):
        if ref not in live:
            raise InvalidRequest.at(f"passengers[{at}]", f"{ref!r} has no ticket of this order")
    on_leg = {one.ticket.passenger_ref: one for one in questions if one.leg.at == wish.leg}
    refs = wish.passengers or tuple(on_leg)
    if not refs or any(ref not in on_leg for ref in refs):
        raise Conflict(_AS_SOLD)
    concerned = [on_leg[ref] for ref in dict.fromkeys(refs)]
    if len({one.leg.departs_at for one in concerned}) > 1:
        raise InvalidRequest.at("passengers", "they hold different departures; call once for each")
    return concerned


def _planned(desk: ReroutingDesk, scene: Scene, concerned: Sequence[Question], wish: OptionWish) -> Plan:
    """Find the way on that is wanted among those that each of them has; raises OptionGone."""
    now = desk.clock.now()
    for question in concerned:
        around = around_of(desk, scene, question.ticket, question.onward, {})
        ways = {way.id: way for way in options_of(question.leg, around, now, most=_MOST_TAKEN)}
        if wish.option not in ways:
            raise OptionGone(_GONE)
    option = ways[wish.option]
    known = None if option.coming is None else concerned[0].onward.find(option.coming)
    return Plan(scene, concerned, option, known)


def choice_of(desk: ReroutingDesk, plan: Plan, request_key: str) -> Rerouting:
    """Write a plan down as the choice that it is."""
    scene, (first, *_) = plan.scene, plan.concerned
    before = coming_of(desk, scene.order.region, KnownRide(first.ride, "", "", None))
    goes_by = plan.option.coming or before
    return Rerouting(
        id=new_id(),
        order_id=scene.order.id,
        leg=first.leg.at,
        passengers=plan.refs,
        kind=plan.option.kind,
        option_id=plan.option.id,
        state="asked",
        operator=goes_by.operator,
        trip_id=goes_by.trip_id,
        service_date=goes_by.service_date,
        from_stop=goes_by.from_stop,
        to_stop=goes_by.to_stop,
        departs_at=goes_by.departs_at.astimezone(UTC),
        arrives_at=goes_by.arrives_at.astimezone(UTC),
        was_trip_id=before.trip_id,
        was_service_date=before.service_date,
        was_departs_at=before.departs_at.astimezone(UTC),
        was_arrives_at=before.arrives_at.astimezone(UTC),
        request_key=request_key,
        created_at=desk.clock.now(),
    )


def _require_company(tx: Transaction, desk: ReroutingDesk, plan: Plan, known: KnownRide) -> None:
    """Raise Conflict where somebody would travel without the company that their ticket was sold with."""
    at, moving = plan.option.leg, set(plan.refs)
    there, left = list[str](), list[str]()
    for ticket in plan.scene.live:
        leg = ticket.document.legs[at]
        if ticket.passenger_ref in moving or leg.departure == known.ride.departure:
            there.append(ticket.document.rider)
        elif leg.is_left:
            left.append(ticket.document.rider)
    is_cancelled = plan.concerned[0].leg.why == "cancelled"
    rules = book_of(tx, desk.till, plan.scene.quote).companions
    data = desk.region(plan.scene.order.region).data
    day = known.ride.departure.date()
    for riders in (there,) if is_cancelled else (there, left):
        alone = company.lonely(data.companions, riders)
        if alone is not None:
            raise Conflict(f"{company.refusal(data, riders[alone])}; choose for them together")
        ruled = companions.lonely(rules, known.ride.operator, day, riders) if riders else None
        if ruled is not None:
            raise Conflict(f"{companions.told(ruled[1])}; choose for them together")
