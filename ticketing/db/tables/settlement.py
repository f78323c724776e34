"""Tables of settlement: the steps of runs, approvals, bank accounts and statements, disputed lines, anchors.

All of them are facts (append-only by trigger): what changes is told by a further row.
"""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text


def _told(name: str) -> "sa.Column[str]":
    """A column of text that older releases do not write."""
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


run_step = table(
    "run_step",
    text("run_id", sa.ForeignKey("settlement_run.id"), key=True),
    number("seq", key=True),
    text("state"),
    text("actor"),
    moment("at"),
    text("digest"),
    text("note"),
)

run_file = table(
    "run_file",
    text("run_id", sa.ForeignKey("settlement_run.id"), key=True),
    text("name", key=True),
    text("sha256"),
    number("bytes"),
    moment("at"),
)

chain_block = table(
    "chain_block",
    text("region", key=True),
    text("period", key=True),
    number("seq", key=True),
    text("last_entry"),
    number("entries"),
    number("final"),
    text("previous"),
    text("hash"),
    text("signed"),
    text("jwk"),
    moment("made_at"),
)

bank_account = table(
    "bank_account",
    text("id", key=True),
    text("party"),
    text("name"),
    text("iban"),
    text("bic"),
    text("town"),
    text("country"),
    text("entered_by"),
    moment("entered_at"),
    sa.Index(None, "party"),
)

run_account = table(
    "run_account",
    text("run_id", sa.ForeignKey("settlement_run.id"), key=True),
    text("party", key=True),
    text("account_id", sa.ForeignKey("bank_account.id")),
)

approval = table(
    "approval",
    text("id", key=True),
    text("subject_type"),
    text("subject_id"),
    text("digest"),
    text("decision"),
    text("actor"),
    moment("decided_at"),
    one_of("decision", "approved", "rejected"),
    sa.UniqueConstraint("subject_type", "subject_id"),
)

bank_line = table(
    "bank_line",
    text("id", key=True),
    text("region"),
    text("iban"),
    text("statement_id"),
    number("seq"),
    text("booking_date"),
    text("value_date"),
    text("currency"),
    number("amount_minor"),
    text("end_to_end_id"),
    text("bank_reference"),
    text("counterparty"),
    text("remittance"),
    moment("imported_at"),
    _told("structured"),
    _told("batch"),
    _told("return_reason"),
    _told("part"),
    number("batch_count", default="0"),
    sa.Index(None, "region", "iban"),
)

# The trail of a line of the bank: what it was booked as, whether that was taken back, where its suspense went.
bank_match = table(
    "bank_match",
    text("line_id", sa.ForeignKey("bank_line.id"), key=True),
    number("seq", key=True, default="1"),
    text("kind"),
    text("run_id", sa.ForeignKey("settlement_run.id"), null=True),
    text("party", null=True),
    number("amount_minor"),
    text("reason"),
    text("actor"),
    moment("at"),
    one_of(
        "kind",
        "payment",
        "receipt",
        "payout",
        "suspense",
        "bank_fee",
        "fx",
        "cleared",
        "unbooked",
        "uncleared",
    ),
    sa.Index(None, "run_id"),
)

line_dispute = table(
    "line_dispute",
    text("id", key=True),
    text("run_id", sa.ForeignKey("settlement_run.id")),
    text("operator"),
    text("line_id"),
    text("reason"),
    text("opened_by"),
    moment("opened_at"),
    sa.UniqueConstraint("operator", "line_id"),
)

dispute_step = table(
    "dispute_step",
    text("dispute_id", sa.ForeignKey("line_dispute.id"), key=True),
    number("seq", key=True),
    text("state"),
    text("actor"),
    moment("at"),
    text("text"),
    text("entry_id", null=True),
    one_of("state", "open", "answered", "corrected", "rejected", "withdrawn"),
)

# The end of an expired carnet: the number of its uses that were taken, and the amount that its operators gave back.
carnet_end = table(
    "carnet_end",
    text("ticket_jti", sa.ForeignKey("ticket.jti"), key=True),
    text("region"),
    number("uses"),
    number("used"),
    number("amount_minor"),
    text("currency"),
    moment("ended_at"),
    sa.Index(None, "region"),
)

# The balances that the bank tells of a day.
bank_statement = table(
    "bank_statement",
    text("iban", key=True),
    text("currency", key=True),
    text("statement_id", key=True),
    text("day", key=True),
    number("opening_minor"),
    number("closing_minor"),
    text("region"),
    moment("imported_at"),
)

# The payments that one line of the bank settles together.
batch_part = table(
    "batch_part",
    text("line_id", sa.ForeignKey("bank_line.id"), key=True),
    number("seq", key=True),
    text("party", key=True),
    text("currency", key=True),
    text("run_id", sa.ForeignKey("settlement_run.id")),
    number("amount_minor"),
    sa.Index(None, "run_id"),
)

# Payments that the bank has refused before it carried them out.
payment_refusal = table(
    "payment_refusal",
    text("run_id", sa.ForeignKey("settlement_run.id"), key=True),
    text("party", key=True),
    text("currency", key=True),
    number("attempt", key=True),
    text("code"),
    text("words"),
    text("message_id"),
    text("told_by"),
    moment("at"),
)

# Payments of a run that are paid once more.
payment_again = table(
    "payment_again",
    text("run_id", sa.ForeignKey("settlement_run.id"), key=True),
    text("party", key=True),
    text("currency", key=True),
    number("attempt", key=True),
    number("number"),
    text("account_id", sa.ForeignKey("bank_account.id")),
    text("actor"),
    text("reason"),
    moment("at"),
)

# No fact, but a slip of paper: it says how far the worker is, and goes on changing until it ends.
office_work = table(
    "office_work",
    text("id", key=True),
    text("kind"),
    text("region"),
    text("subject"),
    text("asked_by"),
    moment("asked_at"),
    text("wish"),
    text("stage"),
    number("done"),
    number("whole"),
    moment("ended_at", null=True),
    text("result"),
    text("fault"),
    one_of("kind", "close", "export"),
    sa.Index(
        "ix_office_work_open",
        "kind",
        "subject",
        "region",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    ),
)
