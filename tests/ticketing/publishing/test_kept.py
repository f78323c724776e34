"""Files that take long to make are made once, however many people ask at once, and anew where they are of something else."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.ticketing.publishing.counted import NoNoise, desk_of
from ticketing.db import Database
from ticketing.regions import Region

AT = "2026-11-12T00:00:00+00:00"
KEY = ("gtfs", "r")


def test_many_at_once_wait_for_one(database: Database, regions: dict[str, Region]) -> None:
    desk, made = desk_of(database, regions, NoNoise(), AT), []
    gate = threading.Barrier(8)

    def make() -> str:
        made.append(1)
        time.sleep(0.2)
        return "the file"

    def ask(_: int) -> str:
        gate.wait(10)
        return desk.keep(KEY, 60, make)

    with ThreadPoolExecutor(8) as threads:
        files = list(threads.map(ask, range(8)))

    assert (files, made) == (["the file"] * 8, [1])


def test_a_file_of_another_timetable_is_made_anew(database: Database, regions: dict[str, Region]) -> None:
    desk = desk_of(database, regions, NoNoise(), AT)

    for timetable in ([1], [2]):
        for _ in range(2):
            assert desk.keep(KEY, 60, lambda timetable=timetable: list(timetable), of=timetable) == timetable  # type: ignore[misc]
    assert len(desk.kept) == 1


def test_one_that_fails_lets_the_next_one_try(database: Database, regions: dict[str, Region]) -> None:
    desk = desk_of(database, regions, NoNoise(), AT)

    with pytest.raises(ZeroDivisionError):
        desk.keep(KEY, 60, lambda: 1 // 0)

    assert desk.keep(KEY, 60, lambda: 1) == 1
