"""Hold places for holders who have not chosen yet, and end that: by their answer, by moving them, or by giving the places back.

A hold is a row with its bookings, written before its operator is asked; whoever finds it carries it on. It ends in the one
transaction that moves its passengers or marks its places as unwanted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Literal

import structlog

from operators.place_kinds import kind_of
from operators.promises import service_by
from ticketing import regions
from ticketing.db import Transaction
from ticketing.db.disruption import assistance, place_holds, reach, reroutings
from ticketing.db.disruption.place_holds import Owed, PlaceHold
from ticketing.db.operators.run_states import RunKey
from ticketing.db.sale import orders
from ticketing.errors import Conflict, OperatorSilent, ThroughfareError
from ticketing.purchase.refund.giving_back import refundable_order
from ticketing.purchase.refund.unasked import keeps_place
from ticketing.purchase.till import locked
from ticketing.rerouting import moving
from ticketing.rerouting.automatic import (
    Place,
    Seeker,
    answer_until,
    fair_order,
    is_short,
    is_tried_again,
    only_way,
)
from ticketing.rerouting.choosing import Question, chosen_of, list_questions
from ticketing.rerouting.options import Coming, Option
from ticketing.rerouting.scene import ReroutingDesk, Scene, around_of, ask_places, read_scene
from ticketing.rerouting.taking import Plan, choice_of, require_allowed, want_places
from ticketing.search.free_places import FreePlaces, RideKey, key_of

_log = structlog.get_logger(__name__)
# Events of so long ago are looked at, and each of them so often: operators are asked for places each time.
_LOOKED_BACK, _PAUSE = timedelta(hours=24), timedelta(seconds=30)
_AT_ONCE = 500
# So many tickets are looked at before all of an event are read.
_SAMPLE = 200

Group = tuple[str, str, int, RunKey]
# Why an order gets no hold: nobody behind it gets one either, or it alone does not.
_Without = Literal["nobody", "not_this"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A hold that is written down, and the order that it is for."""

    hold: PlaceHold
    scene: Scene


@dataclass(frozen=True, slots=True)
class _Search:
    """The places that are left of the departures that come, and how many passengers seek one."""

    free: Mapping[RideKey, FreePlaces]
    seeking: int

    def without(self, asked: _Asked) -> "_Search":
        """The same once a hold has taken its places."""
        hold, sold = asked.hold, asked.scene.quote.document
        key = hold.operator, hold.trip_id, hold.from_stop, hold.departs_at
        known = self.free.get(key)
        if known is None or known.places is None:
            return self
        taken = Counter[str](kind_of(sold.passenger(ref).rider) for ref in hold.passengers)
        left = {
            kind: None if places is None else max(0, places - taken.get(kind, 0))
            for kind, places in known.places.items()
        }
        return _Search({**self.free, key: replace(known, places=left)}, self.seeking)


def hold_due(desk: ReroutingDesk) -> int:
    """Hold places for all whose departure does not take them, where that is due, in the fair order; answers for how many orders."""
    now = desk.clock.now()
    with desk.database.read() as tx:
        events = place_holds.list_left_behind(tx, now - _LOOKED_BACK)
    for old in [event_id for event_id in desk.looked_at if event_id not in events]:
        del desk.looked_at[old]
    count = 0
    for event_id in events:
        if now >= desk.looked_at.get(event_id, now):
            desk.looked_at[event_id] = now + _PAUSE
            count += _hold_after(desk, event_id, now)
    return count


def list_asked(desk: ReroutingDesk) -> list[PlaceHold]:
    """List the holds that a crash or a silent operator has left under way."""
    with desk.database.read() as tx:
        return place_holds.list_asked(tx, _AT_ONCE)


def list_over(desk: ReroutingDesk) -> list[PlaceHold]:
    """List the holds to which nobody has answered in time, and those that nobody needs any more."""
    with desk.database.read() as tx:
        return place_holds.list_over(tx, desk.clock.now(), _AT_ONCE)


def carry_on(desk: ReroutingDesk, hold: PlaceHold) -> bool:
    """Have the places of a hold booked; False where it comes to nothing. Safe at any time; raises OperatorSilent."""
    try:
        moving.take_places(desk.till, hold.order_id, hold.id)
    except OperatorSilent as error:
        if desk.clock.now() < hold.made_at + moving.PATIENCE:
            raise
        _release(desk, hold, error.detail)
    except Conflict as error:
        _release(desk, hold, error.detail)
    else:
        return _begin(desk, hold)
    return False


def settle(desk: ReroutingDesk, hold: PlaceHold) -> None:
    """End a hold that is over: its passengers are moved, or its places go back. Safe at any time."""
    try:
        with desk.database.write() as tx:
            _settle(tx, desk, hold.id)
    except Conflict as error:
        _release(desk, hold, error.detail)
    moving.tidy(desk.till, hold.order_id)


def _hold_after(desk: ReroutingDesk, event_id: str, now: datetime) -> int:
    """Hold places after an event; of thousands of holders all are read only where some are found to need it."""
    with desk.database.read() as tx:
        sample = place_holds.list_owed(tx, event_id, now, _SAMPLE)
        seeking = reach.count_tickets(tx, [event_id]).get(event_id, 0)
    if not any(_is_needed(desk, group, members, seeking) for group, members in _grouped(sample)):
        return 0
    with desk.database.read() as tx:
        owed = place_holds.list_owed(tx, event_id, now)
    return sum(_hold_for_all(desk, group, members, seeking) for group, members in _grouped(owed))


def _grouped(owed: Sequence[Owed]) -> list[tuple[Group, list[Owed]]]:
    """Put tickets together by the run that leaves their holders behind."""
    groups: dict[Group, list[Owed]] = {}
    for ticket in owed:
        groups.setdefault((ticket.region, ticket.event_id, ticket.leg, ticket.run), []).append(ticket)
    return list(groups.items())


def _is_needed(desk: ReroutingDesk, group: Group, members: Sequence[Owed], seeking: int) -> bool:
    """Tell whether a place is to be held for the first order of a group that has only one way on, or none."""
    search = _search(desk, members, seeking)
    for order_id in dict.fromkeys(member.order_id for member in members):
        if search is None:
            return False
        with desk.database.read() as tx:
            plan = _plan(tx, desk, group, order_id, search)
        if plan != "not_this":
            return plan != "nobody"
    return False


def _hold_for_all(desk: ReroutingDesk, group: Group, members: Sequence[Owed], seeking: int) -> int:
    """Hold places for the orders of a group, until there is no need or no place any more."""
    search = _search(desk, members, seeking)
    count = 0
    for order_id in _in_fair_order(desk, members):
        if search is None:
            return count
        try:
            with desk.database.write() as tx:
                asked = _ask(tx, desk, group, order_id, search)
        except ThroughfareError as error:
            _log.info("no place held", order=order_id, reason=error.detail)
            continue
        if asked == "nobody":
            return count
        if asked == "not_this":
            continue
        try:
            count += carry_on(desk, asked.hold)
        except OperatorSilent:
            return count
        search = search.without(asked)
    return count


def _in_fair_order(desk: ReroutingDesk, members: Sequence[Owed]) -> list[str]:
    """Name the orders of a group, the first one first."""
    with desk.database.read() as tx:
        assisted = assistance.list_needed(tx, {member.order_id for member in members})
    seekers: dict[str, Seeker] = {}
    for member in members:
        known = seekers.get(member.order_id)
        seekers[member.order_id] = Seeker(
            order_id=member.order_id,
            ordered_at=member.ordered_at,
            needs_assistance=member.order_id in assisted,
            connects=_connects(desk, member) or (known is not None and known.connects),
        )
    return [seeker.order_id for seeker in fair_order(seekers.values())]


def _connects(desk: ReroutingDesk, member: Owed) -> bool:
    """Tell whether a ship, train or coach is behind the leg of a ticket: the next tram waits for nobody in particular."""
    operators = desk.region(member.region).data.operators
    behind = [(mode, operators[name].promises) for name, mode in member.then if name in operators]
    return any(service_by(mode, promises) != "city" for mode, promises in behind)


def _search(desk: ReroutingDesk, members: Sequence[Owed], seeking: int) -> _Search | None:
    """Ask for the places of what comes after a departure; None where no holder is left behind by it."""
    for order_id in dict.fromkeys(one.order_id for one in members):
        with desk.database.read() as tx:
            scene = read_scene(tx, desk, order_id)
            onward = [one.onward for one in list_questions(tx, desk, scene) if one.leg.at == members[0].leg]
        if onward:
            return _Search(ask_places(desk, members[0].region, onward), seeking)
    return None


def _ask(
    tx: Transaction, desk: ReroutingDesk, group: Group, order_id: str, search: _Search
) -> _Asked | _Without:
    """Write down a hold of an order with the places that it wants; or say who gets none. Raises Conflict."""
    refundable_order(tx, order_id, lock=True)
    if orders.find_exchange_under_way(tx, order_id):
        return "not_this"
    plan = _plan(tx, desk, group, order_id, search)
    if not isinstance(plan, Plan):
        return plan
    choice = choice_of(desk, plan, "")
    require_allowed(tx, desk, plan, choice)
    hold = PlaceHold(**choice.way(), state="asked", made_at=desk.clock.now())
    place_holds.put_hold(tx, hold)
    want_places(tx, desk, plan, hold.id, hold.passengers)
    return _Asked(hold, plan.scene)


def _plan(
    tx: Transaction, desk: ReroutingDesk, group: Group, order_id: str, search: _Search
) -> Plan | _Without:
    """Plan the one way on of an order whose places are short; or say who gets none."""
    scene = read_scene(tx, desk, order_id)
    before = _holds_before(tx, order_id, group)
    is_due = is_tried_again([one.ended_at for one in before if one.ended_at is not None], desk.clock.now())
    concerned = _unanswered(tx, desk, scene, group)
    if not concerned or is_due is None or not all(one.has_come_to_nothing for one in before):
        return "not_this"
    kinds = Counter(kind_of(one.ticket.document.rider) for one in concerned)
    places = [
        Place(
            one.leg,
            around_of(desk, scene, one.ticket, one.onward, search.free).same,
            kinds[kind_of(one.ticket.document.rider)],
        )
        for one in concerned
    ]
    ways = only_way(places, desk.clock.now())
    if len(ways) != 1:
        return "nobody" if ways else "not_this"
    if not is_due:  # nobody behind it in the order may have the place meanwhile
        return "nobody"
    if not _is_due(desk, scene, ways[0], places, search.seeking):
        return "nobody"
    option = Option(kind="later_departure", leg=concerned[0].leg.at, coming=ways[0])
    return Plan(scene, concerned, option, concerned[0].onward.find(ways[0]))


def _holds_before(tx: Transaction, order_id: str, group: Group) -> list[PlaceHold]:
    """List the holds of an order for the run of a group; another worker may have made one just now."""
    _, _, leg, run = group
    return [one for one in place_holds.list_of_order(tx, order_id) if (one.leg, one.was_run) == (leg, run)]


def _unanswered(tx: Transaction, desk: ReroutingDesk, scene: Scene, group: Group) -> list[Question]:
    """List the questions of an order about the run of a group that nobody has answered."""
    _, _, leg, run = group
    timetables = desk.region(scene.order.region).data.timetables
    answers = reroutings.list_of_order(tx, scene.order.id)
    return [
        one
        for one in list_questions(tx, desk, scene)
        if one.leg.at == leg
        and _is_left_behind(one)
        and regions.key_of(one.ride, timetables.get(one.ride.operator)) == run
        and chosen_of(answers, one) is None
    ]


def _is_left_behind(question: Question) -> bool:
    """Tell whether the holder of a ticket can travel by its departure no more, and no gate has let them in."""
    return question.leg.why in {"cancelled", "connection"} and not question.leg.used


def _is_due(desk: ReroutingDesk, scene: Scene, way: Coming, places: Sequence[Place], seeking: int) -> bool:
    """Tell whether places on the one way on are short, can be given back, and leave time for an answer."""
    connector = desk.till.connector(scene.order.region, way.operator)
    if connector is None or connector.capabilities.cancels == "never":
        return False
    coming = chain.from_iterable(place.coming for place in places)
    return (
        any(one.key == way.key and is_short(one, seeking) for one in coming)
        and answer_until(way.departs_at, desk.clock.now()) is not None
    )


def _begin(desk: ReroutingDesk, hold: PlaceHold) -> bool:
    """Let a hold whose places are booked begin; False for one that has ended meanwhile, or leaves too soon by now."""
    now = desk.clock.now()
    until = answer_until(hold.departs_at, now)
    if until is None:
        _release(desk, hold, "its departure is too near to be asked about")
        return False
    with desk.database.write() as tx:
        locked(tx, hold.order_id)
        is_held = place_holds.begin_hold(tx, hold.id, until)
    if is_held:
        _log.info("place held", order=hold.order_id, leg=hold.leg, trip=hold.trip_id, until=until.isoformat())
    return is_held


def _settle(tx: Transaction, desk: ReroutingDesk, hold_id: str) -> None:
    """End a hold that is over, in one transaction; raises Conflict where its passengers cannot be moved."""
    hold, now = place_holds.find_hold(tx, hold_id), desk.clock.now()
    if hold is None:
        return
    locked(tx, hold.order_id)
    hold = place_holds.find_hold(tx, hold_id)
    if hold is None or hold.state != "held" or hold.until is None:
        return
    plan = _plan_of(tx, desk, hold)
    if plan is None:
        raise Conflict("its holders travel otherwise, or the departure does not go")
    if now < hold.until:
        return
    if not keeps_place(hold.departs_at, now):
        raise Conflict(place_holds.UNANSWERED)
    choice = replace(hold.as_choice(now), passengers=plan.refs)
    require_allowed(tx, desk, plan, choice)
    moving.give_up(tx, hold.order_id, hold.id, now, kept=plan.refs)
    reroutings.put_rerouting(tx, choice)
    moving.swap(tx, desk.till, choice)
    place_holds.end_hold(tx, hold.id, "kept", now)


def _plan_of(tx: Transaction, desk: ReroutingDesk, hold: PlaceHold) -> Plan | None:
    """Plan the move of those passengers of a hold who are left behind still; None where nobody is, or its departure does not go."""
    scene = read_scene(tx, desk, hold.order_id)
    concerned = [
        one
        for one in list_questions(tx, desk, scene)
        if (one.leg.at, one.leg.departs_at) == (hold.leg, hold.was_departs_at)
        and _is_left_behind(one)
        and one.ticket.passenger_ref in hold.passengers
    ]
    if not concerned:
        return None
    name = hold.operator, hold.trip_id, hold.from_stop, hold.departs_at
    known = next((one for one in concerned[0].onward.same if key_of(one.ride) == name), None)
    if known is None:
        return None
    return Plan(scene, concerned, Option(kind="later_departure", leg=hold.leg), known)


def _release(desk: ReroutingDesk, hold: PlaceHold, reason: str) -> None:
    """End a hold and mark its places as unwanted, in one transaction; one that has ended meanwhile stays as it is."""
    now: datetime = desk.clock.now()
    with desk.database.write() as tx:
        locked(tx, hold.order_id)
        if place_holds.end_hold(tx, hold.id, "released", now, reason):
            moving.give_up(tx, hold.order_id, hold.id, now)
            _log.info("place given back", order=hold.order_id, leg=hold.leg, reason=reason)
    moving.tidy(desk.till, hold.order_id)
