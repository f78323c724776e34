"""Random months: whatever happened, books balance, positions sum to zero and every output says the same."""

import csv
import io
import os
import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from beancount import loader
from beancount.core.data import Balance
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.ticketing.settlement.bank_details import IBANS
from tests.ticketing.settlement.month import book, dataset_of, give_back, office, ride, sell
from ticketing.books import postings
from ticketing.db import Database
from ticketing.db.books import books, month_books
from ticketing.db.documents import digest
from ticketing.db.engine import Transaction
from ticketing.db.settlement.runs import Run
from ticketing.db.tables import books as books_tables
from ticketing.db.tables import columns
from ticketing.frozen import write_run
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.month.calculate import dataset
from ticketing.settlement.office import Office
from ticketing.settlement.payout import bank_accounts, steps
from ticketing.settlement.proof.verify import verify
from ticketing.settlement.statement import export, lines
from ticketing.settlement.statement.as_csv import COLUMNS
from ticketing.settlement.terms import terms_of

NAMES = ("hsl", "tlt", "viking")
AMOUNTS = st.integers(1, 5_000)
DAYS = st.integers(0, 29)
ACTIONS = st.one_of(
    st.tuples(st.just("sale"), st.dictionaries(st.sampled_from(NAMES), AMOUNTS, min_size=1), DAYS),
    st.tuples(st.just("refunded sale"), st.dictionaries(st.sampled_from(NAMES), AMOUNTS, min_size=1), DAYS),
    st.tuples(st.just("compensation"), st.sampled_from((*NAMES, None)), AMOUNTS),
    st.tuples(st.just("dispute"), st.sampled_from((*NAMES, None)), AMOUNTS),
    st.tuples(st.just("won dispute"), AMOUNTS, DAYS),
    st.tuples(st.just("pass"), st.sampled_from(NAMES), AMOUNTS),
    st.tuples(st.just("breakage"), AMOUNTS, DAYS),
    st.tuples(st.just("resold sale"), st.dictionaries(st.sampled_from(NAMES), AMOUNTS, min_size=1), DAYS),
    st.tuples(
        st.just("refunded resold sale"), st.dictionaries(st.sampled_from(NAMES), AMOUNTS, min_size=1), DAYS
    ),
    st.tuples(st.just("krona sale"), st.dictionaries(st.sampled_from(NAMES), AMOUNTS, min_size=1), DAYS),
)
TERMS = st.sampled_from(
    (
        "",
        '[thresholds]\nEUR = "20.00"\n',
        (
            '[[pools]]\nid = "p"\nproducts = ["pass30"]\ncurrency = "EUR"\n'
            '[[guarantees]]\noperator = "tlt"\ncurrency = "EUR"\nfloor = "30.00"\nborne_by = "viking"\n'
            '[[subsidies]]\nfunder = "city"\noperator = "hsl"\ncurrency = "EUR"\nper_tap = "0.15"\nmonthly = "1.00"\n'
            '[[commissions]]\nseller = "hsl"\nchannel = "resold"\npercent = "3.33"\n'
        ),
    )
)


@dataclass
class Month:
    """Plays actions into the books."""

    database: Database
    count: int = 0
    at: datetime = field(default_factory=lambda: datetime(2026, 9, 1, 12, tzinfo=UTC))

    def play(self, kind: str, first: object, second: object) -> None:
        self.count += 1
        name = f"e{self.count}"
        at = self.at + timedelta(days=second) if isinstance(second, int) and second < 30 else self.at
        if kind.endswith("sale"):
            parts = dict(first)  # type: ignore[call-overload]  a sale's parts
            whole = sum(parts.values())
            vat = min(parts[min(parts)] // 5, whole // 6)
            sold = sell(
                self.database,
                name,
                parts,
                at=at,
                vat=vat,
                fee=parts[min(parts)] // 50,
                currency="SEK" if kind.startswith("krona") else "EUR",
                channel="resold" if "resold" in kind else None,
            )
            if kind.startswith("refunded"):
                give_back(self.database, sold, f"r{name}", at=at)
            return
        if kind == "pass":
            sell(self.database, name, {"hsl": int(str(second)), "viking": 7}, product="pass30", vat=1)
            ride(self.database, name, str(first), use_no=self.count)
            return
        with self.database.write() as tx:
            self._book(tx, kind, name, first, second)

    def _book(self, tx: Transaction, kind: str, name: str, first: object, second: object) -> None:
        how = {"region": "r", "currency": "EUR", "at": self.at}
        amount = first if isinstance(first, int) else second
        lost = {"liable": first} if not isinstance(first, int) else {}
        entries: dict[str, Callable[[], list[object]]] = {
            "compensation": lambda: [postings.compensation(name, amount=amount, **lost, **how)],  # type: ignore[arg-type]  mixed
            "dispute": lambda: [
                postings.dispute_opened(name, gateway="stripe", amount=amount, fee=15, **how),  # type: ignore[arg-type]  mixed
                postings.dispute_lost(name, amount=amount, **lost, **how),  # type: ignore[arg-type]  mixed
            ],
            "won dispute": lambda: [
                postings.dispute_opened(name, gateway="stripe", amount=amount, fee=15, **how),  # type: ignore[arg-type]  mixed
                postings.dispute_won(name, gateway="stripe", amount=amount, **how),  # type: ignore[arg-type]  mixed
            ],
            "breakage": lambda: [postings.breakage(name, {"hsl": amount}, note={}, **how)],  # type: ignore[arg-type]  mixed
        }
        book(tx, *entries[kind](), at=self.at)  # type: ignore[arg-type]  entries


@settings(
    max_examples=300 if os.environ.get("SOAK") else 6,
    # A month is slow to build: a failing one is shown as it was found.
    phases=[Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(
    actions=st.lists(ACTIONS, min_size=1, max_size=12),
    terms=TERMS,
    shuffler=st.randoms(use_true_random=False),
)
def test_every_output_of_a_random_month_says_the_same(
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    actions: list[tuple[str, object, object]],
    terms: str,
    shuffler: random.Random,
) -> None:
    _empty(database)
    folder = tmp_path_factory.mktemp("month")
    (folder / "r").mkdir()
    (folder / "r" / "settlement.toml").write_text(terms)
    month = Month(database)
    for action in actions:
        month.play(*action)
    desk = Office(database=database, clock=office(database).clock, keys=None, regions_folder=folder)

    run = service.close(desk, "r", "2026-09", "Anna")
    again = service.close(desk, "r", "2026-09", "Bertil")
    _enter(desk)
    steps.approve(desk, run.id, "Bertil", run.digest)
    export.export(desk, run.id, "Bertil", folder)

    files = folder / "r" / "2026-09-v1"
    assert again == run
    assert verify(desk, "r", take_back).faults == []
    _positions_sum_to_zero(run)
    _statements_are_the_ledger(desk, run, files)
    _journal_is_the_ledger(desk, files)
    _sepa_is_what_is_owed(run, files)
    with database.read() as tx:
        anew = dataset(
            tx,
            "r",
            "2026-09",
            terms_of(run.dataset.terms),
            anchored=run.dataset.books,
            pools=run.dataset.pools,
        )
    assert digest(write_run(anew)) == run.digest
    _rows_in_any_order_give_the_same(desk, run, shuffler)


def _positions_sum_to_zero(run: Run) -> None:
    sums: dict[str, int] = {}
    for line in dataset_of(run)["positions"]:
        sums[line["currency"]] = sums.get(line["currency"], 0) + _minor(line["amount"])
    assert set(sums.values()) <= {0}


def _statements_are_the_ledger(desk: Office, run: Run, files: Path) -> None:
    with desk.database.read() as tx:
        prefix = {"operator_payable": "", "funder_receivable": "funder:"}
        owed = {
            (f"{prefix[line.purpose]}{line.operator}", line.currency): -line.amount_minor
            for line in month_books.balances(tx, "r", "2026-09")
            if line.purpose in prefix
        }
    stated: dict[tuple[str, str], int] = {}
    for party in lines.parties(run):
        text = (files / f"statements/{export.file_name(party)}.csv").read_text(encoding="utf-8")
        for row in csv.reader(io.StringIO(text)):
            if row[0].startswith("Total"):
                total = dict(zip(COLUMNS, row, strict=True))
                stated[party, total["currency"]] = int(total["net_minor"])
    # An operator that is owed nothing (a share that is all VAT) has a statement and no posting.
    assert _not_zero(stated) == _not_zero(owed)


def _not_zero(sums: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {whose: minor for whose, minor in sums.items() if minor}


def _journal_is_the_ledger(desk: Office, files: Path) -> None:
    entries, errors, _ = loader.load_file(str(files / "journal.beancount"))
    with desk.database.read() as tx:
        balances = month_books.balances(tx, "r", "2026-09")
    assert errors == []
    assert sum(isinstance(entry, Balance) for entry in entries) == len(balances)
    debit: dict[str, int] = {}
    for row in csv.DictReader((files / "journal.csv").read_text(encoding="utf-8").splitlines()):
        debit[row["account"]] = debit.get(row["account"], 0) + _minor(row["debit"]) - _minor(row["credit"])
    assert debit == {line.account_id: line.amount_minor for line in balances}


def _sepa_is_what_is_owed(run: Run, files: Path) -> None:
    wanted = [
        line
        for line in dataset_of(run)["positions"]
        if line["currency"] == "EUR" and line["operator"] != "scheme" and _minor(line["amount"]) > 0
    ]
    path = files / "payments-sepa.xml"
    assert path.exists() == bool(wanted)
    if wanted:
        root = ET.fromstring(path.read_bytes())
        sums = {node.text for node in root.iter() if node.tag.endswith("CtrlSum")}
        assert {_minor(str(total)) for total in sums} == {sum(_minor(line["amount"]) for line in wanted)}
        assert len([node for node in root.iter() if node.tag.endswith("CdtTrfTxInf")]) == len(wanted)


def _rows_in_any_order_give_the_same(desk: Office, run: Run, shuffler: random.Random) -> None:
    """Deal the shares over 1, 2 and 7 buckets in random order: the sums of the buckets are the run's."""
    with desk.database.read() as tx:
        rows = [
            (row.operator, row.currency, row.net_minor)
            for row in tx.execute(
                sa.select(books_tables.share).where(books_tables.share.c.period == "2026-09")
            )
        ]
    for count in (1, 2, 7):
        shuffler.shuffle(rows)
        summed: dict[tuple[str, str], int] = {}
        for bucket in (rows[at::count] for at in range(count)):
            for operator, currency, net in bucket:
                summed[operator, currency] = summed.get((operator, currency), 0) + net
        assert summed == {
            (line["operator"], line["currency"]): _minor(line["net"]) for line in dataset_of(run)["operators"]
        }


def _enter(desk: Office) -> None:
    for party in ("scheme", *NAMES):
        made = bank_accounts.enter(desk, party, IBANS.get(party, IBANS["tlt"]), name=party, by="Clara")
        bank_accounts.approve(desk, made.id, "David")


def _minor(text: str) -> int:
    return int(re.sub(r"\.", "", text or "0"))


def _empty(database: Database) -> None:
    """Begin each example with empty books: only a test may, and only by taking the triggers off first."""
    names = [table.name for table in reversed(columns.metadata.sorted_tables)]
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            triggers = connection.exec_driver_sql(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            ).all()
            for name, _ in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for name in names:
                connection.exec_driver_sql(f"DELETE FROM {name}")
            for _, statement in triggers:
                connection.exec_driver_sql(statement)
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql(f"TRUNCATE {', '.join(names)} CASCADE")
        connection.commit()
    books._KNOWN_ACCOUNTS.clear()
