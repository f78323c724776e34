"""`throughfare region`: check a region's folder, begin a new one, rehearse one."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from operators import skeleton
from operators.files import ENCODINGS, Reading
from operators.plain_text import plain
from tariffs.findings import Finding, errors, first_of_each_kind, report
from tariffs.table import zone_name
from ticketing.cli import contract
from ticketing.cli.extras import Lending
from ticketing.cli.folders import find_folder
from ticketing.cli.progress import progress
from ticketing.cli.region.begin import begin_region
from ticketing.cli.region.folder import check_folder
from ticketing.cli.region.history import command as history
from ticketing.cli.region.page import write_page
from ticketing.errors import InvalidRequest
from ticketing.regions import Region, check_region
from ticketing.regions.difference import Change, Difference, compare
from ticketing.regions.reload import ask

_MOST_TOLD = 1000
_EXAMPLES = 5
# Imported when it is asked for: it starts processes, and `check` answers at once.
_LENT = {"rehearse": ("ticketing.cli.rehearse.commands", "lab")}


@click.group(cls=Lending, lent=_LENT)
def command() -> None:
    """Check a region's folder, compare two, begin a new one, rehearse one."""


command.add_command(history)


@command.command("check")
@click.argument("name_or_folder")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Also write a page with a map, the prices of single rides, days, VAT and riders.",
)
def check_command(name_or_folder: str, *, page: Path | None) -> None:
    """Report every fault of a region's files at once: feeds, agreements, taxes, operators, gates, terms, demo, stand-ins.

    NAME_OR_FOLDER is a region of THROUGHFARE_REGIONS_FOLDER (`regions`), or a folder. Exit 1 if anything is an error;
    warnings name data that are never sold, used or read.

    \b
    Example:
      throughfare region check helsinki-tallinn
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    folder = find_folder(name_or_folder)
    with progress("reading the region") as tell:
        region, findings = check_region(folder, progress=tell)
        findings += check_folder(folder, region)
        if page is not None:
            page.write_text(
                write_page(folder.name, region, findings, datetime.now(UTC).date()), encoding="utf-8"
            )
    answer = report(findings)
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    sys.exit(0 if answer["ok"] else 1)


@command.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--on",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="The first day of travel that is compared; today by default.",
)
@click.option(
    "--days", type=click.IntRange(1, 31), default=7, show_default=True, help="How many days of departures."
)
@click.option("--json", "as_json", is_flag=True, help="All changes as JSON, instead of counts with examples.")
def diff_command(old: str, new: str, *, first: datetime | None, days: int, as_json: bool) -> None:
    """Compare two states of a region: operators, stops, lines, departures, prices of single rides, VAT, agreements.

    OLD and NEW are regions of THROUGHFARE_REGIONS_FOLDER (`regions`), or folders. Exit 1 if one of them has an error. Warnings that
    OLD does not have, such as trips that were left out, go to standard error.

    \b
    Example:
      throughfare region diff helsinki-tallinn ./next-season --on 2027-06-01
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    begin = first.date() if first else datetime.now(UTC).date()
    (before, old_findings), (after, new_findings) = (_loaded(name) for name in (old, new))
    _warn(new_findings, old_findings)
    with progress("comparing"):
        difference = compare(before, after, [begin + timedelta(days=number) for number in range(days)])
    if as_json:
        click.echo(
            json.dumps([asdict(change) for change in difference.changes], ensure_ascii=False, indent=2)
        )
        return
    for line in _shown(difference):
        click.echo(plain(line, _MOST_TOLD))


@command.command("reload")
@click.argument("name_or_folder")
def reload_command(name_or_folder: str) -> None:
    """Have the running service load a region anew: timetables, fares, agreements, VAT, passes, caps. Nothing else stops.

    The folder is checked first; exit 1 if anything is an error, and the service goes on with what it has. Offers that were made keep
    their price, orders their conditions. Each process on this machine takes the region whole within seconds of its next
    search. Changes of operators, terminals and names in region.toml, and of gates.json, need a restart: the log says so.

    \b
    Example:
      throughfare region reload helsinki-tallinn
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    folder = find_folder(name_or_folder)
    with progress("reading the region") as tell:
        region, findings = check_region(folder, progress=tell)
        findings += check_folder(folder, region)
    if errors(findings):
        click.echo(json.dumps(report(findings), ensure_ascii=False, indent=2))
        sys.exit(1)
    _warn(findings)
    click.echo(
        f"{folder.name} is asked for: {ask(folder)[:12]}. A process that sells {folder.resolve()} loads it within seconds of its "
        "next search; its log says `region reloaded`, or why not"
    )


def _loaded(name: str) -> tuple[Region, list[Finding]]:
    """The region of a name or folder with what was found on the way, or the end with its errors."""
    with progress(f"reading {name}") as tell:
        region, findings = check_region(find_folder(name), progress=tell)
    if region is None:
        click.echo(json.dumps(report(findings), ensure_ascii=False, indent=2))
        click.echo(f"{name} has errors: nothing is compared", err=True)
        sys.exit(1)
    return region, findings


def _warn(findings: Iterable[Finding], known: Iterable[Finding] = ()) -> None:
    """Say on standard error what is left out or doubtful, and was not known; rows may have moved."""
    before = {(finding.file, finding.code, finding.message) for finding in known}
    for finding in first_of_each_kind(findings):
        if (finding.file, finding.code, finding.message) not in before:
            click.echo(plain(f"warning: {finding.place}: {finding.message}", _MOST_TOLD), err=True)


def _said(change: Change) -> str:
    owner = f"{change.operator}: " if change.operator else ""
    what = f": {change.old} -> {change.new}" if change.change == "changed" else ""
    return f"{owner}{change.name}{what}"


def _shown(difference: Difference) -> Iterator[str]:
    """The number of each kind of change, and the first of them."""
    for (subject, change), count in difference.counts().items():
        yield f"{subject}: {count} {change}"
        alike = [one for one in difference.changes if (one.subject, one.change) == (subject, change)]
        yield from (f"  {_said(example)}" for example in alike[:_EXAMPLES])
        if count > _EXAMPLES:
            yield f"  and {count - _EXAMPLES} more (--json tells all)"
    if not difference.changes:
        yield "nothing changed"


@command.command("new")
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(file_okay=False),
    default="regions",
    envvar="THROUGHFARE_REGIONS_FOLDER",
    show_default=True,
    show_envvar=True,
    help="Where regions live.",
)
@click.option(
    "--feed",
    "feeds",
    multiple=True,
    metavar="FEED",
    help="A feed of an operator, GTFS or NeTEx: a zip, a folder or an address. Once for each operator.",
)
@click.option(
    "--encoding",
    type=click.Choice(ENCODINGS),
    default=ENCODINGS[0],
    show_default=True,
    help="How the texts of the feeds are written.",
)
@click.option(
    "--time-zone", default="", metavar="ZONE", help="The IANA time zone of NeTEx deliveries that tell none."
)
def new_command(name: str, folder: str, *, feeds: tuple[str, ...], encoding: str, time_zone: str) -> None:
    """Write a region that passes `region check`: from operators' feeds, or a small invented one to replace file by file.

    A feed tells its agency, time zone, currency, riders and fares; notes name what no feed tells (docs/onboarding.md).

    \b
    Example:
      throughfare region new three-rivers --feed bus.zip --feed https://rail.example/gtfs.zip
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    if time_zone:
        try:
            zone_name(time_zone)
        except ValueError:
            message = f"{time_zone} is no IANA time zone, like Europe/Zurich"
            raise click.BadParameter(message, param_hint="--time-zone") from None
    place = Path(folder) / name
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,39}", name):
        raise click.BadParameter("a name is 2 to 40 small letters, digits and dashes", param_hint="NAME")
    if place.exists():
        raise click.BadParameter(f"{place} exists already", param_hint="NAME")
    if feeds:
        _begin(place, feeds, Reading(encoding, time_zone))
        return
    for path, text in skeleton.files(name).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8", newline="")
    click.echo(f"{place} is there: `throughfare region check {place}` is green. Next: docs/onboarding.md")


def _begin(place: Path, feeds: tuple[str, ...], reading: Reading) -> None:
    with progress(f"reading {len(feeds)} feeds"):
        try:
            beginning, findings = begin_region(place, feeds, reading)
        except InvalidRequest as error:
            click.echo(json.dumps(contract.problem(error), ensure_ascii=False), err=True)
            sys.exit(2)
    click.echo(f"{place} is there, with {', '.join(beginning.operators)}. Left to you:")
    for note in beginning.notes:
        click.echo(f"- {note}")
    for finding in dict.fromkeys(findings):
        click.echo(plain(f"{finding.place}: {finding.message}", _MOST_TOLD), err=True)
    click.echo(f"`throughfare region check {place}` names everything. Next: docs/onboarding.md")
