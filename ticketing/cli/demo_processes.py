"""The demo's processes: they write to a log each, and end with the demo however that ends."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TextIO

from ticketing.cli import demo_child
from ticketing.errors import Conflict

_END_SECONDS = 10
_BY_SHELL = 128  # what a shell adds to the number of the signal that ended a command

Process = subprocess.Popen[bytes]


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[TextIO]:
    """Have a folder for this demo and its processes; raises Conflict while another one has it.

    The lock lies beside the folder, which each demo makes anew. Processes that are given it hold it too.
    """
    path = folder.with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Conflict(
                f"another demo runs in {folder} (process {lock.read().strip() or '?'}): end that one first"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield lock


@contextlib.contextmanager
def running(
    lines: Mapping[str, Sequence[str]],
    folder: Path,
    lock: TextIO,
    environment: Mapping[str, str] | None = None,
) -> Iterator[list[Process]]:
    """Start a process for each line, by the name of its log; they end with the block."""
    started: list[Process] = []
    try:
        for name, line in lines.items():
            started.append(_start(folder / f"{name}.log", line, lock, environment))
        yield started
    finally:
        _end(started)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """A closed terminal (SIGHUP) and SIGTERM end the block as an exception does, so that everything in it is ended.

    A signal that is ignored on purpose (`nohup`) stays ignored.
    """
    numbers = [
        number for number in (signal.SIGHUP, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN
    ]

    def end(number: int, _frame: FrameType | None) -> None:
        for one in numbers:
            signal.signal(one, signal.SIG_IGN)  # once is enough: what follows must end the processes
        sys.exit(_BY_SHELL + number)

    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(
    log_file: Path, line: Sequence[str], lock: TextIO, environment: Mapping[str, str] | None
) -> Process:
    bound = [sys.executable, demo_child.__file__, str(os.getpid()), *line]
    with log_file.open("wb") as log:
        return subprocess.Popen(  # noqa: S603  our own words
            bound, env=environment and dict(environment), stdout=log, stderr=log, pass_fds=(lock.fileno(),)
        )


def _end(started: Sequence[Process]) -> None:
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        try:
            process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
