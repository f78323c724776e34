"""Holds of places that are tried again once they have come to nothing."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0056_holds_again"
down_revision = "0053_guarantees"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Let a departure be held again for a leg; a release that serves beside it holds each once, as before."""
    connection = op.get_bind()
    run_script(connection, _FOLDER / f"0056_{connection.dialect.name}.sql")
    if connection.dialect.name == "sqlite":
        run_script(connection, _FOLDER / "0056_sqlite_guards.sql")
