"""The legs of tickets by the run that they are for, of every ticket that is valid now, and the events of runs."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0037_legs_of_tickets"
down_revision = "0036_observations"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make the tables and fill the one of legs; what an older release sells beside it, the worker adds.

    Nothing that a sale or a search reads is locked while it is filled: no foreign key points to tickets, and the columns of
    live data, which an older release leaves empty, come last.
    """
    connection = op.get_bind()
    run_script(connection, _FOLDER / f"0037_{connection.dialect.name}.sql")
