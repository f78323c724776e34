"""Read what is shown of an order beside itself: the uses that are left of its carnets, and the VAT that its refunds and exchanges took back."""

from ticketing.db.books import books
from ticketing.db.books.books import Tax
from ticketing.db.sale import held_passes
from ticketing.purchase.till import OrderState, Till

_TAKEN_BACK = ("refund", "exchange")


def list_uses_left(till: Till, state: OrderState) -> dict[str, int | None]:
    """Count by ticket how many uses are left of an order's carnets; None for a pass without a number, nothing for a journey."""
    passes = [one for one in state.tickets if one.document.season is not None]
    if not passes:
        return {}
    with till.database.read() as tx:
        return {one.jti: held_passes.count_left(tx, one) for one in passes}


def list_taxes_back(till: Till, state: OrderState) -> list[Tax]:
    """List the tax rows that the refunds and exchanges of an order took back, below 0; `seq` is the number of the refund."""
    if not state.refunds:
        return []
    with till.database.read() as tx:
        rows = [row for one in state.tickets for row in books.list_taxes(tx, one.jti)]
    return [row for row in rows if row.kind in _TAKEN_BACK]
