"""The demo's stand-ins for operators' systems: for each that a region connects, the simulator of its protocol; each a process."""

import contextlib
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

import click

from operators.region import Operator
from ticketing.cli.demo_processes import Process, running

_START_SECONDS = 120
_HOLD_MINUTES = 20
_FORTNIGHT = 14
_SPEAKS_HTTP = {"maritime", "osdm"}


@contextlib.contextmanager
def simulators(
    folder: Path,
    region_folder: Path,
    operators: Mapping[str, Operator],
    clock_file: Path,
    lock: TextIO,
    *,
    days: int = _FORTNIGHT,
) -> Iterator[dict[str, str]]:
    """Start them; an operator that sells by allotments does so for so many `days`. Yields what the service's environment needs to find them. They end with the block."""
    lines: dict[str, tuple[str, ...]] = {}
    environment: dict[str, str] = {}
    ports = []
    for name, operator in operators.items():
        table = operator.connector
        variable = f"THROUGHFARE_{name.upper()}"
        if table and table.kind in _SPEAKS_HTTP:
            port = _free_port()
            ports.append(port)
            url = f"http://127.0.0.1:{port}"
            hold = str(table.values.get("hold_minutes", _HOLD_MINUTES))
            lines[name] = (
                table.kind,
                "--port",
                str(port),
                "--hold-minutes",
                hold,
                *_told(region_folder, name),
            )
            environment |= _addresses(table.kind, variable, url) | {str(table.values["secret"]): "sandbox"}
        elif table and table.kind == "exchange":
            exchange = folder / "exchange" / name
            exchange.mkdir(parents=True, exist_ok=True)
            feed = region_folder / "feeds" / name
            lines[name] = (
                "exchange",
                "--folder",
                str(exchange),
                "--feed",
                str(feed),
                "--operator",
                name,
                "--days",
                str(days),
            )
            environment[f"{variable}_FOLDER"] = str(exchange)
    begin = (sys.executable, "-m", "ticketing", "simulate")
    whole = {name: (*begin, *line, "--clock-file", str(clock_file)) for name, line in lines.items()}
    with running(whole, folder, lock) as started:
        for port in ports:
            _await_port(port, started)
        yield environment


def _told(region_folder: Path, name: str) -> tuple[str, ...]:
    """How a stand-in fails and what it asks for, where the region's folder says so: `stand-ins/<operator>.json`."""
    plan, prices = (region_folder / "stand-ins" / f"{name}{end}" for end in (".json", ".prices"))
    words = ("--faults", str(plan)) if plan.exists() else ()
    rows = prices.read_text(encoding="utf-8").split() if prices.exists() else []
    return (*words, *(word for row in rows for word in ("--price", row)))


def _addresses(kind: str, variable: str, url: str) -> dict[str, str]:
    if kind == "maritime":
        return {f"{variable}_URL": f"{url}/bookings/", f"{variable}_AVAILABILITY_URL": f"{url}/availability/"}
    return {f"{variable}_URL": url, f"{variable}_TOKEN_URL": f"{url}/token"}


def _await_port(port: int, started: list[Process]) -> None:
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
