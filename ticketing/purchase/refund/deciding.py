"""Decide what tickets give back, whole or by leg, of which passengers: for a refund and for an exchange alike.

A ticket of which no legs are named gives back the best of the whole and of its parts: a tram of 2.00 that was missed
keeps nobody from the refund of the ferry behind it. Nobody stays behind whom nobody accompanies any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from tariffs import companions
from tariffs.companions import Rule
from ticketing.db import Transaction
from ticketing.db.rights import claims
from ticketing.db.sale import held_passes, offers
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict
from ticketing.frozen import LeftPrice, LineDocument
from ticketing.purchase.refund import capped, disrupted, together
from ticketing.purchase.refund import decision as refunds
from ticketing.purchase.refund.refundable import NOT_KEPT, Kept, RefundableTicket, RefundLine
from ticketing.purchase.refund.remainder import book_of, refundable, remainder
from ticketing.purchase.till import Till
from ticketing.regions import company

_WHOLE = 100
# How many parts of a ticket are tried for the one that brings most: each is priced.
_MOST_PARTS = 12

# The legs that go by passenger; no legs: the best of those that were not used.
Going = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decided line; what the ticket was worth before, where legs had gone already, and what is left of it.

    `worth_minor` is what the legs that go have cost.
    """

    line: RefundLine
    was: LeftPrice | None
    left: LeftPrice | None
    worth_minor: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """An order with its tickets, each of them as the decision sees it, and the moment by which conditions count."""

    order: Order
    quote: Quote
    held: list[Ticket]
    refundable: list[RefundableTicket]
    now: datetime


def read(tx: Transaction, till: Till, order: Order, now: datetime) -> Known:
    """Read an order's tickets once, however many passengers are decided upon; their rows are held."""
    held = tickets.list_tickets(tx, order.id, lock=True)
    quote = offers.get_quote(tx, order.quote_id)
    known = disrupted.with_failures(tx, till, quote, held, [_refundable(tx, one, quote) for one in held])
    return Known(order, quote, held, known, now)


def decide_going(tx: Transaction, till: Till, known: Known, going: Going) -> list[Decided]:
    """Decide what the legs of these passengers bring.

    Raises InvalidRequest for a stranger or an unknown leg, Conflict for what is used, has gone, gives nothing back, or
    leaves somebody alone.
    """
    decided, refused = decide(tx, till, known, going)
    if refused:
        raise refused[0][1]
    alone = left_alone(tx, till, known, decided)
    if alone:
        raise Conflict(alone)
    return decided


def decide(
    tx: Transaction, till: Till, known: Known, going: Going
) -> tuple[list[Decided], list[tuple[str, Conflict]]]:
    """Decide as `decide_going` does, whoever is left behind; passengers who get nothing back with the reason."""
    refunds.require_known(known.refundable, tuple(going))
    decided: list[Decided] = []
    refused: list[tuple[str, Conflict]] = []
    for ref in sorted(going):
        try:
            ((ticket, legs),) = refunds.going(known.refundable, [ref], going[ref])
            decided.append((_decide_legs if going[ref] else _decide_best)(tx, till, known, ticket, legs))
        except Conflict as no:
            refused.append((ref, no))
    if decided and together.is_shared(known.quote):
        decided, more = _with_group(tx, till, known, decided)
        refused += more
    return decided, refused


def _with_group(
    tx: Transaction, till: Till, known: Known, decided: Sequence[Decided]
) -> tuple[list[Decided], list[tuple[str, Conflict]]]:
    """Decide anew with what is kept for those who stay in the group; whoever gets nothing back then stays, too."""
    refused: list[tuple[str, Conflict]] = []
    left = list(decided)
    while left:
        going = {passenger.line.passenger_ref: passenger.line.legs for passenger in left}
        worth = {passenger.line.passenger_ref: passenger.worth_minor for passenger in left}
        try:
            kept = together.kept_for_others(tx, till, known.quote, known.held, going=going, worth=worth)
        except Conflict as no:
            return [], [*refused, *((ref, no) for ref in going)]
        anew, no_more = [], []
        for passenger in left:
            try:
                anew.append(
                    _anew(tx, till, known, passenger, kept.get(passenger.line.passenger_ref, NOT_KEPT))
                )
            except Conflict as no:
                no_more.append((passenger.line.passenger_ref, no))
        if not no_more:
            return anew, refused
        refused += no_more
        left = [passenger for passenger in left if passenger.line.passenger_ref not in dict(no_more)]
    return [], refused


def _anew(tx: Transaction, till: Till, known: Known, decided: Decided, kept: Kept) -> Decided:
    if not kept.minor:
        return decided
    ticket = next(one for one in known.refundable if one.jti == decided.line.jti)
    return _decide_legs(tx, till, known, ticket, decided.line.legs, kept=kept)


def left_alone(tx: Transaction, till: Till, known: Known, decided: Iterable[Decided]) -> str | None:
    """Why these legs of passengers cannot go alone: somebody would ride on whom nobody accompanies any more.

    Nobody rides on a leg that is not carried, and whoever has been let on board needs nobody any more.
    """
    gone = {(one.line.passenger_ref, leg) for one in decided for leg in one.line.legs}
    rules = book_of(tx, till, known.quote).companions if gone else ()
    for at, riding in _riding(known).items():
        left = [one for one in riding if (one.passenger_ref, at) not in gone]
        if len(left) == len(riding):
            continue
        alone = _lonely(till, known, left, at) or _lonely_by_rule(known, rules, left, at)
        if alone:
            return f"{alone}; give theirs back too"
    return None


def _riding(known: Known) -> dict[int, list[Ticket]]:
    """List the tickets that still have each leg that is carried."""
    on_leg: dict[int, list[Ticket]] = {}
    for held in known.held:
        if held.status in tickets.LIVE and held.document.season is None:
            ticket = next(one for one in known.refundable if one.jti == held.jti)
            for at in ticket.left:
                if not ticket.not_carried([at]):
                    on_leg.setdefault(at, []).append(held)
    return on_leg


def _lonely(till: Till, known: Known, left: Sequence[Ticket], at: int) -> str | None:
    """Why those who are left on a leg cannot go alone by the rules of their region."""
    data = till.regions[known.order.region].data
    found = company.lonely(data.companions, [one.document.rider for one in left])
    if found is None or _has_begun(known, left[found], at):
        return None
    why = company.refusal(data, left[found].document.rider)
    return f"{left[found].passenger_ref} would travel alone: {why}"


def _lonely_by_rule(known: Known, rules: Sequence[Rule], left: Sequence[Ticket], at: int) -> str | None:
    """Why those who are left on a leg cannot go alone by the rules that its operator had when it was sold."""
    if not rules or not left:
        return None
    leg = left[0].document.legs[at]
    riders = [one.document.rider for one in left]
    found = companions.lonely(rules, leg.operator, leg.departure.date(), riders)
    if found is None or _has_begun(known, left[found[0]], at):
        return None
    return f"{left[found[0]].passenger_ref} would travel without company: {companions.told(found[1])}"


def _has_begun(known: Known, held: Ticket, at: int) -> bool:
    """Tell whether a gate has let somebody on board of a leg, who therefore can give nothing of it back."""
    return any(one.legs[at].used for one in known.refundable if one.jti == held.jti)


def document_of(decided: Decided) -> LineDocument:
    """A line as a refund keeps it: enough to reverse the allocation anew, for the books' proof."""
    line = decided.line
    return LineDocument(
        jti=line.jti,
        passenger_ref=line.passenger_ref,
        percent=line.percent,
        amount_minor=line.amount.minor,
        because=line.because,
        legs=line.legs,
        operators=line.operators,
        fees=line.fees,
        together_minor=line.together_minor,
        was=decided.was,
        left=decided.left,
    )


def _decide_best(
    tx: Transaction, till: Till, known: Known, ticket: RefundableTicket, legs: tuple[int, ...]
) -> Decided:
    """Decide what all these legs bring, or the part of them that brings more: the others stay on the ticket then.

    Raises Conflict where neither brings anything.
    """
    try:
        whole = _decide_legs(tx, till, known, ticket, legs)
    except Conflict as no:
        part = _best_part(tx, till, known, ticket, legs)
        if part is None:
            raise
        return _with_reason(part, legs, no.detail)
    if whole.line.percent == _WHOLE:
        return whole
    part = _best_part(tx, till, known, ticket, legs)
    if part is None or part.line.amount.minor <= whole.line.amount.minor:
        return whole
    return _with_reason(part, legs, f"{whole.line.amount}, {whole.line.because}")


def _best_part(
    tx: Transaction, till: Till, known: Known, ticket: RefundableTicket, legs: tuple[int, ...]
) -> Decided | None:
    if not ticket.divisible:
        return None
    conditions = till.conditions(known.order.region)
    found = []
    for part in refunds.parts_of(ticket, legs, conditions, known.now)[:_MOST_PARTS]:
        with suppress(Conflict):
            found.append(_decide_legs(tx, till, known, ticket, part))
    return max(found, key=lambda one: (one.line.amount.minor, len(one.line.legs)), default=None)


def _with_reason(part: Decided, legs: Sequence[int], why: str) -> Decided:
    return replace(part, line=refunds.because_part(part.line, legs, why))


def _decide_legs(
    tx: Transaction,
    till: Till,
    known: Known,
    ticket: RefundableTicket,
    legs: tuple[int, ...],
    *,
    kept: Kept = NOT_KEPT,
) -> Decided:
    quote, rules = known.quote, book_of(tx, till, known.quote).companions
    was = next(one.document.left for one in known.held if one.jti == ticket.jti)
    stays = remainder(tx, till, quote, ticket, legs, beside=_beside(known, ticket, legs, rules))
    apart = disrupted.apart(tx, till, quote, ticket, legs)
    counted_on = capped.kept_minor(tx, till, known.order, quote, ticket=ticket, stays=stays)
    conditions = till.conditions(known.order.region)
    line = refunds.decide(
        ticket, legs, stays.rest, conditions, known.now, apart=apart, counted_on=counted_on, together=kept
    )
    return Decided(line, was, stays.left, sum(ticket.gross.values()) - sum(stays.rest.gross.values()))


def _beside(known: Known, ticket: RefundableTicket, legs: Sequence[int], rules: Sequence[Rule]) -> list[str]:
    """List the passengers who still ride all that is left of a ticket: they may share a group's price, or be its company."""
    staying = set(ticket.left) - set(legs)
    if not staying or not (rules or together.is_shared(known.quote)):
        return []
    others = [one for one in known.refundable if one.status in tickets.LIVE and one.jti != ticket.jti]
    return [one.passenger_ref for one in others if staying <= set(one.left)]


def _refundable(tx: Transaction, ticket: Ticket, quote: Quote) -> RefundableTicket:
    uses, legs = tickets.list_uses(tx, ticket.jti), ticket.document.legs
    # Whoever was compensated for a delay has travelled, though no gate has seen it.
    used = frozenset(use.leg for use in uses) | claims.list_compensated(tx, ticket.jti)
    carried_on = frozenset(
        use.leg for use in uses if use.leg < len(legs) and use.operator != legs[use.leg].operator
    )
    is_used = tickets.is_used(tx, ticket.jti) or bool(held_passes.count_uses(tx, ticket.jti))
    return refundable(ticket, quote, used, is_used=is_used, carried_on=carried_on)
