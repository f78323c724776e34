"""Every table. Ids are UUIDv7 text, amounts 64-bit minor units, times UTC.

Rows of the books, of allocations, of events and of scans are facts: triggers (first migration) refuse to
change or remove them. Tables of the books carry `period` in their key, so that PostgreSQL can partition
them by month without a foreign key that crosses a period.
"""

import sqlalchemy as sa

from ticketing.db.types import Instant, Int64

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_strict=True)


def _text(name: str, *parts: sa.schema.SchemaItem, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), *parts, primary_key=key, nullable=null)


def _number(
    name: str, *parts: sa.schema.SchemaItem, key: bool = False, null: bool = False, default: str | None = None
) -> sa.Column[int]:
    return sa.Column(
        name, Int64, *parts, primary_key=key, nullable=null, autoincrement=False, server_default=default
    )


def _moment(name: str, *, null: bool = False) -> "sa.Column[object]":
    return sa.Column(name, Instant(), nullable=null)


def _one_of(column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


# --- what is offered and frozen -------------------------------------------------------------------------

offer = _table(
    "offer",
    _text("id", key=True),
    _text("region"),
    _moment("created_at"),
    _moment("expires_at"),
    _text("document"),
    sa.Index(None, "expires_at"),
)

tariff_version = _table(
    "tariff_version",
    _text("version", key=True),
    _text("region"),
    _moment("first_used_at"),
    _text("document"),
)

quote = _table(
    "quote",
    _text("id", key=True),
    _text("offer_id", sa.ForeignKey("offer.id"), null=True),
    _text("region"),
    _text("tariff_version", sa.ForeignKey("tariff_version.version")),
    _number("total_minor", sa.CheckConstraint("total_minor >= 0", name="total_not_negative")),
    _text("currency"),
    _moment("created_at"),
    _moment("expires_at"),
    _text("document"),
)

# --- orders, payments, tickets --------------------------------------------------------------------------

order = _table(
    "ticket_order",
    _text("id", key=True),
    _text("quote_id", sa.ForeignKey("quote.id")),
    _text("region"),
    _text("state"),
    _number("total_minor"),
    _text("currency"),
    _moment("created_at"),
    _moment("expires_at"),
    # Whose it is, where the buyer has an account; tables of people come later in the list of files.
    _text("person_id", sa.ForeignKey("person.id"), null=True),
    # An exchange pays with what the tickets of another order give back.
    _text("exchange_of", sa.ForeignKey("ticket_order.id"), null=True),
    _number("credit_minor", sa.CheckConstraint("credit_minor >= 0", name="credit_not_negative"), default="0"),
    _one_of(
        "state",
        "holding", "awaiting_payment", "payment_failed", "payment_unknown", "authorised", "unwinding", "ticketed",
        "part_refunded", "refunded", "exchanged", "cancelled", "expired",
    ),
    sa.UniqueConstraint("quote_id"),
    sa.Index(None, "state", "expires_at"),
    sa.Index(None, "person_id"),
)  # fmt: skip

order_event = _table(
    "order_event",
    _text("id", key=True),
    _text("order_id", sa.ForeignKey("ticket_order.id")),
    _moment("at"),
    _text("from_state", null=True),
    _text("to_state"),
    _text("actor"),
    _text("reason"),
    sa.Index(None, "order_id"),
)

payment = _table(
    "payment",
    _text("id", key=True),
    _text("order_id", sa.ForeignKey("ticket_order.id")),
    _text("gateway"),
    _text("method"),
    _text("request_key"),
    _text("state"),
    _number("amount_minor", sa.CheckConstraint("amount_minor > 0", name="amount_positive")),
    _text("currency"),
    _text("external_id", null=True),
    _moment("created_at"),
    _number("fee_minor", default="0"),
    _one_of("state", "pending", "action_required", "authorised", "captured", "declined", "cancelled", "held"),
    sa.UniqueConstraint("external_id"),
    sa.UniqueConstraint("order_id", "request_key"),
)

refund = _table(
    "refund",
    _text("id", key=True),
    _text("order_id", sa.ForeignKey("ticket_order.id")),
    _text("payment_id", sa.ForeignKey("payment.id"), null=True),
    _number("seq"),
    _text("request_key"),
    _text("state"),
    _number("amount_minor", sa.CheckConstraint("amount_minor >= 0", name="amount_not_negative")),
    _text("currency"),
    _text("document"),
    _text("external_id", null=True),
    _moment("created_at"),
    _one_of("state", "decided", "pending", "confirmed", "failed"),
    sa.UniqueConstraint("order_id", "seq"),
    sa.UniqueConstraint("order_id", "request_key"),
)

ticket = _table(
    "ticket",
    _text("jti", key=True),
    _text("order_id", sa.ForeignKey("ticket_order.id")),
    _text("passenger_ref"),
    _text("status"),
    _text("token"),
    _text("product"),
    _number("amount_minor"),
    _text("currency"),
    _text("status_list"),
    _number("status_index"),
    _moment("issued_at"),
    _moment("not_before"),
    _moment("expires_at"),
    _moment("revoked_at", null=True),
    _text("document"),
    _one_of("status", "valid", "revoked", "suspended"),
    sa.UniqueConstraint("status_list", "status_index"),
    sa.Index(None, "order_id"),
    sa.Index(None, "expires_at", "status_list"),
    sa.Index(None, "status_list", "status"),
    sa.Index(None, "status_list", "expires_at"),
    sa.Index(None, "product", "expires_at"),
)

# --- gates ----------------------------------------------------------------------------------------------

scan = _table(
    "scan",
    _text("gate_key_id", key=True),
    _text("scan_id", key=True),
    _text("operator"),
    _text("body_hash"),
    _text("jti", null=True),
    _number("leg", null=True),
    _text("stop_id", null=True),
    _text("decision"),
    _text("reason"),
    _text("answer"),
    _moment("device_ts"),
    _moment("received_at"),
    _text("nonce", null=True),
    _text("direction", null=True),
    sa.Index(None, "jti"),
    sa.Index(None, "received_at"),
)

use_claim = _table(
    "use_claim",
    _text("jti", sa.ForeignKey("ticket.jti"), key=True),
    _number("leg", key=True),
    _number("use_no", key=True),
    _text("operator"),
    _text("gate_key_id"),
    _text("scan_id"),
    _text("stop_id", null=True),
    _moment("at"),
)

proof_seen = _table(
    "proof_seen",
    _text("jti", key=True),
    _text("nonce", key=True),
    _moment("at"),
)

# What brings a row of an allocation about; all but a sale take back or correct.
SHARE_KINDS = ("sale", "refund", "exchange", "chargeback", "correction")

# --- books ----------------------------------------------------------------------------------------------

period = _table(
    "period",
    _text("region", key=True),
    _text("id", key=True),
    _text("state"),
    _moment("fence_at", null=True),
    _moment("closed_at", null=True),
    _text("digest", null=True),
    _one_of("state", "open", "closing", "closed"),
)

account = _table(
    "account",
    _text("id", key=True),
    _text("type"),
    _text("purpose"),
    _text("operator", null=True),
    _text("member_state", null=True),
    _text("currency"),
    _one_of("type", "asset", "liability", "income", "expense"),
)

# Kinds that every sale brings, many a ticket; entries of all other kinds are few and have an index of their own.
EVERYDAY = (
    "capture", "gateway_fee", "allocation", "refund_decided", "refund_confirmed", "exchanged", "chargeback"
)  # fmt: skip
RARE = f"kind NOT IN ({', '.join(repr(kind) for kind in EVERYDAY)})"

entry = _table(
    "entry",
    _text("period", key=True),
    _text("id", key=True),
    _text("kind"),
    _text("source_type"),
    _text("source_id"),
    _text("region"),
    _text("original_period"),
    _moment("occurred_at"),
    _moment("booked_at"),
    sa.Column("note", sa.Text(), nullable=False, server_default="{}"),
    _text("reverses_id", null=True),
    sa.Column("hash", sa.Text(), nullable=False, server_default=""),
    sa.ForeignKeyConstraint(["region", "period"], ["period.region", "period.id"]),
    sa.Index(None, "source_type", "source_id"),
    sa.Index("ix_entry_rare", "period", "region", postgresql_where=sa.text(RARE), sqlite_where=sa.text(RARE)),
)

posting = _table(
    "posting",
    _text("period", key=True),
    _text("entry_id", key=True),
    _number("line", key=True),
    _text("account_id", sa.ForeignKey("account.id")),
    _text("currency"),
    _number("amount_minor", sa.CheckConstraint("amount_minor <> 0", name="amount_not_zero")),
    # The entry is written last and seals its postings, so its key is checked at commit.
    sa.ForeignKeyConstraint(
        ["period", "entry_id"], ["entry.period", "entry.id"], deferrable=True, initially="DEFERRED"
    ),
    sa.Index(None, "period", "account_id"),
)

entry_source = _table(
    "entry_source",
    _text("source_type", key=True),
    _text("source_id", key=True),
    _text("kind", key=True),
    _text("entry_id"),
)

share = _table(
    "alloc_share",
    _text("period", key=True),
    _text("id", key=True),
    _text("ticket_jti", sa.ForeignKey("ticket.jti")),
    _text("region"),
    _text("operator"),
    _text("currency"),
    _text("kind"),
    _number("seq"),
    _number("gross_minor"),
    _number("vat_minor"),
    _number("fee_minor"),
    _number("net_minor"),
    _text("rule"),
    _text("original_period"),
    _moment("booked_at"),
    _one_of("kind", *SHARE_KINDS),
    sa.CheckConstraint("gross_minor = vat_minor + fee_minor + net_minor", name="parts_make_gross"),
    sa.UniqueConstraint("ticket_jti", "operator", "kind", "seq", "period"),
)

tax = _table(
    "alloc_tax",
    _text("period", key=True),
    _text("id", key=True),
    _text("ticket_jti", sa.ForeignKey("ticket.jti")),
    _text("region"),
    _text("member_state"),
    _text("mode"),
    _text("scope"),
    _text("treatment"),
    _number("rate_bp"),
    _number("verified"),
    _number("distance_m"),
    _text("currency"),
    _text("kind"),
    _number("seq"),
    _number("gross_minor"),
    _number("vat_minor"),
    _text("original_period"),
    _moment("booked_at"),
    _one_of("kind", *SHARE_KINDS),
    sa.Index(None, "ticket_jti"),
)

# --- settlement -----------------------------------------------------------------------------------------

run = _table(
    "settlement_run",
    _text("id", key=True),
    _text("region"),
    _text("period"),
    _number("version"),
    _text("state"),
    _text("digest"),
    _text("prepared_by"),
    _moment("created_at"),
    _text("document"),
    _one_of(
        "state", "draft", "calculated", "approved", "exported", "sent", "reconciled", "rejected", "voided"
    ),
    sa.ForeignKeyConstraint(["region", "period"], ["period.region", "period.id"]),
    sa.UniqueConstraint("region", "period", "version"),
)

# --- who calls, and what was already answered -----------------------------------------------------------

api_key = _table(
    "api_key",
    _text("id", key=True),
    _text("role"),
    _text("operator", null=True),
    _text("label"),
    _text("secret_hash"),
    _moment("created_at"),
    _moment("expires_at", null=True),
    _moment("revoked_at", null=True),
    _one_of("role", "gate", "operator_staff", "operator_finance", "operator_admin", "finance", "admin"),
    sa.UniqueConstraint("secret_hash"),
)

idempotency = _table(
    "idempotency",
    _text("principal", key=True),
    _text("route", key=True),
    _text("key", key=True),
    _text("body_hash"),
    _moment("created_at"),
    _moment("lease_until"),
    _text("answer", null=True),
    sa.Index(None, "created_at"),
)

# --- the demo gateway's own side, as if it were another company's ---------------------------------------

demo_charge = _table(
    "demo_charge",
    _text("id", key=True),
    _text("method"),
    _text("state"),
    _number("amount_minor"),
    _number("captured_minor"),
    _number("refunded_minor"),
    _text("currency"),
    _moment("created_at"),
    _text("order_id"),
    _text("payment_id"),
    _one_of("state", "action_required", "authorised", "declined", "captured", "cancelled"),
    sa.Index(None, "payment_id"),
    sa.CheckConstraint("captured_minor <= amount_minor", name="capture_within_amount"),
    sa.CheckConstraint("refunded_minor <= captured_minor", name="refund_within_capture"),
)

demo_object = _table(
    "demo_object",
    _text("id", key=True),
    _text("kind"),
    _text("charge_id", sa.ForeignKey("demo_charge.id")),
    _moment("created_at"),
    _text("document"),
    _one_of("kind", "refund", "dispute", "balance"),
    sa.Index(None, "charge_id"),
)

demo_call = _table(
    "demo_call",
    _text("idempotency_key", key=True),
    _text("request"),
    _text("document"),
)
