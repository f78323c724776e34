"""Mark API keys that are for tests: a live deployment refuses them."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.columns import Int64

revision = "0051_test_keys"
down_revision = "0050_new_things"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; a release that serves beside it makes keys that are for no tests."""
    op.add_column("api_key", sa.Column("is_test", Int64, nullable=False, server_default="0"))
