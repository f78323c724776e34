"""The last known state of each run, as its operator told it, and of each operator's live data as a whole."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0015_run_state"
down_revision = "0014_bank_lines_are_taken_back"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables; the previous release does not know them."""
    op.create_table(
        "run_state",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("trip_id", sa.Text(), nullable=False),
        sa.Column("service_date", sa.Text(), nullable=False),
        sa.Column("cancelled", Int64, autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("worst_seconds", Int64, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("as_of", Instant(), nullable=False),
        sa.Column("first_told_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("revision", Int64, autoincrement=False, nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.CheckConstraint("cancelled IN (0, 1)", name=op.f("ck_run_state_cancelled")),
        sa.PrimaryKeyConstraint("region", "operator", "trip_id", "service_date", name=op.f("pk_run_state")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_run_state_region_service_date"), "run_state", ["region", "service_date"]
    )
    op.create_table(
        "live_feed",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("as_of", Instant(), nullable=True),
        sa.Column("version", Int64, autoincrement=False, nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("region", "operator", name=op.f("pk_live_feed")),
        sqlite_strict=True,
    )
