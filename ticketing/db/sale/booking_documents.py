"""Keep the documents that operators hand over when they confirm a booking, as they came; escape them wherever they are shown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from operators.port import Document
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, insert_once
from ticketing.db.sale.bookings import CHOICE
from ticketing.db.tables.disruption import place_hold
from ticketing.db.tables.purchase import booking, booking_document

_KINDS = (
    sa.select(booking_document.c.booking_id, booking_document.c.kind, booking_document.c.media_type)
    .join(booking, booking.c.id == booking_document.c.booking_id)
    .where(booking.c.order_id == sa.bindparam("wanted"), booking.c.state == "confirmed")
    .order_by(booking.c.seq, booking_document.c.seq)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingDocument:
    """One document of a booking; `encoding` says whether `content` is text or base64."""

    booking_id: str
    seq: int
    kind: str
    media_type: str
    encoding: str
    content: str
    kept_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document of an operator as the holder of a ticket shows it: for which ride, under which reference."""

    passenger_ref: str
    leg: int
    operator: str
    reference: str | None
    kind: str
    media_type: str
    encoding: str
    content: str


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A document of a booking, without its content."""

    booking_id: str
    kind: str
    media_type: str


def keep(tx: Transaction, booking_id: str, documents: Sequence[Document], now: datetime) -> None:
    """Keep what an operator handed over; a repeated confirmation changes nothing."""
    for seq, paper in enumerate(documents):
        kept = BookingDocument(
            booking_id=booking_id,
            seq=seq,
            kind=paper.kind,
            media_type=paper.media_type,
            encoding=paper.encoding,
            content=paper.content,
            kept_at=now,
        )
        tx.execute(insert_once(tx, booking_document, columns(kept)))


def list_kinds(tx: Transaction, order_id: str) -> list[DocumentKind]:
    """List what the confirmed bookings of an order have, without contents."""
    return fetch(tx, _KINDS, DocumentKind, wanted=order_id)


def list_papers(tx: Transaction, order_id: str) -> list[Paper]:
    """List what operators have handed over for an order, each with the ride and the traveller of its booking."""
    table = booking_document.c
    query = sa.select(booking, table.kind, table.media_type, table.encoding, table.content).join(
        booking_document, table.booking_id == booking.c.id
    )
    mine = query.where(booking.c.order_id == order_id, booking.c.state == "confirmed")
    rows = tx.execute(mine.order_by(booking.c.seq, table.seq)).mappings().all()
    holds = sa.select(place_hold.c.id).where(
        place_hold.c.order_id == order_id, place_hold.c.state.in_(("asked", "held"))
    )
    # A place that is only held is none of a ticket's yet.
    not_theirs = set(tx.execute(holds).scalars()) if rows else set()
    return [_paper(row) for row in rows if json.loads(row["document"]).get(CHOICE) not in not_theirs]


def forget_before(tx: Transaction, moment: datetime) -> int:
    """Forget documents that have been kept long enough; answers how many."""
    return int(tx.execute(sa.delete(booking_document).where(booking_document.c.kept_at < moment)).rowcount)


def _paper(row: sa.RowMapping) -> Paper:
    of = json.loads(row["document"])
    return Paper(
        passenger_ref=of["traveller"]["ref"],
        leg=of["leg"],
        operator=row["operator"],
        reference=row["reference"],
        **{name: row[name] for name in ("kind", "media_type", "encoding", "content")},
    )
