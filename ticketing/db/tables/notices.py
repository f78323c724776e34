"""The tables of messages: the contacts of an order, the outbox of messages, and codes that are good once.

Contacts and messages hold addresses of people: the worker empties them after the journey (docs/privacy.md).
"""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text

contact = table(
    "contact",
    text("id", key=True),
    text("order_id", sa.ForeignKey("ticket_order.id")),
    text("kind"),
    # A digest of kind and address: the same contact is kept once for an order, and an address finds its orders.
    text("digest"),
    text("language"),
    text("document"),
    moment("created_at"),
    # The webhook of a whole backend that this contact names.
    text("webhook_id", null=True),
    one_of("kind", "email", "webpush", "webhook"),
    sa.UniqueConstraint("order_id", "digest"),
    sa.Index(None, "digest"),
    sa.Index(None, "webhook_id"),
    sa.Index(None, "created_at"),
)

notice = table(
    "notice",
    text("id", key=True),
    # Names the holder and the revision: the same message is written once, whoever writes it.
    text("topic"),
    text("kind"),
    text("template"),
    text("language"),
    text("document"),
    text("order_id", null=True),
    text("state"),
    number("tries", default="0"),
    moment("created_at"),
    moment("due_at"),
    moment("ended_at", null=True),
    text("detail", null=True),
    # The webhook of a whole backend that it goes to, and the type of its event.
    text("webhook_id", null=True),
    text("type", null=True),
    one_of("kind", "email", "webpush", "webhook"),
    one_of("state", "waiting", "delivered", "unreachable", "dropped"),
    sa.UniqueConstraint("topic"),
    sa.Index(None, "state", "due_at"),
    sa.Index(None, "order_id"),
    sa.Index(None, "webhook_id", "id"),
)

# An address of a backend that takes events, of those who hold a line of API keys. It is on while `off_because` is empty.
webhook = table(
    "webhook",
    text("id", key=True),
    text("key_line"),
    text("role"),
    text("operator", null=True),
    text("url"),
    text("secret"),
    text("old_secret", null=True),
    moment("old_secret_until", null=True),
    text("older_secret", null=True),
    moment("older_secret_until", null=True),
    text("off_because", null=True),
    moment("created_at"),
    moment("failing_since", null=True),
    moment("last_failure_at", null=True),
    text("last_failure", null=True),
    moment("last_delivered_at", null=True),
    one_of("off_because", "by_hand", "failing", "gone"),
    sa.Index(None, "key_line"),
)

# A type that a webhook takes, or all of a family (`order.*`), and from which moment on it is told of them.
webhook_type = table(
    "webhook_type",
    text("webhook_id", sa.ForeignKey("webhook.id"), key=True),
    text("pattern", key=True),
    moment("since"),
)

# Somebody who works for an operator, or for the scheme (no operator), and gets letters about a matter.
work_contact = table(
    "work_contact",
    text("id", key=True),
    text("matter"),
    text("operator", null=True),
    text("address"),
    text("language"),
    moment("created_at"),
    one_of("matter", "statement_ready", "waits_for_you"),
    sa.Index(None, "matter", "operator"),
)

# Codes that somebody types or follows once, by their hash.
one_time_code = table(
    "one_time_code",
    text("hash", key=True),
    text("purpose"),
    text("person_id", sa.ForeignKey("person.id")),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", null=True),
    one_of("purpose", "reset_password", "confirm_address"),
    sa.Index(None, "person_id"),
)
