"""The tables of connectors: their journal, our own inventory, and the figures of their calls."""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text
from ticketing.db.tables.types import Instant

connector_entry = table(
    "connector_entry",
    text("region", key=True),
    text("operator", key=True),
    text("key", key=True),
    text("digest"),
    text("progress"),
    moment("asked_at"),
    text("reference", null=True),
    moment("expires_at", null=True),
    number("price_minor", null=True),
    text("price_currency", null=True),
    text("document"),
    number("version"),
)

# One row a sailing: whoever takes places on it locks it first.
sailing = table(
    "sailing",
    text("region", key=True),
    text("operator", key=True),
    text("trip_id", key=True),
    text("service_date", key=True),
)

reservation = table(
    "reservation",
    text("region", key=True),
    text("operator", key=True),
    text("key", key=True),
    text("trip_id"),
    text("service_date"),
    text("digest"),
    text("state"),
    moment("expires_at"),
    number("foot"),
    number("car"),
    number("cabin"),
    number("bicycle", default="0"),
    number("dog", default="0"),
    number("price_minor", null=True),
    text("price_currency", null=True),
    text("document"),
    one_of("state", "held", "confirmed", "released", "cancelled"),
    sa.Index(None, "region", "operator", "trip_id", "service_date"),
)

# A feed that comes back is a row of its own: what was served when is what people ask.
feed_version = table(
    "feed_version",
    text("region", key=True),
    text("operator", key=True),
    sa.Column("first_served_at", Instant(), primary_key=True, nullable=False),
    text("digest"),
    text("document"),
)

# Each process writes its own rows; a reader adds them up.
operator_figure = table(
    "operator_figure",
    text("region", key=True),
    text("operator", key=True),
    text("call", key=True),
    sa.Column("hour", Instant(), primary_key=True, nullable=False),
    text("process", key=True),
    text("document"),
    sa.Index(None, "hour"),
)
