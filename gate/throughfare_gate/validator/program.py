"""`throughfare-gate`: a validator for a small Linux box with a scanner."""

import json
import signal
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from throughfare_gate.gate.bundle import open_bundle
from throughfare_gate.gate.sentences import LANGUAGES
from throughfare_gate.tickets.jwk import load_jwks
from throughfare_gate.validator import identity as identities
from throughfare_gate.validator.display import Display
from throughfare_gate.validator.flap import Answer, Flap, Sailing
from throughfare_gate.validator.identity import Enrolment, NotEnrolled
from throughfare_gate.validator.sources import listen, read_lines
from throughfare_gate.validator.store import Store

_FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("throughfare-gate"),
    show_default=True, envvar="THROUGHFARE_GATE_FOLDER", help="Where this gate keeps its key, bundle and scans.",
)  # fmt: skip


@click.group()
def main() -> None:
    """Accept or refuse tickets at a gate, with or without a network."""


@main.command()
@click.option("--server", required=True, help="The service, for example https://tickets.example.eu.")
@click.option("--code", required=True, help="The enrolment code; it works once, for ten minutes.")
@_FOLDER
def enrol(server: str, code: str, folder: Path) -> None:
    """Make this machine a gate.

    \b
    Example:
      throughfare-gate enrol --server https://tickets.example.eu --code ABCD-EFGH-IJKL-MNOP
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from throughfare_gate.validator import courier, link  # noqa: PLC0415  the gate itself starts without them

    if (folder / "gate.json").exists():
        raise click.ClickException(f"{folder} holds a gate already; choose another --folder")
    try:
        told = link.enrol(server.rstrip("/"), code, identities.make_key(folder))
    except link.LinkDown as error:
        raise click.ClickException(str(error)) from None
    place = {
        name: told[name]
        for name in ("device_id", "name", "operator", "issuer", "stop_id", "zone", "direction")
    }
    store = Store(folder / "gate.db")
    store.remember(trust=json.dumps(told["bundle_keys"]))
    opened = open_bundle(told["bundle"], load_jwks(told["bundle_keys"]), told["operator"])
    courier.take_in(store, told["bundle"], opened, "")
    identities.keep(folder, Enrolment(server=server.rstrip("/"), **place))
    click.echo(
        f"This is {told['name']!r} of {told['operator']}. Start it: throughfare-gate run --folder {folder}"
    )


@main.command()
@_FOLDER
@click.option("--listen", "address", default=None, metavar="HOST:PORT", help="Also take codes on a socket.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an answer, for what drives the flap.")
@click.option("--silent", is_flag=True, help="No bell.")
@click.option("--inspect", "inspects", is_flag=True, help="Look at tickets without using them up.")
@click.option("--trip", "trip_id", default=None, help="The sailing that boards here now, by its trip.")
@click.option(
    "--departure",
    default=None,
    metavar="TIME",
    help="The sailing that boards here now, by its planned departure (2026-10-13T07:30:00+03:00).",
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of what is shown."
)
@click.option(
    "--drain",
    type=click.FloatRange(0, 600),
    default=5.0,
    show_default=True,
    help="How many seconds the upload may take at the end.",
)
def run(
    folder: Path,
    address: str | None,
    *,
    as_json: bool,
    silent: bool,
    inspects: bool,
    trip_id: str | None,
    departure: str | None,
    language: str,
    drain: float,
) -> None:
    """Read codes from standard input, a line each, and accept or refuse.

    A USB scanner types such lines. Scans are kept in the folder and told to the server when it can be reached.

    \b
    Example:
      throughfare-gate run --listen 127.0.0.1:9191
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    display = Display(sys.stdout, as_json=as_json, silent=silent)
    try:
        identity = identities.load(folder)
    except NotEnrolled as error:
        raise click.ClickException(str(error)) from None
    store = Store(folder / "gate.db")
    sailing = Sailing(trip_id, _departure(departure))
    flap = Flap(identity.enrolment, store, inspects=inspects, sailing=sailing, language=language)
    couriers: list[Any] = []

    def show(code: str) -> Answer:
        answer, after = flap.show(code)
        display.answer(answer)
        after()
        if couriers and answer.seq is not None:
            couriers[0].has_scans.set()
        return answer

    def connect() -> None:
        # The first code need not wait until the network is there, nor until its library is loaded.
        from throughfare_gate.validator.courier import Courier  # noqa: PLC0415

        courier = Courier(identity, store, flap, display.note)
        courier.start()
        couriers.append(courier)

    connecting = threading.Thread(target=connect, daemon=True)
    connecting.start()
    server = listen(*_address(address), show) if address else None
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: _interrupt(ended))
    display.note(f"{identity.enrolment.name} of {identity.enrolment.operator} is ready")
    if flap.unknown_sailing:
        display.note(
            f"no sailing {flap.unknown_sailing} is known here today: --trip and --departure check nothing by it"
        )
    try:
        read_lines(sys.stdin, show)
        if server:
            ended.wait()  # without a scanner the socket goes on
    except KeyboardInterrupt:
        pass
    connecting.join()
    waiting = couriers[0].stop(drain)
    display.note(f"{waiting} scans wait for the server" if waiting else "every scan is told")


@main.command()
@_FOLDER
def status(folder: Path) -> None:
    """Say how this gate is: bundle, clock, scans that wait. Exit 1 when it cannot decide.

    \b
    Example:
      throughfare-gate status
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    try:
        identity = identities.load(folder)
    except NotEnrolled as error:
        raise click.ClickException(str(error)) from None
    store = Store(folder / "gate.db")
    flap = Flap(identity.enrolment, store)
    age = flap.bundle_age_seconds
    found = {
        "name": identity.enrolment.name,
        "operator": identity.enrolment.operator,
        "device_id": identity.enrolment.device_id,
        "bundle_age_seconds": age,
        "clock_offset": flap.offset,
        "scans_waiting": store.count_untold(),
        "revoked": flap.is_revoked,
        "at": int(time.time()),
    }
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    if age is None or flap.is_revoked:
        sys.exit(1)


def _departure(text: str | None) -> int | None:
    """A planned departure in POSIX seconds."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.BadParameter("must be a time with its offset from UTC", param_hint="--departure")
    return int(moment.timestamp())


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter("must be HOST:PORT", param_hint="--listen")
    return host, int(port)


def _interrupt(ended: threading.Event) -> None:
    ended.set()
    raise KeyboardInterrupt
