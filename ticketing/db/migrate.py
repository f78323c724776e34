"""Bring a database to the newest schema, or say whether it is there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ticketing.db.engine import Database

_FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def upgrade(database: Database, revision: str = "head") -> None:
    """Run every migration up to a revision that this database has not seen."""
    configuration = _configuration()
    with database.write() as tx:
        configuration.attributes["connection"] = tx
        command.upgrade(configuration, revision)


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this code expects."""
    with database.read() as tx:
        found = MigrationContext.configure(tx).get_current_revision()
    return found == ScriptDirectory.from_config(_configuration()).get_current_head()


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_FOLDER))
    return configuration
