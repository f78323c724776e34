"""Which bank account of each party a run pays to, bound when the run is approved."""

import sqlalchemy as sa
from alembic import op

revision = "0012_run_accounts"
down_revision = "0011_drafts_say_their_end"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; runs that were exported before have no accounts bound and keep their files."""
    op.create_table(
        "run_account",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "party", name=op.f("pk_run_account")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["settlement_run.id"], name=op.f("fk_run_account_run_id_settlement_run")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["bank_account.id"], name=op.f("fk_run_account_account_id_bank_account")
        ),
        sqlite_strict=True,
    )
    for statement in _fact(op.get_bind().dialect.name):
        op.execute(statement)


def _fact(dialect: str) -> list[str]:
    """What was bound stays bound."""
    if dialect == "postgresql":
        return [
            "CREATE TRIGGER run_account_append_only BEFORE UPDATE OR DELETE ON run_account "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ]
    return [
        f"CREATE TRIGGER run_account_no_{verb.lower()} BEFORE {verb} ON run_account "
        "BEGIN SELECT RAISE(ABORT, 'run_account is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]
