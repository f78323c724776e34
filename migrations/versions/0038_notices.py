"""Contacts of orders, the outbox of messages, codes that are good once, and when an address was confirmed."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.columns import moment, number, one_of, text

revision = "0038_notices"
down_revision = "0037_legs_of_tickets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and the column; what serves beside it knows none of them."""
    op.create_table(
        "contact",
        text("id", key=True),
        text("order_id", sa.ForeignKey("ticket_order.id", name="fk_contact_order_id_ticket_order")),
        text("kind"),
        text("digest"),
        text("language"),
        text("document"),
        moment("created_at"),
        one_of("kind", "email", "webpush", "webhook"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("order_id", "digest", name="uq_contact_order_id_digest"),
        sqlite_strict=True,
    )
    op.create_index("ix_contact_digest", "contact", ["digest"])
    op.create_table(
        "notice",
        text("id", key=True),
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
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("topic", name="uq_notice_topic"),
        sqlite_strict=True,
    )
    op.create_index("ix_notice_state_due_at", "notice", ["state", "due_at"])
    op.create_index("ix_notice_order_id", "notice", ["order_id"])
    op.create_table(
        "one_time_code",
        text("hash", key=True),
        text("purpose"),
        text("person_id", sa.ForeignKey("person.id", name="fk_one_time_code_person_id_person")),
        moment("created_at"),
        moment("expires_at"),
        moment("used_at", null=True),
        one_of("purpose", "reset_password", "confirm_address"),
        sa.PrimaryKeyConstraint("hash", name="pk_one_time_code"),
        sqlite_strict=True,
    )
    op.create_index("ix_one_time_code_person_id", "one_time_code", ["person_id"])
    op.add_column("person", moment("confirmed_at", null=True))
