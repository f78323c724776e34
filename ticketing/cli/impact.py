"""`throughfare impact`: the effect of another tariff or agreement on the published journeys of a month."""

import json
import sys
from dataclasses import asdict

import click

from tariffs.money import Money
from ticketing.cli.folders import find_folder
from ticketing.cli.progress import progress
from ticketing.impact import WhatIf


@click.group()
def command() -> None:
    """Show the effect of another tariff on a month's journeys."""


@command.command("what-if")
@click.argument("region")
@click.argument("new")
@click.option("--month", default=None, help="YYYY-MM; the newest published month by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def what_if_command(region: str, new: str, month: str | None, *, as_json: bool) -> None:
    """Compare the prices of REGION with those of NEW: who pays more, who less, what it costs each operator.

    NEW is a region's folder with changed tariffs or agreements. The journeys are the published ones of a month, and it is assumed
    that they stay as they are: each is one grown-up on the way that stands for its corridor. Nothing is stored.
    Exit 1 if NEW has an error.

    \b
    Example:
      throughfare impact what-if helsinki-tallinn ./next-season
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from tariffs.findings import errors, report  # noqa: PLC0415  only this command needs the regions
    from ticketing.cli import deployment  # noqa: PLC0415  see above
    from ticketing.impact import by_book  # noqa: PLC0415  see above
    from ticketing.regions import check_region  # noqa: PLC0415  see above
    from ticketing.rooms import build_rooms  # noqa: PLC0415  see above

    folder = find_folder(new)
    with progress("reading the new tariff") as tell:
        changed, findings = check_region(folder, progress=tell)
    if changed is None or errors(findings):
        click.echo(json.dumps(report(findings), ensure_ascii=False, indent=2))
        sys.exit(1)
    rooms = build_rooms(deployment.settings())
    with progress("finding the ways of corridors"):
        counted, effect = by_book(rooms.impact, region, changed.book, month)
    if as_json:
        click.echo(
            json.dumps(
                {"month": counted.name, **asdict(effect), "passengers_minor": effect.passengers_minor},
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    for line in _lines(counted.name or "", effect):
        click.echo(line)


def _lines(month: str, effect: WhatIf) -> list[str]:
    """The effect as a table: pairs of zones, then operators, then the sums."""

    def money(minor: int) -> str:
        return str(Money(minor, effect.currency))

    pairs = [
        f"{one.origin} > {one.destination}: {one.journeys} journeys, {money(one.old_minor)} -> {money(one.new_minor)}, "
        f"together {money(one.all_minor)}"
        for one in effect.pairs
    ]
    operators = [f"{party}: {money(minor)} gross" for party, minor in effect.operators.items()]
    if not effect.pairs:
        return [
            f"Journeys of {month}: no pair of zones has published journeys with a price, so nothing can be compared"
        ]
    sums = f"{effect.more} journeys pay more, {effect.less} less, {effect.same} the same"
    left_out = f"; pairs without a price or a way, in no sum: {len(effect.uncounted)}"
    return [
        f"Journeys of {month}, assumed to stay as they are",
        *pairs,
        *operators,
        f"Passengers pay {money(effect.passengers_minor)} more: {sums}{left_out if effect.uncounted else ''}",
    ]
