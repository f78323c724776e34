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
    one_of("kind", "email", "webpush", "webhook"),
    sa.UniqueConstraint("order_id", "digest"),
    sa.Index(None, "digest"),
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
    one_of("kind", "email", "webpush", "webhook"),
    one_of("state", "waiting", "delivered", "unreachable", "dropped"),
    sa.UniqueConstraint("topic"),
    sa.Index(None, "state", "due_at"),
    sa.Index(None, "order_id"),
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
