"""`throughfare drill`: practise what must not go wrong, on a copy."""

import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from ticketing.cli import restore_drill
from ticketing.cli.deployment import current_database, settings
from ticketing.cli.drill_report import OUT, write_report
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.copied import copy_gates_part
from ticketing.db.migrate import upgrade
from ticketing.gate.drill import Drill, drill
from ticketing.rooms import build_rooms
from ticketing.tickets.keys import KeyStore, key_store


@click.group()
def command() -> None:
    """Practise an emergency on a copy of this deployment; the deployment itself is only read."""


command.add_command(restore_drill.command)


@command.command("signing-key")
@click.option(
    "--gates",
    type=click.IntRange(1, 2000),
    default=40,
    show_default=True,
    help="How many gates are simulated.",
)
@OUT
def signing_key(gates: int, out: Path) -> None:
    """Steal the key of tickets from a copy, withdraw it, and time gates and holders; exit 1 where anything is ill.

    Tickets and keys are copied to a folder of this command alone, which is deleted at the end.

    \b
    Example:
      throughfare drill signing-key --gates 100
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    _refuse_token(key_store(configured))
    now = configured.clock().now()
    live = current_database(configured)
    with tempfile.TemporaryDirectory(prefix="throughfare-drill-") as scratch:
        copied, held = _copy(configured, live, Path(scratch), now)
        click.echo(f"{held} tickets and the keys are copied; the deployment is not touched from here on")
        rooms = build_rooms(copied)
        operators = sorted({name for region in rooms.till.regions.values() for name in region.data.operators})
        seen = drill(rooms.gatehouse, operators, gates, say=click.echo)
        rooms.till.database.close()
    text = _told(seen, held, now)
    write_report(out, "signing-key", now, seen.as_json(), text)
    if not seen.is_well:
        sys.exit(1)


def _refuse_token(keys: KeyStore) -> None:
    """A thief cannot copy a key out of a hardware token, and nor can this command."""
    if any(
        record.kind == "ticket" and record.state == "active" and record.token_id for record in keys.records()
    ):
        raise click.ClickException(
            "the key of tickets lies in a hardware token (THROUGHFARE_KEYS=pkcs11), so there is no copy to steal"
        )


def _copy(configured: Settings, live: Database, scratch: Path, now: datetime) -> tuple[Settings, int]:
    """Copy keys and tickets; gives the settings of the copy, and how many tickets it holds."""
    shutil.copytree(configured.keys_folder, scratch / "keys")
    copied = replace(
        configured,
        database_url=f"sqlite:///{scratch / 'drill.db'}",
        pooler="none",
        environment="development",
        keys_folder=scratch / "keys",
        token=None,
        mail_folder=scratch / "mail",
        settlement_folder=scratch / "settlement",
    )
    database = Database(copied.database_url)
    upgrade(database)
    held = copy_gates_part(live, database, now)
    database.close()
    return copied, held


def _told(seen: Drill, held: int, now: datetime) -> str:
    every, complete = seen.refused_by_every_gate, seen.reissue_complete
    return "\n".join(
        [
            f"Drill of a stolen signing key, {now:%Y-%m-%d %H:%M} UTC, key {seen.kid}",
            f"the thief's tickets passed before: {'yes' if seen.thiefs_tickets_passed_before else 'NO, so nothing is proven'}",
            f"the first gate refused them after: {_seconds(seen.refused_by_the_first_gate)}",
            f"every one of {seen.gates} gates: {_seconds(every)} (they ask each {seen.refresh_seconds} s); still passing: {seen.gates_that_still_pass}",
            f"signed anew: {seen.reissued} texts of {held} tickets, complete after {_seconds(complete)}",
            f"honest holders with the new text: {len(seen.honest_refused)} of {seen.honest_looked_at} decisions changed",
            *seen.honest_refused[:20],
            "Not in these figures: the time until somebody notices, the copy of the keys to other hosts, gates without a network,",
            "and holders who show the old text before their app has fetched the new one.",
            "WELL" if seen.is_well else "ILL",
        ]
    )


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"
