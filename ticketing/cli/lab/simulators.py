"""The demo's stand-ins for operators' systems: for each that a region connects, the simulator of its protocol; each a process."""

import contextlib
import socket
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TextIO

from operators.region import Operator
from operators.table import ConnectorTable
from ticketing.cli.lab.processes import running
from ticketing.cli.lab.warm import Nursery

_HOLD_MINUTES = 20
_FEEDS = ("url", "trip_updates_url", "alerts_url", "vehicles_url", "siri_et", "siri_sx", "cache")
_SPEAKS_HTTP = {"maritime", "osdm"}


@contextlib.contextmanager
def simulators(
    folder: Path,
    region_folder: Path,
    operators: Mapping[str, Operator],
    clock_file: Path,
    lock: TextIO,
    *,
    nursery: Nursery | None = None,
    feeds: bool = False,
) -> Iterator[dict[str, str]]:
    """Start them; yields what the service's environment needs to find them. They end with the block.

    With `feeds` an operator that tells live data of trips does so by a stand-in too; else nothing asks for them.
    """
    lines: dict[str, tuple[str, ...]] = {}
    environment: dict[str, str] = {}
    ports: dict[str, int] = {}
    for name, operator in operators.items():
        table = operator.connector
        variable = f"THROUGHFARE_{name.upper()}"
        if table and table.kind in _SPEAKS_HTTP:
            port = _free_port()
            ports[name] = port
            url = f"http://127.0.0.1:{port}"
            hold = str(table.values.get("hold_minutes", _HOLD_MINUTES))
            lines[name] = (
                table.kind,
                "--port",
                str(port),
                "--hold-minutes",
                hold,
                *_plan(region_folder, name),
            )
            environment |= _addresses(table.kind, variable, url) | {str(table.values["secret"]): "sandbox"}
            environment[f"{variable}_ALLOW_PRIVATE"] = "true"
        elif table and table.kind == "exchange":
            exchange = folder / "exchange" / name
            exchange.mkdir(parents=True, exist_ok=True)
            feed = region_folder / "feeds" / name
            lines[name] = ("exchange", "--folder", str(exchange), "--feed", str(feed), "--operator", name)
            environment |= {f"{variable}_FOLDER": str(exchange), f"{variable}_ME": "throughfare"}
        elif table and table.kind == "gtfs":
            environment |= _without_feeds(table, variable)
            if feeds and "trip_updates_url" in table.values:
                port = ports[name] = _free_port()
                feed = region_folder / "feeds" / name
                lines[name] = ("gtfs", "--port", str(port), "--feed", str(feed))
                environment[f"{variable}_TRIP_UPDATES_URL"] = f"http://127.0.0.1:{port}/trip_updates.pb"
                environment[f"{variable}_ALLOW_PRIVATE"] = "true"
    begin = (sys.executable, "-m", "ticketing", "simulate")
    whole = {name: (*begin, *line, "--clock-file", str(clock_file)) for name, line in lines.items()}
    with running(whole, folder, lock, nursery=nursery) as started:
        for simulator in started:
            if simulator.name in ports:
                simulator.await_ready(partial(_listens, ports[simulator.name]))
        yield environment


def _plan(region_folder: Path, name: str) -> tuple[str, ...]:
    """The faults and the demands of a stand-in, where the region's folder names them.

    `stand-ins/<operator>.json` is a fault plan, `stand-ins/<operator>.prices` has lines like `ADULT=500`.
    """
    plan, prices = (region_folder / "stand-ins" / f"{name}{end}" for end in (".json", ".prices"))
    rows = prices.read_text(encoding="utf-8").split() if prices.exists() else []
    words = ("--faults", str(plan)) if plan.exists() else ()
    return (*words, *(word for row in rows for word in ("--price", row)))


def _without_feeds(table: ConnectorTable, variable: str) -> dict[str, str]:
    """Turn off live data, because the story runs on a pretended day: nobody asks the operator's real addresses about it."""
    return {f"{variable}_{name.upper()}": "" for name in _FEEDS if name in table.values}


def _addresses(kind: str, variable: str, url: str) -> dict[str, str]:
    """The settings that lead a connector to its stand-in, and let it speak to this machine without TLS."""
    if kind == "maritime":
        return {
            f"{variable}_URL": f"{url}/bookings/",
            f"{variable}_AVAILABILITY_URL": f"{url}/availability/",
            f"{variable}_MAAS_OPERATOR_ID": "throughfare",
        }
    return {f"{variable}_URL": url, f"{variable}_TOKEN_URL": f"{url}/token"}


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
