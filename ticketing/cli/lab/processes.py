"""The demo's processes: they write to a log each, and end with the demo however that ends."""

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TextIO

from ticketing.cli.lab import child
from ticketing.cli.lab.warm import Child, Nursery
from ticketing.errors import Conflict

_END_SECONDS = 10
_LONGEST_LINE = 400
_BY_SHELL = 128  # what a shell adds to the number of the signal that ended a command

# gunicorn's own lines: which process ended, and that it goes.
_SERVER = re.compile(r"\[\d{4}-\d\d-\d\d ")

_STALL_SECONDS = 60.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Started:
    """A process of the demo, with the file that it writes its log to."""

    name: str
    process: subprocess.Popen[bytes] | Child
    log: Path

    def check(self) -> None:
        """Raise Conflict with its last words where it has ended."""
        code = self.process.poll()
        if code is not None:
            raise Conflict(f"the {self.name} ended with exit code {code}; it said last: {self.last_line()}")

    def last_line(self) -> str:
        """The last line of its log that says why, and where the log is."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return f"{telling_line(lines)[:_LONGEST_LINE]}  ({self.log})"

    def await_ready(self, is_ready: Callable[[], bool]) -> None:
        """Ask until it is ready, for as long as it lives and makes progress; raises Conflict with its last words.

        A slow or busy machine takes its time; a process that neither writes nor works for a minute is stuck.
        """
        done, since = self._progress(), time.monotonic()
        while not is_ready():
            self.check()
            now_done = self._progress()
            if now_done != done:
                done, since = now_done, time.monotonic()
            elif time.monotonic() > since + _STALL_SECONDS:
                raise Conflict(f"the {self.name} is stuck; it said last: {self.last_line()}")
            time.sleep(_LOOK_SECONDS)

    def _progress(self) -> tuple[int, int]:
        """Measure the progress of a process: the bytes written, and the processor time of it and its children, where the system tells it."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                told = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                if self.process.pid in {int(stat.parent.name), int(told[1])}:
                    ticks += int(told[11]) + int(told[12])
        return self.log.stat().st_size, ticks


def telling_line(lines: Sequence[str]) -> str:
    """The last line that says why a process ended: an error before a remark, and both before a server's own report."""
    written = [line.strip() for line in lines if line.strip()]
    remarks = [line for line in written if not _SERVER.match(line)]
    errors = [line for line in remarks if not line.startswith("{") or '"level": "error"' in line]
    return (errors or remarks or written or ["(nothing)"])[-1]


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
    nursery: Nursery | None = None,
) -> Iterator[list[Started]]:
    """Start a process for each line, by the name of its log; they end with the block. A nursery starts them sooner."""
    started: list[Started] = []
    try:
        for name, line in lines.items():
            log = folder / f"{name}.log"
            process = (
                nursery.start(line, log, environment) if nursery else _start(log, line, lock, environment)
            )
            started.append(Started(name, process, log))
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
) -> subprocess.Popen[bytes]:
    bound = [sys.executable, child.__file__, str(os.getpid()), *line]
    with log_file.open("wb") as log:
        return subprocess.Popen(  # noqa: S603  our own words
            bound, env=environment and dict(environment), stdout=log, stderr=log, pass_fds=(lock.fileno(),)
        )


def _end(started: Sequence[Started]) -> None:
    processes = [one.process for one in started]
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
