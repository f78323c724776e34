"""The choices of holders whose departure does not go as sold, with the moves of their tickets, and the links of letters that were used."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0042_reroutings"
down_revision = "0041_claims"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make the tables and their guards; a release that serves beside it knows neither, and makes no choices."""
    connection = op.get_bind()
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0042_{connection.dialect.name}{part}.sql")
