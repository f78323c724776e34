"""Give API keys an owner and staff a second factor, and compare four eyes by person."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0064_people"
down_revision = "0062_feed_versions"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Add columns, a table and guards; a release that serves beside it makes keys without an owner, as before."""
    connection = op.get_bind()
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0064_{connection.dialect.name}{part}.sql")
