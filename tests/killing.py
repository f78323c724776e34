"""Kill what works on a database at each edge of its transactions: a process of its own, on a fresh copy of one SQLite file."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import shared_addresses, shared_statements
from ticketing.db import Database


def prepare(url: str) -> None:
    """Let every process that is forked from this one find the statements that it has compiled, and the app's addresses."""
    shared_statements.begin()
    shared_addresses.begin()
    database = Database(url)
    shared_statements.meet(database.engine)
    database.close()


def is_killed(act: Callable[[], object]) -> bool:
    """Let a process of its own act; False where it came to its end before it was killed."""
    child = os.fork()
    if not child:
        act()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status == signal.SIGKILL


def copies_by_edge(url: str, commits_of: Callable[[str], list[int]]) -> Iterator[tuple[str, int]]:
    """Yield a fresh copy of a SQLite database for each edge: the statement before a commit, and the one after it.

    `commits_of` acts on a copy to the end, and answers after how many statements each transaction was committed.
    """
    template = Path(url.removeprefix("sqlite:///"))
    copy = template.with_name("copy.db")
    copied = f"sqlite:///{copy}"
    shutil.copy(template, copy)
    for edge in sorted({at + after for at in commits_of(copied) for after in (0, 1)}):
        for old in copy.parent.glob("copy.db*"):
            old.unlink()
        shutil.copy(template, copy)
        yield copied, edge
