"""The tax rows of a month with the rides that they were made from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tariffs.journey import Ride
from ticketing.db.engine import Transaction
from ticketing.db.tables.books import tax
from ticketing.db.tables.sale import order, quote, ticket
from ticketing.frozen import read_quote

# Two rows of a ticket that agree in these are one kind of VAT.
_KIND = ("ticket_jti", "member_state", "mode", "scope", "treatment", "rate_bp", "verified")


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A row of VAT, the ticket it belongs to and the rides of that ticket's quote.

    `gross_before` and `vat_before` are what the earlier rows of the same ticket and kind of VAT sum to.
    """

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
    gross_before: int
    vat_before: int
    rides: tuple[Ride, ...]


def stream(tx: Transaction, region: str, period: str) -> Iterator[TaxLine]:
    """Yield the tax rows of a month ticket by ticket, in bounded memory."""
    names = [name for name in TaxLine.__slots__ if name not in {"gross_before", "vat_before", "rides"}]
    before = [_before(name) for name in ("gross_minor", "vat_minor")]
    query = (
        sa.select(*(tax.c[name] for name in names), *before, order.c.quote_id, quote.c.document)
        .join(ticket, ticket.c.jti == tax.c.ticket_jti)
        .join(order, order.c.id == ticket.c.order_id)
        .join(quote, quote.c.id == order.c.quote_id)
        .where(tax.c.period == period, tax.c.region == region)
        .order_by(tax.c.ticket_jti, tax.c.seq, tax.c.id)
        .execution_options(yield_per=1000)
    )
    known = ""
    rides: tuple[Ride, ...] = ()
    row: Any
    for row in tx.execute(query):
        quote_id, document = row[-2:]
        if quote_id != known:
            known, rides = quote_id, read_quote(json.loads(document)).rides
        yield TaxLine(*(*row[:-2], rides))


def _before(amount: str) -> sa.ColumnElement[int]:
    """Sum the earlier rows of the same ticket and kind of VAT, in whatever month they were booked."""
    earlier = tax.alias()
    alike = [earlier.c[name] == tax.c[name] for name in _KIND]
    told = sa.select(sa.func.coalesce(sa.func.sum(earlier.c[amount]), 0)).where(
        *alike, earlier.c.seq < tax.c.seq
    )
    return sa.case((tax.c.kind == "sale", 0), else_=sa.cast(told.scalar_subquery(), sa.BigInteger))
