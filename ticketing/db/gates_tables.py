"""The tables of gates beside those of the first schema: uploaded facts, judged uses, double uses, moved tickets."""

import sqlalchemy as sa

from ticketing.db.tables import _moment, _number, _one_of, _table, _text
from ticketing.db.types import Instant

scan_fact = _table(
    "scan_fact",
    _text("gate_key_id", key=True),
    _text("scan_id", key=True),
    _text("content_hash", key=True),
    _text("operator"),
    _text("jti"),
    _number("leg"),
    _number("seq"),
    _number("device_ts"),
    _number("clock_offset"),
    _text("decision"),
    _text("reason"),
    _number("bundle_version", null=True),
    _moment("received_at"),
    _text("direction", null=True),
    sa.Column("is_flagged", sa.Integer(), nullable=False, server_default="0"),
    sa.Index(None, "jti"),
    sa.Index(None, "operator", "received_at"),
    sa.Index(None, "received_at"),
)

scan_echo = _table(
    "scan_echo",
    _text("gate_key_id", key=True),
    _text("scan_id", key=True),
    _text("body_hash"),
    _text("first_scan_id"),
    _moment("at"),
)

# What the facts of a ticket come to, computed anew whenever one arrives; never a fact itself.
ticket_use = _table(
    "ticket_use",
    _text("jti", sa.ForeignKey("ticket.jti"), key=True),
    _text("gate_key_id", key=True),
    _text("scan_id", key=True),
    _number("leg"),
    _text("operator"),
    _text("gate", null=True),
    _text("kind"),
    _moment("at"),
    _one_of("kind", "ride", "transfer", "in", "out"),
    sa.Index(None, "operator", "at"),
)

use_change = _table(
    "use_change",
    _text("operator", key=True),
    _text("jti", sa.ForeignKey("ticket.jti"), key=True),
    _moment("changed_at"),
    sa.Index(None, "operator", "changed_at"),
)

double_use = _table(
    "double_use",
    _text("gate_key_id", key=True),
    _text("scan_id", key=True),
    _text("jti", sa.ForeignKey("ticket.jti")),
    _number("leg"),
    _text("operator"),
    _text("first_operator"),
    _text("first_gate"),
    _text("second_gate"),
    _number("gap_seconds"),
    _moment("at"),
    _moment("found_at"),
    sa.Index(None, "operator", "at"),
    sa.Index(None, "jti"),
)

ticket_move = _table(
    "ticket_move",
    _text("id", key=True),
    _text("jti", sa.ForeignKey("ticket.jti")),
    _text("old_list"),
    _number("old_index"),
    _text("key_thumbprint"),
    _moment("at"),
    sa.UniqueConstraint("old_list", "old_index"),
    sa.Index(None, "jti"),
)

control_code = _table(
    "control_code",
    _text("jti", sa.ForeignKey("ticket.jti"), key=True),
    _text("code"),
    sa.Index(None, "code"),
)

# When a ticket's bits changed, when the first signed list carried it, and when the first gate fetched that. Kept for
# days, to notice and to measure.
status_change = _table(
    "status_change",
    _text("status_list", key=True),
    _number("status_index", key=True),
    sa.Column("at", Instant(), primary_key=True, nullable=False),
    _moment("published_at", null=True),
    _moment("fetched_at", null=True),
    sa.Index(None, "status_list", "at"),
    sa.Index(None, "published_at"),
)

# One fetch of a bundle by which a gate came to know of changes; `lags` are the seconds since each.
gate_fetch = _table(
    "gate_fetch",
    _text("device_id", key=True),
    sa.Column("at", Instant(), primary_key=True, nullable=False),
    _text("operator"),
    _text("lags"),
    sa.Index(None, "operator", "at"),
)

# What is left of uses that were let go: how many of each kind, by month.
ride_count = _table(
    "ride_count",
    _text("region", key=True),
    _text("operator", key=True),
    _text("product", key=True),
    _text("month", key=True),
    _text("kind", key=True),
    _number("count"),
)

# The issuer's half of the hash of a personal ticket's holder; the ticket carries the other.
holder_salt = _table("holder_salt", _text("jti", sa.ForeignKey("ticket.jti"), key=True), _text("salt"))

# That a ticket was used, where the uses themselves were let go: it is never taken for one that may be paid back whole.
used_ticket = _table("used_ticket", _text("jti", sa.ForeignKey("ticket.jti"), key=True))

# Below this mark, which never goes back, gate facts may be removed.
gate_retention = _table(
    "gate_retention",
    _number("id", key=True),
    _moment("kept_since"),
    sa.CheckConstraint("id = 1", name="id"),
)
