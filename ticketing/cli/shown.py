"""Print a run and the trace of a ticket as tables for finance staff. Everywhere else they are JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from tariffs.money import Money
from throughfare_gate.moments import written

if TYPE_CHECKING:
    from rich.console import Console

    from ticketing.db.books.books import Share, Tax
    from ticketing.db.books.entries import KeptEntry
    from ticketing.settlement.claims import Followed, TicketTrace

Document = Mapping[str, Any]
_HASH_CHARS = 12
_WIDE_CHARS = 2000

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Everything as JSON, on a terminal too.")


def answer(document: Document, show: Callable[["Console", Document], None], *, as_json: bool) -> None:
    """Show a document on a terminal; in a pipe or a file, and when asked for, it is JSON and whole."""
    if as_json or not sys.stdout.isatty():
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    from rich.console import Console  # noqa: PLC0415  a pipe does not wait for it

    show(Console(highlight=False, markup=False), document)


def console_of_tables() -> "Console":
    """A console for tables: as wide as the terminal, and in a pipe or a file as wide as the table, so that nothing is cut."""
    from rich.console import Console  # noqa: PLC0415  a pipe does not wait for it

    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE_CHARS)


def show_run(console: "Console", run: Document) -> None:
    """A run: where it stands, what each operator gets, who pays whom, what waits, who did what, which files."""
    _head(console, run, run["id"])
    _money(console, run)
    _table(
        console,
        "steps",
        ("", "by", "at", "note"),
        [(step["state"], step["by"], _moment(step["at"]), step["note"]) for step in run["steps"]],
    )
    _table(
        console,
        "files",
        ("", "bytes", "SHA-256"),
        [(file["name"], f"{file['bytes']:,}", f"{file['sha256'][:_HASH_CHARS]}...") for file in run["files"]],
        right=(1,),
    )
    console.print("\nAccounts, VAT, terms and whole hashes: --json", style="dim")


def show_close(console: "Console", run: Document) -> None:
    """A month that has just been closed, and what comes next."""
    _head(console, run, run["run"])
    _money(console, run)
    console.print(f"\nstatements to look at: {run['statements']}", soft_wrap=True)
    if run["state"] == "calculated":
        console.print("Somebody else approves it:")
        console.print(
            f'  throughfare settlement approve {run["run"]} --by "..." --digest {run["digest"]}',
            soft_wrap=True,
        )


def show_trace(console: "Console", followed: "Followed") -> None:
    """Print the subject of a line or a dispute, and a ticket's money: price, shares, VAT, entries, taps."""
    if followed.line:
        console.print(f"line {followed.line}", style="bold", soft_wrap=True)
    for step in followed.dispute.steps if followed.dispute else ():
        console.print(
            f"  {_moment(written(step.at))}  {step.state} by {step.actor}: {step.text}", markup=False
        )
    alone = [*followed.correction, *filter(None, [followed.entry])]
    if alone:
        _entries(console, alone)
    if followed.trace is not None:
        _show_ticket(console, followed.trace)


def _show_ticket(console: "Console", trace: "TicketTrace") -> None:
    story = trace.story
    console.print(f"ticket {trace.ticket}: {trace.journey}", style="bold", soft_wrap=True)
    issued = _moment(written(story.issued_at))
    console.print(f"issued {issued}, order {story.order}, quote {story.quote}")
    console.print(f"tariff version {story.tariff_version}", soft_wrap=True)
    _table(
        console,
        "price",
        ("product", "legs", "before", "after", "", "because"),
        [_step(step) for step in trace.derivation],
        right=(2, 3),
    )
    for because in trace.price:
        console.print(f"  {because}")
    _table(
        console,
        "shares",
        ("operator", "", "gross", "VAT", "fee", "net", "", "rule"),
        [_share(kept.row) for kept in story.shares],
        right=(2, 3, 4, 5),
    )
    _table(
        console,
        "VAT",
        ("state", "", "", "treatment", "rate", "metres", "gross", "VAT", ""),
        [_tax(kept.row) for kept in story.taxes],
        right=(4, 5, 6, 7),
    )
    _entries(console, story.entries)
    _table(
        console,
        "taps",
        ("at", "operator", "stop", "", "gate"),
        [
            (_moment(written(tap.at)), tap.operator, tap.stop_id or "", tap.kind, tap.gate)
            for tap in story.uses
        ],
    )


def _step(step: Document | str) -> Sequence[str]:
    if isinstance(step, str):  # as the first quotes told it
        return (step,)
    rule = step.get("rule")
    because = f"{step['reason']}: {rule['file']}, row {rule['row']}" if rule else step["reason"]
    legs = ", ".join(map(str, step["legs"]))
    return step["product"], legs, step["before"], step["after"], step["currency"], because


def _head(console: "Console", run: Document, run_id: str) -> None:
    version = f", version {run['version']}" if "version" in run else ""
    console.print(f"{run['period']} of {run['region']}{version}: {run['state']}", style="bold")
    console.print(f"run    {run_id}\ndigest {run['digest']}", soft_wrap=True)
    if run["demo"]:
        console.print("SPECIMEN: demo payments, no money has moved", style="yellow")


def _money(console: "Console", run: Document) -> None:
    _table(
        console,
        "operators",
        ("", "lines", "gross", "VAT", "fee", "net", ""),
        [
            (
                row["operator"],
                f"{row['lines']:,}",
                row["gross"],
                row["vat"],
                row["fee"],
                row["net"],
                row["currency"],
            )
            for row in run["operators"]
        ],
        right=(1, 2, 3, 4, 5),
    )
    if run["other"]:
        rows = [(row["operator"], row["kind"], row["amount"], row["currency"]) for row in run["other"]]
        _table(console, "by other entries", ("", "kind", "amount", ""), rows, right=(2,))
    _amounts(console, "positions", run["positions"])
    _conversions(console, run)
    _table(
        console,
        "payments",
        ("from", "to", "amount", ""),
        [(row["from"], row["to"], row["amount"], row["currency"]) for row in run["payments"]],
        right=(2,),
    )
    _amounts(console, "carried forward", run["carried"])


def _conversions(console: "Console", run: Document) -> None:
    """Print the amounts paid in another currency with their rates, and those that are not converted although the terms want it."""
    if run["conversions"]:
        rows = [
            (
                line["operator"],
                line["from"]["amount"],
                line["from"]["currency"],
                line["to"]["amount"],
                line["to"]["currency"],
                line["rate"],
                line["day"],
            )
            for line in run["conversions"]
        ]
        _table(console, "converted", ("", "from", "", "to", "", "rate", "of"), rows, right=(1, 3))
    if "rates_from" in run:
        rates = run["rates_from"]
        method = f"average of {rates['days']} days" if rates["method"] == "average" else "last day"
        console.print(f"rates: {rates['publisher']}, {method} up to {rates['up_to']}", soft_wrap=True)
        console.print(f"       {rates['file']}, SHA-256 {rates['sha256']}", soft_wrap=True)
    if "unconverted" in run:
        left = [
            (line["operator"], line["amount"], line["currency"], line["because"])
            for line in run["unconverted"]
        ]
        _table(console, "not converted", ("", "amount", "", "because"), left, right=(1,))


def _amounts(console: "Console", title: str, lines: Iterable[Document]) -> None:
    rows = [(line["operator"], line["amount"], line["currency"]) for line in lines]
    _table(console, title, ("", "amount", ""), rows, right=(1,))


def _table(
    console: "Console",
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[int] = (),
) -> None:
    from rich.table import Table  # noqa: PLC0415  see above
    from rich.text import Text  # noqa: PLC0415  see above

    console.print()
    if not rows:
        console.print(f"{title}: none", style="cyan")
        return
    console.print(title, style="cyan")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for at, column in enumerate(columns):
        table.add_column(column, justify="right" if at in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # a name is no markup
    console.print(table)


def _share(row: "Share") -> Sequence[str]:
    amounts = (row.gross_minor, row.vat_minor, row.fee_minor, row.net_minor)
    texts = [Money(minor, row.currency).text for minor in amounts]
    return (row.operator, _kind(row), *texts, row.currency, row.rule)


def _tax(row: "Tax") -> Sequence[str]:
    return (
        row.member_state,
        _kind(row),
        row.mode,
        row.treatment,
        f"{row.rate_bp / 100:g} %",
        str(row.distance_m),
        Money(row.gross_minor, row.currency).text,
        Money(row.vat_minor, row.currency).text,
        row.currency,
    )


def _kind(row: "Share | Tax") -> str:
    return row.kind if row.kind == "sale" else f"{row.kind} {row.seq}"


def _moment(written: str) -> str:
    """A moment as people read it: UTC, to the second."""
    return f"{written[:10]} {written[11:19]} UTC"


def _entries(console: "Console", entries: Iterable["KeptEntry"]) -> None:
    _table(
        console,
        "entries",
        ("month", "", "entry", "account", "amount"),
        [
            (
                *((entry.period, entry.kind, entry.id) if at == 0 else ("", "", "")),
                line.account_id,
                Money(line.amount_minor, line.currency).text,
            )
            for entry in entries
            for at, line in enumerate(entry.postings)
        ],
        right=(4,),
    )
