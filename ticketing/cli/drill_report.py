"""The report of a drill: one folder for all of them, JSON for a monitor and text for people."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/drills"),
    show_default=True,
    help="The folder of the report.",
)


def write_report(out: Path, drill: str, now: datetime, document: Mapping[str, object], text: str) -> None:
    """Write both forms of a report, and say the text and where they lie."""
    out.mkdir(parents=True, exist_ok=True)
    name = out / f"{drill}-{now:%Y%m%dT%H%M%SZ}"
    told = {"at": now.isoformat(), **document}
    name.with_suffix(".json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    name.with_suffix(".txt").write_text(f"{text}\n", encoding="utf-8")
    click.echo(f"{text}\nthe report is {name}.json and .txt")
