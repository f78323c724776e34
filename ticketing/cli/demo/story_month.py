"""The last step of the demo's story: a month is closed, approved by somebody else, paid, and checked by others' programs."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from rich.table import Table

from ticketing.cli.demo import bank

_CHECK_SECONDS = 120
_SEPA, _OTHER = "payments-sepa.xml", "payments-other.csv"


@dataclass(frozen=True, slots=True)
class Month:
    """A month to close: a region's period, the accounts (name, IBAN) it is paid to, the keys of two people of finance."""

    region: str
    period: str
    accounts: Mapping[str, tuple[str, str]]
    keys: tuple[str, str]
    folder: Path
    region_folder: Path


class Teller(Protocol):
    """The tools of the story: a line, a promise, and the API with a key."""

    def say(self, what: object) -> None:
        """Print."""

    def expect(self, held: bool, promise: str) -> None:
        """End the demo when a promise is broken."""

    def get(self, path: str, key: str) -> Any:
        """GET, answers the response."""

    def post(self, path: str, body: Any, key: str) -> dict[str, Any]:
        """POST once, answers the JSON."""


def close(teller: Teller, month: Month, paid: Decimal, back: Decimal) -> None:
    """Close, approve, pay and prove a month in which so much was paid and given back."""
    anna, bertil = month.keys
    folder = month.folder
    run = teller.post("/v1/settlement-runs", {"region": month.region, "period": month.period}, anna)
    _balance(teller, paid, back, run)
    owed = sorted(payment["to"] for payment in run["payments"] if payment["to"] != "scheme")
    for party in ("scheme", *owed):
        if party in month.accounts:
            name, iban = month.accounts[party]
            account = teller.post("/v1/bank-accounts", {"party": party, "iban": iban, "name": name}, anna)
            teller.post(f"/v1/bank-accounts/{account['id']}/approval", {}, bertil)
    steps = f"/v1/settlement-runs/{run['id']}/steps"
    teller.post(steps, {"step": "approved", "digest": run["digest"]}, bertil)
    teller.say(f"  calculated by one person, approved by another: digest {run['digest'][:16]}...")
    exported = teller.post(steps, {"step": "exported"}, bertil)
    files = folder / "settlement" / run["region"] / f"{month.period}-v1"
    for line in run["operators"]:
        address = f"/v1/settlement-runs/{run['id']}/statements/{line['operator']}.csv"
        (folder / f"statement-{line['operator']}.csv").write_bytes(teller.get(address, anna).content)
    _dispute(teller, run, folder, bertil)
    _show_payments(teller, run, files)
    teller.say(
        f"  {len(exported['files'])} files in {files}: statements as PDF, XLSX and CSV, VAT report, journals"
    )
    if (files / _SEPA).exists():
        today = datetime.fromisoformat(f"{run['created_at']}").date()
        statement = bank.answer((files / _SEPA).read_bytes(), today)
        (folder / "bank-statement.xml").write_text(statement, encoding="utf-8")
    _prove(teller, files, folder, month.region_folder.absolute())


def _dispute(teller: Teller, run: dict[str, Any], folder: Path, key: str) -> None:
    """Let somebody dispute the first line of a statement, so that the office has one to answer."""
    operator = run["operators"][0]["operator"]
    with (folder / f"statement-{operator}.csv").open(encoding="utf-8", newline="") as file:
        lines = [row[-1] for row in csv.reader(file) if len(row) > 1 and row[1] == "sale"]
    if not lines:
        return
    body = {"operator": operator, "line": lines[0], "reason": "This ride was another one: look at the tap."}
    teller.post(f"/v1/settlement-runs/{run['id']}/disputes", body, key)
    teller.say(f"  a line of {operator} is disputed: it waits for an answer in the console")


def rows_of(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Read the rows that an answer of the service has under a name."""
    rows: list[Mapping[str, Any]] = answer[name]
    return rows


def _balance(teller: Teller, paid: Decimal, back: Decimal, run: dict[str, Any]) -> None:
    """Show that the payments equal the shares of all parties, to the cent."""
    kept = paid - back
    net = sum((Decimal(line["net"]) for line in run["operators"]), Decimal(0))
    vat = sum((Decimal(line["vat"]) for line in rows_of(run, "taxes")), Decimal(0))
    fee = sum((Decimal(line["fee"]) for line in run["operators"]), Decimal(0))
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("paid", f"{paid}")
    table.add_row("given back", f"-{back}")
    for line in run["operators"]:
        table.add_row(f"  {line['operator']} gets", line["net"])
    for line in rows_of(run, "taxes"):
        if Decimal(line["vat"]):
            rate = f"{line['rate_bp'] // 100}.{line['rate_bp'] % 100:02} %"
            table.add_row(f"  VAT {line['member_state']} {rate} ({line['mode']})", line["vat"])
    table.add_row("  the scheme's fee", f"{fee}")
    table.add_row("[bold]paid - given back[/bold]", f"[bold]{kept}[/bold]")
    table.add_row("[bold]shares + VAT + fee[/bold]", f"[bold]{net + vat + fee}[/bold]")
    teller.say(table)
    teller.expect(kept == net + vat + fee, "what was paid is what everybody gets")


def _show_payments(teller: Teller, run: dict[str, Any], files: Path) -> None:
    for line in rows_of(run, "other"):
        teller.say(
            f"  beside the shares, {line['kind']}: {line['operator']} {line['amount']} {line['currency']}"
        )
    for payment in run["payments"]:
        teller.say(f"  {payment['from']} pays {payment['to']} {payment['amount']} {payment['currency']}")
    total = sum((Decimal(payment["amount"]) for payment in run["payments"]), Decimal(0))
    count = len(run["payments"])
    if (files / _SEPA).exists():
        content = (files / _SEPA).read_text(encoding="utf-8")
        teller.expect(
            f"<CtrlSum>{total}</CtrlSum>" in content, "the payment file's control sum is the run's total"
        )
        teller.say(f"  {_SEPA}: pain.001.001.09, {count} transfers, control sum {total} (SPECIMEN)")
        return
    with (files / _OTHER).open(encoding="utf-8", newline="") as file:
        listed = sum((Decimal(row["amount"]) for row in csv.DictReader(file)), Decimal(0))
    teller.expect(listed == total, "the list of payments adds up to the run's total")
    teller.say(f"  {_OTHER}: {count} payments outside SEPA, {total} in all")


def _prove(teller: Teller, files: Path, folder: Path, region_folder: Path) -> None:
    """Let other people's programs read the journal, where they are installed, and our own prove the books."""
    bean = shutil.which("bean-check") or shutil.which("bean-check", path=str(Path(sys.executable).parent))
    hledger = shutil.which("hledger")
    checks: list[tuple[str, list[str] | None]] = [
        ("beancount", [bean, "-C", str(files / "journal.beancount")] if bean else None),
        (
            "hledger",
            [hledger, "-f", str(files / "journal.hledger"), "check", "--strict"] if hledger else None,
        ),
        (
            "throughfare books verify",
            [sys.executable, "-m", "ticketing", "books", "verify", "--region", region_folder.name],
        ),
    ]
    for name, words in checks:
        if words is None:
            teller.say(f"  {name:<26} not installed, so it was not asked")
            continue
        done = subprocess.run(  # noqa: S603  our own words
            words,
            capture_output=True,
            timeout=_CHECK_SECONDS,
            check=False,
            env=environment(folder, region_folder),
        )
        teller.expect(
            done.returncode == 0, f"{name} accepts the books: {done.stdout.decode()}{done.stderr.decode()}"
        )
        teller.say(f"  {name:<26} accepts them")


def environment(folder: Path, region_folder: Path) -> dict[str, str]:
    """The environment in which a command works on the demo's deployment."""
    return {
        **os.environ,
        "THROUGHFARE_REGIONS": region_folder.name,
        "THROUGHFARE_REGIONS_FOLDER": str(region_folder.parent),
        "THROUGHFARE_DATABASE_URL": f"sqlite:///{folder / 'throughfare.db'}",
        "THROUGHFARE_KEYS_FOLDER": str(folder / "keys"),
        "THROUGHFARE_DEMO_CLOCK_FILE": str(folder / "clock"),
        "THROUGHFARE_SETTLEMENT_FOLDER": str(folder / "settlement"),
    }
