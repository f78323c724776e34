"""Tables of buying beyond orders and tickets: operators' bookings, phones, what gateways report, disputes, alerts."""

import sqlalchemy as sa

from ticketing.db.tables.columns import metadata
from ticketing.db.tables.types import Instant, Int64

booking = sa.Table(
    "booking", metadata,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("order_id", sa.Text(), sa.ForeignKey("ticket_order.id"), nullable=False),
    sa.Column("seq", Int64, nullable=False),
    sa.Column("operator", sa.Text(), nullable=False),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("reference", sa.Text(), nullable=True),
    sa.Column("expires_at", Instant(), nullable=True),
    sa.Column("tries", Int64, nullable=False),
    sa.Column("changed_at", Instant(), nullable=False),
    sa.Column("document", sa.Text(), nullable=False),
    sa.Column("sailing", sa.Text(), nullable=True),
    sa.CheckConstraint(
        "state IN ('wanted', 'held', 'confirmed', 'unwanted', 'released', 'cancelled', 'refused', 'stuck')", name="state"
    ),
    sa.UniqueConstraint("order_id", "seq"),
    sa.Index(None, "state"),
    sa.Index(None, "sailing"),
    sqlite_strict=True,
)  # fmt: skip

# An operator's own documents of its confirmation: its own staff read these, and not our code.
booking_document = sa.Table(
    "booking_document", metadata,
    sa.Column("booking_id", sa.Text(), sa.ForeignKey("booking.id"), primary_key=True),
    sa.Column("seq", Int64, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("media_type", sa.Text(), nullable=False),
    sa.Column("encoding", sa.Text(), nullable=False),
    sa.Column("content", sa.Text(), nullable=False),
    sa.Column("kept_at", Instant(), nullable=False),
    sa.CheckConstraint("encoding IN ('text', 'base64')", name="encoding"),
    sa.Index(None, "kept_at"),
    sqlite_strict=True,
)  # fmt: skip

# The future holder of a ticket: the phone that it is bound to, the salted hash of a name. Forgotten when the ticket exists, or
# the order has ended.
order_holder = sa.Table(
    "order_holder", metadata,
    sa.Column("order_id", sa.Text(), sa.ForeignKey("ticket_order.id"), primary_key=True),
    sa.Column("passenger_ref", sa.Text(), primary_key=True),
    sa.Column("jwk", sa.Text(), nullable=True),
    sa.Column("salt", sa.Text(), nullable=True),
    sa.Column("idh", sa.Text(), nullable=True),
    sqlite_strict=True,
)  # fmt: skip

gateway_event = sa.Table(
    "gateway_event", metadata,
    sa.Column("gateway", sa.Text(), primary_key=True),
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("type", sa.Text(), nullable=False),
    sa.Column("object_id", sa.Text(), nullable=True),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("tries", Int64, nullable=False),
    sa.Column("received_at", Instant(), nullable=False),
    sa.Column("next_try_at", Instant(), nullable=False),
    sa.Column("note", sa.Text(), nullable=False),
    sa.Column("document", sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('new', 'done', 'ignored', 'held')", name="state"),
    sa.Index(None, "state", "next_try_at"),
    sqlite_strict=True,
)  # fmt: skip

# A use of a pass, a carnet or a return ticket by a passenger of a journey: it is given back when the journey is. The times
# are those of the ride, empty where an older release wrote them: a pass serves one person at a time.
pass_use = sa.Table(
    "pass_use", metadata,
    sa.Column("ticket_jti", sa.Text(), sa.ForeignKey("ticket.jti"), primary_key=True),
    sa.Column("order_id", sa.Text(), sa.ForeignKey("ticket_order.id"), primary_key=True),
    sa.Column("leg", Int64, primary_key=True, autoincrement=False),
    sa.Column("passenger_ref", sa.Text(), primary_key=True),
    sa.Column("at", Instant(), nullable=False),
    sa.Column("departs_at", Instant(), nullable=True),
    sa.Column("arrives_at", Instant(), nullable=True),
    sa.Index(None, "order_id"),
    sqlite_strict=True,
)  # fmt: skip

dispute = sa.Table(
    "dispute", metadata,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("payment_id", sa.Text(), sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("reason", sa.Text(), nullable=False),
    sa.Column("amount_minor", Int64, nullable=False),
    sa.Column("fee_minor", Int64, nullable=False),
    sa.Column("currency", sa.Text(), nullable=False),
    sa.Column("opened_at", Instant(), nullable=False),
    sa.Column("changed_at", Instant(), nullable=False),
    sa.CheckConstraint(
        "state IN ('inquiry', 'open', 'withdrawn', 'reinstated', 'won', 'lost')", name="state"
    ),
    sa.Index(None, "payment_id"),
    sqlite_strict=True,
)  # fmt: skip

# A refund made on the gateway's own pages: a refund of ours that the gateway refuses may be settled with it.
outside_refund = sa.Table(
    "outside_refund",
    metadata,
    sa.Column("external_id", sa.Text(), primary_key=True),
    sa.Column("payment_id", sa.Text(), sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("amount_minor", Int64, nullable=False),
    sa.Column("currency", sa.Text(), nullable=False),
    sa.Column("learned_at", Instant(), nullable=False),
    sa.CheckConstraint("state IN ('confirmed', 'failed')", name="state"),
    sa.Index(None, "payment_id"),
    sqlite_strict=True,
)

alert = sa.Table(
    "alert", metadata,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("subject", sa.Text(), nullable=False),
    sa.Column("detail", sa.Text(), nullable=False),
    sa.Column("raised_at", Instant(), nullable=False),
    sa.Column("resolved_at", Instant(), nullable=True),
    sa.Column("resolved_by", sa.Text(), nullable=True),
    sa.UniqueConstraint("kind", "subject"),
    sqlite_strict=True,
)  # fmt: skip

# Orders whose money was taken and whose tickets could not be issued yet; gone when the order has found its end.
undelivered = sa.Table(
    "undelivered", metadata,
    sa.Column("order_id", sa.Text(), sa.ForeignKey("ticket_order.id"), primary_key=True),
    sa.Column("region", sa.Text(), nullable=False),
    sa.Column("tries", Int64, nullable=False),
    sa.Column("first_at", Instant(), nullable=False),
    sa.Column("next_try_at", Instant(), nullable=False),
    sa.Column("detail", sa.Text(), nullable=False),
    sqlite_strict=True,
)  # fmt: skip

# How each job of the worker fares: one row a job, written over.
worker_job = sa.Table(
    "worker_job", metadata,
    sa.Column("name", sa.Text(), primary_key=True),
    sa.Column("ran_at", Instant(), nullable=False),
    sa.Column("succeeded_at", Instant(), nullable=True),
    sa.Column("failures", Int64, nullable=False),
    sa.Column("failing", Int64, nullable=False),
    sa.Column("detail", sa.Text(), nullable=False),
    sqlite_strict=True,
)  # fmt: skip
