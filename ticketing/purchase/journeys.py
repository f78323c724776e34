"""Read many orders with their tickets and the news of their legs, with one look at each table: for messages about runs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ticketing.db import Transaction
from ticketing.db.sale import offers, orders
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.purchase.refund import disrupted
from ticketing.purchase.refund.disrupted import LegNews
from ticketing.purchase.till import Till


@dataclass(frozen=True, slots=True)
class Journey:
    """An order with its quote and its tickets: all that a message about its rides needs."""

    order: Order
    quote: Quote
    tickets: Sequence[Ticket]


def list_journeys(till: Till, order_ids: Collection[str]) -> tuple[list[Journey], dict[str, list[LegNews]]]:
    """Read many orders with their tickets, and the news of the runs of their legs by the orders' quotes."""
    with till.database.read() as tx:
        journeys = _journeys(tx, order_ids)
        sold = {journey.quote.id: (journey.quote, journey.tickets) for journey in journeys}
        return journeys, disrupted.news_of_orders(tx, till, sold)


def _journeys(tx: Transaction, order_ids: Collection[str]) -> list[Journey]:
    """An order that is not there is left out."""
    known = orders.list_orders(tx, order_ids)
    quote_ids = {order.quote_id for order in known}
    quotes = {quote.id: quote for quote in offers.list_quotes(tx, quote_ids)}
    held: dict[str, list[Ticket]] = {order.id: [] for order in known}
    for ticket in tickets.list_tickets_of(tx, list(held)):
        held[ticket.order_id].append(ticket)
    return [Journey(order, quotes[order.quote_id], held[order.id]) for order in known]
