"""Contacts of orders, the outbox of messages, codes that are good once, and when an address was confirmed."""

from pathlib import Path

from alembic import op

from ticketing.db.scripts import run_script

revision = "0038_notices"
down_revision = "0037_legs_of_tickets"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Add the tables and the column; a release that serves beside it knows none of them."""
    connection = op.get_bind()
    run_script(connection, _FOLDER / f"0038_{connection.dialect.name}.sql")
