"""Show the missed connections of an order that a guarantee has paid for, or not, as their holder reads them."""

from collections.abc import Sequence

from tariffs.money import Money
from throughfare_gate.moments import written
from ticketing.claims import ClaimsDesk
from ticketing.db import Transaction
from ticketing.db.rights import claims, guarantees
from ticketing.db.rights.guarantees import GuaranteeCase
from ticketing.db.sale import orders
from ticketing.db.sale.orders import Refund
from ticketing.db.ticket import tickets
from ticketing.frozen import read_guarantee_decision, read_missed


def list_shown(desk: ClaimsDesk, order_id: str) -> list[dict[str, object]]:
    """Show the cases of an order by connection and passenger; raises NotFound."""
    with desk.database.read() as tx:
        orders.get_order(tx, order_id)
        refunds = orders.list_refunds(tx, order_id)
        shown = [_shown(tx, case, refunds) for case in guarantees.list_of_order(tx, order_id)]
    return sorted(shown, key=lambda case: (case["after_leg"], str(case["passenger"])))


def _shown(tx: Transaction, case: GuaranteeCase, refunds: Sequence[Refund]) -> dict[str, object]:
    ticket = tickets.find_ticket(tx, case.jti)
    decided, facts = (
        read_guarantee_decision(claims.stored(case.decision)),
        read_missed(claims.stored(case.facts)),
    )
    states = {one.state for one in refunds if one.document.claim == case.id}
    return {
        "id": case.id,
        "passenger": ticket.passenger_ref if ticket else "",
        "after_leg": case.after_leg,
        "operator": case.operator,
        "reason": decided.reason,
        "late_minutes": facts.late_minutes,
        "amount": Money(case.amount_minor, case.currency).as_dict(),
        "deducted": Money(decided.deducted_minor, case.currency).as_dict(),
        "state": _state(states),
        "decided_at": written(case.decided_at),
    }


def _state(refunds: set[str]) -> str:
    """Tell how far the money of a case has come."""
    if not refunds:
        return "decided"
    return "paid" if refunds == {"confirmed"} else "paying"
