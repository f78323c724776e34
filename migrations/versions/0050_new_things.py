"""Find what is new, for the messages of every round, without a look at every order."""

from alembic import op

revision = "0050_new_things"
down_revision = "0049_older_secrets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add indexes; a release that serves beside it does not miss them."""
    op.create_index("ix_contact_created_at", "contact", ["created_at"])
    op.create_index("ix_order_event_to_state_at", "order_event", ["to_state", "at"])
    op.create_index("ix_refund_created_at", "refund", ["created_at"])
    op.create_index("ix_refund_changed_at", "refund", ["changed_at"])
    op.create_index("ix_claim_step_at", "claim_step", ["at"])
    op.create_index("ix_rerouting_ended_at", "rerouting", ["ended_at"])
    op.create_index("ix_place_hold_made_at", "place_hold", ["made_at"])
    op.create_index("ix_place_hold_ended_at", "place_hold", ["ended_at"])
