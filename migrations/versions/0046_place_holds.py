"""Places that the worker holds for holders who have not chosen yet; and who has made a choice."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from ticketing.db.scripts import run_script

revision = "0046_place_holds"
down_revision = "0045_disclosed_and_affected"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "schema"


def upgrade() -> None:
    """Make the table and its guards, and a column; a release that serves beside it knows neither, and holds nothing."""
    connection = op.get_bind()
    for part in ("", "_guards"):
        run_script(connection, _FOLDER / f"0046_{connection.dialect.name}{part}.sql")
    op.add_column("rerouting", sa.Column("chosen_by", sa.Text(), nullable=True))
