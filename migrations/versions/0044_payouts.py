"""Compensation over a bank account: the claims that wait for one, the accounts, and the transfers that pay them."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0044_payouts"
down_revision = "0042_reroutings"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Let claims wait for an account, and make the tables and guards; a release that serves beside it pays none of these claims."""
    connection = op.get_bind()
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0044_{connection.dialect.name}{part}.sql")
