"""A process that exchanges files as the worker does, and forks one that is killed at each boundary of its writing."""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from operators.exchange import folder as post
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.regions import Region, load_regions, open_connectors

# Before and after each of two files is put: the one that is kept as sent, and the one that is put out.
BOUNDARIES = 4


def tend(url: str, moment: datetime, folder: Path, regions: dict[str, Region]) -> None:
    """One round of the worker over an exchange's folder."""
    database = Database(url)
    open_connectors(
        database, FixedClock(moment), regions, environ={"THROUGHFARE_VIKING_FOLDER": str(folder)}
    ).tend()
    database.close()


def main(url: str, moment: str, *folders: str) -> None:
    """Tend each folder and die at its own boundary."""
    regions = load_regions(Settings(database_url=url))
    for boundary, folder in enumerate(folders, 1):
        child = os.fork()
        if not child:
            post._put = _deadly(post._put, boundary)
            tend(url, datetime.fromisoformat(moment), Path(folder), regions)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert status == signal.SIGKILL, (boundary, status)  # ended by that signal, and not by itself


def _deadly(put: Callable[..., None], at: int) -> Callable[..., None]:
    passed = 0

    def point() -> None:
        nonlocal passed
        passed += 1
        if passed == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def deadly(*words: object) -> None:
        point()
        put(*words)
        point()

    return deadly


if __name__ == "__main__":
    main(*sys.argv[1:])
