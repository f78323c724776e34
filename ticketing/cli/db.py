"""`throughfare db`: bring the database to the newest schema."""

import click

from ticketing.cli.deployment import database, settings
from ticketing.cli.progress import progress
from ticketing.db.grants import grants
from ticketing.db.migrate import is_current, upgrade


@click.group()
def command() -> None:
    """Bring the database to the newest schema."""


@command.command("upgrade")
def upgrade_command() -> None:
    """Run every migration that this database has not seen.

    \b
    Example:
      THROUGHFARE_DATABASE_URL=sqlite:///var/throughfare.db throughfare db upgrade
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    opened = database(settings())
    with progress("running migrations") as tell:
        upgrade(opened, progress=tell)
    click.echo(f"{opened.url.render_as_string(hide_password=True)} is at the newest schema")


@command.command("check")
def check_command() -> None:
    """Say whether the schema is the newest; exit 1 if not.

    \b
    Example:
      throughfare db check
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    if not is_current(database(settings())):
        raise click.ClickException("the schema is not the newest; run `throughfare db upgrade`")
    click.echo("the schema is the newest")


@command.command("grants")
@click.argument("role")
def grants_command(role: str) -> None:
    """Write the statements that let ROLE run the service on PostgreSQL: facts can be added, never changed.

    Whoever owns the tables carries them out, after each `db upgrade`.

    \b
    Example:
      throughfare db grants throughfare_service | psql "$OWNER_URL"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    opened = database(settings())
    if opened.is_sqlite:
        raise click.ClickException("SQLite has no roles: let nobody but the service's user write the file")
    with opened.read() as tx:
        statements = list(grants(tx, role))
    opened.close()
    click.echo("\n".join(statements))
