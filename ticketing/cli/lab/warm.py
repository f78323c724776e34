"""Start processes as `python -m` does, forked from one that has imported the service: a rehearsal starts a dozen of them.

Each is a process of its own, with its own environment and log; what is saved is the second that each would import for.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from ticketing.cli.lab.child import end_with_parent

_IMPORTED = (
    "gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "ticketing.app", "ticketing.cli.books", "ticketing.cli.gate",
    "ticketing.cli.operators", "ticketing.cli.payments", "ticketing.cli.simulate.commands", "ticketing.cli.worker",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Child:
    """A process that was forked, with the words of `subprocess.Popen` for what is done with it."""

    forked: ForkServerProcess

    @property
    def pid(self) -> int:
        """Tell its process id."""
        return int(self.forked.pid or 0)

    def poll(self) -> int | None:
        """Answer its exit code, None while it runs."""
        return self.forked.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; raises subprocess.TimeoutExpired."""
        self.forked.join(timeout)
        code = self.forked.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(str(self.forked.name), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """Forks processes from a server that has imported what they run; it ends with the process that began it."""

    def __init__(self) -> None:
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(_IMPORTED))

    def start(
        self,
        line: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        *,
        heard: Path | None = None,
    ) -> Child:
        """Run a line `python -m module words` in a process of its own, which writes to its log.

        One that hears something at its standard input writes its answer to the log, and what it says beside to `log.err`.
        """
        if tuple(line[:2]) != (sys.executable, "-m"):
            raise ValueError(f"not a line of python -m: {line}")
        log.write_bytes(b"")  # whoever waits for it looks there at once
        streams = _Streams(str(log), f"{log}.err" if heard else str(log), str(heard or os.devnull))
        process = self._context.Process(
            target=_become, args=(list(line[2:]), streams, dict(environment or os.environ))
        )
        process.start()
        return Child(process)


@dataclass(frozen=True, slots=True)
class _Streams:
    """The files of a process: what it answers, what it says beside, what it hears."""

    out: str
    err: str
    heard: str


def _become(words: list[str], streams: _Streams, environment: Mapping[str, str]) -> None:
    """Be the process that `python -m` would have started."""
    end_with_parent()
    for standard, path in ((0, streams.heard), (1, streams.out), (2, streams.err)):
        mode = os.O_WRONLY | os.O_CREAT | os.O_APPEND if standard else os.O_RDONLY
        opened = os.open(path, mode, 0o600)
        os.dup2(opened, standard)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  multiprocessing has closed the first one
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
