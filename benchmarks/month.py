"""A generator of months: any number of tickets, booked as the service books them, loaded in bulk.

Rows are seeded, entries carry their real hashes. The triggers are off while the rows are loaded, as a restore
does it; `check` proves afterwards what they would have kept.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa

from ticketing.db import Database
from ticketing.db.books import books, month_books
from ticketing.db.books.months import make_month
from ticketing.db.documents import canonical
from ticketing.db.tables import books as books_tables
from ticketing.db.tables import columns
from ticketing.db.tables import sale as tables
from ticketing.frozen import QuoteDocument, TicketDocument, write_quote, write_ticket

REGION, PERIOD = "generated", "2026-09"
OPERATORS = ("eckero", "hsl", "tallink", "tlt", "viking")
START = datetime(2026, 9, 1, tzinfo=UTC)
_BATCH = 20_000
_MONTH = timedelta(days=30)
_TABLES = ("ticket", "alloc_share", "alloc_tax", "posting", "entry", "entry_source")

_QUOTE = QuoteDocument(product="through", rides=(), legs=(), passengers=(), tax_unverified=False)
_TICKET = canonical(write_ticket(TicketDocument(legs=(), rider="adult", operators=())))

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]


def generate(database: Database, tickets: int, progress: Any = None) -> None:
    """Fill an empty, migrated database with a month of so many tickets."""
    with database.write() as tx:
        make_month(tx, PERIOD)
    _foundations(database)
    with _Loader(database) as loader:
        for first in range(0, tickets, _BATCH):
            loader.load(_rows(range(first, min(tickets, first + _BATCH)), tickets))
            if progress:
                progress(min(tickets, first + _BATCH), tickets)


def check(database: Database, tickets: int) -> None:
    """Check what the triggers keep: every entry balances, and there is one capture and one allocation a ticket."""
    with database.read() as tx:
        if database.is_sqlite is False:
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        assert month_books.unbalanced_entries(tx, PERIOD, REGION) == []
        assert (
            tx.execute(sa.select(sa.func.count()).select_from(books_tables.entry)).scalar_one() == 2 * tickets
        )


def _rows(numbers: Iterable[int], tickets: int) -> Rows:
    found: Rows = {name: [] for name in _TABLES}
    for number in numbers:
        _ticket(number, START + number * _MONTH / tickets, found)
    return found


def _ticket(number: int, at: datetime, found: Rows) -> None:
    chance = number * 0x9E3779B97F4A7C15 & (1 << 64) - 1  # scattered, the same in every run, and cheap
    jti, milliseconds = f"t{number:021d}", int(at.timestamp() * 1000)
    one, step = chance >> 8 & 0xFF, 1 + (chance >> 16) % (len(OPERATORS) - 1)
    first, second = sorted((OPERATORS[one % len(OPERATORS)], OPERATORS[(one + step) % len(OPERATORS)]))
    gross = {first: 100 + (chance >> 24) % 3900, second: 100 + (chance >> 40) % 3900}
    whole, vat, fee = sum(gross.values()), gross[first] * 24 // 124, sum(gross.values()) // 70
    found["ticket"].append(
        (jti, "o", "p", "valid", "t", "through", whole, "EUR", "l", number, at, at, at, None, _TICKET)
    )
    for operator in (first, second):
        mine_vat, mine_fee = (vat, fee) if operator == first else (0, 0)
        found["alloc_share"].append(
            (
                PERIOD,
                _uuid(milliseconds, number, 1, operator),
                jti,
                REGION,
                operator,
                "EUR",
                "sale",
                0,
                gross[operator],
                mine_vat,
                mine_fee,
                gross[operator] - mine_vat - mine_fee,
                "generated",
                PERIOD,
                at,
            )
        )
    for state, part, tax in (("EE", gross[first], vat), ("FI", gross[second], 0)):
        found["alloc_tax"].append(
            (
                PERIOD,
                _uuid(milliseconds, number, 2, state),
                jti,
                REGION,
                state,
                "tram",
                "domestic",
                "taxable",
                2400 if state == "EE" else 0,
                1,
                5000,
                "EUR",
                "sale",
                0,
                part,
                tax,
                PERIOD,
                at,
            )
        )
    nets = [
        (f"operator_payable:{first}:EUR", -(gross[first] - vat - fee)),
        (f"operator_payable:{second}:EUR", -gross[second]),
    ]
    kept = [("vat_payable_2400:EE:EUR", -vat), ("commission:EUR", -fee)]
    _entry(
        found,
        ("capture", "payment", jti, at),
        _uuid(milliseconds, number, 3, ""),
        [("psp_clearing:EUR", whole), ("unearned:EUR", -whole)],
    )
    _entry(
        found,
        ("allocation", "ticket", jti, at),
        _uuid(milliseconds, number, 4, ""),
        [("unearned:EUR", whole), *nets, *(line for line in kept if line[1])],
    )


def _entry(
    found: Rows, source: tuple[str, str, str, datetime], entry_id: str, lines: list[tuple[str, int]]
) -> None:
    kind, source_type, source_id, at = source
    head = {
        "period": PERIOD,
        "id": entry_id,
        "kind": kind,
        "source_type": source_type,
        "source_id": source_id,
        "region": REGION,
        "original_period": PERIOD,
        "occurred_at": at,
        "booked_at": at,
        "note": "{}",
        "reverses_id": None,
    }
    told = [(number, account, "EUR", amount) for number, (account, amount) in enumerate(lines, 1)]
    found["posting"] += [(PERIOD, entry_id, *line) for line in told]
    found["entry"].append((*head.values(), books.entry_hash(head, told)))
    found["entry_source"].append((source_type, source_id, kind, entry_id))


def _uuid(milliseconds: int, number: int, kind: int, more: str) -> str:
    """A UUIDv7 of a moment whose other bits are the ticket's number: the same in every run."""
    tail = (number << 16 | kind << 12 | sum(more.encode()) & 0xFFF) & (1 << 62) - 1
    text = f"{milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | tail:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _foundations(database: Database) -> None:
    """One tariff version, quote and order for all, the open month and the accounts."""
    common = {"region": REGION, "currency": "EUR", "created_at": START, "expires_at": START, "total_minor": 0}
    chart = {
        "psp_clearing:EUR": ("asset", "psp_clearing", None, None),
        "unearned:EUR": ("liability", "unearned", None, None),
        "vat_payable_2400:EE:EUR": ("liability", "vat_payable_2400", None, "EE"),
        "commission:EUR": ("income", "commission", None, None),
        **{
            f"operator_payable:{name}:EUR": ("liability", "operator_payable", name, None)
            for name in OPERATORS
        },
    }
    with database.write() as tx:
        tx.execute(
            sa.insert(tables.tariff_version).values(
                version="v", region=REGION, first_used_at=START, document="{}"
            )
        )
        tx.execute(
            sa.insert(tables.quote).values(
                id="q", tariff_version="v", document=canonical(write_quote(_QUOTE)), **common
            )
        )
        tx.execute(sa.insert(tables.order).values(id="o", quote_id="q", state="ticketed", **common))
        tx.execute(sa.insert(books_tables.period).values(region=REGION, id=PERIOD, state="open"))
        tx.execute(
            sa.insert(books_tables.account),
            [
                {
                    "id": key,
                    "type": kind,
                    "purpose": purpose,
                    "operator": operator,
                    "member_state": state,
                    "currency": "EUR",
                }
                for key, (kind, purpose, operator, state) in chart.items()
            ],
        )


class _Loader:
    """COPY on PostgreSQL, prepared inserts on SQLite; triggers and foreign keys rest meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._columns = {
            name: [column.name for column in columns.metadata.tables[name].columns] for name in _TABLES
        }

    def __enter__(self) -> Self:
        self._raw = self._database.engine.raw_connection()
        if self._database.is_sqlite:
            cursor = self._raw.cursor()
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("PRAGMA synchronous=OFF")
            self._triggers = cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall()
            for name, _ in self._triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute("BEGIN")
        else:
            self._raw.cursor().execute("SET session_replication_role = replica")
            self._raw.cursor().execute("SET statement_timeout = 0")
        return self

    def load(self, rows: Rows) -> None:
        for name, found in rows.items():
            columns = self._columns[name]
            cursor = self._raw.cursor()
            if self._database.is_sqlite:
                marks = ", ".join("?" for _ in columns)
                written = (tuple(_text(value) for value in row) for row in found)
                cursor.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", written)
            else:
                with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in found:
                        copy.write_row(row)
        if self._database.is_sqlite:
            self._raw.cursor().execute("COMMIT")
            self._raw.cursor().execute("BEGIN")
        else:
            self._raw.commit()

    def __exit__(self, *_: object) -> None:
        cursor = self._raw.cursor()
        if self._database.is_sqlite:
            cursor.execute("COMMIT")
            for _, statement in self._triggers:
                cursor.execute(statement)
            cursor.execute("ANALYZE")
        else:
            cursor.execute("SET session_replication_role = origin")
            self._raw.commit()
            cursor.execute("ANALYZE")
            self._raw.commit()
        self._raw.close()


def _text(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def batches(tickets: int) -> Iterator[Rows]:
    """The rows of a month without a database, for peers that read files."""
    for first in range(0, tickets, _BATCH):
        yield _rows(range(first, min(tickets, first + _BATCH)), tickets)
