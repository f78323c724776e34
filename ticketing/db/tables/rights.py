"""The tables of claims: what a law grants for a leg of a ticket, how it was decided, and what became of it.

The steps of a claim and the rule tables are facts: triggers refuse to change or remove them. A claim keeps what it was
decided from once it is decided. A case of a guarantee is never changed. A transfer that pays one keeps what it is, and a claim has at most one that is open.
"""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text

CLAIM_STATES = (
    "not_decided",
    "proposed",
    "contested",
    "decided",
    "needs_account",
    "paying",
    "paid",
    "refused",
)
PAYOUT_RUN_STATES = ("prepared", "released", "withdrawn")
PAYOUT_STATES = (*PAYOUT_RUN_STATES, "paid", "returned")
_IS_OPEN = "state IN ('prepared', 'released')"

# The rule tables by which claims were decided, as they were: a later release brings others.
rule_table = table(
    "rule_table",
    text("version", key=True),
    text("regime"),
    text("content"),
    moment("first_used_at"),
)

# No foreign key to the ticket: a gate holds tickets, and would wait for the order that a claim holds.
claim = table(
    "claim",
    text("id", key=True),
    text("region"),
    text("jti"),
    number("leg"),
    text("regime"),
    text("order_id", sa.ForeignKey("ticket_order.id")),
    text("operator"),
    text("trip_id"),
    text("service_date"),
    text("state"),
    # What is paid; none while it is not decided, and where nothing is.
    number("amount_minor", null=True),
    # What the passenger has paid for this operator's part of the leg.
    number("price_minor"),
    text("currency"),
    text("facts"),
    text("decision"),
    text("rule_version", sa.ForeignKey("rule_table.version")),
    # The ids of the observations that prove it.
    text("evidence"),
    moment("opened_at"),
    # When it goes on by itself: the end of the time to contest, or the next look at its evidence.
    moment("due_at", null=True),
    # The refund over which it is paid.
    text("refund_id", null=True),
    # What a person has to know of one that waits, or that was contested: a word of a closed list.
    text("waits_for", null=True),
    one_of("state", *CLAIM_STATES),
    sa.CheckConstraint("amount_minor > 0 AND amount_minor <= price_minor", name="amount_within_price"),
    sa.UniqueConstraint("jti", "leg", "regime"),
    sa.Index("ix_claim_state", "state", "due_at"),
    sa.Index(None, "order_id"),
    sa.Index("ix_claim_operator", "operator", "opened_at"),
    sa.Index("ix_claim_region", "region", "id"),
)

# Each step of a claim: when, by whom, and why; `note` has what was given as evidence, and the decision before.
claim_step = table(
    "claim_step",
    text("claim_id", sa.ForeignKey("claim.id"), key=True),
    number("seq", key=True),
    text("state"),
    moment("at"),
    text("actor"),
    text("reason"),
    text("note"),
    one_of("state", *CLAIM_STATES),
    sa.Index(None, "at"),
)

# When a run was looked at for claims, and when again: gates tell late who has ridden.
claim_run = table(
    "claim_run",
    text("region", key=True),
    text("operator", key=True),
    text("trip_id", key=True),
    text("service_date", key=True),
    moment("looked_at"),
    moment("next_at", null=True),
    sa.Index(None, "service_date"),
)

# The bank accounts that holders gave for their claims: the newest of a claim counts. Name and IBAN are erased when they
# are needed no longer; `hint` is what anybody may read of the IBAN.
claim_account = table(
    "claim_account",
    text("claim_id", sa.ForeignKey("claim.id"), key=True),
    number("seq", key=True),
    text("holder", null=True),
    text("iban", null=True),
    text("hint"),
    moment("given_at"),
    moment("erased_at", null=True),
)

# One file of transfers for the bank: prepared by one person, released (or withdrawn) by another one.
claim_payout_run = table(
    "claim_payout_run",
    text("id", key=True),
    text("region"),
    text("state"),
    number("demo"),
    # The account of the scheme that pays.
    text("payer_id", sa.ForeignKey("bank_account.id")),
    text("due"),
    text("digest"),
    text("prepared_by"),
    moment("prepared_at"),
    text("decided_by", null=True),
    moment("decided_at", null=True),
    one_of("state", *PAYOUT_RUN_STATES),
)

# One transfer; its id is the reference at the bank.
claim_payout = table(
    "claim_payout",
    text("id", key=True),
    text("run_id", sa.ForeignKey("claim_payout_run.id")),
    text("claim_id", sa.ForeignKey("claim.id")),
    number("attempt"),
    number("account_seq"),
    number("amount_minor", sa.CheckConstraint("amount_minor > 0", name="amount_positive")),
    text("currency"),
    text("state"),
    moment("changed_at"),
    one_of("state", *PAYOUT_STATES),
    sa.UniqueConstraint("claim_id", "attempt"),
    sa.Index(
        "ix_claim_payout_open",
        "claim_id",
        unique=True,
        sqlite_where=sa.text(_IS_OPEN),
        postgresql_where=sa.text(_IS_OPEN),
    ),
    sa.Index(None, "run_id"),
    sa.Index("ix_claim_payout_state", "state"),
)

# A connection that was guaranteed and missed: what it was decided from, and what was paid. It is written once, with its money.
guarantee_case = table(
    "guarantee_case",
    text("id", key=True),
    text("region"),
    text("order_id", sa.ForeignKey("ticket_order.id")),
    text("jti"),
    number("after_leg"),
    # The operator whose ride broke the connection.
    text("operator"),
    number("amount_minor", sa.CheckConstraint("amount_minor >= 0", name="amount_not_negative")),
    number("recourse_minor"),
    text("currency"),
    text("facts"),
    text("decision"),
    # The refund over which it is paid.
    text("refund_id", null=True),
    moment("decided_at"),
    sa.CheckConstraint(
        "recourse_minor >= 0 AND recourse_minor <= amount_minor", name="recourse_within_amount"
    ),
    sa.UniqueConstraint("jti", "after_leg"),
    sa.Index(None, "order_id"),
    sa.Index("ix_guarantee_case_operator", "region", "operator", "decided_at"),
)
