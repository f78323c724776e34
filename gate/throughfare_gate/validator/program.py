"""`throughfare-gate`: a validator for a small Linux box with a scanner."""

import contextlib
import io
import json
import signal
import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import click

from throughfare_gate.gate.bundle import open_bundle
from throughfare_gate.gate.sentences import LANGUAGES
from throughfare_gate.tickets.jwk import load_jwks
from throughfare_gate.validator import identity as identities
from throughfare_gate.validator.at_work import Work
from throughfare_gate.validator.display import Display
from throughfare_gate.validator.flap import Flap, Sailing
from throughfare_gate.validator.identity import Enrolment, Identity, NotEnrolled
from throughfare_gate.validator.screen import Screen, Trouble
from throughfare_gate.validator.serial import RATES, Scanner
from throughfare_gate.validator.sources import listen, read_lines
from throughfare_gate.validator.store import Store

_FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("throughfare-gate"),
    show_default=True, envvar="THROUGHFARE_GATE_FOLDER", help="The folder of this gate's key, bundle and scans.",
)  # fmt: skip


@click.group()
@click.version_option(package_name="throughfare-gate")
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
        enrolment = link.enrol(server.rstrip("/"), code, identities.make_key(folder))
    except link.LinkDown as error:
        raise click.ClickException(str(error)) from None
    place = {
        name: enrolment[name]
        for name in ("device_id", "name", "operator", "issuer", "stop_id", "zone", "direction")
    }
    store = Store(folder / "gate.db")
    store.remember(trust=json.dumps(enrolment["bundle_keys"]))
    opened = open_bundle(enrolment["bundle"], load_jwks(enrolment["bundle_keys"]), enrolment["operator"])
    courier.take_in(store, enrolment["bundle"], opened, "")
    identities.keep(folder, Enrolment(server=server.rstrip("/"), **place))
    click.echo(
        f"This is {enrolment['name']!r} of {enrolment['operator']}. Start it: throughfare-gate run --folder {folder}"
    )


@main.command()
@_FOLDER
@click.option(
    "--serial",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DEVICE",
    help="Take codes from a scanner on a serial line (/dev/ttyACM0) instead of standard input.",
)
@click.option(
    "--baud",
    type=click.Choice([str(rate) for rate in RATES]),
    default="9600",
    show_default=True,
    help="The speed of the serial line; a scanner on USB takes any.",
)
@click.option("--listen", "address", default=None, metavar="HOST:PORT", help="Also take codes on a socket.")
@click.option("--screen", is_flag=True, help="Show answers on the whole terminal, for a kiosk.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object an answer, for the device that drives the flap."
)
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
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="The language of the answers.",
)
@click.option(
    "--drain",
    type=click.FloatRange(0, 600),
    default=5.0,
    show_default=True,
    help="The seconds that the upload may take at the end.",
)
def run(folder: Path, *, address: str | None, language: str, drain: float, **asked: Any) -> None:
    """Read codes from standard input or a serial scanner, a line each, and accept or refuse.

    A USB scanner types such lines. Scans are kept in the folder and reported to the server when it can be reached.

    \b
    Example:
      throughfare-gate run --listen 127.0.0.1:9191
      throughfare-gate run --serial /dev/ttyACM0 --screen --language fi
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    identity = _identity(folder)
    store = Store(folder / "gate.db")
    sailing = Sailing(asked["trip_id"], _departure(asked["departure"]))
    flap = Flap(identity.enrolment, store, inspects=asked["inspects"], sailing=sailing, language=language)
    troubles = [flap.trouble]
    ended = threading.Event()
    display = _display(troubles, language, **{name: asked[name] for name in ("screen", "as_json", "silent")})
    work: Work | None = None
    with contextlib.suppress(KeyboardInterrupt):
        _end_by_signals(ended, screen=asked["screen"])
        with display as shown:
            work = Work(identity, store, flap, shown)
            server = listen(*_address(address), work.show) if address else None
            _greet(identity.enrolment, flap, shown)
            if asked["serial"]:
                scanner = Scanner(asked["serial"], int(asked["baud"]), shown.note, language)
                troubles.append(scanner.trouble)
                scanner.present_to(work.show, ended)
            else:
                read_lines(_standard_input(), work.show)
            if server:
                ended.wait()  # without a scanner the socket goes on
    if work:
        work.end(drain)


def _display(
    troubles: list[Trouble], language: str, *, screen: bool, as_json: bool, silent: bool
) -> AbstractContextManager[Display | Screen]:
    """Choose between lines and the whole screen; raises UsageError for what cannot be."""
    if not screen:
        return nullcontext(Display(sys.stdout, as_json=as_json, silent=silent))
    if as_json:
        raise click.UsageError("--screen and --json both need standard output: choose one")
    if not sys.stdout.isatty():
        raise click.UsageError("--screen needs a terminal on standard output")
    return Screen(sys.stdout, language, troubles, silent=silent)


def _greet(place: Enrolment, flap: Flap, display: Display | Screen) -> None:
    display.note(f"{place.name} of {place.operator} is ready")
    if flap.unknown_sailing:
        display.note(
            f"no sailing {flap.unknown_sailing} is known here today: --trip and --departure have no effect"
        )


def _standard_input() -> TextIO:
    """Standard input, of which bytes that are no text are refused like any other code."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin


@main.command()
@_FOLDER
def status(folder: Path) -> None:
    """Show the state of this gate: bundle, clock, scans that wait. Exit 1 when it cannot decide.

    \b
    Example:
      throughfare-gate status
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    identity = _identity(folder)
    store = Store(folder / "gate.db")
    flap = Flap(identity.enrolment, store)
    age = flap.bundle_age_seconds
    summary = {
        "name": identity.enrolment.name,
        "operator": identity.enrolment.operator,
        "device_id": identity.enrolment.device_id,
        "bundle_age_seconds": age,
        "clock_offset": flap.offset,
        "scans_waiting": store.count_untold(),
        "revoked": flap.is_revoked,
        "at": int(time.time()),
    }
    click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
    if age is None or flap.is_revoked:
        sys.exit(1)


def _identity(folder: Path) -> Identity:
    try:
        return identities.load(folder)
    except NotEnrolled as error:
        raise click.ClickException(str(error)) from None


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


def _end_by_signals(ended: threading.Event, *, screen: bool) -> None:
    """End in order when asked to; whoever has taken a terminal gives it back also when it hangs up."""
    numbers = (signal.SIGTERM, signal.SIGINT, *((signal.SIGHUP, signal.SIGQUIT) if screen else ()))
    for number in numbers:
        signal.signal(number, lambda *_: _interrupt(ended))


def _interrupt(ended: threading.Event) -> None:
    ended.set()
    raise KeyboardInterrupt
