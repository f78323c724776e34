"""A worker that holds a place and moves its silent holder an hour later, killed at each edge of its transactions."""

import json
import sys
from datetime import datetime, timedelta
from typing import Any

from tests.killing import copies_by_edge, is_killed
from tests.ticketing.rerouting.harbour import REGION
from tests.ticketing.rerouting.killed import Stage, close, counted
from ticketing.cli.worker import list_jobs

_JOBS = ("advancing orders", "moving tickets", "carrying on holds", "ending holds", "holding places")
_LATER = timedelta(minutes=60)


class HoldStage(Stage):
    """A deployment whose worker looks when a ferry is cancelled, and an hour later."""

    def work(self, url: str, deadly_at: int | None = None) -> list[int]:
        """Let a worker do its rounds; answers after how many statements each transaction was committed."""
        first, begun = self.rooms(url), self.moment
        self.moment = begun + _LATER
        then = self.rooms(url)
        self.moment = begun
        commits = counted(first, deadly_at, then)
        for rooms, at in ((first, begun), (first, begun), (then, begun + _LATER), (then, begun + _LATER)):
            _round(rooms, at)
        for rooms in (first, then):
            close(rooms)
        return commits

    def kill(self, url: str, deadly_at: int) -> bool:
        """Let a worker of its own work until it is killed there; False where it came to its end before."""
        return is_killed(lambda: self.work(url, deadly_at))


def _round(rooms: Any, at: datetime) -> None:
    for job in list_jobs(rooms, (REGION,)):
        if job.name in _JOBS:
            job.go(at)
            assert job.detail == "", job.detail


def main(url: str, keys: str, moment: str) -> None:
    """Print a line for each edge: how the holder travels at once after the kill, and what is there in the end."""
    stage = HoldStage(keys, moment, {})
    if not url.startswith("sqlite"):
        # One database: each kill goes on from where the one before has left it.
        deadly_at, ways = 1, []
        while stage.kill(url, deadly_at):
            ways.append(stage.travels(url))
            deadly_at += 1
        stage.work(url)
        sys.stdout.write(json.dumps({"at_once": sorted(set(ways)), **stage.told(url)}) + "\n")
        return
    for copied, edge in copies_by_edge(url, stage.work):
        stage.kill(copied, edge)
        ways = [stage.travels(copied)]
        stage.work(copied)
        ways.append(stage.travels(copied))
        sys.stdout.write(json.dumps({"at_once": sorted(set(ways)), **stage.told(copied)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
