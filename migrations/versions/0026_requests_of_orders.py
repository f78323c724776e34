"""An order says which call has placed it, so that the same call finds it again when its answer was lost."""

import sqlalchemy as sa
from alembic import op

revision = "0026_requests_of_orders"
down_revision = "0025_after_the_money"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty for orders of the previous release: their calls are over, or are placed anew."""
    op.add_column("ticket_order", sa.Column("request_key", sa.Text(), nullable=True))
