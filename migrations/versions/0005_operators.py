"""Connectors: their journal, our own inventory of sailings, the figures of their calls."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0005_operators"
down_revision = "0004_gate_devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "connector_entry",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("price_minor", Int64, nullable=True),
        sa.Column("price_currency", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", Int64, nullable=False),
        sa.PrimaryKeyConstraint("region", "operator", "key", name=op.f("pk_connector_entry")),
        sqlite_strict=True,
    )
    op.create_table(
        "sailing",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("trip_id", sa.Text(), nullable=False),
        sa.Column("service_date", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("region", "operator", "trip_id", "service_date", name=op.f("pk_sailing")),
        sqlite_strict=True,
    )
    op.create_table(
        "reservation",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("trip_id", sa.Text(), nullable=False),
        sa.Column("service_date", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("foot", Int64, nullable=False),
        sa.Column("car", Int64, nullable=False),
        sa.Column("cabin", Int64, nullable=False),
        sa.Column("price_minor", Int64, nullable=True),
        sa.Column("price_currency", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('held', 'confirmed', 'released', 'cancelled')", name=op.f("ck_reservation_state")
        ),
        sa.PrimaryKeyConstraint("region", "operator", "key", name=op.f("pk_reservation")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_reservation_region_operator_trip_id_service_date"),
        "reservation",
        ["region", "operator", "trip_id", "service_date"],
    )
    op.create_table(
        "operator_figure",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("hour", Instant(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "region", "operator", "call", "hour", "process", name=op.f("pk_operator_figure")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_operator_figure_hour"), "operator_figure", ["hour"])
