"""Gate facts go after thirteen months, whole and not too early; what the books were reckoned from stays the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.ticketing.gate.stock import put_ticket
from throughfare_gate.ids import new_id
from throughfare_gate.tickets.jws import Signer
from ticketing.clock import FixedClock
from ticketing.config import DEMO_PASSPHRASE
from ticketing.db import Database
from ticketing.db.books import month_facts
from ticketing.db.gate import gate_journal, gate_retention, scans
from ticketing.db.gate.gate_journal import JournalEntry
from ticketing.db.tables.books import period
from ticketing.db.tables.gates import (
    double_use,
    proof_seen,
    ride_count,
    scan,
    scan_fact,
    ticket_use,
    use_change,
    use_claim,
)
from ticketing.db.ticket import tickets
from ticketing.gate.house import Gatehouse
from ticketing.gate.retention import forget_what_is_due, kept_since
from ticketing.gate.service import Presentation, validate
from ticketing.gate.upload import Sender, Told, upload
from ticketing.identity import create_key
from ticketing.tickets.issue import Press
from ticketing.tickets.keys import KeyStore

RIDE = datetime(2025, 9, 10, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 5, 3, 0, tzinfo=UTC)  # thirteen whole months back is 1 October 2025
OLD, YOUNG = "O" * 22, "Y" * 22
HEAD = "SELECT count(*) FROM"


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Gatehouse:
    """A ticket of September 2025 that two gates have accepted, one of October, and one scan of each that is unread."""
    clock = FixedClock(RIDE)
    keys = KeyStore(tmp_path / "keys", DEMO_PASSPHRASE)
    keys.create_missing(RIDE)
    made = Gatehouse(
        database=database,
        clock=clock,
        keys=keys,
        press=Press(keys, "throughfare.eu", "https://x", demo=False),
        accept_demo=False,
    )
    gate = create_key(database, clock, role="gate", operator="tlt", label="g")[0].id
    for jti, at in ((OLD, RIDE), (YOUNG, RIDE + timedelta(days=30))):
        clock.set(at)
        signer = Signer(*keys.signer_key("ticket"))
        token = put_ticket(database, jti, at=at, signer=signer, status_list=f"{at:%y%m%d}").token
        for scan_id, code in ((f"online-{jti}", token), (f"unread-{jti}", "no ticket")):
            validate(
                made,
                Presentation(
                    gate_key_id=gate,
                    operator="tlt",
                    scan_id=scan_id,
                    token=code,
                    leg=0,
                    stop_id=None,
                    device_ts=at,
                ),
            )
        told = Told(
            scan_id=f"later-{jti}",
            seq=1,
            jti=jti,
            leg=0,
            device_ts=int(at.timestamp()) + 600,
            clock_offset=0,
            decision="accept",
            reason="ok",
            bundle_version=None,
        )
        clock.advance(timedelta(hours=1))
        upload(database, clock, Sender("other", "tlt"), [told])
        with database.write() as tx:
            entry = looked_up(at=at, kind="inspection", actor=gate, jti=jti, reason="a look")
            gate_journal.write(tx, entry)
    clock.set(NOW)
    return made


def count(house: Gatehouse, table: sa.Table, jti: str | None = None) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    if jti:
        query = query.where(table.c.jti == jti)
    with house.database.read() as tx:
        return int(tx.execute(query).scalar_one())


def rides(house: Gatehouse, **more: Any) -> dict[str, int]:
    with house.database.read() as tx:
        return month_facts.count_rides(tx, "r", datetime(2026, 11, 1, tzinfo=UTC), None, **more)


def looked_up(**changes: Any) -> JournalEntry:
    """Somebody looked a ticket up."""
    base = JournalEntry(
        id=new_id(), at=NOW, kind="look_up", operator="tlt", actor="g", jti=None, reason="later", document={}
    )
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("now", "first_open", "expected"),
    [
        (NOW, None, "2025-10-01"),
        (NOW, "2026-11", "2025-10-01"),
        (NOW, "2025-09", "2025-09-01"),
        (datetime(2026, 1, 31, tzinfo=UTC), None, "2024-12-01"),
        (datetime(2026, 2, 1, tzinfo=UTC), None, "2025-01-01"),
    ],
)
def test_thirteen_whole_months_are_kept_and_every_month_that_is_not_closed(
    now: datetime, first_open: str | None, expected: str
) -> None:
    assert f"{kept_since(now, first_open):%Y-%m-%d}" == expected


def test_s48_what_is_due_goes_whole_and_nothing_else(house: Gatehouse) -> None:
    gone = forget_what_is_due(house)

    assert (gone["facts of tickets"], gone["unread scans"], gone["journal entries"]) == (1, 1, 1)
    for table in (scan, scan_fact, use_claim, ticket_use, double_use):
        assert (count(house, table, OLD), count(house, table, YOUNG)) == (0, 1), table.name
    assert count(house, scan) == 2
    assert count(house, use_change) == 0  # bundles tell nothing of expired tickets, old or young
    assert forget_what_is_due(house)["facts of tickets"] == 0


def test_the_books_count_the_same_rides_before_and_after(house: Gatehouse) -> None:
    september, october = datetime(2025, 9, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)
    before = [rides(house), rides(house, since=september), rides(house, since=october)]

    forget_what_is_due(house)

    assert [rides(house), rides(house, since=september), rides(house, since=october)] == before
    assert before == [{"tlt": 2}, {"tlt": 2}, {"tlt": 1}]
    with house.database.read() as tx:
        left = tx.execute(sa.select(ride_count.c.month, ride_count.c.kind, ride_count.c.count)).all()
        assert month_facts.count_rides(tx, "r", october, ["through"]) == {"tlt": 1}
        assert month_facts.count_rides(tx, "r", october, ["other"]) == {}
        assert month_facts.count_rides(tx, "elsewhere", october, None) == {}
    assert sorted(map(tuple, left)) == [("2025-09", "double_use", 1), ("2025-09", "ride", 1)]


def test_nothing_of_a_month_that_is_not_closed_goes(house: Gatehouse) -> None:
    with house.database.write() as tx:
        tx.execute(sa.insert(period).values(region="r", id="2025-09", state="open"))

    assert forget_what_is_due(house)["facts of tickets"] == 0
    assert count(house, ticket_use, OLD) == 1


def test_a_ticket_that_was_told_of_lately_keeps_all_its_facts(house: Gatehouse) -> None:
    told = Told(
        scan_id="late",
        seq=2,
        jti=OLD,
        leg=0,
        device_ts=int(RIDE.timestamp()) + 700,
        clock_offset=0,
        decision="accept",
        reason="ok",
        bundle_version=None,
    )
    house.clock.set(datetime(2025, 10, 2, tzinfo=UTC))  # type: ignore[attr-defined]
    upload(house.database, house.clock, Sender("other", "tlt"), [told])
    house.clock.set(NOW)  # type: ignore[attr-defined]

    assert forget_what_is_due(house)["facts of tickets"] == 0
    assert count(house, scan_fact, OLD) == 2


def test_what_gates_told_of_a_ticket_that_nobody_knows_goes_too(house: Gatehouse) -> None:
    told = Told(
        scan_id="odd",
        seq=3,
        jti="U" * 22,
        leg=0,
        device_ts=int(RIDE.timestamp()),
        clock_offset=0,
        decision="accept",
        reason="ok",
        bundle_version=None,
    )
    house.clock.set(RIDE)  # type: ignore[attr-defined]
    upload(house.database, house.clock, Sender("other", "tlt"), [told])
    house.clock.set(NOW)  # type: ignore[attr-defined]

    forget_what_is_due(house)

    assert count(house, scan_fact, "U" * 22) == 0


def test_a_used_ticket_never_looks_unused_again(house: Gatehouse) -> None:
    forget_what_is_due(house)

    with house.database.read() as tx:
        assert (tickets.list_uses(tx, OLD), tickets.is_used(tx, OLD)) == ([], True)
        assert not tickets.is_used(tx, "N" * 22)


def test_the_database_lets_facts_go_below_the_mark_alone_and_the_mark_never_back(house: Gatehouse) -> None:
    for table in (scan, scan_fact, use_claim):
        with pytest.raises(sa.exc.IntegrityError, match="append-only"), house.database.write() as tx:
            tx.execute(sa.delete(table).where(table.c.jti == OLD))
    forget_what_is_due(house)
    for table in (scan, scan_fact, use_claim):
        with pytest.raises(sa.exc.IntegrityError, match="append-only"), house.database.write() as tx:
            tx.execute(sa.delete(table).where(table.c.jti == YOUNG))
        with pytest.raises(sa.exc.IntegrityError, match="append-only"), house.database.write() as tx:
            tx.execute(sa.update(table).values(operator="evil"))
    with house.database.write() as tx:
        assert gate_retention.keep_since(tx, RIDE) > RIDE
    with pytest.raises(sa.exc.IntegrityError, match="gone"), house.database.write() as tx:
        tx.execute(sa.update(gate_retention.gate_retention).values(kept_since=RIDE))


def test_a_journal_is_proven_from_where_it_begins_now(house: Gatehouse) -> None:
    forget_what_is_due(house)
    with house.database.write() as tx:
        gate_journal.write(
            tx,
            looked_up(),
        )

    with house.database.read() as tx:
        places = [entry.place for entry in gate_journal.list_entries(tx, "tlt")]
        assert (places, gate_journal.first_break(tx, "tlt")) == ([3, 2], None)


def test_a_journal_that_has_gone_whole_goes_on_where_it_ended(house: Gatehouse) -> None:
    house.clock.set(NOW + timedelta(days=90))  # type: ignore[attr-defined]
    forget_what_is_due(house)

    with house.database.write() as tx:
        gate_journal.write(
            tx,
            looked_up(),
        )
        assert [entry.place for entry in gate_journal.list_entries(tx, "tlt")] == [3]
        assert gate_journal.first_break(tx, "tlt") is None


def test_proofs_are_forgotten_when_they_can_no_longer_be_shown(house: Gatehouse) -> None:
    with house.database.write() as tx:
        for name, seconds in (("old", 91), ("young", 89)):
            scans.remember_proof(tx, OLD, name, NOW - timedelta(seconds=seconds))

    assert forget_what_is_due(house)["proofs"] == 1
    assert count(house, proof_seen) == 1
