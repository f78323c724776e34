"""Name the tests that take long; `python -m tests.long` measures them anew, within an hour.

`long.txt` names what `make test-fast` leaves out: the costliest of the tests that it could run, until the others fit into
`KEPT_SECONDS`. `costly.txt` names the tests on both databases of which `make test` runs one half on SQLite and the other half
on PostgreSQL (`--one-database`): they are half of the suite's time. Continuous integration and `make soak` run them on both.

What is measured is processor time, of the test and of the programs that it waits for: it is the same on a busy machine. A
function counts with all its parameters.
"""

import functools
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

LONG, COSTLY = (Path(__file__).with_name(name) for name in ("long.txt", "costly.txt"))
# Of one processor; two of them go through it in the half, and need as long again for what pytest itself does.
KEPT_SECONDS = 90
# Of a test on one database, with its fixtures: what takes less has both, and is a fifth of the time of them all.
COSTLY_SECONDS = 0.5
DATABASES = ("sqlite", "postgresql")


@functools.cache
def long_tests() -> frozenset[str]:
    """The tests that take long, as `tests/tariffs/test_memo.py::test_name`, without parameters."""
    return frozenset(LONG.read_text(encoding="utf-8").split())


@functools.cache
def costly_tests() -> frozenset[str]:
    """The tests on both databases that take long on each of them, named as those of `long_tests`."""
    return frozenset(COSTLY.read_text(encoding="utf-8").split())


def name_of(item: pytest.Item) -> str:
    """Name a test without its parameters."""
    return item.nodeid.partition("[")[0]


def is_left_to_the_other(item: pytest.Item, ids: frozenset[str]) -> bool:
    """Tell whether a costly test is to run on the other database only; `ids` are those of all tests.

    Which one it is follows from the name: the same on every machine and every day, and about as many for each.
    """
    database = _database_of(item.nodeid)
    if database is None or name_of(item) not in costly_tests():
        return False
    chosen = DATABASES[zlib.crc32(name_of(item).encode()) % len(DATABASES)]
    return database != chosen and item.nodeid.replace(database, chosen) in ids


def _database_of(nodeid: str) -> str | None:
    """The database that a test runs on, where that is a parameter."""
    words = nodeid.partition("[")[2].removesuffix("]").split("-")
    return next((one for one in DATABASES if one in words), None)


class Stopwatch:
    """A plugin that writes down the processor time of each test, in each of pytest's processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure a test with its fixtures."""
        began = _processor_seconds()
        result = yield
        took = _processor_seconds() - began
        is_quick = not any(item.get_closest_marker(name) for name in ("programs", "soak"))
        with (self._folder / f"{os.getpid()}-{time.monotonic_ns()}").open("w", encoding="utf-8") as log:
            log.write(f"{took} {'quick' if is_quick else 'slow'} {item.nodeid}")
        return result


def _processor_seconds() -> float:
    """Of this process, and of its children that have ended."""
    times = os.times()
    return sum(times[:4])


def main() -> None:
    """Measure every test, and write down the names of those that take long."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal"]
        subprocess.run([*command, f"--stopwatch={folder}"], check=True)
        took = [
            (float(seconds), kind == "quick", nodeid)
            for log in Path(folder).iterdir()
            for seconds, kind, nodeid in [log.read_text(encoding="utf-8").split(" ", 2)]
        ]
    sys.stdout.write(write_down(took))


def write_down(took: Iterable[tuple[float, bool, str]]) -> str:
    """Write the two lists from seconds, whether `make test-fast` could run it, and id of each test; answers what to tell."""
    quick: dict[str, float] = defaultdict(float)
    costly: dict[str, float] = {}
    for seconds, is_quick, nodeid in took:
        name, database = nodeid.partition("[")[0], _database_of(nodeid)
        if is_quick and database != "postgresql":
            quick[name] += seconds
        if database is not None and seconds > COSTLY_SECONDS:
            costly[name] = costly.get(name, 0) + seconds
    kept, names = sum(quick.values()), []
    for name, seconds in sorted(quick.items(), key=lambda one: -one[1]):
        if kept <= KEPT_SECONDS:
            break
        names.append(name)
        kept -= seconds
    LONG.write_text("\n".join(sorted(names)) + "\n", encoding="utf-8")
    COSTLY.write_text("\n".join(sorted(costly)) + "\n", encoding="utf-8")
    return (
        f"{len(names)} of {len(quick)} quick tests take long; the others take {kept:.0f} s of a processor.\n"
        f"{len(costly)} tests on both databases are costly: {sum(costly.values()):.0f} s on the two of them.\n"
    )


if __name__ == "__main__":
    main()
