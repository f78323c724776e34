"""Webhooks of backends, letters to people who work here, the line of an API key, and when a refund changed."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0039_webhooks"
down_revision = "0038_notices"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Add the tables and columns; a release that serves beside it knows none of them."""
    connection = op.get_bind()
    run_script(connection, _FOLDER / f"0039_{connection.dialect.name}.sql")
