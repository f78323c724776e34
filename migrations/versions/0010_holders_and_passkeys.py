"""Whose a ticket will be, while its order waits: its phone, the hash of a name; passkeys of accounts."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0010_holders_and_passkeys"
down_revision = "0009_console"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; nothing of the past concerns them."""
    op.create_table(
        "order_holder",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("passenger_ref", sa.Text(), nullable=False),
        sa.Column("jwk", sa.Text(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("idh", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("order_id", "passenger_ref", name=op.f("pk_order_holder")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["ticket_order.id"], name=op.f("fk_order_holder_order_id_ticket_order")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("uses", Int64, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_passkey_person_id_person")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_passkey_person_id"), "passkey", ["person_id"])


def downgrade() -> None:
    """Drop both: people sign in another way, and waiting orders have no holders."""
    op.drop_table("passkey")
    op.drop_table("order_holder")
