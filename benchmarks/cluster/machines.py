"""The machines of the cluster: programs that are started, killed, stopped for a while, and started again by a supervisor."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# PostgreSQL refuses to run as root.
NOBODY = 65534
_RESTART_SECONDS = 1.0


def free_port() -> int:
    """Choose a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Machine:
    """One program with a supervisor, as systemd's `Restart=always` is one; it may be away for a while first."""

    name: str
    command: Sequence[str | Path]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    as_nobody: bool = False
    _process: subprocess.Popen[bytes] | None = None
    _wanted: bool = False
    _not_before: float = 0.0

    def start(self) -> None:
        """Start it, and again whenever it ends."""
        self._wanted = True
        self._spawn()
        threading.Thread(target=self._supervise, daemon=True, name=self.name).start()

    def kill(self, away_seconds: float = 0.0, more: Sequence[int] = ()) -> None:
        """Kill it with all that it has started, and `more`; its supervisor waits so long before it starts it again."""
        self._not_before = time.monotonic() + away_seconds
        for process in (*self.processes(), *more):
            _signal(process, signal.SIGKILL)

    def stall(self, seconds: float, more: Sequence[int] = ()) -> None:
        """Stop it for a while, as a machine whose disk or network hangs."""
        held = (*self.processes(), *more)
        for process in held:
            _signal(process, signal.SIGSTOP)
        time.sleep(seconds)
        for process in held:
            _signal(process, signal.SIGCONT)

    def end(self) -> None:
        """Stop it for good."""
        self._wanted = False
        for process in self.processes():
            _signal(process, signal.SIGKILL)

    def processes(self) -> list[int]:
        """The process and everything below it, by /proc."""
        if self._process is None:
            return []
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    children.setdefault(parent, []).append(int(entry.name))
        found, waiting = [], [self._process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += children.get(pid, [])
        return found

    def _spawn(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(part) for part in self.command],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                user=NOBODY if self.as_nobody and os.geteuid() == 0 else None,
                cwd=self.folder if self.as_nobody else None,
            )

    def _supervise(self) -> None:
        while self._wanted:
            assert self._process is not None
            self._process.wait()
            time.sleep(_RESTART_SECONDS)
            while time.monotonic() < self._not_before:
                time.sleep(0.1)
            if self._wanted:
                self._spawn()


def _signal(pid: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, which)
