"""The tables of gates: scans and their claims, uploaded facts, judged uses, double uses, moved tickets."""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text
from ticketing.db.tables.types import Instant

scan = table(
    "scan",
    text("gate_key_id", key=True),
    text("scan_id", key=True),
    text("operator"),
    text("body_hash"),
    text("jti", null=True),
    number("leg", null=True),
    text("stop_id", null=True),
    text("decision"),
    text("reason"),
    text("answer"),
    moment("device_ts"),
    moment("received_at"),
    text("nonce", null=True),
    text("direction", null=True),
    sa.Index(None, "jti"),
    sa.Index(None, "received_at"),
)

use_claim = table(
    "use_claim",
    text("jti", sa.ForeignKey("ticket.jti"), key=True),
    number("leg", key=True),
    number("use_no", key=True),
    text("operator"),
    text("gate_key_id"),
    text("scan_id"),
    text("stop_id", null=True),
    moment("at"),
)

proof_seen = table(
    "proof_seen",
    text("jti", key=True),
    text("nonce", key=True),
    moment("at"),
)

# The causes of a row of an allocation; all but a sale take back or correct.

scan_fact = table(
    "scan_fact",
    text("gate_key_id", key=True),
    text("scan_id", key=True),
    text("content_hash", key=True),
    text("operator"),
    text("jti"),
    number("leg"),
    number("seq"),
    number("device_ts"),
    number("clock_offset"),
    text("decision"),
    text("reason"),
    number("bundle_version", null=True),
    moment("received_at"),
    text("direction", null=True),
    sa.Column("is_flagged", sa.Integer(), nullable=False, server_default="0"),
    sa.Index(None, "jti"),
    sa.Index(None, "operator", "received_at"),
    sa.Index(None, "received_at"),
)

scan_echo = table(
    "scan_echo",
    text("gate_key_id", key=True),
    text("scan_id", key=True),
    text("body_hash"),
    text("first_scan_id"),
    moment("at"),
)

# The result of a ticket's facts, computed anew whenever one arrives; never a fact itself.
ticket_use = table(
    "ticket_use",
    text("jti", sa.ForeignKey("ticket.jti"), key=True),
    text("gate_key_id", key=True),
    text("scan_id", key=True),
    number("leg"),
    text("operator"),
    text("gate", null=True),
    text("kind"),
    moment("at"),
    one_of("kind", "ride", "transfer", "in", "out"),
    sa.Index(None, "operator", "at"),
)

use_change = table(
    "use_change",
    text("operator", key=True),
    text("jti", sa.ForeignKey("ticket.jti"), key=True),
    moment("changed_at"),
    sa.Index(None, "operator", "changed_at"),
)

double_use = table(
    "double_use",
    text("gate_key_id", key=True),
    text("scan_id", key=True),
    text("jti", sa.ForeignKey("ticket.jti"), key=True),
    number("leg"),
    text("operator"),
    text("first_operator"),
    text("first_gate"),
    text("second_gate"),
    number("gap_seconds"),
    moment("at"),
    moment("found_at"),
    sa.Index(None, "operator", "at"),
    sa.Index(None, "jti"),
)

# A ride that was told after its leg's money had gone back by a refund or an exchange.
refunded_ride = table(
    "refunded_ride",
    text("gate_key_id", key=True),
    text("scan_id", key=True),
    text("jti", sa.ForeignKey("ticket.jti"), key=True),
    number("leg"),
    text("operator"),
    text("refund_id", sa.ForeignKey("refund.id")),
    moment("at"),
    moment("refunded_at"),
    moment("found_at"),
    sa.Index(None, "operator", "found_at"),
    sa.Index(None, "jti"),
)

ticket_move = table(
    "ticket_move",
    text("id", key=True),
    text("jti", sa.ForeignKey("ticket.jti")),
    text("old_list"),
    number("old_index"),
    text("key_thumbprint"),
    moment("at"),
    sa.UniqueConstraint("old_list", "old_index"),
    sa.Index(None, "jti"),
)

control_code = table(
    "control_code",
    text("jti", sa.ForeignKey("ticket.jti"), key=True),
    text("code"),
    sa.Index(None, "code"),
)

# When a ticket's bits changed, when the first signed list carried it, and when the first gate fetched that. Kept for
# days, to notice and to measure.
status_change = table(
    "status_change",
    text("status_list", key=True),
    number("status_index", key=True),
    sa.Column("at", Instant(), primary_key=True, nullable=False),
    moment("published_at", null=True),
    moment("fetched_at", null=True),
    sa.Index(None, "status_list", "at"),
    sa.Index(None, "published_at"),
)

# One fetch of a bundle by which a gate came to know of changes; `lags` are the seconds since each.
gate_fetch = table(
    "gate_fetch",
    text("device_id", key=True),
    sa.Column("at", Instant(), primary_key=True, nullable=False),
    text("operator"),
    text("lags"),
    sa.Index(None, "operator", "at"),
)

# The counts of deleted uses: how many of each kind, by month.
ride_count = table(
    "ride_count",
    text("region", key=True),
    text("operator", key=True),
    text("product", key=True),
    text("month", key=True),
    text("kind", key=True),
    number("count"),
)

# The issuer's half of the hash of a personal ticket's holder; the ticket carries the other.
holder_salt = table("holder_salt", text("jti", sa.ForeignKey("ticket.jti"), key=True), text("salt"))

# That a ticket was used, where the uses themselves were let go: it is never taken for one that may be paid back whole.
used_ticket = table("used_ticket", text("jti", sa.ForeignKey("ticket.jti"), key=True))

# Below this mark, which never goes back, gate facts may be removed.
gate_retention = table(
    "gate_retention",
    number("id", key=True),
    moment("kept_since"),
    sa.CheckConstraint("id = 1", name="id"),
)
