"""Keep with an order what its buyer was told of separate contracts, and find what concerns an order by the order."""

import sqlalchemy as sa
from alembic import op

revision = "0045_disclosed_and_affected"
down_revision = "0044_payouts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column and an index; a release that serves beside it knows neither."""
    op.add_column("ticket_order", sa.Column("disclosed", sa.Text(), nullable=True))
    op.create_index(
        "ix_disruption_affected_order_id_event_id", "disruption_affected", ["order_id", "event_id"]
    )
