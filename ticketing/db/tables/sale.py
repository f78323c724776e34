"""The tables of what is sold: offers, tariff versions and quotes, orders with payments and tickets; who calls.

Quotes, tariff versions and events of orders are facts: triggers refuse to change or remove them.
"""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text

# --- what is offered and frozen -------------------------------------------------------------------------

offer = table(
    "offer",
    text("id", key=True),
    text("region"),
    moment("created_at"),
    moment("expires_at"),
    text("document"),
    sa.Index(None, "expires_at"),
)

tariff_version = table(
    "tariff_version",
    text("version", key=True),
    text("region"),
    moment("first_used_at"),
    text("document"),
)

quote = table(
    "quote",
    text("id", key=True),
    # An offer of the releases that stored them; the table `offer` is written no more.
    text("offer_id", sa.ForeignKey("offer.id"), null=True),
    text("region"),
    text("tariff_version", sa.ForeignKey("tariff_version.version")),
    number("total_minor", sa.CheckConstraint("total_minor >= 0", name="total_not_negative")),
    text("currency"),
    moment("created_at"),
    moment("expires_at"),
    text("document"),
    # A digest of the offer's token; neither is there for a pass.
    text("offer_digest", null=True),
)

# --- orders, payments, tickets --------------------------------------------------------------------------

_IS_EXCHANGE = sa.text("exchange_of IS NOT NULL")

order = table(
    "ticket_order",
    text("id", key=True),
    text("quote_id", sa.ForeignKey("quote.id")),
    text("region"),
    text("state"),
    number("total_minor"),
    text("currency"),
    moment("created_at"),
    moment("expires_at"),
    # The owner, where the buyer has an account; tables of people come later in the list of files.
    text("person_id", sa.ForeignKey("person.id"), null=True),
    # An exchange pays with what the tickets of another order give back.
    text("exchange_of", sa.ForeignKey("ticket_order.id"), null=True),
    number("credit_minor", sa.CheckConstraint("credit_minor >= 0", name="credit_not_negative"), default="0"),
    # A hash of the call that placed it: the call may be repeated when its answer was lost.
    text("request_key", null=True),
    # An exchange: the legs of each passenger that it gives up (JSON); none where it gives up nothing.
    text("exchange_legs", null=True),
    # `group` where one code stands for the people of the order; none where each has their own.
    text("code", null=True),
    # What its buyer was told of connections between separate contracts (JSON); none where there are none.
    text("disclosed", null=True),
    # The guarantee that was sold with it for connections between operators (JSON); none where none was.
    text("guaranteed", null=True),
    one_of(
        "state",
        "holding", "awaiting_payment", "payment_failed", "payment_unknown", "authorised", "unwinding", "ticketed",
        "part_refunded", "refunded", "exchanged", "cancelled", "expired",
    ),
    sa.UniqueConstraint("quote_id"),
    sa.Index(None, "state", "expires_at"),
    sa.Index(None, "person_id"),
    # Few orders are exchanges; each exchange, and the look for other ways of each minute, asks for those alone.
    sa.Index(None, "exchange_of", sqlite_where=_IS_EXCHANGE, postgresql_where=_IS_EXCHANGE),
    sa.Index("ix_ticket_order_exchanged_at", "created_at", sqlite_where=_IS_EXCHANGE, postgresql_where=_IS_EXCHANGE),
)  # fmt: skip

order_event = table(
    "order_event",
    text("id", key=True),
    text("order_id", sa.ForeignKey("ticket_order.id")),
    moment("at"),
    text("from_state", null=True),
    text("to_state"),
    text("actor"),
    text("reason"),
    sa.Index(None, "order_id"),
    sa.Index(None, "to_state", "at"),
)

payment = table(
    "payment",
    text("id", key=True),
    text("order_id", sa.ForeignKey("ticket_order.id")),
    text("gateway"),
    text("method"),
    text("request_key"),
    text("state"),
    number("amount_minor", sa.CheckConstraint("amount_minor > 0", name="amount_positive")),
    text("currency"),
    text("external_id", null=True),
    moment("created_at"),
    number("fee_minor", default="0"),
    one_of("state", "pending", "action_required", "authorised", "captured", "declined", "cancelled", "held"),
    sa.UniqueConstraint("external_id"),
    sa.UniqueConstraint("order_id", "request_key"),
)

refund = table(
    "refund",
    text("id", key=True),
    text("order_id", sa.ForeignKey("ticket_order.id")),
    text("payment_id", sa.ForeignKey("payment.id"), null=True),
    number("seq"),
    text("request_key"),
    text("state"),
    number("amount_minor", sa.CheckConstraint("amount_minor >= 0", name="amount_not_negative")),
    text("currency"),
    text("document"),
    text("external_id", null=True),
    moment("created_at"),
    # When it came into its present state; none where it was decided so.
    moment("changed_at", null=True),
    one_of("state", "decided", "pending", "confirmed", "failed"),
    sa.UniqueConstraint("order_id", "seq"),
    sa.UniqueConstraint("order_id", "request_key"),
    sa.Index(None, "created_at"),
    sa.Index(None, "changed_at"),
)

ticket = table(
    "ticket",
    text("jti", key=True),
    text("order_id", sa.ForeignKey("ticket_order.id")),
    text("passenger_ref"),
    text("status"),
    text("token"),
    text("product"),
    number("amount_minor"),
    text("currency"),
    text("status_list"),
    number("status_index"),
    moment("issued_at"),
    moment("not_before"),
    moment("expires_at"),
    moment("revoked_at", null=True),
    text("document"),
    one_of("status", "valid", "revoked", "suspended"),
    sa.UniqueConstraint("status_list", "status_index"),
    sa.Index(None, "order_id"),
    sa.Index(None, "expires_at", "status_list"),
    sa.Index(None, "status_list", "status"),
    sa.Index(None, "status_list", "expires_at"),
    sa.Index(None, "product", "expires_at"),
)

# One code that stands for several tickets of an order: a credential beside them, of which the books know nothing.
group_code = table(
    "group_code",
    text("jti", key=True),
    # No foreign key: a gate holds tickets when it makes a code, and would wait for the order that a refund holds, which
    # waits for the tickets. The members lead to the order, too.
    text("order_id"),
    text("status"),
    text("token"),
    text("status_list"),
    number("status_index"),
    moment("issued_at"),
    moment("not_before"),
    moment("expires_at"),
    moment("revoked_at", null=True),
    text("ended_by", null=True),
    text("control_code", null=True),
    one_of("status", "valid", "revoked", "suspended"),
    one_of("ended_by", "change", "buyer", "move"),
    sa.UniqueConstraint("status_list", "status_index"),
    sa.Index(None, "order_id"),
    sa.Index(None, "control_code"),
    sa.Index(None, "expires_at"),
)

group_member = table(
    "group_member",
    text("code_jti", sa.ForeignKey("group_code.jti"), key=True),
    text("ticket_jti", sa.ForeignKey("ticket.jti"), key=True),
    sa.Index(None, "ticket_jti"),
)

# --- who calls, and what was already answered -----------------------------------------------------------

api_key = table(
    "api_key",
    text("id", key=True),
    text("role"),
    text("operator", null=True),
    text("label"),
    text("secret_hash"),
    moment("created_at"),
    moment("expires_at", null=True),
    moment("revoked_at", null=True),
    # The first key of a line of successors; none where it is this one.
    text("line", null=True),
    number("is_test", default="0"),
    # The person to whom the key belongs; none for a machine.
    text("staff_id", sa.ForeignKey("staff_member.id"), null=True),
    # When its owner last gave a code of their second factor.
    moment("verified_at", null=True),
    one_of("role", "gate", "operator_staff", "operator_finance", "operator_admin", "finance", "admin", "app"),
    sa.UniqueConstraint("secret_hash"),
)

idempotency = table(
    "idempotency",
    text("principal", key=True),
    text("route", key=True),
    text("key", key=True),
    text("body_hash"),
    moment("created_at"),
    moment("lease_until"),
    text("answer", null=True),
    sa.Index(None, "created_at"),
)
