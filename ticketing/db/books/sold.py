"""The quotes of what was sold in a month."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.books.months import through
from ticketing.db.engine import Transaction
from ticketing.db.tables.books import share
from ticketing.db.tables.sale import order, quote, ticket
from ticketing.frozen import QuoteDocument, read_quote
from ticketing.progress import Far, silent

_PAGE = 200


@dataclass(frozen=True, slots=True)
class SoldQuote:
    """A quote with those of its passengers whose tickets were booked in the month."""

    id: str
    created_at: datetime
    tariff_version: str
    currency: str
    document: QuoteDocument
    passengers: frozenset[str]


def count_tickets(tx: Transaction, region: str, period: str) -> int:
    """Count the tickets sold in a month."""
    counted = sa.func.count(share.c.ticket_jti.distinct())
    return tx.execute(
        sa.select(counted).where(share.c.period == period, share.c.region == region, share.c.kind == "sale")
    ).scalar_one()


def stream_quotes(tx: Transaction, region: str, period: str, far: Far = silent) -> Iterator[SoldQuote]:
    """Yield the quotes of a month's sales, a page at a time."""
    tickets = (
        sa.select(order.c.quote_id, ticket.c.passenger_ref)
        .join(ticket, ticket.c.jti == share.c.ticket_jti)
        .join(order, order.c.id == ticket.c.order_id)
        .where(share.c.period == period, share.c.region == region, share.c.kind == "sale")
        .distinct()
        .subquery()
    )
    behind = ""
    while True:
        ids = sa.select(tickets.c.quote_id).where(tickets.c.quote_id > behind).distinct()
        page = list(tx.execute(ids.order_by(tickets.c.quote_id).limit(_PAGE)).scalars())
        if not page:
            return
        behind = page[-1]
        far(*through(period, page[0]))
        passengers: dict[str, set[str]] = {}
        for quote_id, ref in tx.execute(sa.select(tickets).where(tickets.c.quote_id.in_(page))):
            passengers.setdefault(quote_id, set()).add(ref)
        for row in tx.execute(sa.select(quote).where(quote.c.id.in_(page)).order_by(quote.c.id)):
            yield SoldQuote(
                id=row.id,
                created_at=row.created_at,
                tariff_version=row.tariff_version,
                currency=row.currency,
                document=read_quote(json.loads(row.document)),
                passengers=frozenset(passengers[row.id]),
            )
