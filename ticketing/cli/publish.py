"""`throughfare publish`: publish open data of past months, write the files, list the privacy that was spent, withdraw a file."""

from pathlib import Path

import click

from throughfare_gate.moments import written
from ticketing import publishing
from ticketing.cli import deployment
from ticketing.errors import Conflict, Misconfigured
from ticketing.publishing import PublishingDesk
from ticketing.regions import load_regions

_region = click.option("--region", help="The region; the first configured one by default.")


@click.group()
def command() -> None:
    """Publish open data: numbers about many people that say nothing about one (docs/open-data.md)."""


@command.command()
@click.argument("dataset", type=click.Choice(list(publishing.DATASETS)))
@click.argument("month")
@_region
def make(dataset: str, month: str, region: str | None) -> None:
    """Publish a DATASET of a MONTH, as 2026-10; one that is published stays as it is.

    \b
    Example:
      throughfare publish make ridership 2026-10
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    name, desk = _desk(region)
    for file in publishing.make(desk, name, dataset, month):
        click.echo(f"{dataset}/{month}/{file.key.part}.csv  {file.sha256}  {written(file.made_at)}")


@command.command()
@_region
def due(region: str | None) -> None:
    """Publish the months that are due, as the worker does.

    \b
    Example:
      throughfare publish due
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    name, desk = _desk(region)
    if not publishing.is_installed():
        raise Misconfigured("publishing needs OpenDP: pip install 'throughfare[open-data]' brings it")
    wanted = [month for month in publishing.list_due(desk) if month.region == name]
    for month in wanted:
        publishing.make(desk, name, month.dataset, month.month)
        click.echo(f"{month.dataset} {month.month}")
    if not wanted:
        click.echo("nothing is due")


@command.command("list")
@_region
def list_files(region: str | None) -> None:
    """List each file with the privacy that was spent on it, whether it lies open or was withdrawn.

    \b
    Example:
      throughfare publish list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    name, desk = _desk(region)
    for one in publishing.list_spendings(desk, name):
        state = "open" if one.is_open else "withdrawn"
        spent = f"{one.epsilon:g} for {one.unit}"
        click.echo(
            f"{one.key.month}  {one.key.dataset}/{one.key.part}  {spent}  {written(one.spent_at)}  {state}"
        )


@command.command()
@click.argument("dataset", type=click.Choice(list(publishing.DATASETS)))
@click.argument("month")
@_region
def withdraw(dataset: str, month: str, region: str | None) -> None:
    """Take the files of a DATASET of a MONTH back; they are never made again.

    \b
    Example:
      throughfare publish withdraw ridership 2026-10
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    name, desk = _desk(region)
    count = publishing.withdraw(desk, name, dataset, month)
    if not count:
        raise Conflict(f"no file of {dataset} of {month} lies open")
    click.echo(f"withdrew {count} files; their privacy stays spent")


@command.command()
@_region
def restored(region: str | None) -> None:
    """After a restore of the database: let no table be drawn again that may have been published since the backup.

    \b
    Example:
      throughfare publish restored
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    name, desk = _desk(region)
    for one in publishing.spend_unknown(desk, name):
        click.echo(f"{one.dataset} {one.month} is not published any more: it may have been before")
    click.echo("nothing that was published since the backup is drawn a second time")


@command.command()
@click.argument("path")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write."
)
@_region
def write(path: str, to: Path, region: str | None) -> None:
    """Write the file at a PATH below /open/<region>/, such as datapackage.json or gtfs.zip.

    \b
    Example:
      throughfare publish write gtfs.zip --to joint.zip
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    name, desk = _desk(region)
    page = publishing.get_page(desk, name, path)
    to.write_bytes(page.content)
    click.echo(f"{to}: {len(page.content)} bytes, {page.media_type}")


def _desk(region: str | None) -> tuple[str, PublishingDesk]:
    configured = deployment.settings()
    name = deployment.region(region)
    desk = PublishingDesk(
        database=deployment.current_database(configured),
        clock=configured.clock(),
        regions=load_regions(configured),
        public_url=configured.public_url,
    )
    desk.region(name)
    return name, desk
