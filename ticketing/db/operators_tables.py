"""The tables of connectors: their journal, our own inventory, and the figures of their calls."""

import sqlalchemy as sa

from ticketing.db.tables import _moment, _number, _one_of, _table, _text
from ticketing.db.types import Instant

connector_entry = _table(
    "connector_entry",
    _text("region", key=True),
    _text("operator", key=True),
    _text("key", key=True),
    _text("digest"),
    _text("progress"),
    _moment("asked_at"),
    _text("reference", null=True),
    _moment("expires_at", null=True),
    _number("price_minor", null=True),
    _text("price_currency", null=True),
    _text("document"),
    _number("version"),
)

# One row a sailing: whoever takes places on it locks it first.
sailing = _table(
    "sailing",
    _text("region", key=True),
    _text("operator", key=True),
    _text("trip_id", key=True),
    _text("service_date", key=True),
)

reservation = _table(
    "reservation",
    _text("region", key=True),
    _text("operator", key=True),
    _text("key", key=True),
    _text("trip_id"),
    _text("service_date"),
    _text("digest"),
    _text("state"),
    _moment("expires_at"),
    _number("foot"),
    _number("car"),
    _number("cabin"),
    _number("price_minor", null=True),
    _text("price_currency", null=True),
    _text("document"),
    _one_of("state", "held", "confirmed", "released", "cancelled"),
    sa.Index(None, "region", "operator", "trip_id", "service_date"),
)

# Each process writes its own rows; a reader adds them up.
operator_figure = _table(
    "operator_figure",
    _text("region", key=True),
    _text("operator", key=True),
    _text("call", key=True),
    sa.Column("hour", Instant(), primary_key=True, nullable=False),
    _text("process", key=True),
    _text("document"),
    sa.Index(None, "hour"),
)
