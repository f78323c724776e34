"""Name the tests that take long, which `make test-fast` leaves out; `python -m tests.long` measures them anew.

What is measured is processor time, of the test and of what it waits for in its own process: it is the same on a busy machine.
A function counts with all its parameters. The costliest ones are left out until the others fit into `KEPT_SECONDS`.
"""

import functools
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

NAMES = Path(__file__).with_name("long.txt")
QUICK = ("-k", "not postgresql", "-m", "not programs and not soak")
# Of one processor; two of them go through it in the half, and need as long again for what pytest itself does.
KEPT_SECONDS = 90


@functools.cache
def long_tests() -> frozenset[str]:
    """The tests that take long, as `tests/tariffs/test_memo.py::test_name`, without parameters."""
    return frozenset(NAMES.read_text(encoding="utf-8").split())


def name_of(item: pytest.Item) -> str:
    """Name a test without its parameters."""
    return item.nodeid.partition("[")[0]


class Stopwatch:
    """A plugin that writes down the processor time of each test, in each of pytest's processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure a test with its fixtures."""
        began = time.process_time()
        result = yield
        with (self._folder / f"{os.getpid()}-{time.monotonic_ns()}").open("w", encoding="utf-8") as log:
            log.write(f"{time.process_time() - began} {name_of(item)}")
        return result


def main() -> None:
    """Measure every quick test, and write down the names of those that take long."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", *QUICK]
        subprocess.run([*command, f"--stopwatch={folder}"], check=True)
        seconds: dict[str, float] = defaultdict(float)
        for log in Path(folder).iterdir():
            took, _, name = log.read_text(encoding="utf-8").partition(" ")
            seconds[name] += float(took)
    kept, names = sum(seconds.values()), []
    for name, took in sorted(seconds.items(), key=lambda one: -one[1]):
        if kept <= KEPT_SECONDS:
            break
        names.append(name)
        kept -= took
    NAMES.write_text("\n".join(sorted(names)) + "\n", encoding="utf-8")
    sys.stdout.write(
        f"{len(names)} of {len(seconds)} take long; the others take {kept:.0f} s of a processor.\n"
    )


if __name__ == "__main__":
    main()
