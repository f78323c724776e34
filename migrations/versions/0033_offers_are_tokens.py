"""An offer is a token that nobody stores: a quote keeps a digest of it."""

import sqlalchemy as sa
from alembic import op

revision = "0033_offers_are_tokens"
down_revision = "0031_group_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the digest, empty for quotes of the previous release; the table of offers stays for those that still hold."""
    op.add_column("quote", sa.Column("offer_digest", sa.Text(), nullable=True))
