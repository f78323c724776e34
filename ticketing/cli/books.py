"""`throughfare books`: prove them, anchor them, follow a ticket's money through them."""

import json
import sys

import click

from ticketing.cli.progress import progress
from ticketing.cli.shown import AS_JSON, answer, show_trace


@click.group()
def command() -> None:
    """Prove the books, anchor them, follow a ticket's money."""


_REGION = click.option("--region", default=None, help="The region; the first configured one by default.")


@command.command("verify")
@_REGION
def verify_command(region: str | None) -> None:
    """Check every entry, block, run and allocation; exit 1 with a fault.

    Hashes are computed from the rows, allocations anew from quotes and refunds, runs anew from the books, claims and
    guarantees from their facts and rules.

    \b
    Example:
      throughfare books verify
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.claims import verify_claims  # noqa: PLC0415  only this command needs the database
    from ticketing.cli import deployment  # noqa: PLC0415  see above
    from ticketing.guarantees import verify_guarantees  # noqa: PLC0415  see above
    from ticketing.purchase.refund.reversal import take_back  # noqa: PLC0415  see above
    from ticketing.settlement.proof import verify_books  # noqa: PLC0415  see above

    chosen = deployment.region(region)
    with progress("reading the books") as tell:
        office = deployment.office(deployment.settings())
        verdict = verify_books(office, chosen, take_back, tell)
        claims, claim_faults = verify_claims(office.database, chosen)
        missed, guarantee_faults = verify_guarantees(office.database, chosen)
    checked = {**verdict.checked, "claims": claims, "guarantees": missed}
    faults = [*verdict.faults, *claim_faults, *guarantee_faults]
    click.echo(json.dumps({"checked": checked, "faults": faults, "notes": verdict.notes}, indent=2))
    if faults:
        sys.exit(1)


@command.command("day")
@_REGION
@click.option("--day", default=None, help="YYYY-MM-DD; today by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def day_command(region: str | None, day: str | None, as_json: bool) -> None:
    """Show where the money of a day is, what is unexplained, who owes since when, and what the next run pays.

    The sums are of all regions together: the scheme has one gateway and one bank for them. Exit 1 with something unexplained.

    \b
    Example:
      throughfare books day --day 2026-11-30
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.cli import deployment  # noqa: PLC0415  only this command needs the database
    from ticketing.cli.day import lines_of, wanted_day  # noqa: PLC0415  see above
    from ticketing.settlement.day import as_document, read_day  # noqa: PLC0415  see above

    office = deployment.office(deployment.settings())
    picture = read_day(office, deployment.region(region), wanted_day(day))
    click.echo(json.dumps(as_document(picture), indent=2) if as_json else "\n".join(lines_of(picture)))
    if picture.unexplained:
        sys.exit(1)


@command.command("anchor")
@_REGION
def anchor_command(region: str | None) -> None:
    """Link new entries into the chain and sign its end; keep the printed line outside of the database.

    \b
    Example:
      throughfare books anchor >> /somewhere/else/anchors.txt
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.cli import deployment  # noqa: PLC0415  only this command needs the database
    from ticketing.settlement.month import anchor_chain  # noqa: PLC0415  see above

    chosen = deployment.region(region)
    with progress("linking the entries") as tell:
        made = anchor_chain(deployment.office(deployment.settings(), signs=True), chosen, tell)
    for block in made:
        click.echo(f"{block.period} {block.seq} {block.entries} {block.hash} {block.signed}")


@command.command("trace")
@click.argument("what")
@AS_JSON
def trace_command(what: str, *, as_json: bool) -> None:
    """Follow money: WHAT is a ticket, a line of a statement (the last eight characters of its id are enough) or a dispute.

    A ticket: price and reasons, shares and rule, entries, scans. A line leads to its ticket or its entry, a dispute to
    its trail, its correction and its line.

    On a terminal tables are shown, in a pipe JSON is written.

    \b
    Example:
      throughfare books trace 9Qk3...
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.cli.deployment import office, settings  # noqa: PLC0415  only this command needs the database
    from ticketing.settlement.claims import follow  # noqa: PLC0415  see above

    followed = follow(office(settings()), what)
    answer(followed.as_dict(), lambda console, _: show_trace(console, followed), as_json=as_json)


@command.command("months")
@click.option("--ahead", default=3, show_default=True, type=click.IntRange(1, 24), help="How many months.")
def months_command(ahead: int) -> None:
    """Make the partitions of this month and the next ones (PostgreSQL; nothing to do on SQLite).

    \b
    Example:
      throughfare books months --ahead 6
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.cli.deployment import office, settings  # noqa: PLC0415  only this command needs the database
    from ticketing.settlement.months import prepare  # noqa: PLC0415  see above

    for month in prepare(office(settings()), ahead):
        click.echo(f"partitions of {month} made")
