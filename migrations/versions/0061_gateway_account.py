"""Keep the lines, the payouts and the balances of the gateway's own account."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0061_gateway_account"
down_revision = "0060_bank_words"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make the tables; a release that serves beside it knows none of them."""
    connection = op.get_bind()
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0061_{connection.dialect.name}{part}.sql")
