"""Let every database of the suite share the statements that SQLAlchemy has compiled.

An engine keeps its own, and each test has its own engine, so that every test compiled the same hundred statements anew: a
fifth of the suite's processor time. Statements are kept by dialect, hence engines of one kind are given one dialect, which
has met a database already.
"""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

from ticketing.db import Database

_MOST = 5_000
_STATEMENTS: LRUCache[Any, Any] = LRUCache(_MOST)
_DIALECTS: dict[str, sa.Dialect] = {}


def begin() -> None:
    """Share from now on: on SQLite at once, on PostgreSQL when `meet` has been called."""
    made = Database.__init__

    def sharing(self: Database, url: str, *, is_pooled: bool = False) -> None:
        made(self, url, is_pooled=is_pooled)
        dialect = _DIALECTS.get(self.engine.dialect.name)
        # An engine that finds no file yet says so by its own dialect.
        found = (
            not self.is_sqlite or self.url.database == ":memory:" or Path(self.url.database or "").exists()
        )
        if dialect is not None and found:
            self.engine.dialect = self.engine.pool._dialect = dialect
            self.engine._compiled_cache = _STATEMENTS

    Database.__init__ = sharing  # type: ignore[method-assign]
    met = sa.create_engine("sqlite://")
    meet(met)
    met.dispose()


def meet(engine: sa.Engine) -> None:
    """Share the dialect of an engine that reaches its database."""
    with engine.connect():
        _DIALECTS.setdefault(engine.dialect.name, engine.dialect)
