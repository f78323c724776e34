"""A database whose statements are counted."""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from tests.api import Api


def watched(api: Api) -> Counter[str]:
    """Count what goes to the database of a service from now on."""
    told: Counter[str] = Counter()
    engine = api.client.application.extensions["throughfare"].till.database.engine

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        told["statements"] += not text.startswith("BEGIN")

    def commit(connection: sa.Connection) -> None:
        told["commits"] += connection.get_execution_options().get("throughfare_write", False)

    sa.event.listen(engine, "before_cursor_execute", statement)
    sa.event.listen(engine, "commit", commit)
    return told
