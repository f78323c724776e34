"""Orders with a passenger who needs assistance: they come first where places are held."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0047_assistance"
down_revision = "0046_place_holds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; a release that serves beside it does not know it."""
    connection = op.get_bind()
    run_script(connection, Path(__file__).parents[1] / "schema" / f"0047_{connection.dialect.name}.sql")
