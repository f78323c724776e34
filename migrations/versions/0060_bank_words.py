"""Balances, batches, refusals and repeated payments: more of the bank's words about what it has moved."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from ticketing.db.scripts import run_script
from ticketing.db.tables.types import Int64

revision = "0060_bank_words"
down_revision = "0058_office_work"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Add columns with a default and tables; a release that serves beside it writes lines without them."""
    connection = op.get_bind()
    for name in ("structured", "batch", "return_reason", "part"):
        op.add_column("bank_line", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("bank_line", sa.Column("batch_count", Int64, nullable=False, server_default="0"))
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0060_{connection.dialect.name}{part}.sql")
