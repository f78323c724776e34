"""`throughfare operators`: who is connected how, the conformance suite, and the regular exchange of files and feeds."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import click
from rich.table import Table

from operators.registry import missing_secrets
from throughfare_gate.moments import written
from ticketing import disruption
from ticketing.cli import deployment, evidence
from ticketing.cli.deployment import settings
from ticketing.cli.extras import Lending
from ticketing.cli.progress import progress
from ticketing.cli.shown import console_of_tables
from ticketing.regions import by_staff
from ticketing.regions.marked_run import MarkedRun
from ticketing.regions.note import LANGUAGES
from ticketing.rooms import build_rooms

_LENT = {"conform": ("ticketing.cli.conform.commands", "lab")}


def _notes(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for what holders read, one for each language."""
    for language in reversed(LANGUAGES):
        text = f"Two lines for holders at most ({language}); a line break divides them."
        command = click.option(f"--note-{language}", default="", help=text)(command)
    return command


def _note(given: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("note_"): text for name, text in given.items()}


@click.group(cls=Lending, lent=_LENT)
def command() -> None:
    """Look after the connections to operators' systems."""


@command.command("list")
def list_command() -> None:
    """List every operator of the configured regions with its protocol, what it can do, and the secret that is not set.

    \b
    Example:
      throughfare operators list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    rooms = build_rooms(settings())
    table = Table("region", "operator", "kind", "needs a hold", "takes back", "tells", "lacks", box=None)
    for region, operators in rooms.connectors.regions.items():
        lacking = missing_secrets(rooms.planner.regions[region].data, os.environ)
        for operator, connector in operators.items():
            able = connector.capabilities
            configured = rooms.planner.regions[region].operators[operator].connector
            tells = [name for name in ("availability", "offers", "disruptions") if getattr(able, name)]
            table.add_row(
                region,
                operator,
                configured.kind if configured else "gtfs",
                "yes" if able.needs_hold else "no",
                able.cancels,
                ", ".join(tells),
                lacking.get(operator, ""),
            )
    console_of_tables().print(table)


@command.command("tend")
def tend_command() -> None:
    """Exchange files and refresh feeds once; the worker does the same round after round.

    \b
    Example:
      throughfare operators tend
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    with progress("asking the operators") as tell:
        build_rooms(settings()).connectors.tend(tell)


@command.command("cancel")
@click.argument("operator")
@click.argument("trip")
@click.argument("day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--by", required=True, help="Your name; `operators show` lists it.")
@click.option("--region", default=None, help="The region; the first configured one if not given.")
@click.option("--undo", is_flag=True, help="It runs after all, at its planned times.")
@_notes
def cancel_command(
    *, operator: str, trip: str, day: datetime, by: str, region: str | None, undo: bool, **notes: str
) -> None:
    """Say that TRIP of OPERATOR does not run on its service DAY, where the operator's system cannot say it.

    TRIP is the `trip_id` of a search or a ticket, DAY (2026-12-01) the day of the timetable, there `service_date`. The answer
    names the departure by the local clock; a departure that arrived more than six hours ago is refused.

    Nobody sells it from now on, searches show it as cancelled, and holders of its tickets get all their money back when they ask. No message of the
    operator changes that. Holders read two lines (`--note-en` and so on) after our own sentence, in English if their language is missing.

    \b
    Example:
      throughfare operators cancel eckero ECK-TH-0600 2026-12-01 --by mari --note-en "The engine is broken."
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    where, desk = deployment.region(region), build_rooms(settings()).live
    if undo:
        by_staff.take_back(desk, where, operator, trip, day.date(), by=by, note=_note(notes))
    else:
        by_staff.cancel_departure(desk, where, operator, trip, day.date(), by=by, note=_note(notes))
    said = "runs after all, at its planned times" if undo else "is cancelled"
    click.echo(f"{trip} of {operator} on {day:%Y-%m-%d} {said}")
    _tell_run(by_staff.marked_run(desk, where, operator, trip, day.date()))


@command.command("late")
@click.argument("operator")
@click.argument("trip")
@click.argument("day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]))
@click.argument("minutes", type=click.IntRange(1, 24 * 60))
@click.option("--by", required=True, help="Your name; `operators show` lists it.")
@click.option("--region", default=None, help="The region; the first configured one if not given.")
@_notes
def late_command(
    *, operator: str, trip: str, day: datetime, minutes: int, by: str, region: str | None, **notes: str
) -> None:
    """Say that TRIP of OPERATOR is MINUTES late on its service DAY, where the operator's system cannot say it.

    TRIP is the `trip_id` of a search or a ticket. DAY (2026-12-01) is the day of the timetable, there `service_date`: a ship that
    it writes as 24:15 leaves after midnight of that day. The answer names the departure by the local clock; a departure
    that arrived more than six hours ago is refused. MINUTES (1 to 1440) count from the planned times; the newest report holds.

    Its gates board later, its tickets stay valid for as long, and searches show the delay. Holders read two lines (`--note-en` and so on) as
    with `operators cancel`. `throughfare operators cancel OPERATOR TRIP DAY --undo --by NAME` takes it back.

    \b
    Example:
      throughfare operators late eckero ECK-TH-0600 2026-12-01 90 --by mari
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    where, desk = deployment.region(region), build_rooms(settings()).live
    seconds = minutes * 60
    by_staff.delay_departure(
        desk, where, operator, trip, day.date(), seconds=seconds, by=by, note=_note(notes)
    )
    unit = "minute" if minutes == 1 else "minutes"
    click.echo(f"{trip} of {operator} on {day:%Y-%m-%d} is {minutes} {unit} behind its planned times")
    _tell_run(by_staff.marked_run(desk, where, operator, trip, day.date()))


@command.command("show")
@click.argument("operator")
@click.option("--region", default=None, help="The region; the first configured one if not given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def show_command(operator: str, region: str | None, *, as_json: bool) -> None:
    """Show the reports of staff about the departures of OPERATOR, newest first.

    \b
    Example:
      throughfare operators show eckero
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    where, desk = deployment.region(region), build_rooms(settings()).live
    said = by_staff.list_said(desk, where, operator)
    if as_json:
        rows = [_as_json(word) for word in said]
        click.echo(
            json.dumps({"region": where, "operator": operator, "said": rows}, ensure_ascii=False, indent=2)
        )
        return
    for word in said:
        by_minutes = "" if word.seconds is None else f" by {word.seconds // 60} min"
        what = word.what.replace("_", " ")
        click.echo(f"{written(word.at)}  {word.by}: {word.trip_id} of DAY {word.day} {what}{by_minutes}")


@command.command("evidence")
@click.argument("region")
@click.argument("operator")
@click.argument("trip")
@click.argument("day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option(
    "--messages",
    "folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the messages behind the facts there, as they came, each under its hash.",
)
def evidence_command(
    *, region: str, operator: str, trip: str, day: datetime, as_json: bool, folder: Path | None
) -> None:
    """Show how late TRIP of OPERATOR in REGION was on its service DAY, call by call, and the facts that prove it.

    Each line has the planned time, the observed one, its source, its rank (1 the operator's own report, 2 an observed event, 3 the
    last expectation, 4 gates, 5 nothing) and the hashes of the fact and of the message. Every hash is compared with the stored row;
    exit 1 if one does not fit.

    \b
    Example:
      throughfare operators evidence helsinki-tallinn eckero ECK-TH-0600 2026-12-01
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    where = deployment.region(region)
    proof = disruption.prove_run(build_rooms(settings()).live, where, operator, trip, day.date())
    if as_json:
        click.echo(json.dumps(evidence.as_json(proof), ensure_ascii=False, indent=2))
    else:
        evidence.show(proof)
    if folder is not None:
        evidence.write_messages(proof, folder)
    sys.exit(1 if proof.faults else 0)


def _as_json(said: by_staff.Said) -> dict[str, object]:
    return {
        "at": written(said.at),
        "by": said.by,
        "what": said.what,
        "trip_id": said.trip_id,
        "service_date": said.day.isoformat(),
        "minutes": None if said.seconds is None else said.seconds // 60,
    }


def _tell_run(run: MarkedRun) -> None:
    """Say which departure was meant by the local clock, whom it concerns, and which other one the day could mean."""
    count = "1 valid ticket is" if run.tickets == 1 else f"{run.tickets} valid tickets are"
    click.echo(
        f"Its planned departure: {_spoken(run.leaves)} ({run.leaves:%Y-%m-%d}) from {run.stop}; {count} for it"
    )
    for other in run.others:
        click.echo(
            f"Not meant: the departure that leaves on {_spoken(other.leaves)} from {other.stop} belongs to DAY {other.day}"
        )


def _spoken(leaves: datetime) -> str:
    """A local departure as people say it."""
    return f"{leaves.day} {leaves:%B} at {leaves:%H:%M}"
