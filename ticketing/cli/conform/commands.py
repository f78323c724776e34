"""`throughfare operators conform`: hold an operator's system, or a simulator, against the promises of the port."""

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from operators.conformance import score, stands
from operators.conformance.score import Score
from operators.registry import Surroundings
from ticketing.cli import deployment
from ticketing.cli.deployment import settings
from ticketing.cli.progress import progress
from ticketing.progress import Progress
from ticketing.regions import load_regions

_MARKS = {
    "kept": "[green]kept[/green]",
    "broken": "[red]BROKEN[/red]",
    "not_declared": "[dim]not declared[/dim]",
}


@click.command("conform")
@click.argument("name")
@click.option(
    "--region", default=None, help="The region of the operator; the first configured one if not given."
)
@click.option("--category", default="adult", help="A rider category of the operator's own tariff.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(name: str, region: str | None, category: str, *, as_json: bool) -> None:
    """Run the conformance suite against NAME: an operator of a region as it is configured, or a protocol's simulator.

    Against an operator's sandbox it makes real bookings there, for tomorrow. Exit 1 if any promise is broken.

    \b
    Example:
      throughfare operators conform maritime
      throughfare operators conform tallink --region helsinki-tallinn
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    with progress(f"trying {name}") as tell:
        scores = (
            _simulated(name, tell) if name in stands.kinds() else _configured(name, region, category, tell)
        )
    if as_json:
        click.echo(json.dumps(scores.as_json(), ensure_ascii=False, indent=2))
    else:
        _show(name, scores)
    sys.exit(1 if any(one.verdict == "broken" for one in scores.results) else 0)


def _simulated(kind: str, tell: Progress) -> Score:
    with (
        tempfile.TemporaryDirectory() as folder,
        stands.simulated(kind, settings().clock().now, Path(folder)) as bench,
    ):
        return score.run(bench, tell=tell)


def _configured(name: str, region: str | None, category: str, tell: Progress) -> Score:
    where = deployment.region(region)
    chosen = load_regions(replace(settings(), regions=(where,)))[where]
    if name not in chosen.operators:
        raise click.BadParameter(
            f"{name!r} is neither a protocol ({', '.join(stands.kinds())}) nor an operator of the region "
            f"({', '.join(chosen.operators)})"
        )
    surroundings = Surroundings(settings().clock().now, environ=os.environ)
    return score.run(stands.configured(chosen.data, name, surroundings, category), tell=tell)


def _show(name: str, found: Score) -> None:
    console = Console(highlight=False, soft_wrap=True)
    table = Table("area", "promise", "", "seen", box=None)
    for one in found.results:
        table.add_row(one.area, one.promise, _MARKS[one.verdict], one.seen)
    console.print(table)
    console.print(f"\n[bold]{name}: {found.percent} %[/bold], may {found.may}")
