"""Keep the tickets that operators hand over when they confirm a booking, in their own form."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0016_booking_documents"
down_revision = "0015_run_state"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; bookings that were confirmed before have nothing in it."""
    op.create_table(
        "booking_document",
        sa.Column("booking_id", sa.Text(), nullable=False),
        sa.Column("seq", Int64, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("kept_at", Instant(), nullable=False),
        sa.CheckConstraint("encoding IN ('text', 'base64')", name=op.f("ck_booking_document_encoding")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_booking_document_booking_id_booking")
        ),
        sa.PrimaryKeyConstraint("booking_id", "seq", name=op.f("pk_booking_document")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_booking_document_kept_at"), "booking_document", ["kept_at"])
