"""Keep what was paid back on a gateway's own pages, so that a refund of ours can be settled with it."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0027_outside_refunds"
down_revision = "0026_requests_of_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One new table: the previous release does not know it and goes on."""
    op.create_table(
        "outside_refund",
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_minor", Int64, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("learned_at", Instant(), nullable=False),
        sa.CheckConstraint("state IN ('confirmed', 'failed')", name=op.f("ck_outside_refund_state")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_outside_refund_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("external_id", name=op.f("pk_outside_refund")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_outside_refund_payment_id"), "outside_refund", ["payment_id"])
