"""`throughfare keys`: list, rotate and withdraw the keys that sign tickets, offers and confirmations of delays."""

from collections.abc import Callable
from datetime import datetime

import click

from throughfare_gate.tickets.jwk import Algorithm
from ticketing.cli.deployment import current_database, database, settings
from ticketing.cli.progress import progress
from ticketing.gate.reissue import reissue
from ticketing.tickets import known_keys
from ticketing.tickets.keys import KINDS, KeyRecord, KeyStore, Kind, key_store


@click.group()
def command() -> None:
    """List, rotate and withdraw the keys of tickets, status lists, bundles, books, offers and confirmations of delays."""


@command.command("list")
def list_command() -> None:
    """List every key with its state.

    \b
    Example:
      throughfare keys list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    for record in _store().records():
        click.echo(
            f"{record.kid:<43} {record.kind:<12} {record.algorithm:<6} {record.state:<12} since {record.since}"
            f"{' in the token' if record.token_id else ''}"
        )


@command.command("rotate")
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--algorithm",
    type=click.Choice(["EdDSA", "ES256"]),
    default=None,
    help="ES256 where an operator's hardware knows no Ed25519. Default: EdDSA for files, ES256 for a token.",
)
def rotate_command(kind: Kind, algorithm: Algorithm | None) -> None:
    """Announce the next key of KIND; called again after 48 hours it begins to sign.

    \b
    Example:
      throughfare keys rotate ticket
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    record = _changed(lambda keys, now: keys.rotate(kind, now, algorithm))
    click.echo(f"{record.kid} is {record.state}")


@command.command("compromise")
@click.argument("kid")
def compromise_command(kid: str) -> None:
    """Withdraw a key at once: gates refuse its tickets with their next bundle, holders get theirs anew.

    \b
    Example:
      throughfare keys compromise kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    record = _changed(lambda keys, now: keys.compromise(kid, now))
    click.echo(f"{record.kid} is {record.state}")
    if record.kind == "ticket":
        _reissue(kid)


@command.command("reissue")
@click.argument("kid")
def reissue_command(kid: str) -> None:
    """Sign the tickets of a compromised key anew; `compromise` does it, this repeats it after a crash.

    \b
    Example:
      throughfare keys reissue kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    if not any(found.kid == kid and found.state == "compromised" for found in _store().records()):
        raise click.ClickException(f"{kid} is not a compromised key")
    _reissue(kid)


@command.command("retire")
@click.argument("name", type=click.Choice(tuple(known_keys.SECRETS)))
def retire_command(name: str) -> None:
    """Delete the file of an earlier secret, once a key has taken its place: its last tokens open nothing any more.

    \b
    Example:
      throughfare keys retire access-token
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    known_keys.retire(current_database(configured), _store(), name, configured.clock().now())
    click.echo(f"{name} is retired; delete its file from the other hosts too")


def _reissue(kid: str) -> None:
    configured = settings()
    opened = database(configured)
    with progress("signing tickets anew") as tell:
        count = reissue(opened, configured.clock(), _store(), kid, tell)
    opened.close()
    click.echo(f"{count} tickets are signed anew; their holders fetch them with their order")


def _changed(change: Callable[[KeyStore, datetime], KeyRecord]) -> KeyRecord:
    """Change the keys and let the database know, so that a host which lacks the new ones does not start."""
    configured = settings()
    opened, keys, now = current_database(configured), _store(), configured.clock().now()
    known_keys.check(opened, keys)
    record = change(keys, now)
    known_keys.tell(opened, keys, now)
    return record


def _store() -> KeyStore:
    configured = settings()
    return key_store(configured)
