"""Uploaded scans: the facts that gates tell after they have been offline."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0002_scan_facts"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of facts."""
    op.create_table(
        "scan_fact",
        sa.Column("gate_key_id", sa.Text(), nullable=False),
        sa.Column("scan_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("leg", Int64, nullable=False),
        sa.Column("seq", Int64, nullable=False),
        sa.Column("device_ts", Int64, nullable=False),
        sa.Column("clock_offset", Int64, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("bundle_version", Int64, nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("gate_key_id", "scan_id", "content_hash", name=op.f("pk_scan_fact")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_scan_fact_jti"), "scan_fact", ["jti"])
