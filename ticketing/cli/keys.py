"""`throughfare keys`: list, rotate and withdraw the keys that sign tickets."""

from datetime import UTC, datetime

import click

from ticketing.cli.deployment import settings
from ticketing.tickets.keys import KINDS, KeyStore, Kind


@click.group()
def command() -> None:
    """List, rotate and withdraw the keys that sign tickets, status lists and bundles."""


@command.command("list")
def list_command() -> None:
    """List every key with its state.

    \b
    Example:
      throughfare keys list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    for record in _store().records():
        click.echo(f"{record.kid:<6} {record.kind:<7} {record.state:<12} since {record.since}")


@command.command("rotate")
@click.argument("kind", type=click.Choice(KINDS))
def rotate_command(kind: Kind) -> None:
    """Announce the next key of KIND; called again after 48 hours it begins to sign.

    \b
    Example:
      throughfare keys rotate ticket
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    record = _store().rotate(kind, datetime.now(UTC))
    click.echo(f"{record.kid} is {record.state}")


@command.command("compromise")
@click.argument("kid")
def compromise_command(kid: str) -> None:
    """Withdraw a key at once: gates refuse its tickets with their next bundle.

    \b
    Example:
      throughfare keys compromise 26a
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    record = _store().compromise(kid, datetime.now(UTC))
    click.echo(f"{record.kid} is {record.state}")


def _store() -> KeyStore:
    configured = settings()
    return KeyStore(configured.keys_folder, configured.key_passphrase)
