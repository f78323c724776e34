"""The database knows the keys that its issuer signs with, so that a process which lacks one does not start as another issuer."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant

revision = "0021_known_keys"
down_revision = "0020_sailings_of_bookings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table empty: the first process of the new release writes down the keys that it holds."""
    op.create_table(
        "known_key",
        sa.Column("kid", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("known_since", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "state IN ('announced', 'active', 'verify_only', 'removed', 'compromised')",
            name=op.f("ck_known_key_state"),
        ),
        sqlite_strict=True,
    )
    # Two hosts that start at one instant with folders of their own cannot both become the issuer.
    op.create_index(
        op.f("ix_known_key_active"), "known_key", ["kind"], unique=True,
        sqlite_where=sa.text("state = 'active'"), postgresql_where=sa.text("state = 'active'"),
    )
