"""Claims of passengers, their steps, the rule tables that decided them, and the runs that were looked at."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0041_claims"
down_revision = "0040_seen_and_told"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make the tables and their guards; a release that serves beside it knows none of them."""
    connection = op.get_bind()
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0041_{connection.dialect.name}{part}.sql")
