"""Rounds of a worker in the process of a test."""

from collections.abc import Iterator
from typing import Any

from ticketing.cli.jobs import Job
from ticketing.cli.worker import list_jobs

# Noise is drawn over whole months and every place, which takes longer than all other jobs together; its own tests let it.
_PUBLISHING = "publishing open data"


def round_of(rooms: Any, *regions: str, publishing: bool = False) -> Iterator[Job]:
    """The jobs of one round, in order, as a worker that is started for it has them; open data is published where that is asked."""
    return (job for job in list_jobs(rooms, regions, once=True) if publishing or job.name != _PUBLISHING)
