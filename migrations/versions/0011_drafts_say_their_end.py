"""A draft of a run keeps, once, what the end of its month was decided by (docs/decisions/0010)."""

from alembic import op

revision = "0011_drafts_say_their_end"
down_revision = "0010_holders_and_passkeys"
branch_labels = None
depends_on = None

_MOVES = ", ".join(
    f"'{move}'"
    for move in (
        "draft>calculated", "calculated>approved", "calculated>rejected", "calculated>voided", "approved>exported",
        "approved>voided", "exported>sent", "exported>voided", "sent>reconciled",
    )
)  # fmt: skip
_FORWARD = f"OLD.state || '>' || NEW.state NOT IN ({_MOVES})"
_TOLD_ONCE = "(OLD.state = 'draft' AND NEW.state = 'draft' AND OLD.document = '{}')"
_CHANGED = " OR ".join(
    f"NEW.{name} <> OLD.{name}" for name in ("id", "region", "period", "version", "prepared_by", "created_at")
)
_FROZEN = "OLD.state <> 'draft' AND (NEW.document <> OLD.document OR NEW.digest <> OLD.digest)"


def upgrade() -> None:
    """Let a draft be told its month's end."""
    refused = f"{_FORWARD} AND NOT {_TOLD_ONCE}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER run_forward")
        op.execute(
            f"""CREATE TRIGGER run_forward BEFORE UPDATE ON settlement_run WHEN {refused}
            BEGIN SELECT RAISE(ABORT, 'a run takes no such step'); END"""
        )
        return
    op.execute(
        f"""CREATE OR REPLACE FUNCTION keep_run() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN {_refusal('a run is never removed')} END IF;
            IF {_CHANGED} OR {_FROZEN} THEN {_refusal('a calculated run is frozen')} END IF;
            IF {refused} THEN {_refusal('a run takes no such step')} END IF;
            RETURN NEW;
        END $$"""
    )


def _refusal(message: str) -> str:
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"
