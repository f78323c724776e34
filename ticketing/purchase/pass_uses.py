"""Uses of what people hold: taken when a journey is ordered, given back when it comes to nothing.

A carnet pays one use for each person and ride. A pass pays for one person at a time: who has it under way somewhere
else at that time needs another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tariffs.journey import Ride
from ticketing.db import Transaction
from ticketing.db.sale import held_passes, offers, orders
from ticketing.db.sale.held_passes import PassUse
from ticketing.db.sale.offers import Quote
from ticketing.db.ticket import tickets, uses
from ticketing.db.ticket.tickets import Ticket
from ticketing.db.ticket.uses import TicketUse
from ticketing.errors import Conflict
from ticketing.frozen import PriceItem, SoldPass

_COUNTED = ("ride", "in")


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The part of another order that an order gives up: legs by passenger, none of a passenger being all of them."""

    order_id: str | None = None
    going: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def gives_up(self, use: PassUse) -> bool:
        """Tell whether this use ends with the exchange."""
        legs = self.going.get(use.passenger_ref) if use.order_id == self.order_id else None
        return legs is not None and (not legs or use.leg in legs)


NOTHING_EXCHANGED = Exchanged()


def take(
    tx: Transaction, quote: Quote, order_id: str, now: datetime, *, exchanged: Exchanged = NOTHING_EXCHANGED
) -> None:
    """Take every use that a quote counts on, beside those that its exchange gives up.

    Raises Conflict when another journey or a gate was first, or has the pass under way at that time.
    """
    rides = quote.document.rides
    for passenger in quote.document.passengers:
        ref = passenger.ref
        for item in passenger.items:
            jti = item.held_ticket
            if not jti:
                continue
            held = _locked(tx, jti)
            uses_made = _uses(jti, order_id, ref, item.legs, rides=rides, now=now)
            if not _season(held).is_shared:
                _require_free(tx, held, uses_made, order_id, exchanged)
            freed = held_passes.list_uses_of(tx, jti, exchanged.order_id) if exchanged.order_id else []
            _require_left(tx, held, len(uses_made) - sum(1 for use in freed if exchanged.gives_up(use)))
            held_passes.take_uses(tx, uses_made)


def give_back(tx: Transaction, order_id: str, now: datetime, passengers: Iterable[str] | None = None) -> None:
    """Give the uses of a journey back."""
    held_passes.return_uses(tx, order_id, now, passengers)


def take_anew(
    tx: Transaction, order_id: str, passenger: str, items: Iterable[PriceItem], now: datetime
) -> None:
    """A journey has become shorter: give its uses back, and take those that the rest of it counts on."""
    wanted = [(item.held_ticket, item.legs) for item in items if item.held_ticket]
    for jti in sorted({jti for jti, _ in wanted}):
        held_passes.lock_pass(tx, jti)  # as a gate does that is shown the pass, before it tells of the use
    held_passes.return_uses(tx, order_id, now, [passenger])
    rides = _rides_of(tx, order_id) if wanted else ()
    for jti, legs in wanted:
        held_passes.take_uses(tx, _uses(jti, order_id, passenger, legs, rides=rides, now=now))


def require_valid(tx: Transaction, quote: Quote, order_id: str) -> None:
    """Raise Conflict where a pass that an order counts on has gone since it was placed."""
    items = (item for passenger in quote.document.passengers for item in passenger.items)
    if not any(item.held_ticket for item in items):
        return
    if held_passes.has_lost_pass(tx, order_id):
        raise Conflict("a pass that this price counts on is no longer valid; search again")


def _locked(tx: Transaction, jti: str) -> Ticket:
    held = tickets.find_ticket(tx, jti) if held_passes.lock_pass(tx, jti) else None
    if held is None:
        raise Conflict("a pass that this price counts on is no longer valid; search again")
    return held


def _season(held: Ticket) -> SoldPass:
    if held.document.season is None:
        raise LookupError(f"ticket {held.jti} is no pass")
    return held.document.season


def _require_left(tx: Transaction, held: Ticket, wanted: int) -> None:
    """Raise Conflict where fewer uses are left than are wanted beside those that an exchange frees."""
    most = _season(held).uses
    if most is None:
        return
    ridden = sum(1 for use in uses.list_uses(tx, held.jti) if use.kind in _COUNTED)
    if held_passes.count_uses(tx, held.jti) + ridden + wanted > most:
        raise Conflict("the ticket that this price counts on has no use left; search again")


def _require_free(
    tx: Transaction, held: Ticket, wanted: Sequence[PassUse], order_id: str, exchanged: Exchanged
) -> None:
    """A pass travels with one person: nobody else, and no other journey, has it at the time of these rides."""
    shown = [use for use in uses.list_uses(tx, held.jti) if use.kind in _COUNTED]
    for use in wanted:
        _require_not_on_board(held, use, shown)
        for other in held_passes.list_uses_between(tx, held.jti, use.departs_at, use.arrives_at):
            is_mine = other.order_id == order_id or exchanged.gives_up(other)
            if not is_mine or other.passenger_ref != use.passenger_ref:
                name = _season(held).name
                raise Conflict(
                    f"the pass {name!r} covers one ride of one person at a time, and pays from "
                    f"{_clock(other.departs_at, use)} to {_clock(other.arrives_at, use)} for {other.passenger_ref} in order "
                    f"{other.order_id}: give that one back, or search for this journey without the pass"
                )


def _require_not_on_board(held: Ticket, wanted: PassUse, shown: Sequence[TicketUse]) -> None:
    """Refuse an order while its pass was just shown at a gate: its holder is taken to ride for as long as the wanted ride takes."""
    if wanted.departs_at is None or wanted.arrives_at is None:
        return
    for use in shown:
        if wanted.departs_at - (wanted.arrives_at - wanted.departs_at) < use.at < wanted.arrives_at:
            name = _season(held).name
            raise Conflict(
                f"the pass {name!r} opened a gate at {_clock(use.at, wanted)}, and covers one ride of one person at a time: "
                "ride on with its own code, or search for a later journey, or for this one without the pass"
            )


def _uses(
    jti: str,
    order_id: str,
    ref: str,
    legs: Iterable[int],
    *,
    rides: Sequence[Ride],
    now: datetime,
) -> list[PassUse]:
    return [
        PassUse(
            ticket_jti=jti,
            order_id=order_id,
            leg=leg,
            passenger_ref=ref,
            at=now,
            departs_at=rides[leg].departure,
            arrives_at=rides[leg].arrival,
        )
        for leg in legs
    ]


def _rides_of(tx: Transaction, order_id: str) -> Sequence[Ride]:
    return offers.get_quote(tx, orders.get_order(tx, order_id).quote_id).document.rides


def _clock(moment: datetime | None, use: PassUse) -> str:
    """A moment by the clock of the ride that is wanted."""
    zone = use.departs_at.tzinfo if use.departs_at else None
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment else "?"
