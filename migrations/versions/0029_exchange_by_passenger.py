"""An exchange says which legs of whom it gives up."""

import sqlalchemy as sa
from alembic import op

revision = "0029_exchange_by_passenger"
down_revision = "0027_outside_refunds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for orders of the previous release: their exchanges give up all that was there."""
    op.add_column("ticket_order", sa.Column("exchange_legs", sa.Text(), nullable=True))
