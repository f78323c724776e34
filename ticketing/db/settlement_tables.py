"""Tables of settlement: the steps of runs, approvals, bank accounts and statements, disputed lines, anchors.

All of them are facts (append-only by trigger): what changes is told by a further row.
"""

import sqlalchemy as sa

from ticketing.db.tables import _moment, _number, _one_of, _table, _text

run_step = _table(
    "run_step",
    _text("run_id", sa.ForeignKey("settlement_run.id"), key=True),
    _number("seq", key=True),
    _text("state"),
    _text("actor"),
    _moment("at"),
    _text("digest"),
    _text("note"),
)

run_file = _table(
    "run_file",
    _text("run_id", sa.ForeignKey("settlement_run.id"), key=True),
    _text("name", key=True),
    _text("sha256"),
    _number("bytes"),
    _moment("at"),
)

chain_block = _table(
    "chain_block",
    _text("region", key=True),
    _text("period", key=True),
    _number("seq", key=True),
    _text("last_entry"),
    _number("entries"),
    _number("final"),
    _text("previous"),
    _text("hash"),
    _text("signed"),
    _text("jwk"),
    _moment("made_at"),
)

bank_account = _table(
    "bank_account",
    _text("id", key=True),
    _text("party"),
    _text("name"),
    _text("iban"),
    _text("bic"),
    _text("town"),
    _text("country"),
    _text("entered_by"),
    _moment("entered_at"),
    sa.Index(None, "party"),
)

run_account = _table(
    "run_account",
    _text("run_id", sa.ForeignKey("settlement_run.id"), key=True),
    _text("party", key=True),
    _text("account_id", sa.ForeignKey("bank_account.id")),
)

approval = _table(
    "approval",
    _text("id", key=True),
    _text("subject_type"),
    _text("subject_id"),
    _text("digest"),
    _text("decision"),
    _text("actor"),
    _moment("decided_at"),
    _one_of("decision", "approved", "rejected"),
    sa.UniqueConstraint("subject_type", "subject_id"),
)

bank_line = _table(
    "bank_line",
    _text("id", key=True),
    _text("region"),
    _text("iban"),
    _text("statement_id"),
    _number("seq"),
    _text("booking_date"),
    _text("value_date"),
    _text("currency"),
    _number("amount_minor"),
    _text("end_to_end_id"),
    _text("bank_reference"),
    _text("counterparty"),
    _text("remittance"),
    _moment("imported_at"),
    sa.Index(None, "region", "iban"),
)

# The trail of a line of the bank: what it was booked as, whether that was taken back, where its suspense went.
bank_match = _table(
    "bank_match",
    _text("line_id", sa.ForeignKey("bank_line.id"), key=True),
    _number("seq", key=True, default="1"),
    _text("kind"),
    _text("run_id", sa.ForeignKey("settlement_run.id"), null=True),
    _text("party", null=True),
    _number("amount_minor"),
    _text("reason"),
    _text("actor"),
    _moment("at"),
    _one_of(
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

line_dispute = _table(
    "line_dispute",
    _text("id", key=True),
    _text("run_id", sa.ForeignKey("settlement_run.id")),
    _text("operator"),
    _text("line_id"),
    _text("reason"),
    _text("opened_by"),
    _moment("opened_at"),
    sa.UniqueConstraint("operator", "line_id"),
)

dispute_step = _table(
    "dispute_step",
    _text("dispute_id", sa.ForeignKey("line_dispute.id"), key=True),
    _number("seq", key=True),
    _text("state"),
    _text("actor"),
    _moment("at"),
    _text("text"),
    _text("entry_id", null=True),
    _one_of("state", "open", "answered", "corrected", "rejected", "withdrawn"),
)

# What became of a carnet that expired: how many of its uses were taken, and what its operators gave back.
carnet_end = _table(
    "carnet_end",
    _text("ticket_jti", sa.ForeignKey("ticket.jti"), key=True),
    _text("region"),
    _number("uses"),
    _number("used"),
    _number("amount_minor"),
    _text("currency"),
    _moment("ended_at"),
    sa.Index(None, "region"),
)
