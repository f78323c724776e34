"""A booking says which sailing it is for, so that what guests keep open on one can be counted."""

import sqlalchemy as sa
from alembic import op

revision = "0020_sailings_of_bookings"
down_revision = "0016_booking_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for bookings of the previous release: what they hold is over within minutes or is paid."""
    op.add_column("booking", sa.Column("sailing", sa.Text(), nullable=True))
    op.create_index(op.f("ix_booking_sailing"), "booking", ["sailing"])
