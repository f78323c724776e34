"""Guarantees of connections: what an order bought, and the cases in which one was missed."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from ticketing.db.scripts import run_script

revision = "0053_guarantees"
down_revision = "0051_test_keys"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make the table and its guards, and a column; a release that serves beside it knows neither, and sells no guarantee."""
    connection = op.get_bind()
    op.add_column("ticket_order", sa.Column("guaranteed", sa.Text(), nullable=True))
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0053_{connection.dialect.name}{part}.sql")
