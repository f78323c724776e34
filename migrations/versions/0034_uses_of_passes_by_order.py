"""A gate asks which passes pay for the ticket that is shown: the uses of passes are found by their order."""

from alembic import op

revision = "0034_uses_of_passes_by_order"
down_revision = "0033_offers_are_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the uses of passes by order."""
    op.create_index(op.f("ix_pass_use_order_id"), "pass_use", ["order_id"])
