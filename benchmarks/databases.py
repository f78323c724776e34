"""The two databases that a race runs on: a file, and a PostgreSQL that waits for its disk as one in use does."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests import postgresql as scratch


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """The URL of a file in a folder."""
    yield f"sqlite:///{folder / 'bench.db'}"


@contextlib.contextmanager
def postgresql(_folder: Path) -> Iterator[str]:
    """The URL of a server that waits for its disk at each commit."""
    with scratch.server(durable=True) as url:
        yield url


BOTH = (("SQLite", sqlite), ("PostgreSQL", postgresql))
