"""`throughfare tariff`: check a tariff, price an itinerary, split an amount."""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NoReturn, TextIO

import click

from operators.files import ENCODINGS, FeedUnreadable, read_feed
from operators.netex import notes
from tariffs.caps import load as load_caps
from tariffs.fares import feed as fares
from tariffs.fares.calls import FILES as CALLS
from tariffs.fares.calls import Calls
from tariffs.fares.feed import Feed
from tariffs.fares.price import price as price_legs
from tariffs.findings import Finding, errors, report
from ticketing import shipped
from ticketing.cli import contract
from ticketing.cli.progress import progress
from ticketing.cli.tariff import converting, tools
from ticketing.cli.tariff.diff import compare
from ticketing.cli.tariff.requests import FareRequest, apportion, price
from ticketing.errors import Fault, InvalidRequest
from ticketing.progress import Counted

_FEED = click.argument("feed", type=click.Path(path_type=Path))
_REQUEST = click.argument("request", type=contract.RequestFile())
_ENCODING = click.option(
    "--encoding",
    type=click.Choice(ENCODINGS),
    default=ENCODINGS[0],
    show_default=True,
    help="How the texts of FEED are written.",
)
_JSONL = click.option("--jsonl", is_flag=True, help="One request a line in, one answer a line out.")


@click.group()
def command() -> None:
    """Check a tariff, price an itinerary, split an amount."""


@command.command("check")
@_FEED
@_ENCODING
def check_command(feed: Path, encoding: str) -> None:
    """Report every fault of the fare tables of FEED, a folder or a zip with GTFS files.

    \b
    Example:
      throughfare tariff check regions/helsinki-tallinn/feeds/hsl
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    _, findings = _read(feed, encoding)
    answer = report(findings)
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    sys.exit(0 if answer["ok"] else 1)


@command.command("price")
@_FEED
@_REQUEST
@_JSONL
@_ENCODING
def price_command(feed: Path, request: TextIO, *, jsonl: bool, encoding: str) -> None:
    """Price one itinerary by the fare tables of FEED.

    \b
    Example:
      echo '{"legs": [{"from_areas": ["A"], "to_areas": ["B"], "areas_travelled": ["A", "B"],
        "departure": "2026-03-04T10:00:00", "arrival": "2026-03-04T10:20:00"}]}' \\
        | throughfare tariff price regions/helsinki-tallinn/feeds/hsl -
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    usable, calls = _load_with_calls(feed, encoding)
    contract.run(
        request, lambda document: price(usable, FareRequest.parse(document, usable, calls)), jsonl=jsonl
    )


@command.command("journey")
@click.argument("region")
@_REQUEST
@_JSONL
def journey_command(region: str, request: TextIO, *, jsonl: bool) -> None:
    """Price a whole journey by the tariff book of REGION: agreements, caps, passes, entitlements, groups, taxes, shares.

    What passengers have proven, hold and have paid is taken as REQUEST says; nothing is sold.

    \b
    Example:
      echo '{"rides": [{"operator": "tlt", "route_id": "tram-2", "from_stop_id": "09005-1", "to_stop_id": "12227-1",
        "departure": "2026-12-01T06:24:00", "arrival": "2026-12-01T06:43:00"}], "passengers": [{"ref": "anna"}]}' \\
        | throughfare tariff journey helsinki-tallinn -
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    folder = Path(region) if Path(region).is_dir() else shipped.regions_folder() / region
    # The other commands of this file know neither regions nor a database, and start in a fraction of the time.
    from ticketing.cli.tariff import journey  # noqa: PLC0415  see above
    from ticketing.regions import check_region  # noqa: PLC0415  see above

    loaded, findings = check_region(folder)
    if loaded is None:
        _refuse(_unusable(errors(findings)))
    contract.run(request, lambda document: journey.answer(loaded, document), jsonl=jsonl)


@command.command("apportion")
@_REQUEST
@_JSONL
def apportion_command(request: TextIO, *, jsonl: bool) -> None:
    """Split an amount between operators, exact to the cent.

    \b
    Example:
      echo '{"total": {"amount": "9.40", "currency": "EUR"}, "method": "weights",
        "parties": [{"operator": "tallinn", "weight": "2.00"}, {"operator": "gulf", "weight": "8.00"}]}' \\
        | throughfare tariff apportion -
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    contract.run(request, apportion, jsonl=jsonl)


@command.command("explain")
@_FEED
@_REQUEST
@_ENCODING
def explain_command(feed: Path, request: TextIO, encoding: str) -> None:
    """Say in sentences how `tariff price` comes to its price, and name the alternatives that lost.

    Without a price the answer names the rules that come nearest, and what each asks for in vain.

    \b
    Example:
      throughfare tariff explain regions/helsinki-tallinn/feeds/hsl request.json
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    usable, calls = _load_with_calls(feed, encoding)
    try:
        asked = FareRequest.parse(contract.parse(request.read()), usable, calls)
    except InvalidRequest as error:
        _refuse(error)
    for stranger in tools.strangers(usable, asked.legs):
        click.echo(stranger)
    priced = price_legs(usable, asked.legs, asked.rider, asked.medium)
    click.echo(tools.explain(priced))
    if priced.total is None:
        for line in (
            *tools.places(usable, asked.legs),
            *tools.nearest_rules(usable, asked.legs, asked.rider, asked.medium),
        ):
            click.echo(f"  {line}")


@command.command("matrix")
@_FEED
@click.option("--rider", default=None, help="A rider_category_id; any by default.")
@click.option("--medium", default=None, help="A fare_media_id; any by default.")
@click.option(
    "--day",
    metavar="DAY",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="The day of travel, like 2026-12-01; today by default.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "html"]), default="text", show_default=True
)
def matrix_command(
    feed: Path, rider: str | None, medium: str | None, day: datetime | None, form: str
) -> None:
    """Show the price of a ride from every area to every area.

    \b
    Example:
      throughfare tariff matrix regions/helsinki-tallinn/feeds/hsl --rider adult --medium app
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    usable = _load_v2(feed)
    with progress("pricing") as tell:
        found = tools.matrix(usable, rider, medium, tools.noon(day), partial(tell, "pricing"))
    click.echo(tools.render(found, form))


@command.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--medium", default=None, help="A fare_media_id; any by default.")
@click.option(
    "--sample", type=click.IntRange(1, 100_000), help="So many pairs of stops, not all pairs of areas."
)
@click.option("--seed", default=1, show_default=True, help="Another seed samples other stops.")
@click.option(
    "--day",
    metavar="DAY",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="The day of travel, like 2026-12-01; today by default.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "html"]), default="text", show_default=True
)
def diff_command(
    old: Path,
    new: Path,
    *,
    medium: str | None,
    sample: int | None,
    seed: int,
    day: datetime | None,
    form: str,
) -> None:
    """Show the rides that the tariff NEW makes dearer or cheaper than OLD; exit 1 if any price changed.

    Every pair of areas is priced for each rider category and network, or a sample of pairs of stops.

    \b
    Example:
      throughfare tariff diff feeds/hsl-2025 feeds/hsl-2026 --medium app --format csv
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    before, after = _load_v2(old), _load_v2(new)
    with progress("pricing") as tell:
        comparison = compare(
            before,
            after,
            medium,
            tools.noon(day),
            sample=sample or 0,
            seed=seed,
            far=partial(tell, "pricing"),
        )
    if comparison.changes:
        click.echo(tools.render(comparison.rows(), form))
    click.echo(comparison.summary(), err=form != "text")
    sys.exit(1 if comparison.changes else 0)


@command.command("convert")
@_FEED
@click.argument("out", type=click.Path(path_type=Path))
@_ENCODING
def convert_command(feed: Path, out: Path, encoding: str) -> None:
    """Write the Fares V1 of FEED as Fares V2: a folder OUT with all files of the feed and the tables of V2 beside them.

    The answer notes what V2 cannot say, by file and row.

    \b
    Example:
      throughfare tariff convert town.zip feeds/town
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    if out.exists():
        _refuse(InvalidRequest.at("OUT", f"{out} is there already"))
    try:
        converted = converting.convert_feed(feed, out, encoding)
    except FeedUnreadable as error:
        _refuse(InvalidRequest(str(error), [Fault("FEED", str(error))]))
    except InvalidRequest as error:
        _refuse(error)
    answer = {
        "fare_products": converted.products,
        "leg_rules": converted.leg_rules,
        "transfer_rules": converted.transfer_rules,
        "notes": [asdict(note) for note in converted.notes],
    }
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


@command.command("rate")
@click.argument("caps", type=click.File(encoding="utf-8"))
@_REQUEST
@_JSONL
def rate_command(caps: TextIO, request: TextIO, *, jsonl: bool) -> None:
    """Charge taps under the caps of CAPS (a CSV file), whatever their order of arrival.

    \b
    Example:
      echo '{"timezone": "Europe/Tallinn", "taps": [{"id": "1", "at": "2026-03-04T08:00:00", "amount": "2.00",
        "currency": "EUR", "network": "tallinn", "rider": "adult", "medium": "card"}]}' \\
        | throughfare tariff rate caps.csv -
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    known, findings = load_caps(caps.read(), Path(caps.name).name)
    if findings:
        _refuse(_unusable(findings))
    contract.run(request, lambda document: tools.rate(document, known), jsonl=jsonl)


@command.command("replay")
@click.argument("quote_id")
def replay_command(quote_id: str) -> None:
    """Price an old quote again from the tariff version it was made with; exit 1 if anything differs.

    \b
    Example:
      throughfare tariff replay 01a209e6-96a9-767f-88e6-026fe27eefbf
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.cli.deployment import database, settings  # noqa: PLC0415  only this command needs the database
    from ticketing.quote.service import replay  # noqa: PLC0415  see above

    again = replay(database(settings()), quote_id)
    answer = {
        "quote": again.quote_id,
        "tariff_version": again.tariff_version,
        "total": again.total.as_dict(),
        "same": not again.differences,
        "differences": list(again.differences),
    }
    click.echo(json.dumps(answer, indent=2))
    sys.exit(0 if answer["same"] else 1)


def _load_with_calls(feed: Path, encoding: str) -> tuple[Feed, Calls | None]:
    """Read a feed's tariff, and the calls of its trips where the tariff asks for the zones passed."""
    usable = _load(feed, encoding)
    asks = usable.v1 is not None and usable.v1.asks_for_zones_passed
    return usable, Calls(read_feed(feed, CALLS, encoding)) if asks else None


def _load_v2(feed: Path) -> Feed:
    """Read a tariff of Fares V2, or end with the problem: a table of areas knows no fares of V1."""
    usable = _load(feed)
    if usable.v1 is not None:
        message = (
            f"{feed} has Fares V1, which this command does not read; `throughfare tariff convert` writes V2"
        )
        _refuse(InvalidRequest(message, [Fault("FEED", message)]))
    return usable


def _load(feed: Path, encoding: str = ENCODINGS[0]) -> Feed:
    """Read a feed's tariff, or end with the problem."""
    loaded, findings = _read(feed, encoding)
    if loaded is None:
        _refuse(_unusable(findings))
    return loaded


def _read(feed: Path, encoding: str) -> tuple[Feed | None, list[Finding]]:
    """Read a feed's tariff with its findings, showing how far it is; end with the problem where there is no feed."""
    with progress(f"reading {feed.name}") as tell:
        try:
            texts = read_feed(feed, fares.FILES, encoding)
        except FeedUnreadable as error:
            _refuse(InvalidRequest(str(error), [Fault("FEED", str(error))]))
        count = Counted(tell, f"checking {feed.name}", sum(text.count("\n") for text in texts.values()))
        loaded, findings = fares.load(texts, count.more)
        return loaded, [*notes.read(texts), *findings]


def _unusable(findings: list[Finding]) -> InvalidRequest:
    faults = [Fault(found.place, found.message) for found in errors(findings)]
    return InvalidRequest(f"the data has {len(faults)} errors; see `throughfare tariff check`", faults)


def _refuse(error: InvalidRequest) -> NoReturn:
    click.echo(json.dumps(contract.problem(error), ensure_ascii=False), err=True)
    sys.exit(2)
