"""Find orders by what a caller has at hand: the code on a ticket, or an amount."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tariffs.money import Money
from ticketing.db.sale import orders
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import tickets
from ticketing.purchase.till import Till

_CODE_LETTERS = 10
_MOST = 20
_LEAST_OF_AN_ID = 8
_WHOLE_ID = 36
_OF_AN_ID = "0123456789abcdef-"
# Tickets whose time is over are asked about, too.
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OrderFound:
    """An order as a list shows it."""

    id: str
    created_at: datetime
    state: str
    total: Money


def control_code(jti: str) -> str:
    """The letters and digits that are printed on a ticket."""
    return tickets.control_code_of(jti)


def list_tickets_of_code(till: Till, wanted: str) -> list[str]:
    """List the tickets with a control code, whatever their time; none for words that are no such code."""
    code = "".join(wanted.split()).replace("-", "").upper()
    if len(code) != _CODE_LETTERS:
        return []
    with till.database.read() as tx:
        return [ticket.jti for ticket in tickets.list_by_control_code(tx, code, _EVER)]


def list_orders_of_amount(till: Till, region: str, amount: Money) -> list[OrderFound]:
    """List the newest orders that came to an amount, at most twenty."""
    with till.database.read() as tx:
        return [_found(order) for order in orders.list_by_total(tx, region, amount, _MOST)]


def list_orders_ending(till: Till, region: str, end: str) -> list[OrderFound]:
    """List the orders of a region whose id ends so, by the eight characters that lists show or more, at most twenty."""
    plain = end.lower()
    if not _LEAST_OF_AN_ID <= len(plain) < _WHOLE_ID or not set(plain) <= set(_OF_AN_ID):
        return []
    with till.database.read() as tx:
        return [_found(order) for order in orders.list_ending(tx, region, plain, _MOST)]


def list_newest_orders(till: Till, region: str) -> list[OrderFound]:
    """List the newest orders of a region, at most twenty."""
    with till.database.read() as tx:
        return [_found(order) for order in orders.list_by_total(tx, region, None, _MOST)]


def _found(order: Order) -> OrderFound:
    return OrderFound(order.id, order.created_at, order.state, Money(order.total_minor, order.currency))
