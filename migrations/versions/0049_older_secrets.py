"""Keep the secret before the old one of a webhook: receivers may still check with it after a second change within a day."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.columns import Instant

revision = "0049_older_secrets"
down_revision = "0047_assistance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns; a release that serves beside it does not know them."""
    op.add_column("webhook", sa.Column("older_secret", sa.Text(), nullable=True))
    op.add_column("webhook", sa.Column("older_secret_until", Instant(), nullable=True))
