"""Say how far each case of a disruption has come: one for each event and ticket. Read from what has happened; nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args

from ticketing.db import Transaction
from ticketing.db.disruption import events, reach, reroutings
from ticketing.db.disruption.events import AffectedTicket, DisruptionEvent
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.sale import orders
from ticketing.db.ticket import tickets, uses
from ticketing.db.ticket.tickets import LIVE, Ticket
from ticketing.rerouting.scene import ReroutingDesk

CaseState = Literal["found", "told", "chosen", "auto_rebooked", "refunded", "travelled", "lapsed"]
CASE_STATES: tuple[CaseState, ...] = get_args(CaseState)
By = Literal["holder", "machine"]
# As long as another departure is offered.
_OPEN_FOR = timedelta(hours=48)
_LEFT_BEHIND = ("cancelled", "skipped", "too_late", "connection")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """The facts of a case: whether a message has reached the holder, the leg is given back, a gate has let them in, and who chose for them.

    `chosen_by` is None where nobody has chosen, `departs_at` the departure on the ticket.
    """

    was_told: bool
    is_given_back: bool
    was_let_in: bool
    chosen_by: By | None
    departs_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: the event, the leg of a passenger's ticket that it concerns, its state, and who has brought it there."""

    event_id: str
    leg: int
    passenger: str
    state: CaseState
    by: By | None


def state_of(facts: CaseFacts, now: datetime) -> tuple[CaseState, By | None]:
    """Tell the state of a case, and who has brought it there. Pure."""
    if facts.is_given_back:
        return "refunded", None
    if facts.chosen_by is not None:
        return ("auto_rebooked" if facts.chosen_by == "machine" else "chosen"), facts.chosen_by
    if facts.was_let_in:
        return "travelled", None
    if now >= facts.departs_at + _OPEN_FOR:
        return "lapsed", "machine"
    return ("told" if facts.was_told else "found"), None


def list_cases(desk: ReroutingDesk, order_id: str) -> list[Case]:
    """List the cases of an order's tickets, in the order in which their events were confirmed."""
    with desk.database.read() as tx:
        confirmed = {event.id: event for event in events.list_of_order(tx, order_id)}
        rows = events.list_affected_of(tx, list(confirmed), [order_id]) if confirmed else []
        if not rows:
            return []
        delivered = reach.list_told(tx, order_id, list(confirmed))
        choices = [one for one in reroutings.list_of_order(tx, order_id) if one.state == "done"]
        exchanged = orders.list_exchanged_legs(tx, order_id)
        held = {one.jti: one for one in tickets.list_tickets(tx, order_id)}
        now, cases = desk.clock.now(), list[Case]()
        rank = {event_id: place for place, event_id in enumerate(confirmed)}
        for row in sorted(rows, key=lambda row: (rank[row.event_id], row.jti)):
            ticket = held.get(row.jti)
            if ticket is not None and row.why in _LEFT_BEHIND:
                is_told = row.event_id in delivered
                case = _case(tx, (confirmed[row.event_id], row, ticket), choices, now, is_told=is_told)
                is_other = (row.jti, case.leg) in exchanged
                cases.append(replace(case, state="chosen", by="holder") if is_other else case)
    return cases


def _case(
    tx: Transaction,
    about: tuple[DisruptionEvent, AffectedTicket, Ticket],
    choices: Sequence[Rerouting],
    now: datetime,
    *,
    is_told: bool,
) -> Case:
    event, row, ticket = about
    at = row.then_leg if row.why == "connection" and row.then_leg is not None else row.leg
    leg = ticket.document.legs[at]
    facts = CaseFacts(
        was_told=is_told,
        is_given_back=ticket.status not in LIVE or not leg.is_left,
        was_let_in=any(use.leg == at for use in uses.list_uses(tx, ticket.jti)),
        chosen_by=_chosen_by(choices, event, at, ticket.passenger_ref),
        departs_at=leg.departure,
    )
    state, by = state_of(facts, now)
    return Case(event_id=event.id, leg=at, passenger=ticket.passenger_ref, state=state, by=by)


def _chosen_by(choices: Sequence[Rerouting], event: DisruptionEvent, leg: int, passenger: str) -> By | None:
    """Tell who has chosen first after an event for a leg of a passenger."""
    since = event.confirmed_at or event.first_seen
    for choice in choices:
        if choice.leg == leg and passenger in choice.passengers and choice.created_at >= since:
            return "machine" if choice.chosen_by == "machine" else "holder"
    return None
