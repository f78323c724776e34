"""Find the rides that an offline gate tells of after their money has gone back: facts that somebody has to look at.

The refund was right by what was known, and the ride happened. Nothing is taken back by itself: the ride is written down, counted in
the operator's figures, told to the gate that uploads it, and a person has the refund's case.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from tariffs.money import Money
from throughfare_gate.moments import written
from ticketing.clock import from_posix
from ticketing.db import Transaction
from ticketing.db.gate import refunded_rides
from ticketing.db.gate.refunded_rides import RefundedRide
from ticketing.db.sale import gateway_events, orders
from ticketing.db.sale.orders import Refund
from ticketing.db.ticket.tickets import Ticket
from ticketing.gate.judgment import Judged
from ticketing.gate.projection import Judgment

ALERT = "ride_refunded"
_RIDDEN = ("ride", "transfer", "revoked_known", "revoked_unknown")
_SHOWN = 6


def _key(ride: RefundedRide) -> tuple[str, str, str]:
    return ride.gate_key_id, ride.scan_id, ride.jti


def _rides(
    ticket: Ticket, judgment: Judgment, refunds: list[Refund], now: datetime
) -> Iterator[RefundedRide]:
    """The rides of one ticket on legs that had gone."""
    for entry in judgment.by_ticket[ticket.jti]:
        made = _ride(ticket, judgment, entry, refunds, now)
        if made is not None:
            yield made


def note(
    tx: Transaction, held: Mapping[str, Ticket], judgment: Judgment, now: datetime
) -> set[tuple[str, str]]:
    """Write down the rides on legs that had gone; answers the gate and scan of each. Told once to a person."""
    concerned = {
        jti: late_ride
        for jti, late_ride in held.items()
        if jti in judgment.by_ticket and _has_lost_legs(late_ride)
    }
    if not concerned:
        return set()
    ids = {late_ride.order_id for late_ride in concerned.values()}
    refunds = {order_id: orders.list_refunds(tx, order_id) for order_id in ids}
    rides = (
        made
        for ticket in concerned.values()
        for made in _rides(ticket, judgment, refunds[ticket.order_id], now)
    )
    wanted = {_key(made): made for made in rides}
    before = {_key(late_ride): late_ride for late_ride in refunded_rides.list_of_tickets(tx, concerned)}
    refunded_rides.remove(tx, [before[key] for key in before.keys() - wanted.keys()])
    new = [wanted[key] for key in sorted(wanted.keys() - before.keys())]
    refunded_rides.add(tx, new)
    for late_ride in new:
        _tell(tx, late_ride, refunds[held[late_ride.jti].order_id], now)
    return {(gate_key_id, scan_id) for gate_key_id, scan_id, _ in wanted}


def _has_lost_legs(ticket: Ticket) -> bool:
    return ticket.revoked_at is not None or any(not leg.is_left for leg in ticket.document.legs)


def _ride(
    ticket: Ticket, judgment: Judgment, entry: Judged, refunds: list[Refund], now: datetime
) -> RefundedRide | None:
    use = judgment.told[entry.fact.scan_id, entry.fact.body]
    if entry.verdict not in _RIDDEN or not judgment.is_ride_of(ticket, entry.fact.leg, use.operator):
        return None
    refund = next((one for one in refunds if _gives_back(one, ticket.jti, entry.leg)), None)
    # Known rides were counted before: a passenger checked in for a ship that is cancelled gets it back.
    if refund is None or use.received_at < refund.created_at:
        return None
    return RefundedRide(
        gate_key_id=use.gate_key_id,
        scan_id=use.scan_id,
        jti=ticket.jti,
        leg=entry.leg,
        operator=use.operator,
        refund_id=refund.id,
        at=from_posix(entry.fact.at),
        refunded_at=refund.created_at,
        found_at=now,
    )


def _gives_back(refund: Refund, jti: str, leg: int) -> bool:
    return any(line.jti == jti and leg in line.legs for line in refund.document.lines)


def _tell(tx: Transaction, ride: RefundedRide, refunds: list[Refund], now: datetime) -> None:
    """Let a person know of one ride on a leg that had gone."""
    refund = next(found for found in refunds if found.id == ride.refund_id)
    subject = f"{ride.refund_id}/{ride.jti}/{ride.leg}"
    gateway_events.raise_alert(tx, ALERT, subject, _detail(ride, refund), now, again=True)


def _detail(ride: RefundedRide, refund: Refund) -> str:
    line = next(one for one in refund.document.lines if one.jti == ride.jti)
    back = Money(line.amount_minor, refund.currency)
    how = "exchanged" if refund.document.exchanged_for is not None else "given back"
    return (
        f"leg {ride.leg} of ticket {ride.jti[:_SHOWN]} (order {refund.order_id}) was ridden with {ride.operator} at "
        f"{written(ride.at)}, as its gate reported later; it was {how} at {written(ride.refunded_at)} for {back}"
    )
