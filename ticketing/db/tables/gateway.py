"""Tables of the gateway's own account of our money: its lines, payouts and balances, all append-only."""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, table, text
from ticketing.db.tables.types import Instant

# Every line of a gateway's own account, as the gateway tells it.
gateway_line = table(
    "gateway_line",
    text("gateway", key=True),
    text("id", key=True),
    text("kind"),
    text("category"),
    text("source"),
    text("charge_id", null=True),
    text("currency"),
    number("amount_minor"),
    number("fee_minor"),
    text("exchanged_currency"),
    number("exchanged_minor"),
    text("description"),
    text("region"),
    moment("at"),
    moment("learned_at"),
    text("verdict"),
    sa.Index(None, "at"),
    sa.Index(None, "charge_id"),
)

# The states of a gateway's payouts, each told once.
gateway_payout = table(
    "gateway_payout",
    text("gateway", key=True),
    text("id", key=True),
    text("state", key=True),
    text("currency"),
    number("amount_minor"),
    text("arrives_on"),
    text("trace"),
    text("payer"),
    text("reason"),
    text("region"),
    moment("at"),
)

# The balance of a gateway at a moment, by its own word.
gateway_balance = table(
    "gateway_balance",
    text("gateway", key=True),
    text("currency", key=True),
    sa.Column("at", Instant(), primary_key=True, nullable=False),
    number("balance_minor"),
    number("lines_minor"),
    number("books_minor"),
)
