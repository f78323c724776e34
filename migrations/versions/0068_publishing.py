"""Keep the privacy that was spent on published numbers, and the files as they were first written."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0068_publishing"
down_revision = "0066_incidents"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make the tables and their guards; a release that serves beside it neither reads nor writes them."""
    connection = op.get_bind()
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0068_{connection.dialect.name}{part}.sql")
