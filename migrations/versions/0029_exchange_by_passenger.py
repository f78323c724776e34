"""An exchange says which legs of whom it gives up; rides on legs that had gone are kept."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0029_exchange_by_passenger"
down_revision = "0027_outside_refunds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for orders of the previous release: their exchanges give up all that was there.

    The new table is one that the previous release does not know.
    """
    op.add_column("ticket_order", sa.Column("exchange_legs", sa.Text(), nullable=True))
    op.create_table(
        "refunded_ride",
        sa.Column("gate_key_id", sa.Text(), nullable=False),
        sa.Column("scan_id", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("leg", Int64, autoincrement=False, nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("refunded_at", Instant(), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_refunded_ride_jti_ticket")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refunded_ride_refund_id_refund")),
        sa.PrimaryKeyConstraint("gate_key_id", "scan_id", name=op.f("pk_refunded_ride")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_refunded_ride_jti"), "refunded_ride", ["jti"])
    op.create_index(op.f("ix_refunded_ride_operator_found_at"), "refunded_ride", ["operator", "found_at"])
