"""Let the database name every schema that it contains, so that an older release knows that it is served by a newer one."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant

revision = "0065_schema_steps"
down_revision = "0064_people"
branch_labels = None
depends_on = None
# The code works without it (`ticketing.db.migrate.is_served`).
needed = False


def upgrade() -> None:
    """Make the table; `ticketing.db.migrate` writes the steps. A release that serves beside it does not look there."""
    op.create_table(
        "schema_step",
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_schema_step"),
        sqlite_strict=True,
    )
