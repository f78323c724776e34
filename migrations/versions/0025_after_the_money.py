"""Keep orders that are paid and have no ticket yet, and how each job of the worker fares."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0025_after_the_money"
down_revision = "0021_known_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two new tables: the previous release knows neither and goes on."""
    op.create_table(
        "undelivered",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("tries", Int64, autoincrement=False, nullable=False),
        sa.Column("first_at", Instant(), nullable=False),
        sa.Column("next_try_at", Instant(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["ticket_order.id"], name=op.f("fk_undelivered_order_id_ticket_order")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_undelivered")),
        sqlite_strict=True,
    )
    op.create_table(
        "worker_job",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ran_at", Instant(), nullable=False),
        sa.Column("succeeded_at", Instant(), nullable=True),
        sa.Column("failures", Int64, autoincrement=False, nullable=False),
        sa.Column("failing", Int64, autoincrement=False, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_job")),
        sqlite_strict=True,
    )
