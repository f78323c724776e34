"""Bring a database to the newest schema, or say whether it is there."""

from pathlib import Path
from typing import TYPE_CHECKING

from ticketing.db.engine import Database
from ticketing.progress import Counted, Progress, silent

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def upgrade(database: Database, revision: str = "head", progress: Progress = silent) -> None:
    """Run every migration up to a revision that this database has not seen, telling each that has run.

    An SQLite database that is not there is made.
    """
    from alembic import command  # noqa: PLC0415  takes a tenth of a second, and most commands migrate nothing
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415  see above

    database.create()
    configuration = _configuration()
    with database.write() as tx:
        seen = MigrationContext.configure(tx).get_current_revision() or "base"
        waiting = list(ScriptDirectory.from_config(configuration).iterate_revisions(revision, seen))
        applied = Counted(progress, "running migrations", len(waiting))
        configuration.attributes["connection"] = tx
        configuration.attributes["applied"] = lambda **_: applied.more()
        command.upgrade(configuration, revision)


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this code expects."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  see `upgrade`
    from alembic.script import ScriptDirectory  # noqa: PLC0415  see `upgrade`

    with database.read() as tx:
        found = MigrationContext.configure(tx).get_current_revision()
    return found == ScriptDirectory.from_config(_configuration()).get_current_head()


def _configuration() -> "Config":
    from alembic.config import Config  # noqa: PLC0415  see `upgrade`

    configuration = Config()
    configuration.set_main_option("script_location", str(_FOLDER))
    return configuration
