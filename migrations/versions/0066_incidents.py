"""Incidents that deployments share: append-only records in one chain, partners, deliveries, foreign keys that gates refuse."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0066_incidents"
down_revision = "0065_schema_steps"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make the tables and their guards; a release that serves beside it does not know them."""
    connection = op.get_bind()
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0066_{connection.dialect.name}{part}.sql")
