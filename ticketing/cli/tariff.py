"""`throughfare tariff`: check a tariff, price an itinerary, split an amount."""

import json
import sys
from pathlib import Path
from typing import NoReturn, TextIO

import click

from operators.files import FeedUnreadable, read_feed
from tariffs.fares import feed as fares
from tariffs.fares.feed import Feed
from tariffs.findings import report
from ticketing.cli import contract
from ticketing.cli.tariff_requests import FareRequest, apportion, price
from ticketing.errors import Fault, InvalidRequest

_FEED = click.argument("feed", type=click.Path(path_type=Path))
_REQUEST = click.argument("request", type=click.File(encoding="utf-8"))
_JSONL = click.option("--jsonl", is_flag=True, help="One request a line in, one answer a line out.")


@click.group()
def command() -> None:
    """Check a tariff, price an itinerary, split an amount."""


@command.command("check")
@_FEED
def check_command(feed: Path) -> None:
    """Report every fault of the fare tables of FEED, a folder or a zip with GTFS files.

    \b
    Example:
      throughfare tariff check regions/helsinki-tallinn/feeds/hsl
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    try:
        _, findings = fares.load(read_feed(feed, fares.FILES))
    except FeedUnreadable as error:
        _refuse(InvalidRequest(str(error), [Fault("FEED", str(error))]))
    answer = report(findings)
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    sys.exit(0 if answer["ok"] else 1)


@command.command("price")
@_FEED
@_REQUEST
@_JSONL
def price_command(feed: Path, request: TextIO, *, jsonl: bool) -> None:
    """Price one itinerary by the fare tables of FEED.

    \b
    Example:
      echo '{"legs": [{"from_areas": ["A"], "to_areas": ["B"], "areas_travelled": ["A", "B"],
        "departure": "2026-03-04T10:00:00", "arrival": "2026-03-04T10:20:00"}]}' \\
        | throughfare tariff price regions/helsinki-tallinn/feeds/hsl -
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    try:
        loaded, findings = fares.load(read_feed(feed, fares.FILES))
    except FeedUnreadable as error:
        _refuse(InvalidRequest(str(error), [Fault("FEED", str(error))]))
    if loaded is None:
        faults = [Fault(f"{found.file}:{found.row}:{found.field}", found.message) for found in findings
                  if found.severity == "error"]  # fmt: skip
        _refuse(InvalidRequest(f"the feed has {len(faults)} errors; see `throughfare tariff check`", faults))
    usable: Feed = loaded
    contract.run(request, lambda document: price(usable, FareRequest.parse(document, usable)), jsonl=jsonl)


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


def _refuse(error: InvalidRequest) -> NoReturn:
    click.echo(json.dumps(contract.problem(error), ensure_ascii=False), err=True)
    sys.exit(2)
