"""Find exchanges without a look at every order."""

import sqlalchemy as sa
from alembic import op

revision = "0057_exchanges"
down_revision = "0056_holds_again"
branch_labels = None
depends_on = None

_IS_EXCHANGE = sa.text("exchange_of IS NOT NULL")


def upgrade() -> None:
    """Add indexes of the few orders that are exchanges; a release that serves beside it does not miss them."""
    for name, column in (
        ("ix_ticket_order_exchange_of", "exchange_of"),
        ("ix_ticket_order_exchanged_at", "created_at"),
    ):
        op.create_index(
            name, "ticket_order", [column], sqlite_where=_IS_EXCHANGE, postgresql_where=_IS_EXCHANGE
        )
