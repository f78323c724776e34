"""Share the tools of all use cases of buying: the till with its surroundings, and an order with all that belongs to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from operators.port import Connector
from throughfare_gate.ids import new_id
from throughfare_gate.tickets.products import ProductRule
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.sale import booking_documents, bookings, gateway_events, offers, orders
from ticketing.db.sale.booking_documents import DocumentKind
from ticketing.db.sale.bookings import Booking
from ticketing.db.sale.gateway_events import Dispute
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order, OrderEvent, Payment, Refund
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import NotFound
from ticketing.payments import PaymentGateway
from ticketing.purchase.conditions import Conditions
from ticketing.purchase.order import ISSUED, Move, after
from ticketing.purchase.sold_out import Full
from ticketing.regions import Region
from ticketing.tickets.issue import Press

ORDER_LIFE = timedelta(minutes=15)
# States of a dispute in which nobody knows whose the money is.
UNDECIDED = ("open", "withdrawn")
# And those in which it is not ours for sure.
CONTESTED = (*UNDECIDED, "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """The tools of a purchase.

    `connectors` are the operators of each region that have to know of a booking, `rules` the products' rules at gates.
    """

    database: Database
    clock: Clock
    gateway: PaymentGateway
    press: Press
    regions: Mapping[str, Region]
    connectors: Mapping[str, Mapping[str, Connector]] = field(default_factory=dict)
    rules: Mapping[str, ProductRule] = field(default_factory=dict)
    full: Full = field(default_factory=Full)

    def connector(self, region: str, operator: str) -> Connector | None:
        """The connector of an operator that holds places; None where our ticket is enough."""
        found = self.connectors.get(region, {}).get(operator)
        return found if found is not None and found.capabilities.needs_hold else None

    def rule_of(self, quote: Quote) -> ProductRule:
        """Return the gate rule of a quote's product."""
        return self.rules.get(quote.document.product, ProductRule())

    def conditions(self, region: str) -> Mapping[str, Conditions]:
        """On which terms each operator of a region gives money back."""
        return {
            operator.id: Conditions(operator.refund, operator.refund_fee_minor)
            for operator in self.regions[region].operators.values()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """An order with everything that belongs to it."""

    order: Order
    quote: Quote
    payments: list[Payment]
    tickets: list[Ticket]
    refunds: list[Refund]
    events: list[OrderEvent]
    bookings: list[Booking]
    disputes: list[Dispute]
    documents: list[DocumentKind] = field(default_factory=list)

    def due_minor(self) -> int:
        """Return the amount that is left to pay, in minor units."""
        return max(0, self.order.total_minor - self.order.credit_minor)


# Takes the key of a call in the first transaction of its effect.
ClaimKey = Callable[[Transaction], None]
RememberOrder = Callable[[Transaction, OrderState], None]
# The refund, and its parts over further payments.
RememberRefund = Callable[[Transaction, Refund, Sequence[Refund]], None]


def move(tx: Transaction, order: Order, step: Move, now: datetime, *, actor: str, reason: str) -> OrderEvent:
    """Move an order and write down the step; raises Conflict for a move that the drawing does not have."""
    target = after(order.state, step)
    event = OrderEvent(
        id=new_id(),
        order_id=order.id,
        at=now,
        from_state=order.state,
        to_state=target,
        actor=actor,
        reason=reason,
    )
    orders.set_order_state(tx, event)
    return event


def followed(
    state: OrderState,
    *events: OrderEvent,
    payment: Payment | None = None,
    issued: Sequence[Ticket] | None = None,
) -> OrderState:
    """The state in the hand after steps that were written down, with what has become of a payment. Pure."""
    payments = [payment if payment is not None and one.id == payment.id else one for one in state.payments]
    order = replace(state.order, state=events[-1].to_state) if events else state.order
    held = state.tickets if issued is None else sorted(issued, key=lambda one: (one.passenger_ref, one.jti))
    return replace(state, order=order, payments=payments, events=[*state.events, *events], tickets=held)


def locked(tx: Transaction, order_id: str) -> Order:
    """Read an order and hold its row; raises NotFound."""
    order = orders.find_order(tx, order_id, lock=True)
    if order is None:
        raise NotFound("there is no such order")
    return order


def disputes_of(tx: Transaction, order: Order, own: Sequence[Payment] | None = None) -> list[Dispute]:
    """The disputes of what has paid for an order: its own payments, and those of the orders that it has replaced.

    `own` are the order's payments where they are known.
    """
    paid = own
    if paid is None or order.exchange_of:
        replaced = orders.list_replaced(tx, order.id) if order.exchange_of else [order.id]
        paid = orders.list_payments_of(tx, replaced)
    return gateway_events.list_disputes(tx, [payment.id for payment in paid])


def state_of(tx: Transaction, order_id: str, *, lock: bool = False) -> OrderState:
    """Read an order with everything that belongs to it; `lock` holds its row. Raises NotFound.

    What an order in its state cannot have is not asked for.
    """
    order = locked(tx, order_id) if lock else orders.find_order(tx, order_id)
    if order is None:
        raise NotFound("there is no such order")
    payments = orders.list_payments(tx, order_id)
    events = orders.list_events(tx, order_id)
    wanted_places = any(event.to_state == "holding" for event in events)
    booked = bookings.list_bookings(tx, order_id) if wanted_places else []
    return OrderState(
        order=order,
        quote=offers.get_quote(tx, order.quote_id),
        payments=payments,
        tickets=tickets.list_tickets(tx, order_id) if order.state in ISSUED else [],
        refunds=orders.list_refunds(tx, order_id),
        events=events,
        bookings=booked,
        disputes=disputes_of(tx, order, payments),
        documents=documents_of(tx, order_id, booked),
    )


def documents_of(tx: Transaction, order_id: str, booked: Sequence[Booking]) -> list[DocumentKind]:
    """List the documents that operators have handed over: only a booking that is confirmed has anything."""
    if not any(one.state == "confirmed" for one in booked):
        return []
    return booking_documents.list_kinds(tx, order_id)


def get_order(till: Till, order_id: str) -> OrderState:
    """Read an order; raises NotFound."""
    with till.database.read() as tx:
        return state_of(tx, order_id)
