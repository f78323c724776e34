"""`throughfare payments`: compare the gateway's account with the books, list and settle cases."""

import json
import sys
from dataclasses import asdict
from datetime import timedelta
from typing import get_args

import click
from rich.table import Table

from tariffs.money import Money
from ticketing import logs
from ticketing.cli import payouts
from ticketing.cli.by import by_option
from ticketing.cli.deployment import settings
from ticketing.cli.progress import progress
from ticketing.cli.shown import console_of_tables
from ticketing.purchase.gateway import alerts
from ticketing.purchase.gateway.account import roll_forward_of
from ticketing.purchase.gateway.healing import take_and_heal
from ticketing.purchase.gateway.reconcile import reconcile
from ticketing.rooms import build_rooms

_PUT_AWAY = "put_away"
_TOLD = {
    _PUT_AWAY: "is put away",
    "ask_again": "waits: the worker asks the operator again",
    "issue_again": "waits: the worker issues the tickets at its next round",
}


@click.group()
def command() -> None:
    """Compare the gateway's account with the books; list and settle cases."""


command.add_command(payouts.command, "payouts")


@command.command("reconcile")
@click.option("--days", type=click.IntRange(1, 400), default=2, help="The days to look back.")
def reconcile_command(days: int) -> None:
    """Walk the gateway's account of our money and name each difference to the books; exit 1 if any.

    Its fees, payouts, reserves and exchanges are booked, and its balance is held against the books of its account.

    \b
    Example:
      throughfare payments reconcile --days 2
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    logs.configure(configured.log_format)
    rooms = build_rooms(configured, regions={})  # neither the gateway nor the books need a timetable
    now = rooms.clock.now()
    with progress(f"asking {rooms.till.gateway.name}") as tell:
        unexplained = take_and_heal(rooms.till, now - timedelta(days=days))
        differences = reconcile(rooms.till, now - timedelta(days=days), now, tell)
    console = console_of_tables()
    for unbooked in unexplained:
        console.print(f"{unbooked.kind}: {unbooked.detail}")
    if unexplained and not differences:
        sys.exit(1)
    if not differences:
        console.print(f"{rooms.till.gateway.name} and the books agree on the last {days} days")
        return
    table = Table("payment", "what", "gateway", "books", box=None, padding=(0, 2, 0, 0))
    for difference in differences:
        gateway, booked = (
            Money(minor, difference.currency) for minor in (difference.gateway_minor, difference.books_minor)
        )
        table.add_row(difference.charge_id, difference.kind, str(gateway), str(booked))
    console.print(table)
    sys.exit(1)


@command.command("account")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def account_command(as_json: bool) -> None:
    """Show the gateway's account day by day: opening, movements, closing, in each currency.

    \b
    Example:
      throughfare payments account
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    rooms = build_rooms(settings(), regions={})
    rows = roll_forward_of(rooms.till)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
        return
    for row in rows:
        moved = ", ".join(f"{name} {Money(minor, row.currency)}" for name, minor in sorted(row.moved.items()))
        opening, closing = Money(row.opening_minor, row.currency), Money(row.closing_minor, row.currency)
        click.echo(f"{row.day}  {opening!s:>16}  {moved}  {closing!s:>16}")


@command.command("alerts")
def alerts_command() -> None:
    """List the cases that wait for a person: mismatches, failed refunds, stuck bookings, disputes.

    \b
    Example:
      throughfare payments alerts
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    rooms = build_rooms(settings())
    waiting = alerts.list_cases(rooms.till)
    for case in waiting:
        one = case.alert
        may = f" [{', '.join(case.doings)}]" if case.doings not in {(), (_PUT_AWAY,)} else ""
        click.echo(f"{one.id}  {one.raised_at:%Y-%m-%d %H:%M}  {one.kind:<18} {one.detail}{may}")
    if not waiting:
        click.echo("nothing waits")


@command.command("resolve")
@click.argument("alert_id")
@by_option(text="Your name, kept with the decision.")
@click.option(
    "--as",
    "doing",
    type=click.Choice(get_args(alerts.Doing)),
    default=_PUT_AWAY,
    show_default=True,
    help="The decision, one that `payments alerts` lists.",
)
@click.option("--reason", default="", help="The reason, where a report is chosen (`own_word`, `seen`).")
def resolve_command(alert_id: str, by: str, doing: str, reason: str) -> None:
    """Decide a case: put it away once it is dealt with, or carry out its resolution.

    \b
    Example:
      throughfare payments resolve 019a... --by "Kadri, finance"
      throughfare payments resolve 019a... --by "Kadri, finance" --as paid_otherwise
      throughfare payments resolve 019a... --by "Kadri, finance" --as seen --reason "the log of the ship says 06:58"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    alerts.act(build_rooms(settings()).till, alert_id, doing, by, reason)
    click.echo(f"{alert_id} {_TOLD.get(doing, 'is dealt with')}")
