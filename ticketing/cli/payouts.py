"""`throughfare payments payouts`: pay compensation to bank accounts, prepared by one person and released by another."""

import sys
from typing import BinaryIO

import click
from rich.table import Table

from tariffs.money import Money
from ticketing import claims
from ticketing.cli.by import by_option
from ticketing.cli.deployment import office, region, settings
from ticketing.cli.shown import console_of_tables

_BY = by_option()
_REGION = click.option(
    "--region", "region_name", default=None, help="The region; the first configured one by default."
)


@click.group()
def command() -> None:
    """Pay compensation that no payment can give back: one file of transfers for the bank.

    \b
    Example:
      throughfare payments payouts prepare --by "Anna Kask"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped


@command.command("list")
@_REGION
def list_command(region_name: str | None) -> None:
    """List the claims that wait for a transfer, and the runs.

    \b
    Example:
      throughfare payments payouts list
    """  # noqa: D301  see above
    here, desk = region(region_name), office(settings())
    waiting = claims.list_waiting(desk, here)
    click.echo(f"{len(waiting)} claims have an account and wait for a transfer")
    for run, parts in claims.list_runs(desk, here):
        total = Money(sum(part.amount_minor for part in parts), parts[0].currency)
        click.echo(f"{run.id}  {run.prepared_at:%Y-%m-%d}  {run.state:<9}  {len(parts)} transfers, {total}")


@command.command("prepare")
@_BY
@_REGION
def prepare_command(by: str, region_name: str | None) -> None:
    """Put every transfer that waits into a run; another person releases it.

    \b
    Example:
      throughfare payments payouts prepare --by "Anna Kask"
    """  # noqa: D301  see above
    run = claims.prepare(office(settings()), region(region_name), by)
    click.echo(f"{run.id} is prepared; another person reads it and releases it, digest {run.digest}")


@command.command("show")
@click.argument("run_id", metavar="RUN")
def show_command(run_id: str) -> None:
    """Show the transfers of RUN, with the digest that a release needs.

    \b
    Example:
      throughfare payments payouts show 019a...
    """  # noqa: D301  see above
    run, lines = claims.get_run(office(settings()), run_id)
    click.echo(f"{run.id}  {run.state}, due {run.due}, prepared by {run.prepared_by}")
    click.echo(f"digest {run.digest}\nMsgId  {claims.message_id(run)}")
    table = Table("EndToEndId", "to", "account", "amount", "state", box=None, padding=(0, 2, 0, 0))
    for line in lines:
        amount = Money(line.payout.amount_minor, line.payout.currency)
        table.add_row(line.payout.id, line.holder or "(erased)", line.hint, str(amount), line.payout.state)
    console_of_tables().print(table)


@command.command("release")
@click.argument("run_id", metavar="RUN")
@_BY
@click.option("--digest", required=True, help="The digest of the run that you have read.")
def release_command(run_id: str, by: str, digest: str) -> None:
    """Release RUN, as another person: its transfers are booked, and its file may go to the bank.

    \b
    Example:
      throughfare payments payouts release 019a... --by "Bertil Lind" --digest 4f2c...
    """  # noqa: D301  see above
    run = claims.release(office(settings()), run_id, by, digest)
    click.echo(f"{run.id} is released: `throughfare payments payouts file {run.id}` writes it for the bank")


@command.command("withdraw")
@click.argument("run_id", metavar="RUN")
@_BY
@click.option("--reason", required=True, help="The reason, kept with the run.")
def withdraw_command(run_id: str, by: str, reason: str) -> None:
    """Take RUN back before it is released; its claims wait for the next one.

    \b
    Example:
      throughfare payments payouts withdraw 019a... --by "Anna Kask" --reason "wrong day"
    """  # noqa: D301  see above
    run = claims.withdraw(office(settings()), run_id, by, reason)
    click.echo(f"{run.id} is withdrawn")


@command.command("refused")
@click.argument("transfer_id", metavar="TRANSFER")
@_BY
@click.option("--reason", required=True, help="The bank's reason, kept with the transfer.")
def refused_command(transfer_id: str, by: str, reason: str) -> None:
    """Take TRANSFER back, which the bank has refused and not booked; another person does that than the one who released it.

    TRANSFER is its EndToEndId. The holder is asked for another account.

    \b
    Example:
      throughfare payments payouts refused 019a... --by "Anna Kask" --reason "AC04, account closed"
    """  # noqa: D301  see above
    claims.refuse(office(settings()), transfer_id, by, reason)
    click.echo(f"{transfer_id} is taken back: its holder is asked for another account")


@command.command("file")
@click.argument("run_id", metavar="RUN")
@click.option("--out", type=click.File("wb"), default="-", help="The file to write; the output by default.")
def file_command(run_id: str, out: BinaryIO) -> None:
    """Write the payment file of RUN (pain.001.001.09); it is kept nowhere, so write it where the bank's program reads it.

    \b
    Example:
      throughfare payments payouts file 019a... --out compensation.xml
    """  # noqa: D301  see above
    content = claims.payouts_file(office(settings()), run_id)
    out.write(content)
    if out is not sys.stdout.buffer:
        click.echo(f"{len(content)} bytes with names and accounts: delete the file once the bank has it")
