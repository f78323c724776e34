"""The demo's stand-ins for operators' systems: one speaks the maritime API, one exchanges files; each a process."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

_START_SECONDS = 30
_HOLD_MINUTES = 20


@contextlib.contextmanager
def simulators(folder: Path, region_folder: Path, clock_file: Path) -> Iterator[dict[str, str]]:
    """Start them; yields what the service's environment needs to find them. They end with the block."""
    port = _free_port()
    exchange = folder / "exchange" / "viking"
    exchange.mkdir(parents=True, exist_ok=True)
    clock = ("--clock-file", str(clock_file))
    lines = {
        "maritime": ("maritime", "--port", str(port), "--hold-minutes", str(_HOLD_MINUTES), *clock),
        "exchange": (
            "exchange", "--folder", str(exchange), "--feed", str(region_folder / "feeds" / "viking"), "--operator", "viking",
            *clock,
        ),
    }  # fmt: skip
    started = [_start(folder, name, line) for name, line in lines.items()]
    try:
        _await_port(port, started)
        yield {
            "THROUGHFARE_TALLINK_URL": f"http://127.0.0.1:{port}/bookings/",
            "THROUGHFARE_TALLINK_AVAILABILITY_URL": f"http://127.0.0.1:{port}/availability/",
            "TALLINK_API_KEY": "sandbox",
            "THROUGHFARE_VIKING_FOLDER": str(exchange),
        }
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(timeout=10)


def _start(folder: Path, name: str, line: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603  our own words
            [sys.executable, "-m", "ticketing", "simulate", *line], stdout=log, stderr=log
        )


def _await_port(port: int, started: list["subprocess.Popen[bytes]"]) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up and all(process.poll() is None for process in started):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise click.ClickException("the operators' stand-ins did not start; see var/demo/*.log")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
