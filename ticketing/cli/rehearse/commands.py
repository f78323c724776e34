"""`throughfare region rehearse`: start a region on a scratch folder, play journeys, show coverage and faults."""

import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from operators.gtfs.runs import Runs
from tariffs.findings import errors
from throughfare_gate.ids import new_id
from throughfare_gate.tickets.jwk import VerifyKey, to_jwk
from throughfare_gate.tickets.jws import Signer
from ticketing.cli import lab
from ticketing.cli.folders import find_folder
from ticketing.cli.lab import Nursery, Started, ended_by_signals, running, start_simulators
from ticketing.cli.progress import progress
from ticketing.cli.rehearse.report import show
from ticketing.cli.serve import gunicorn
from ticketing.config import Settings
from ticketing.errors import Misconfigured
from ticketing.gate.operators import load_gates
from ticketing.regions import Region, check_region
from ticketing.rehearsal import plan, rehearse
from ticketing.rehearsal.stage import Stage

_PATIENCE_SECONDS = 600
# The worker looks often, for days of the region pass in seconds.
_PAUSE_SECONDS = 1.0
_TRIP_UPDATES = "/trip_updates.pb"
_KID = "rehearsal"
_ISSUER = "throughfare.eu"


class _Fell(SystemExit):
    """The rehearsal has faults: exit code 1, and the folder stays."""

    def __init__(self) -> None:
        super().__init__(1)


@click.command("rehearse")
@click.argument("name_or_folder")
@click.option("--journeys", type=click.IntRange(1, 100_000), default=60, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed plays other journeys.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of tables.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="An empty folder for database, logs and files, which stays; a temporary one by default.",
)
@click.option("--database", default=None, help="An empty PostgreSQL database; an SQLite file by default.")
def command(**asked: Any) -> None:
    """Play journeys through a region, whole, against stand-ins, and show coverage and faults.

    Search, quote, order, payment, tickets, gates, refunds and exchanges over the public API of running processes; then
    the months are closed and the books proven. Exit 1 with a fault.

    \b
    Example:
      throughfare region rehearse helsinki-tallinn
      throughfare region rehearse regions/three-rivers --journeys 200 --seed 7 --json
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    region, folder = _region(asked["name_or_folder"])
    with ended_by_signals(), _place(asked["keep"]) as place:
        with progress("starting the region") as tell:
            with staged(region, folder, place / "whole", asked["database"]) as stage:
                sample = {"journeys": asked["journeys"], "seed": asked["seed"]}
                result = rehearse.rehearse(region.data, stage, **sample, hear=tell)
            if result.faults:
                with staged(region, folder, place / "smaller") as stage:
                    result.faults = rehearse.play_smaller(stage, result.faults)
        if asked["as_json"]:
            click.echo(json.dumps(result.as_json(), ensure_ascii=False, indent=2))
        else:
            show(result)
        if result.faults:
            raise _Fell


def _region(name_or_folder: str) -> tuple[Region, Path]:
    """The region and its folder; raises Misconfigured for one with faults."""
    folder = find_folder(name_or_folder)
    region, findings = check_region(folder)
    if region is None:
        first = "; ".join(f"{one.file}: {one.message}" for one in errors(findings)[:3])
        raise Misconfigured(
            f"the region cannot be rehearsed, see `throughfare region check {folder}`: {first}"
        )
    return region, folder


@contextlib.contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    """The folder to play in. A temporary one is removed without a fault; a message names one that stays."""
    if keep is not None:
        yield keep.absolute()
        return
    folder, stays = Path(tempfile.mkdtemp(prefix="throughfare-rehearsal-")), False
    try:
        yield folder
    except (Exception, _Fell):
        stays = True
        click.echo(f"database, logs and files are kept in {folder}", err=True)
        raise
    finally:
        if not stays:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def staged(region: Region, folder: Path, place: Path, database_url: str | None = None) -> Iterator[Stage]:
    """Run a region on a scratch folder: its operators' stand-ins, a service for each sale channel, a worker."""
    lab.begin(place)
    nursery = Nursery()
    start = rehearse.begins(region.data)
    settings = _settings(folder, place, database_url)
    lab.move_clock(place, start)
    database = lab.prepare(settings, start)
    keys = lab.make_keys(database, settings, list(region.operators), "rehearsal")
    database.close()
    issuer_key = _issuers(region, place)
    with contextlib.ExitStack() as started, (place / "lock").open("w") as lock:
        clock_file = place / "clock"
        stage = started.enter_context(
            start_simulators(place, folder, region.operators, clock_file, lock, nursery=nursery, feeds=True)
        )
        stage |= {
            "THROUGHFARE_GATEWAY": "demo",
            "THROUGHFARE_RATE_LIMITS": "off",
            "THROUGHFARE_PROOF_ISSUERS": str(place / "issuers.json"),
        }
        processes = started.enter_context(
            lab.serving(settings, place, lock, stage, pause_seconds=_PAUSE_SECONDS, nursery=nursery)
        )
        urls: dict[str | None, str] = {None: settings.public_url}
        serving: dict[str | None, Started] = {None: processes[0]}
        for channel in plan.channels_of(region.data):
            point = _sale_point(settings, channel, stage, (place, lock), nursery)
            urls[channel], serving[channel] = started.enter_context(point)
        for name, url in urls.items():
            serving[name].await_ready(partial(lab.is_ready, url))
        environment = lab.environment(settings, stage)
        feeds = {
            name: address.removesuffix(_TRIP_UPDATES)
            for name in region.operators
            if (address := stage.get(f"THROUGHFARE_{name.upper()}_TRIP_UPDATES_URL"))
        }
        yield Stage(
            region=folder.name,
            urls=urls,
            folder=place,
            database_url=settings.database_url,
            gates=keys.gates,
            staff=keys.staff,
            finance=(keys.finance, keys.approver),
            move_clock=lambda to: lab.move_clock(place, to),
            prove=lambda claim, issuer, now: _proof(issuer_key, claim, issuer, now),
            command=lambda words, text: _command(words, text, place, environment, nursery),
            connectors={name: plan.connector_of(region.data, name) for name in region.operators},
            bound=frozenset(load_gates([folder]).boarding),
            parties={one["id"]: one["parties"] for one in plan.priced_agreements(region.data)},
            troubles=lambda: _troubles(processes, place),
            feeds=feeds,
            sequence=partial(_sequence, region),
        )


def _sequence(region: Region, operator: str, trip_id: str, stop_id: str) -> int | None:
    """Number a stop of a trip as the operator's feed does; None where it does not call there."""
    named = Runs(region.data.timetables[operator]).known.get(trip_id)
    pattern = named[0] if named else None
    if pattern is None or stop_id not in pattern.stops:
        return None
    return pattern.sequences[pattern.stops.index(stop_id)]


def _settings(folder: Path, place: Path, database_url: str | None) -> Settings:
    found = lab.settings_in(place, folder.name, lab.free_port())
    url = database_url or found.database_url
    return replace(found, regions_folder=folder.absolute().parent, database_url=url)


@contextlib.contextmanager
def _sale_point(
    settings: Settings, channel: str, found: dict[str, str], where: tuple[Path, TextIO], nursery: Nursery
) -> Iterator[tuple[str, Started]]:
    """A second service on the same database that sells in a channel."""
    port = lab.free_port()
    environment = {**lab.environment(settings, found), "THROUGHFARE_SALE_CHANNEL": channel}
    line = {f"service{channel}": gunicorn(f"127.0.0.1:{port}", workers=1, threads=8)}
    with running(line, *where, environment, nursery) as started:
        yield f"http://127.0.0.1:{port}", started[0]


def _issuers(region: Region, place: Path) -> Signer:
    """Every issuer of the region signs with one key of the rehearsal; the service trusts it by its file."""
    key = Ed25519PrivateKey.generate()
    public = to_jwk(VerifyKey(_KID, "EdDSA", key.public_key()))
    issuers = {claim.partition(" ")[2] for claim in plan.claims(region.data)}
    document = {issuer: {"keys": [public]} for issuer in issuers}
    (place / "issuers.json").write_text(json.dumps(document), encoding="utf-8")
    return Signer(_KID, key)


def _proof(signer: Signer, claim: str, issuer: str, now: datetime) -> str:
    payload = {
        "iss": issuer,
        "aud": _ISSUER,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(hours=1)).timestamp()),
        "jti": new_id(),
        "claim": claim,
        "valid_until": (now + timedelta(days=365)).date().isoformat(),
    }
    return signer.sign("entitlement+jwt", payload)


def _command(
    words: list[str], text: str, place: Path, environment: dict[str, str], nursery: Nursery
) -> tuple[int, str]:
    """Run `throughfare` with a text as its input; answers exit code and output, with its errors where it failed."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        heard, answer = Path(folder) / "heard", Path(folder) / "answer"
        heard.write_text(text, encoding="utf-8")
        child = nursery.start([sys.executable, "-m", "ticketing", *words], answer, environment, heard=heard)
        try:
            code = child.wait(_PATIENCE_SECONDS)
        finally:
            child.kill()
        said = [answer] if code == 0 else [answer, Path(f"{answer}.err")]
        return code, "".join(one.read_text(encoding="utf-8", errors="replace") for one in said)


def _troubles(processes: list[Started], place: Path) -> list[str]:
    """Processes that have ended, and what the logs hold that nobody planned."""
    found = [f"the {one.name} has ended" for one in processes if one.process.poll() is not None]
    for log in sorted(place.glob("*.log")):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors_found = [line for line in lines if line.startswith("Traceback") or '"level": "error"' in line]
        if errors_found:
            found.append(f"{log.name} holds {len(errors_found)} errors, the first: {errors_found[0][:300]}")
    return found
