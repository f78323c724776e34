"""A service on a folder of its own: new database, new keys, a pretended clock, and the processes that run it."""

import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import click
import httpx

from ticketing.cli import deployment
from ticketing.cli.lab.processes import Started, running
from ticketing.cli.lab.warm import Nursery
from ticketing.cli.serve import gunicorn
from ticketing.clock import Clock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.identity import Role, create_key
from ticketing.tickets.keys import key_store

_KEPT = ("THROUGHFARE_GATEWAY", "THROUGHFARE_STRIPE_")


_OPERATOR_KEYS: tuple[Role, ...] = ("gate", "operator_staff")


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of a scratch service: keys for the gates and the staff of each operator, and one for each of two people of finance."""

    gates: dict[str, str]
    staff: dict[str, str]
    finance: str
    approver: str


def begin(folder: Path) -> None:
    """Empty a folder, or make it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def settings_in(folder: Path, region: str, port: int) -> Settings:
    """The settings of a service whose database, keys and clock lie in a folder."""
    return Settings(
        database_url=f"sqlite:///{folder / 'throughfare.db'}",
        regions=(region,),
        keys_folder=folder / "keys",
        public_url=f"http://127.0.0.1:{port}",
        demo_clock_file=folder / "clock",
        settlement_folder=folder / "settlement",
        log_format="json",
    )


def prepare(settings: Settings, start: datetime) -> Database:
    """Make the schema and the signing keys as of `start`; answers the open database."""
    database = deployment.database(settings)
    upgrade(database)
    key_store(settings).create_missing(start - timedelta(days=3))
    return database


def make_keys(database: Database, settings: Settings, operators: Sequence[str], label: str) -> Keys:
    """Make API keys for the gates and the staff of each operator, and two for finance."""
    clock = settings.clock()
    gates, people = (_keys_of(database, clock, operators, role, label) for role in _OPERATOR_KEYS)
    finance, approver = (
        create_key(database, clock, role="finance", operator=None, label=name)[1]
        for name in (f"{label} finance", f"{label} finance, second person")
    )
    return Keys(gates, people, finance, approver)


def _keys_of(
    database: Database, clock: Clock, operators: Sequence[str], role: Role, label: str
) -> dict[str, str]:
    """Make a key of a role for each operator."""
    return {
        operator: create_key(database, clock, role=role, operator=operator, label=f"{label} {role}")[1]
        for operator in operators
    }


def environment(settings: Settings, operators: Mapping[str, str]) -> dict[str, str]:
    """The environment of the service's processes; `operators` are the variables that find the stand-ins.

    No setting of the deployment beside it reaches them, but for the gateway that a demo may be paid with: what is
    played there must not find a live system.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("THROUGHFARE_") or name.startswith(_KEPT)
    }
    return {
        **kept,
        **operators,
        "THROUGHFARE_DATABASE_URL": settings.database_url,
        "THROUGHFARE_REGIONS": ",".join(settings.regions),
        "THROUGHFARE_REGIONS_FOLDER": str(settings.regions_folder),
        "THROUGHFARE_KEYS_FOLDER": str(settings.keys_folder),
        "THROUGHFARE_PUBLIC_URL": settings.public_url,
        "THROUGHFARE_DEMO_CLOCK_FILE": str(settings.demo_clock_file),
        "THROUGHFARE_SETTLEMENT_FOLDER": str(settings.settlement_folder),
        "THROUGHFARE_WARM_UP": "off",  # what is told begins with one search, at once
    }


def serving(
    settings: Settings,
    folder: Path,
    lock: TextIO,
    operators: Mapping[str, str],
    *,
    pause_seconds: float = 5.0,
    nursery: Nursery | None = None,
) -> contextlib.AbstractContextManager[list[Started]]:
    """The service under gunicorn, and the worker beside it, which looks every so often; both end with the block."""
    port = int(settings.public_url.rpartition(":")[2])
    lines = {
        "service": gunicorn(f"127.0.0.1:{port}", workers=1, threads=8),
        "worker": [sys.executable, "-m", "ticketing", "worker", "--pause", str(pause_seconds)],
    }
    return running(lines, folder, lock, environment(settings, operators), nursery)


def is_ready(url: str) -> bool:
    """Tell whether a service says that it is ready."""
    try:
        return httpx.get(f"{url}/readyz", timeout=2).is_success
    except httpx.TransportError:
        return False


def move_clock(folder: Path, to: datetime | None) -> None:
    """Set the pretended time of the service; None gives it the real one back."""
    offset = (to - datetime.now(UTC)).total_seconds() if to else 0.0
    draft = folder / "clock.new"
    draft.write_text(f"{offset:.3f}", encoding="ascii")
    draft.replace(folder / "clock")


def free_port(*wanted: int) -> int:
    """A free port on loopback: the first of the wanted ones that is free, else any."""
    for port in (*wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException("no free port on 127.0.0.1")
