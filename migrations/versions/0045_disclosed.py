"""What a buyer was told of connections between separate contracts, kept with the order."""

import sqlalchemy as sa
from alembic import op

revision = "0045_disclosed"
down_revision = "0044_payouts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; a release that serves beside it knows none of it."""
    op.add_column("ticket_order", sa.Column("disclosed", sa.Text(), nullable=True))
