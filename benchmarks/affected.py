"""Find the holders that a run concerns, among a million live legs, on both databases: one query, held against a scan of every leg.

`python -m benchmarks.affected [LEGS]` prints the figures. Half the legs are of a tram and half of the ship that its riders
change to, five hundred to a ship; the tickets are made by the database itself.
"""

import statistics
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks import databases
from benchmarks.gate_refresh import NOON, fill
from operators.promises import NONE
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import RunState
from ticketing.db.tables.disruption import leg_of_ticket
from ticketing.db.ticket import legs
from ticketing.disruption import Rules, affected

LEGS = 1_000_000
DAY = date(2026, 10, 13)
_HOLDERS = 500
_ROUNDS = 31
_GOAL = "goal 50 ms"
Found = list[tuple[str, int, str | None, int | None]]


def measure(count: int = LEGS) -> list[tuple[str, str]]:
    """Fill both databases, hold the query against the scan, and measure both."""
    rows: list[tuple[str, str]] = []
    for name, opened in databases.BOTH:
        with tempfile.TemporaryDirectory() as scratch, opened(Path(scratch)) as url:
            database = Database(url)
            upgrade(database)
            fill(database, count // 2)
            _fill_legs(database, count // 2)
            rows += _measured(f"{count:,} live legs, {name}", database, count // 2 // _HOLDERS)
            database.close()
    return rows


def _fill_legs(database: Database, tickets: int) -> None:
    """Two legs of each ticket: a tram, then a ship three hours later."""
    timestamp = "" if database.is_sqlite else "timestamptz "
    number = "CAST(jti AS INTEGER)" if database.is_sqlite else "CAST(jti AS bigint)"
    ships = max(1, tickets // _HOLDERS)
    names = "jti, leg, order_id, region, operator, trip_id, service_date, mode, from_stop, to_stop, departs_at, arrives_at"
    with database.write() as tx:
        if not database.is_sqlite:
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        plain = tx.execution_options(no_parameters=True)
        for leg, operator, mode, runs, hours in (
            (0, "tlt", "tram", ships * 5, 6),
            (1, "eckero", "ferry", ships, 9),
        ):
            leaves, reaches = (
                f"{timestamp}'2026-10-13T{hour:02}:00:00.000000+00:00'" for hour in (hours, hours + 2)
            )
            plain.exec_driver_sql(
                f"INSERT INTO leg_of_ticket ({names}) SELECT jti, {leg}, order_id, 'r', '{operator}', 'trip-' || ({number} % {runs}),"
                f" '{DAY}', '{mode}', 'A', 'B', {leaves}, {reaches} FROM ticket"
            )
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def _measured(title: str, database: Database, ships: int) -> list[tuple[str, str]]:
    _tell_runs(database, ships)
    runs = [("eckero", f"trip-{at % max(1, ships)}", DAY) for at in range(_ROUNDS)]
    trams = [("tlt", f"trip-{at % max(1, ships * 5)}", DAY) for at in range(_ROUNDS)]
    took_scan = time.perf_counter()
    scanned = _scan(database, runs[1])
    took_scan = time.perf_counter() - took_scan
    assert _asked(database, runs[1]) == scanned, "the query finds others than the scan"
    assert _asked(database, trams[1]) == _scan(database, trams[1])
    ship = [_timed(lambda run=run: _asked(database, run)) for run in runs]
    tram = [_timed(lambda run=run: _asked(database, run)) for run in trams]
    judged = [_timed(lambda run=run: _judged(database, run)) for run in runs]
    held = [_timed(lambda: _held(database)) for _ in range(5)]
    return [
        (f"{title}: the legs on a ship ({len(scanned)}), {_GOAL}", _ms(ship)),
        (f"{title}: the legs on a tram with the ships after it, {_GOAL}", _ms(tram)),
        (f"{title}: whom the cancelled ship concerns, decided", _ms(judged)),
        (f"{title}: of all ships that are told of those that anybody holds, once a poll", _ms(held)),
        (f"{title}: a scan of every leg", f"{took_scan * 1000:,.0f} ms"),
    ]


def _tell_runs(database: Database, ships: int) -> None:
    """Have the operator of the ships tell of each of them, as a poll finds them."""
    states = [
        RunState(
            operator="eckero",
            trip_id=f"trip-{at}",
            service_date=DAY,
            cancelled=False,
            calls=(),
            source="gtfs_rt",
            as_of=NOON,
            first_told_at=NOON,
            changed_at=NOON,
        )
        for at in range(max(1, ships))
    ]
    with database.write() as tx:
        run_states.put_runs(tx, "r", states)


def _asked(database: Database, run: tuple[str, str, date]) -> Found:
    with database.read() as tx:
        return [
            (one.leg.jti, one.leg.leg, one.then and one.then.trip_id, one.then and one.then.leg)
            for one in legs.list_held(tx, "r", run)
        ]


def _scan(database: Database, run: tuple[str, str, date]) -> Found:
    """Read every leg and pick those of the run, each with the next one of its ticket."""
    table = leg_of_ticket.c
    query = sa.select(table.jti, table.leg, table.operator, table.trip_id, table.service_date)
    by_ticket: dict[str, list[tuple[int, str, str, str]]] = {}
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET statement_timeout = 0")
        for jti, leg, operator, trip, day in connection.execute(query):
            by_ticket.setdefault(jti, []).append((leg, operator, trip, day))
    found: Found = []
    for jti, mine in sorted(by_ticket.items()):
        mine.sort()
        for (leg, operator, trip, day), then in zip(mine, [*mine[1:], None], strict=True):
            if (operator, trip, day) == (run[0], run[1], run[2].isoformat()):
                found.append((jti, leg, then and then[2], then and then[0]))
    return found


def _judged(database: Database, run: tuple[str, str, date]) -> int:
    state = RunState(
        operator=run[0],
        trip_id=run[1],
        service_date=run[2],
        cancelled=True,
        calls=(),
        source="staff",
        as_of=NOON,
        first_told_at=NOON,
        changed_at=NOON,
    )
    rules = Rules(promises={"eckero": NONE}, change_seconds=lambda _one, _other: 0, expected=_planned)
    with database.read() as tx:
        return len(affected(legs.list_held(tx, "r", run), state, rules, NOON - timedelta(hours=6)))


def _planned(leg: legs.TicketLeg) -> datetime:
    return leg.departs_at


def _held(database: Database) -> int:
    with database.read() as tx:
        return len(legs.held_runs(tx, "r", "eckero", DAY))


def _timed(call: "object") -> float:
    began = time.perf_counter()
    call()  # type: ignore[operator]
    return (time.perf_counter() - began) * 1000


def _ms(times: list[float]) -> str:
    return f"{statistics.median(times):,.1f} ms"


def main() -> None:
    """Measure and print."""
    for name, value in measure(int(sys.argv[1]) if len(sys.argv) > 1 else LEGS):
        print(f"{name:<90} {value:>12}")


if __name__ == "__main__":
    main()
