"""The tables of the books: periods, accounts, entries with their postings, allocations, settlement runs.

Entries, postings and allocations are facts: triggers refuse to change or remove them. They carry `period` in their key,
so that PostgreSQL can partition them by month without a foreign key that crosses a period.
"""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text

SHARE_KINDS = ("sale", "refund", "exchange", "chargeback", "correction")

period = table(
    "period",
    text("region", key=True),
    text("id", key=True),
    text("state"),
    moment("fence_at", null=True),
    moment("closed_at", null=True),
    text("digest", null=True),
    one_of("state", "open", "closing", "closed"),
)

account = table(
    "account",
    text("id", key=True),
    text("type"),
    text("purpose"),
    text("operator", null=True),
    text("member_state", null=True),
    text("currency"),
    one_of("type", "asset", "liability", "income", "expense"),
)

# Kinds that every sale brings, many a ticket; entries of all other kinds are few and have an index of their own.
EVERYDAY = (
    "capture",
    "gateway_fee",
    "allocation",
    "refund_decided",
    "refund_confirmed",
    "exchanged",
    "chargeback",
)
RARE = f"kind NOT IN ({', '.join(repr(kind) for kind in EVERYDAY)})"

entry = table(
    "entry",
    text("period", key=True),
    text("id", key=True),
    text("kind"),
    text("source_type"),
    text("source_id"),
    text("region"),
    text("original_period"),
    moment("occurred_at"),
    moment("booked_at"),
    sa.Column("note", sa.Text(), nullable=False, server_default="{}"),
    text("reverses_id", null=True),
    sa.Column("hash", sa.Text(), nullable=False, server_default=""),
    sa.ForeignKeyConstraint(["region", "period"], ["period.region", "period.id"]),
    sa.Index(None, "source_type", "source_id"),
    sa.Index("ix_entry_rare", "period", "region", postgresql_where=sa.text(RARE), sqlite_where=sa.text(RARE)),
)

posting = table(
    "posting",
    text("period", key=True),
    text("entry_id", key=True),
    number("line", key=True),
    text("account_id", sa.ForeignKey("account.id")),
    text("currency"),
    number("amount_minor", sa.CheckConstraint("amount_minor <> 0", name="amount_not_zero")),
    # The entry is written last and seals its postings, so its key is checked at commit.
    sa.ForeignKeyConstraint(
        ["period", "entry_id"], ["entry.period", "entry.id"], deferrable=True, initially="DEFERRED"
    ),
    sa.Index(None, "period", "account_id"),
)

entry_source = table(
    "entry_source",
    text("source_type", key=True),
    text("source_id", key=True),
    text("kind", key=True),
    text("entry_id"),
)

share = table(
    "alloc_share",
    text("period", key=True),
    text("id", key=True),
    text("ticket_jti", sa.ForeignKey("ticket.jti")),
    text("region"),
    text("operator"),
    text("currency"),
    text("kind"),
    number("seq"),
    number("gross_minor"),
    number("vat_minor"),
    number("fee_minor"),
    number("net_minor"),
    text("rule"),
    text("original_period"),
    moment("booked_at"),
    one_of("kind", *SHARE_KINDS),
    sa.CheckConstraint("gross_minor = vat_minor + fee_minor + net_minor", name="parts_make_gross"),
    sa.UniqueConstraint("ticket_jti", "operator", "kind", "seq", "period"),
)

tax = table(
    "alloc_tax",
    text("period", key=True),
    text("id", key=True),
    text("ticket_jti", sa.ForeignKey("ticket.jti")),
    text("region"),
    text("member_state"),
    text("mode"),
    text("scope"),
    text("treatment"),
    number("rate_bp"),
    number("verified"),
    number("distance_m"),
    text("currency"),
    text("kind"),
    number("seq"),
    number("gross_minor"),
    number("vat_minor"),
    text("original_period"),
    moment("booked_at"),
    one_of("kind", *SHARE_KINDS),
    sa.Index(None, "ticket_jti"),
)

run = table(
    "settlement_run",
    text("id", key=True),
    text("region"),
    text("period"),
    number("version"),
    text("state"),
    text("digest"),
    text("prepared_by"),
    moment("created_at"),
    text("document"),
    one_of(
        "state", "draft", "calculated", "approved", "exported", "sent", "reconciled", "rejected", "voided"
    ),
    sa.ForeignKeyConstraint(["region", "period"], ["period.region", "period.id"]),
    sa.UniqueConstraint("region", "period", "version"),
)
