"""Bring a database to the newest schema, or say whether it is there."""

import functools
import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ticketing import shipped
from ticketing.db.engine import Database, Transaction
from ticketing.errors import Misconfigured
from ticketing.progress import Counted, Progress, silent

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = shipped.folder_of("migrations")
_REVISION = re.compile(r'^revision = "([^"]+)"', re.MULTILINE)
_DOWN_REVISION = re.compile(r'^down_revision = "([^"]+)"', re.MULTILINE)

# The schema of 0.2.0 is that of the last revision before it: such a database goes on, an older one does not.
_FIRST_RELEASED, _BEFORE_IT = "0035_schema_of_0_2", "0034_uses_of_passes_by_order"
_STRANGE = (
    "THROUGHFARE_DATABASE_URL: the database is at {seen}, which is no revision of this release: a newer release made it, or one "
    "before 0.2.0, which brings it to {before} first"
)


def upgrade(database: Database, revision: str = "head", progress: Progress = silent) -> None:
    """Run every migration up to a revision that this database has not seen, telling each that has run.

    An SQLite database that is not there is made. Raises Misconfigured for a database that is older than the first
    release, or of a newer one: nothing of it is changed.
    """
    from alembic import command  # noqa: PLC0415  takes a tenth of a second, and most commands migrate nothing
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415  see above

    database.create()
    configuration = _configuration()
    with database.write() as tx:
        script = ScriptDirectory.from_config(configuration)
        seen = _go_on(tx, MigrationContext.configure(tx).get_current_revision()) or "base"
        if seen != "base" and seen not in {one.revision for one in script.walk_revisions()}:
            raise Misconfigured(_STRANGE.format(seen=seen, before=_BEFORE_IT))
        waiting = list(script.iterate_revisions(revision, seen))
        applied = Counted(progress, "running migrations", len(waiting))
        configuration.attributes["connection"] = tx
        configuration.attributes["applied"] = lambda **_: applied.more()
        command.upgrade(configuration, revision)


def _go_on(tx: Transaction, seen: str | None) -> str | None:
    """Name a database at the last revision before the first release by that release's own."""
    if seen != _BEFORE_IT:
        return seen
    tx.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{_FIRST_RELEASED}'")  # noqa: S608  a name of ours
    return _FIRST_RELEASED


def is_current(database: Database) -> bool:
    """Tell whether the schema is the one that this code expects.

    Every process asks this when it starts, so alembic stays out of it: its import takes longer than all the rest.
    """
    with database.read() as tx:
        has_any = sa.inspect(tx).has_table("alembic_version")
        found = tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if has_any else None
    return found == newest()


@functools.cache
def newest() -> str:
    """The newest revision, by the first lines of all migrations: the one that no other comes after."""
    texts = [path.read_text(encoding="utf-8") for path in (_FOLDER / "versions").glob("*.py")]
    names: set[str] = {name for text in texts for name in _REVISION.findall(text)}
    before: set[str] = {name for text in texts for name in _DOWN_REVISION.findall(text)}
    (head,) = names - before
    return head


def _configuration() -> "Config":
    from alembic.config import Config  # noqa: PLC0415  see `upgrade`

    configuration = Config()
    configuration.set_main_option("script_location", str(_FOLDER))
    return configuration
