"""`throughfare settlement` and files: the folder that the bank's files come and go through, payments made again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from tariffs.money import Money
from ticketing.cli.by import by_option, timer_option

_REGION = click.option("--region", default=None, help="The region; the first configured one by default.")


@click.command("exchange")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--settled", default=10, show_default=True, help="Seconds that a file of the bank must lie unchanged."
)
@timer_option()
@_REGION
def exchange_command(folder: Path, settled: int, by: str, region: str | None) -> None:
    """Take the bank's files from FOLDER/in, and hand payment files over in FOLDER/out, each once.

    Statements (camt.053) and answers to payments (pain.002) are taken; what cannot be taken lies in FOLDER/refused with
    its reason, and the command then ends with 1. Run it from a timer.

    \b
    Example:
      throughfare settlement exchange /srv/bank --by "night run"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import bank  # noqa: PLC0415  only this command needs the database

    moved = bank.exchange(*_at(region), folder, by, settled_seconds=settled)
    for file in moved:
        click.echo(f"{file.what:<11} {file.name}  {file.detail}")
    if any(file.what in {"refused", "stuck"} for file in moved):
        raise SystemExit(1)


@click.command("pay-again")
@click.argument("run_id", metavar="RUN")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=None, help="The folder for the files."
)
@click.option("--reason", default=None, help="The reason; without it the open payments are listed.")
@by_option(text="Your name, kept with the payment.", is_optional=True)
def pay_again_command(run_id: str, out: Path | None, reason: str | None, by: str | None) -> None:
    """Make the payments of RUN that the bank has returned or refused once more, each with a new reference.

    Where the bank has named the account as the reason, enter another one first (`settlement account enter`) and have it approved.
    With --out and without --reason the files of payments that were made again are written once more, with the same bytes.

    \b
    Example:
      throughfare settlement pay-again 0193… --by "Bertil Ek" --reason "new account of Tallink" --out .
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import payout  # noqa: PLC0415  only this command needs the database

    office = _office()
    for payment in payout.list_again(office, run_id):
        amount = Money(payment.amount_minor, payment.currency)
        click.echo(f"open again    {amount!s:>16}  {payment.party}: {payment.because}")
    place = out or Path()
    place.mkdir(parents=True, exist_ok=True)
    if reason is not None:
        _write(place, payout.pay_again(office, run_id, by or "", reason)[1])
    elif out is not None:
        for number in payout.list_files_again(office, run_id):
            _write(place, payout.again_files(office, run_id, number))


def _write(place: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (place / name).write_bytes(content)
        click.echo(f"written       {place / name}")


def _office() -> Any:
    from ticketing.cli.deployment import office, settings  # noqa: PLC0415  see above

    return office(settings())


def _at(region: str | None) -> tuple[Any, str]:
    from ticketing.cli import deployment  # noqa: PLC0415  see above

    return _office(), deployment.region(region)


COMMANDS = (exchange_command, pay_again_command)
