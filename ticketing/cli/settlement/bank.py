"""`throughfare settlement` and the bank: accounts with two pairs of eyes, the bank's statement, what it does not explain."""

from typing import Any, BinaryIO

import click

from tariffs.money import Money
from ticketing.cli.by import by_option
from ticketing.cli.progress import progress
from ticketing.settlement.bank import WAYS, Expected, Finding, Waiting, Way
from ticketing.settlement.inert import plain

_BY = by_option()
_REGION = click.option("--region", default=None, help="The region; the first configured one by default.")


@click.group("account")
def account_group() -> None:
    """Bank accounts of operators and of the scheme: one person enters, another approves.

    \b
    Example:
      throughfare settlement account list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped


@account_group.command("enter")
@click.argument("party")
@click.argument("iban")
@_BY
@click.option("--name", required=True, help="The name of the account's holder.")
@click.option("--bic", default="", help="The bank's BIC, where the bank wants it.")
@click.option("--town", default="", help="The holder's town.")
@click.option("--country", default="", help="The holder's country, two letters; the IBAN's by default.")
def enter_command(party: str, iban: str, *, by: str, name: str, bic: str, town: str, country: str) -> None:
    """Enter the account of PARTY (an operator's id, or `scheme`); it waits for approval.

    \b
    Example:
      throughfare settlement account enter hsl FI2112345600000785 --name "HSL" --by "Clara Berg"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import payout  # noqa: PLC0415  only this command needs the database
    from ticketing.settlement.payout import is_in_sepa  # noqa: PLC0415  see above

    made = payout.enter_account(_office(), party, iban, name=name, by=by, bic=bic, town=town, country=country)
    click.echo(made.id)
    if not is_in_sepa(made.iban):
        click.echo(f"{made.iban[:2]} is outside of SEPA: no run is exported that pays it in euro", err=True)


@account_group.command("approve")
@click.argument("account")
@_BY
def approve_account_command(account: str, by: str) -> None:
    """Put an ACCOUNT in force: another person than the one who entered it.

    \b
    Example:
      throughfare settlement account approve 019a... --by "David Ek"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import payout  # noqa: PLC0415  only this command needs the database

    found = payout.approve_account(_office(), account, by)
    click.echo(f"{found.party} is paid to {found.iban}")


@account_group.command("list")
def list_accounts_command() -> None:
    """List every account with its state and the person who entered it.

    \b
    Example:
      throughfare settlement account list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import payout  # noqa: PLC0415  only this command needs the database

    for found, state in payout.list_accounts(_office()):
        click.echo(
            f"{found.id}  {found.party:<12} {found.iban:<34} {state:<9} {found.name} ({found.entered_by})"
        )


@click.command("import")
@click.argument("file", type=click.File("rb"))
@_BY
@_REGION
def import_command(file: BinaryIO, by: str, region: str | None) -> None:
    """Import a bank statement (camt.053), book the lines that match, list the others with the reason.

    A notification or a report (camt.054, camt.052) is read and books nothing. An answer to a payment file (pain.002)
    opens the payments again that the bank has refused.

    \b
    Example:
      throughfare settlement import 2026-04-15.xml --by "Clara Berg"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import bank  # noqa: PLC0415  only this command needs the database

    place, content = _at(region), file.read(bank.MAX_BYTES + 1)
    with progress("reading the statement") as tell:
        if bank.is_answer(content):
            for answer in bank.take_answer(*place, content, by):
                click.echo(
                    f"{'refused' if answer.is_new else 'told':<13} {answer.party} {answer.reference}  {plain(answer.because)}"
                )
            return
        taken = bank.take_statement(*place, content, by, tell)
    booked = sum(finding.verdict in {"matched", "fee"} for finding in taken.findings)
    click.echo(f"{taken.new} new lines, {booked} booked")
    for note in taken.notes:
        click.echo(f"note          {plain(note)}")
    _tell([finding for finding in taken.findings if finding.verdict not in {"matched", "fee"}])


@click.command("review")
@_REGION
def review_command(region: str | None) -> None:
    """List the unbooked lines of the bank with their reasons, the movements on no line, and the amounts on suspense.

    \b
    Example:
      throughfare settlement review
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import bank  # noqa: PLC0415  see above

    findings, absent = bank.review(*_at(region))
    waiting = bank.list_suspense(*_at(region))
    converted = bank.list_converted(*_at(region))
    _tell(findings)
    for wanted in absent:
        amount = Money(wanted.amount_minor, wanted.currency)
        click.echo(
            f"missing       {amount!s:>16}  {wanted.reference}: {wanted.kind} of {wanted.party}{_said(wanted)}"
        )
    for waiting_line in waiting:
        amount = Money(waiting_line.amount_minor, waiting_line.currency)
        click.echo(
            f"suspense      {amount!s:>16}  {waiting_line.line.id[:12]}  {waiting_line.line.booking_date}  "
            f"for {waiting_line.days} days, {waiting_line.booked.actor}: {plain(waiting_line.booked.reason)}"
        )
        _tell_party(waiting_line)
    for amount in converted:
        click.echo(f"fx_clearing   {amount!s:>16}  converted by runs: book the bank's exchange --as fx")
    if not (findings or absent or waiting or converted):
        click.echo("nothing waits")


@click.command("book")
@click.argument("line")
@click.option("--as", "way", type=click.Choice(list(WAYS)), required=True, help="The kind of the line.")
@click.option(
    "--reference",
    default=None,
    help="The expected movement that it settles; the one it looks like by default.",
)
@_BY
@click.option("--reason", required=True, help="The reason, kept in the books.")
@_REGION
def book_command(
    line: str, way: Way, reference: str | None, *, by: str, reason: str, region: str | None
) -> None:
    """Book a LINE (the last characters of its id are enough) that did not match; a difference goes to suspense.

    \b
    Example:
      throughfare settlement book 5f0c9a --as payment --by "Clara Berg" --reason "the bank took a cent too much"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import bank  # noqa: PLC0415  only this command needs the database

    made = bank.book_line(*_at(region), line, way, by=by, reason=reason, reference=reference)
    click.echo(f"{made.line_id[:12]} booked as {made.kind}")


@click.command("unbook")
@click.argument("line")
@_BY
@click.option("--reason", required=True, help="The reason, kept in the books.")
@_REGION
def unbook_command(line: str, *, by: str, reason: str, region: str | None) -> None:
    """Take back the last step of a LINE: its booking (it waits again), or the clearing of its suspense.

    \b
    Example:
      throughfare settlement unbook 5f0c9a --by "Clara Berg" --reason "it was the rent, not a bank fee"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import bank  # noqa: PLC0415  only this command needs the database

    made = bank.unbook_line(*_at(region), line, by=by, reason=reason)
    click.echo(f"{made.line_id[:12]} {made.kind}")


@click.command("clear")
@click.argument("line")
@click.option(
    "--as",
    "cleared_as",
    required=True,
    help="The owner: bank_fee, scheme, refunds (paid another way), or operator:<id> (operator:tlt).",
)
@_BY
@click.option("--reason", required=True, help="The reason, kept in the books.")
@_REGION
def clear_command(line: str, *, cleared_as: str, by: str, reason: str, region: str | None) -> None:
    """Clear the amount that a LINE left on suspense, as another person than the one who booked the line.

    \b
    Example:
      throughfare settlement clear 5f0c9a --as operator:tlt --by "David Ek" --reason "tlt got a cent too much"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import bank  # noqa: PLC0415  only this command needs the database

    made = bank.clear_suspense(*_at(region), line, cleared_as, by=by, reason=reason)
    click.echo(f"{made.line_id[:12]} cleared as {cleared_as}")


COMMANDS = (account_group, import_command, review_command, book_command, unbook_command, clear_command)


def _tell(findings: list[Finding]) -> None:
    for finding in findings:
        line = finding.line
        amount = Money(line.amount_minor, line.currency)
        click.echo(
            f"{finding.verdict:<13} {amount!s:>16}  {line.id[:12]}  {line.booking_date}  {plain(finding.because)}"
        )
        _tell_party(finding)


def _tell_party(found: Finding | Waiting) -> None:
    """Print the other party of a payment and its message below the line: the bank passes on what strangers write."""
    line = found.line
    way = "from" if line.amount_minor > 0 else "to"
    told = [f"{way} {plain(line.counterparty)}" if line.counterparty else "", plain(line.remittance)]
    if any(told):
        click.echo(" " * 14 + ": ".join(part for part in told if part))


def _said(wanted: Expected) -> str:
    """The bank's word about a payment that it has refused."""
    return f", refused: {plain(wanted.note)}" if wanted.note else ""


def _office() -> Any:
    from ticketing.cli.deployment import office, settings  # noqa: PLC0415  only these commands need the database

    return office(settings())


def _at(region: str | None) -> tuple[Any, str]:
    """The office and the region that a command is about; a region that is not served opens nothing."""
    from ticketing.cli import deployment  # noqa: PLC0415  see above

    chosen = deployment.region(region)
    return _office(), chosen
