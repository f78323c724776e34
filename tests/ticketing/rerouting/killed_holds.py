"""A worker that holds a place and moves its silent holder an hour later, killed at each edge of its transactions."""

import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.killing import copies_by_edge, is_killed, prepare
from tests.ticketing.rerouting.harbour import REGION
from tests.ticketing.rerouting.killed import Stage, close, counted, tell
from ticketing.cli.worker import list_jobs

_JOBS = ("advancing orders", "moving tickets", "carrying on holds", "ending holds", "holding places")
# Of the statements on PostgreSQL, half a second each, the everyday run takes every third one, `make soak` all of them.
_EVERY = 1 if os.environ.get("SOAK") else 3
_NOW, _LATER = timedelta(0), timedelta(minutes=60)


class HoldStage(Stage):
    """A deployment whose worker looks when a ferry is cancelled, and an hour later."""

    def work(
        self, url: str, deadly_at: int | None = None, when: Sequence[timedelta] = (_NOW, _LATER)
    ) -> list[int]:
        """Let a worker do its rounds; answers after how many statements each transaction was committed."""
        rooms, begun = [], self.moment
        for later in when:
            self.moment = begun + later
            rooms.append(self.rooms(url))
        self.moment = begun
        commits = counted(rooms[0], deadly_at, *rooms[1:])
        for later, each in zip(when, rooms, strict=True):
            for _ in range(2):
                _round(each, begun + later)
        for each in rooms:
            close(each)
        return commits

    def kill(self, url: str, deadly_at: int, when: Sequence[timedelta] = (_NOW, _LATER)) -> bool:
        """Let a worker of its own work until it is killed there; False where it came to its end before."""
        return is_killed(lambda: self.work(url, deadly_at, when))


def _round(rooms: Any, at: datetime) -> None:
    for job in list_jobs(rooms, (REGION,)):
        if job.name in _JOBS:
            job.go(at)
            assert job.detail == "", job.detail


def main(url: str, keys: str, moment: str) -> None:
    """Print a line for each edge: how the holder travels at once after the kill, and what is there in the end."""
    prepare(url)
    stage = HoldStage(keys, moment, {})
    if not url.startswith("sqlite"):
        # One database: each kill goes on from where the one before has left it, first while it holds, then while it moves.
        ways: list[str] = []
        for when in (_NOW, _LATER):
            deadly_at = 1
            while stage.kill(url, deadly_at, (when,)):
                ways.append(stage.travels(url))
                deadly_at += _EVERY
        stage.work(url)
        ways.append(stage.travels(url))
        tell(stage, url, ways)
        return
    for copied, edge in copies_by_edge(url, stage.work):
        stage.kill(copied, edge)
        ways = [stage.travels(copied)]
        stage.work(copied)
        ways.append(stage.travels(copied))
        tell(stage, copied, ways)


if __name__ == "__main__":
    main(*sys.argv[1:])
