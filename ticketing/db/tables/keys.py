"""The keys that the issuer of this database signs with: what they are called and what they look like, never themselves."""

import sqlalchemy as sa

from ticketing.db.tables.columns import metadata
from ticketing.db.tables.types import Instant

known_key = sa.Table(
    "known_key", metadata,
    sa.Column("kid", sa.Text(), primary_key=True),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("thumbprint", sa.Text(), nullable=False),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("known_since", Instant(), nullable=False),
    sa.Column("changed_at", Instant(), nullable=False),
    sa.CheckConstraint(
        "state IN ('announced', 'active', 'verify_only', 'removed', 'compromised')", name="state"
    ),
    sa.Index(
        "ix_known_key_active", "kind", unique=True,
        sqlite_where=sa.text("state = 'active'"), postgresql_where=sa.text("state = 'active'"),
    ),
    sqlite_strict=True,
)  # fmt: skip
