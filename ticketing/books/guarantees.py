"""Post the money of guaranteed connections: fees into the pool, payouts out of it, and what operators have agreed to bear."""

from collections.abc import Mapping
from datetime import datetime

from ticketing.books.accounts import guarantee_pool, operator_payable, refund_payable, unearned
from ticketing.books.balanced import balanced
from ticketing.db.books.books import Entry

SOLD, PAID, RECOURSE = "guarantee_sold", "guarantee_paid", "guarantee_recourse"


def sold(order_id: str, *, region: str, fee: int, currency: str, at: datetime) -> Entry | None:
    """A guarantee is sold with an order: its fee goes into the pool, and belongs to no operator."""
    source = (SOLD, "order", order_id, region, at)
    return balanced(source, [(unearned(currency), fee), (guarantee_pool(currency), -fee)])


def paid(
    case_id: str, *, region: str, amount: int, currency: str, at: datetime, note: Mapping[str, str]
) -> Entry | None:
    """A guaranteed connection was missed: the pool owes its passenger the agreed sum."""
    source = (PAID, "guarantee", case_id, region, at)
    return balanced(
        source, [(guarantee_pool(currency), amount), (refund_payable(currency), -amount)], note=note
    )


def recourse(
    case_id: str,
    *,
    region: str,
    amount: int,
    currency: str,
    at: datetime,
    operator: str,
    note: Mapping[str, str],
) -> Entry | None:
    """The operator whose ride broke the connection gives the pool the part that it has agreed to bear."""
    source = (RECOURSE, "guarantee", case_id, region, at)
    return balanced(
        source,
        [(operator_payable(operator, currency), amount), (guarantee_pool(currency), -amount)],
        note=note,
    )
