"""`throughfare demo`: set everything up, start the service, tell a commuter's day through its public API."""

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console

from ticketing.cli import deployment, lab
from ticketing.cli.demo import sold_month
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
_FOLDER, _MONTHS = Path("var/demo"), Path("var/demo-months")


@click.command()
@click.option(
    "--region",
    default="helsinki-tallinn",
    help="The region, by name or folder; its demo.toml holds the story.",
)
@click.option(
    "--month/--no-month",
    default=True,
    help="Sell the orders of the month before the story, where the region's demo.toml has them; made once and kept.",
)
@click.option("--once", is_flag=True, help="End after the story instead of serving until Ctrl-C.")
@click.option("--port", type=int, default=None, help="The port; 8000 if it is free, else another.")
def command(*, region: str, month: bool, once: bool, port: int | None) -> None:
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
            wanted = Wanted(region, gateway, once=once, month=month and gateway == "demo")
            _play(console, wanted, chosen, lock)
        except KeyboardInterrupt:
            console.print("\nGoodbye.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The demo that is wanted: of a region, paid by a gateway, once or serving on, with the sales of its month or without."""

    region: str
    gateway: str
    once: bool
    month: bool


def _play(console: Console, wanted: Wanted, port: int, lock: TextIO) -> None:
    """Set up, start everything, tell the story; on a terminal go on serving."""
    with console.status("Setting up the demo: database, keys, region ..."):
        folder = find_folder(wanted.region)
        scene = _scene(folder)
        start = scene.morning(datetime.now(UTC))
        shelf = sold_month.Shelf.of(_MONTHS, folder, f"{start:%Y-%m}")
        settings, loaded, sold = _set_up(port, folder, start, shelf if wanted.month else None)
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
        if wanted.month and scene.month and sold is None:
            sold = sold_month.sell(console, settings.public_url, scene, start, _move_clock)
            shelf.put(_FOLDER, sold)
            _move_clock(start)
        access, people = _let_in(settings, loaded)
        check = partial(_check, processes)
        stage_of = Stage(settings.public_url, _FOLDER, folder, _move_clock, check)
        Story(console, scene, folder.name, access, stage_of, cards=CARDS[wanted.gateway]).tell(start, sold)
        check()
        serves_on = sys.stdout.isatty() and not wanted.once
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


def _set_up(
    port: int, folder: Path, start: datetime, shelf: sold_month.Shelf | None
) -> tuple[Settings, Region, sold_month.Sold | None]:
    """Begin afresh: a new database and new keys, or those of a kept month, with what its orders came to."""
    lab.begin(_FOLDER)
    sold = shelf.take(_FOLDER) if shelf else None
    settings = lab.settings_in(_FOLDER, folder.name, port)
    settings = replace(settings, regions_folder=folder.absolute().parent)
    _move_clock(start)
    lab.prepare(settings, start).close()
    return settings, load_regions(settings)[folder.name], sold


def _let_in(settings: Settings, region: Region) -> tuple[Access, str]:
    """Make an API key for each operator's gates and two for finance, and accounts for two people of the console.

    Answers the keys, and who may sign in to the console, with their first passwords.
    """
    database = deployment.database(settings)
    keys = lab.make_keys(database, settings, list(region.operators), "demo")
    desk = StaffDesk(database, settings.clock())
    people = " and ".join(
        f"{email} / {staff.add(desk, email, name, role='finance')[1]}"
        for email, name in (("anna@scheme.example", "Anna Kask"), ("bertil@scheme.example", "Bertil Lind"))
    )
    database.close()
    return Access(keys.gates, keys.staff, keys.finance, keys.approver), people


def _move_clock(to: datetime | None) -> None:
    """Set the pretended time of the service; None gives it the real one back."""
    lab.move_clock(_FOLDER, to)
