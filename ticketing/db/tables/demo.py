"""The demo gateway's own side, as if it were another company's."""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text

demo_charge = table(
    "demo_charge",
    text("id", key=True),
    text("method"),
    text("state"),
    number("amount_minor"),
    number("captured_minor"),
    number("refunded_minor"),
    text("currency"),
    moment("created_at"),
    text("order_id"),
    text("payment_id"),
    one_of("state", "action_required", "authorised", "declined", "captured", "cancelled"),
    sa.Index(None, "payment_id"),
    sa.CheckConstraint("captured_minor <= amount_minor", name="capture_within_amount"),
    sa.CheckConstraint("refunded_minor <= captured_minor", name="refund_within_capture"),
)

demo_object = table(
    "demo_object",
    text("id", key=True),
    text("kind"),
    text("charge_id", sa.ForeignKey("demo_charge.id")),
    moment("created_at"),
    text("document"),
    one_of("kind", "refund", "dispute", "balance"),
    sa.Index(None, "charge_id"),
)

demo_call = table(
    "demo_call",
    text("idempotency_key", key=True),
    text("request"),
    text("document"),
)
