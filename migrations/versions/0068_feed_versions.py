"""Remember which feeds were served since when."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant

revision = "0068_feed_versions"
down_revision = "0065_schema_steps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table; a release that serves beside it writes nothing into it."""
    op.create_table(
        "feed_version",
        sa.Column("region", sa.Text(), primary_key=True),
        sa.Column("operator", sa.Text(), primary_key=True),
        sa.Column("first_served_at", Instant(), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
