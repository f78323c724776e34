"""Changed platforms as events, the words of staff beside them, and the words that persons have chosen between."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0040_seen_and_told"
down_revision = "0039_webhooks"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Add the columns and the table; a release that serves beside it writes none of them."""
    connection = op.get_bind()
    run_script(connection, _FOLDER / f"0040_{connection.dialect.name}.sql")
