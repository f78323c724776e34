"""The store of observations: what operators have told of runs, with the messages that it was read from."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0036_observations"
down_revision = "0035_schema_of_0_2"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make the tables and their guards."""
    connection = op.get_bind()
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0036_{connection.dialect.name}{part}.sql")
