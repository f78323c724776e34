"""`throughfare demo`: set everything up, start the service, tell a commuter's day through its public API."""

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console

from ticketing.cli import lab
from ticketing.cli.demo.story import CARDS, Access, Stage, Story
from ticketing.cli.demo_scene import Scene, load_scene
from ticketing.cli.folders import find_folder
from ticketing.cli.lab import alone, ended_by_signals, start_simulators
from ticketing.config import Settings
from ticketing.errors import ThroughfareError
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.regions import Region, load_regions

_LOOK_SECONDS = 0.5
# The worker looks often: the story waits for it.
_PAUSE_SECONDS = 1.0
_FOLDER = Path("var/demo")


@click.command()
@click.option(
    "--region",
    default="helsinki-tallinn",
    help="The region, by name or folder; its demo.toml holds the story.",
)
@click.option("--once", is_flag=True, help="End after the story instead of serving until Ctrl-C.")
@click.option("--port", type=int, default=None, help="The port; 8000 if it is free, else another.")
def command(*, region: str, once: bool, port: int | None) -> None:
    """Play a commuter's day, from Kopli in Tallinn to Pasila in Helsinki or in another region, with pretended money.

    Written to a pipe or a file it ends after the story, as with --once.

    With THROUGHFARE_GATEWAY=stripe and a test key it is paid with Stripe's test cards.

    \b
    Example:
      throughfare demo --once
      throughfare demo --region oresund
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    console = Console(highlight=False, soft_wrap=True)
    chosen, gateway = port or lab.free_port(8000), os.environ.get("THROUGHFARE_GATEWAY", "demo")
    if gateway not in CARDS:
        raise click.ClickException(f"THROUGHFARE_GATEWAY is {gateway!r}; it may be {' or '.join(CARDS)}")
    with alone(_FOLDER) as lock, ended_by_signals():
        try:
            _play(console, region, chosen, lock, gateway=gateway, once=once)
        except KeyboardInterrupt:
            console.print("\nGoodbye.")


def _play(console: Console, region: str, port: int, lock: TextIO, *, gateway: str, once: bool) -> None:
    """Set up, start everything, tell the story; on a terminal go on serving."""
    with console.status("Setting up the demo: database, keys, region ..."):
        folder = find_folder(region)
        scene = _scene(folder)
        start = scene.morning(datetime.now(UTC))
        settings, loaded, access, people = _set_up(port, folder, start)
    with contextlib.ExitStack() as stage:
        with console.status("Starting the operators' stand-ins and the service ..."):
            clock_file = _FOLDER / "clock"
            simulators = stage.enter_context(
                start_simulators(_FOLDER, folder, loaded.operators, clock_file, lock)
            )
            processes = stage.enter_context(
                lab.serving(settings, _FOLDER, lock, simulators, pause_seconds=_PAUSE_SECONDS)
            )
            processes[0].await_ready(partial(lab.is_ready, settings.public_url))
        check = partial(_check, processes)
        stage_of = Stage(settings.public_url, _FOLDER, folder, _move_clock, check)
        Story(console, scene, folder.name, access, stage_of, cards=CARDS[gateway]).tell(start)
        check()
        serves_on = sys.stdout.isatty() and not once
        _show_addresses(console, settings.public_url, people, serves_on=serves_on)
        while serves_on:
            time.sleep(_LOOK_SECONDS)
            check()


def _check(processes: Sequence[lab.Started]) -> None:
    """End the demo where one of its processes has ended."""
    for process in processes:
        process.check()


def _show_addresses(console: Console, url: str, people: str, *, serves_on: bool) -> None:
    """Say where the service is, or was, and who may sign in to its console."""
    how = "keeps running at [bold]{}[/bold] until Ctrl-C" if serves_on else "ran at {}"
    more = "" if serves_on else " (docs/finance.md says how to serve var/demo again)"
    console.print(
        f"\nThe service {how.format(url)}{more}:\n"
        f"  {url}/app/          for commuters, in the browser\n"
        f"  {url}/console       for finance staff: {people}\n"
        f"  {url}/docs          the API, to try in the browser\n"
        f"  {url}/healthz       its health, naming every stand-in\n"
        f"  {url}/.well-known/jwks.json"
    )


def _scene(folder: Path) -> Scene:
    try:
        return load_scene(folder)
    except ThroughfareError as error:
        raise click.ClickException(error.detail) from error


def _set_up(port: int, folder: Path, start: datetime) -> tuple[Settings, Region, Access, str]:
    """Begin afresh: a new database, new keys, an API key for each operator's gates and one for finance.

    Answers also who may sign in to the console, with their first passwords.
    """
    lab.begin(_FOLDER)
    settings = lab.settings_in(_FOLDER, folder.name, port)
    settings = replace(settings, regions_folder=folder.absolute().parent)
    _move_clock(start)
    database = lab.prepare(settings, start)
    region = load_regions(settings)[folder.name]
    keys = lab.make_keys(database, settings, list(region.operators), "demo")
    desk = StaffDesk(database, settings.clock())
    people = " and ".join(
        f"{email} / {staff.add(desk, email, name, role='finance')[1]}"
        for email, name in (("anna@scheme.example", "Anna Kask"), ("bertil@scheme.example", "Bertil Lind"))
    )
    database.close()
    return settings, region, Access(keys.gates, keys.staff, keys.finance, keys.approver), people


def _move_clock(to: datetime | None) -> None:
    """Set the pretended time of the service; None gives it the real one back."""
    lab.move_clock(_FOLDER, to)
