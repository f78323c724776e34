"""Let the office ask the worker for long work, and see how far it is."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0058_office_work"
down_revision = "0057_exchanges"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Add a table that a release which serves beside it neither reads nor writes."""
    op.create_table(
        "office_work",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "region", "subject", "asked_by")),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("done", Int64, nullable=False),
        sa.Column("whole", Int64, nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_office_work"),
        sa.CheckConstraint("kind IN ('close', 'export')", name="ck_office_work_kind"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_office_work_open",
        "office_work",
        ["kind", "subject", "region"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
