"""`throughfare region history`: which version of each operator's feed was served since when."""

import json
from collections.abc import Iterator, Sequence

import click

from throughfare_gate.moments import written
from ticketing.cli import deployment
from ticketing.db.operators import feed_versions
from ticketing.db.operators.feed_versions import FeedVersion


@click.command("history")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Answer one JSON document.")
def command(name: str, *, as_json: bool) -> None:
    """Tell which version of each operator's feed was served since when, the newest first.

    NAME is a region that the service sells. The worker notes a version within seconds of its first use; `digest` is the SHA-256
    of the feed's tables.

    \b
    Example:
      throughfare region history helsinki-tallinn
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    with deployment.current_database(deployment.settings()).read() as tx:
        versions = feed_versions.list_feed_versions(tx, name)
    if as_json:
        rows = [_row(version) for version in versions]
        click.echo(json.dumps({"region": name, "feeds": rows}, ensure_ascii=False, indent=2))
    else:
        click.echo(
            "\n".join(_shown(versions)) or f"no feed of {name} is noted: the worker has not served it yet"
        )


def _row(version: FeedVersion) -> dict[str, object]:
    known = {"operator": version.operator, "first_served_at": written(version.first_served_at)}
    return {**known, "digest": version.digest, **version.document}


def _shown(versions: Sequence[FeedVersion]) -> Iterator[str]:
    for version in versions:
        known = version.document
        days = f"{known['first_day'] or '-'} to {known['last_day'] or '-'}"
        yield (
            f"{written(version.first_served_at)}  {version.operator:12}  {version.digest[:12]}  "
            f"{known['trips']} trips, {known['stops']} stops, {days}"
        )
