"""`throughfare region`: check a region's folder."""

import json
import sys
from pathlib import Path

import click

from tariffs.findings import report
from ticketing.gate.operators import check_gates
from ticketing.regions import check_region


@click.group()
def command() -> None:
    """Check a region's folder."""


@command.command("check")
@click.argument("name_or_folder")
def check_command(name_or_folder: str) -> None:
    """Report every fault of a region's feeds, agreements, taxes, operators and gates at once.

    \b
    Example:
      throughfare region check helsinki-tallinn
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    folder = Path(name_or_folder)
    if not folder.is_dir():
        folder = Path("regions") / name_or_folder
    _, findings = check_region(folder)
    answer = report([*findings, *check_gates(folder)])
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    sys.exit(0 if answer["ok"] else 1)
