"""Measure the refresh of a gate at a server with a million live tickets, on both databases.

`python -m benchmarks.gate_refresh [TICKETS]` prints the figures; `python -m benchmarks.gates` writes them down with the others.
The tickets are made by the database itself: rows as long as real ones, in the lists of two days, 1 % revoked, half used.
"""

import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks import databases
from tests.ticketing.gate.stock import put_ticket
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.tickets.jwk import load_jwks
from ticketing.clock import FixedClock
from ticketing.config import DEMO_PASSPHRASE
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.db.ticket import tickets
from ticketing.gate.house import Gatehouse
from ticketing.gate.publish import Prepared, bundle, prepare, status_list_of
from ticketing.gate.upload import Sender, Told, upload
from ticketing.tickets.issue import Press
from ticketing.tickets.keys import KeyStore

NOON = datetime(2026, 10, 13, 12, 0, tzinfo=UTC)
LIVE = 1_000_000
_LISTS = ("261012", "261013")
_MINUTE_USES = 460
_FIRST = "0" * 22
_REVOKED = 100  # one in so many
_ROUNDS = 21


def refresh(live: int = LIVE) -> list[tuple[str, str]]:
    """Fill both databases and measure every kind of fetch."""
    rows: list[tuple[str, str]] = []
    for name, opened in databases.BOTH:
        with tempfile.TemporaryDirectory() as scratch, opened(Path(scratch)) as url:
            database = Database(url)
            upgrade(database)
            fill(database, live)
            rows += measure(f"{live:,} live tickets, {name}", database, Path(scratch))
            database.close()
    return rows


def fill(database: Database, live: int) -> None:
    """Make the tickets, dealt over the lists like real ones, the revoked among them, and a use of every second one."""
    put_ticket(database, _FIRST, at=NOON - timedelta(hours=6), status_list="261010", life=timedelta(hours=1))
    is_sqlite = database.is_sqlite
    numbers = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {live})"
        if is_sqlite
        else f"WITH n AS (SELECT i FROM generate_series(1, {live}::bigint) AS i)"
    )
    number = "printf('%022d', i)" if is_sqlite else "lpad(i::text, 22, '0')"
    long_text = "printf('%0478d', i)" if is_sqlite else "lpad(i::text, 478, '0')"
    stamp, use_at = (
        (
            "",
            "strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', '2026-10-13 11:59:00', '-' || (i / 16) || ' seconds')",
        )
        if is_sqlite
        else ("::timestamptz", "timestamptz '2026-10-13 11:59:00+00' - (i / 16) * interval '1 second'")
    )
    began, ends = "'2026-10-12T06:00:00.000000+00:00'", "'2026-10-14T06:00:00.000000+00:00'"
    with database.write() as tx:
        if not is_sqlite:
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        # The places are a permutation of the list's: neighbours in time lie far apart, as chance would have it.
        tx.execute(
            sa.text(
                f"INSERT INTO ticket (jti, order_id, passenger_ref, status, token, product, amount_minor, currency, status_list,"
                f" status_index, issued_at, not_before, expires_at, revoked_at, document) {numbers} "
                f"SELECT {number}, 'order', 'p', CASE WHEN (i / 2) % {_REVOKED} = 0 THEN 'revoked' ELSE 'valid' END, {long_text}, 'through',"
                f" 940, 'EUR', CASE WHEN i % 2 = 0 THEN '{_LISTS[0]}' ELSE '{_LISTS[1]}' END, (i / 2) * 524287 % 1048573,"
                f" {began}{stamp}, {began}{stamp}, {ends}{stamp},"
                f" CASE WHEN (i / 2) % {_REVOKED} = 0 THEN {began}{stamp} END, (SELECT document FROM ticket WHERE jti = '{_FIRST}') FROM n"
            )
        )
        used = f"{numbers} SELECT {number}, 'gate', 'scan-' || i, 0, 'tlt', 'Kopli 1', 'ride', {use_at} FROM n WHERE (i / 4) % 2 = 0"
        tx.execute(
            sa.text(
                f"INSERT INTO ticket_use (jti, gate_key_id, scan_id, leg, operator, gate, kind, at) {used}"
            )
        )
        tx.execute(
            sa.text(
                f"INSERT INTO use_change (operator, jti, changed_at) {numbers} SELECT 'tlt', {number}, {use_at} FROM n WHERE (i / 4) % 2 = 0"
            )
        )
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def measure(title: str, database: Database, folder: Path) -> list[tuple[str, str]]:
    """Measure every kind of fetch, and an upload, on a database that `fill` has filled."""
    keys = KeyStore(folder / "keys", DEMO_PASSPHRASE)
    keys.create_missing(NOON)
    clock = FixedClock(NOON)
    house = Gatehouse(
        database=database,
        clock=clock,
        keys=keys,
        press=Press(keys, "throughfare.eu", "https://throughfare.eu", demo=False),
        accept_demo=False,
    )
    trust, since = load_jwks(keys.jwks("bundle")), int((NOON - timedelta(seconds=90)).timestamp())
    first, took_first = _timed(lambda: bundle(house, "tlt", since))
    opened = bundles.open_bundle(first.token, trust, "tlt")
    assert opened.delta
    assert opened.delta.complete
    cursor = opened.delta.cursor

    def unchanged() -> Prepared:
        clock.advance(timedelta(milliseconds=1))
        return prepare(house, "tlt", cursor)

    def revoked(at: list[int] = [_REVOKED]) -> object:  # noqa: B006  counts on from call to call
        at[0] += 2 * _REVOKED
        clock.advance(timedelta(seconds=1))
        with database.write() as tx:
            tickets.revoke_tickets(tx, [f"{at[0]:022}"], clock.now())
        return None

    etag = unchanged().etag
    same = []
    for _ in range(_ROUNDS):
        made, took = _timed(unchanged)
        assert made.etag == etag, "an unchanged bundle has another tag"
        same.append(took)
    changed, alone = [], []
    for _ in range(_ROUNDS):
        revoked()
        made, took = _timed(lambda: bundle(house, "tlt", cursor))
        assert made.etag != etag
        changed.append(took)
        alone.append(_timed(lambda: status_list_of(house, _LISTS[1]))[1])
    delta = [_timed(lambda: bundle(house, "tlt", since))[1] for _ in range(5)]
    lists = [_timed(lambda: _live(database))[1] for _ in range(5)]
    _, whole = _timed(lambda: bundle(replace(house), "tlt", 0))
    batch = [
        Told(
            scan_id=str(uuid.uuid4()),
            seq=seq,
            jti=f"{seq * 2 + 1:022}",
            leg=0,
            device_ts=int(NOON.timestamp()) + 60,
            clock_offset=0,
            decision="accept",
            reason="ok",
            bundle_version=None,
        )
        for seq in range(500)
    ]
    _, told = _timed(lambda: upload(database, clock, Sender("bench", "tlt"), batch))
    size = len(first.token)
    return [
        (f"{title}: a minute's delta ({len(opened.uses)} uses), size", f"{size / 1000:,.0f} KB"),
        (f"{title}: the first bundle of a process (its lists read and signed)", _ms([took_first])),
        (f"{title}: a minute's delta", _ms(delta)),
        (f"{title}: an unchanged fetch (304)", _ms(same)),
        (f"{title}: a fetch after one revocation (that list read and signed anew)", _ms(changed)),
        (f"{title}: a status list, unchanged", _ms(alone)),
        (f"{title}: which lists are alive (every 5 minutes)", _ms(lists)),
        (f"{title}: one page of everything (a gate that holds nothing)", _ms([whole])),
        (f"{title}: upload of 500 scans (goal 2 s)", _ms([told])),
    ]


def _live(database: Database) -> list[str]:
    with database.read() as tx:
        found = tickets.live_lists(tx, NOON)
    assert found == list(_LISTS), found
    return found


def _timed(call: "Callable[[], object]") -> tuple[object, float]:
    began = time.perf_counter()
    found = call()
    return found, (time.perf_counter() - began) * 1000


def _ms(times: list[float]) -> str:
    return f"{statistics.median(times):,.1f} ms"


def main() -> None:
    """Measure and print."""
    for name, value in refresh(int(sys.argv[1]) if len(sys.argv) > 1 else LIVE):
        print(f"{name:<100} {value:>12}")


if __name__ == "__main__":
    main()
