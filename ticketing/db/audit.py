"""What an audit reads: tickets with their quotes, allocations and refunds, a page at a time, and one ticket's whole story."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ticketing.db import tables
from ticketing.db.books import Share, Tax
from ticketing.db.engine import Transaction
from ticketing.db.gates_tables import ticket_use
from ticketing.db.rows import fetch

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Audited:
    """A ticket with everything that its allocation must follow from, and the allocation itself.

    `frozen` is its passenger's part of the quote; `refunds` are (seq, line of the refund) in the order they were decided.
    """

    jti: str
    amount_minor: int
    currency: str
    frozen: dict[str, Any] | None
    refunds: tuple[tuple[int, dict[str, Any]], ...]
    shares: tuple[Share, ...]
    taxes: tuple[Tax, ...]


def stream_tickets(tx: Transaction, region: str) -> Iterator[Audited]:
    """Yield every ticket of a region, a page at a time."""
    ticket, order, quote = tables.ticket, tables.order, tables.quote
    behind = ""
    while True:
        query = (
            sa.select(ticket.c.jti, ticket.c.passenger_ref, ticket.c.amount_minor, ticket.c.currency,
                      order.c.id.label("order_id"), quote.c.document)
            .join(order, order.c.id == ticket.c.order_id)
            .join(quote, quote.c.id == order.c.quote_id)
            .where(order.c.region == region, ticket.c.jti > behind)
            .order_by(ticket.c.jti)
            .limit(_PAGE)
        )  # fmt: skip
        page = tx.execute(query).all()
        if not page:
            return
        behind = page[-1].jti
        jtis, orders = [row.jti for row in page], list({row.order_id for row in page})
        shares = _by_ticket(fetch(tx, _rows(tables.share, jtis), Share))
        taxes = _by_ticket(fetch(tx, _rows(tables.tax, jtis), Tax))
        refunds = _refunds(tx, orders)
        for row in page:
            frozen = next(
                (one for one in json.loads(row.document)["passengers"] if one["ref"] == row.passenger_ref),
                None,
            )
            yield Audited(
                row.jti, row.amount_minor, row.currency, frozen, tuple(refunds.get(row.jti, ())),
                tuple(shares.get(row.jti, ())), tuple(taxes.get(row.jti, ())),
            )  # fmt: skip


def find_story(tx: Transaction, jti: str) -> dict[str, Any] | None:
    """One ticket from its quote to its entries; None when there is no such ticket."""
    ticket, order, quote = tables.ticket, tables.order, tables.quote
    query = (
        sa.select(ticket.c.passenger_ref, ticket.c.issued_at, order.c.id.label("order"), order.c.region,
                  quote.c.id.label("quote"), quote.c.tariff_version, quote.c.document)
        .join(order, order.c.id == ticket.c.order_id)
        .join(quote, quote.c.id == order.c.quote_id)
        .where(ticket.c.jti == jti)
    )  # fmt: skip
    row = tx.execute(query).mappings().one_or_none()
    if row is None:
        return None
    document = json.loads(row["document"])
    names = {name: row[name] for name in ("order", "region", "quote", "tariff_version", "issued_at")}
    passenger = next((one for one in document["passengers"] if one["ref"] == row["passenger_ref"]), None)
    return {
        **names,
        "passenger": passenger,
        "legs": document["legs"],
        "shares": _all(tx, tables.share, tables.share.c.ticket_jti == jti),
        "taxes": _all(tx, tables.tax, tables.tax.c.ticket_jti == jti),
        "uses": _all(tx, ticket_use, ticket_use.c.jti == jti),
        "entries": _entries(tx, jti),
    }


def _entries(tx: Transaction, jti: str) -> list[dict[str, Any]]:
    entry, posting = tables.entry, tables.posting
    sources = sa.or_(entry.c.source_id == jti, entry.c.source_id.endswith(f"/{jti}", autoescape=True))
    found = []
    for head in tx.execute(sa.select(entry).where(sources).order_by(entry.c.id)).mappings():
        lines = sa.select(posting.c.account_id, posting.c.currency, posting.c.amount_minor).where(
            posting.c.period == head["period"], posting.c.entry_id == head["id"]
        )
        found.append(
            {
                **head,
                "postings": [dict(line) for line in tx.execute(lines.order_by(posting.c.line)).mappings()],
            }
        )
    return found


def _all(tx: Transaction, table: sa.Table, condition: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    query = sa.select(table).where(condition).order_by(*table.primary_key.columns)
    return [dict(row) for row in tx.execute(query).mappings()]


def _rows(table: sa.Table, jtis: Sequence[str]) -> sa.Select[Any]:
    return sa.select(table).where(table.c.ticket_jti.in_(jtis)).order_by(table.c.seq, table.c.id)


def _by_ticket(rows: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.ticket_jti, []).append(row)
    return found


def _refunds(tx: Transaction, orders: Sequence[str]) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    """What was decided to go back of each ticket, by the refunds of its order."""
    refund = tables.refund
    found: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    query = sa.select(refund.c.seq, refund.c.document).where(refund.c.order_id.in_(orders))
    for seq, document in tx.execute(query.order_by(refund.c.order_id, refund.c.seq)):
        for line in json.loads(document)["lines"]:
            found.setdefault(line["jti"], []).append((seq, line))
    return found
