"""The tax rows of a month with the rides that they were made from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables import order, quote, tax, ticket


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A row of VAT, the ticket it belongs to and the rides of that ticket's quote."""

    id: str
    booked_at: datetime
    ticket_jti: str
    kind: str
    member_state: str
    mode: str
    scope: str
    treatment: str
    rate_bp: int
    verified: int
    currency: str
    gross_minor: int
    vat_minor: int
    original_period: str
    rides: list[dict[str, Any]]


def stream(tx: Transaction, region: str, period: str) -> Iterator[TaxLine]:
    """Yield the tax rows of a month ticket by ticket, in bounded memory."""
    names = [name for name in TaxLine.__slots__ if name != "rides"]
    query = (
        sa.select(*(tax.c[name] for name in names), order.c.quote_id, quote.c.document)
        .join(ticket, ticket.c.jti == tax.c.ticket_jti)
        .join(order, order.c.id == ticket.c.order_id)
        .join(quote, quote.c.id == order.c.quote_id)
        .where(tax.c.period == period, tax.c.region == region)
        .order_by(tax.c.ticket_jti, tax.c.seq, tax.c.id)
        .execution_options(yield_per=1000)
    )
    known = ""
    rides: list[dict[str, Any]] = []
    row: Any
    for row in tx.execute(query):
        quote_id, document = row[-2:]
        if quote_id != known:
            known, rides = quote_id, json.loads(document)["rides"]
        yield TaxLine(*(*row[:-2], rides))
