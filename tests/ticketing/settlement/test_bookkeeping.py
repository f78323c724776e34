"""The worker anchors the books and keeps the anchors elsewhere; whoever rewrites the database is found by them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.ticketing.settlement.month import office, sell
from throughfare_gate.tickets.jws import Signer
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.books import chain
from ticketing.db.tables.settlement import chain_block
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.office import Office
from ticketing.settlement.proof import anchor_files, bookkeeping
from ticketing.settlement.proof.verify import verify
from ticketing.tickets.keys import KeyStore

# Ids are made by the machine's clock, and an anchor links what is older than ten minutes.
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Office:
    keys = KeyStore(tmp_path / "keys", "passphrase")
    keys.create_missing(LATER)
    sell(database, "t1", {"hsl": 1000, "tlt": 500}, vat=90, fee=15)
    return replace(office(database, LATER), keys=keys, anchors=tmp_path / "elsewhere")


def kept(desk: Office) -> list[tuple[str, int, str]]:
    assert desk.anchors
    path = anchor_files.file_of(desk.anchors, "r")
    return list(anchor_files.read(path)) if path.exists() else []


def tend(desk: Office) -> dict[str, int]:
    done = bookkeeping.tend_region(desk, "r")
    asked = bookkeeping.list_asked(desk)
    for check in asked:
        bookkeeping.carry_out(desk, check, take_back)
    return {"anchored": done["anchored"], "kept": done["kept"], "checked": len(asked)}


def later(desk: Office, by: timedelta) -> None:
    assert isinstance(desk.clock, FixedClock)
    desk.clock.advance(by)


def test_the_worker_anchors_once_a_day_and_after_each_close(desk: Office) -> None:
    assert tend(desk) == {"anchored": 1, "kept": 1, "checked": 0}
    sell(desk.database, "t2", {"hsl": 300})
    later(desk, timedelta(hours=23))
    assert tend(desk) == {"anchored": 0, "kept": 0, "checked": 0}
    later(desk, timedelta(hours=1))
    assert tend(desk) == {"anchored": 1, "kept": 1, "checked": 0}
    service.close(desk, "r", "2026-09", "Anna")

    assert tend(desk) == {"anchored": 0, "kept": 1, "checked": 0}

    assert [(period, seq) for period, seq, _ in kept(desk)] == [
        ("2026-09", 1),
        ("2026-09", 2),
        ("2026-09", 3),
    ]
    found = verify(desk, "r", take_back)
    assert (found.faults, found.notes) == ([], [])


def test_a_day_without_a_booking_needs_no_anchor(desk: Office) -> None:
    tend(desk)
    later(desk, timedelta(days=3))

    assert tend(desk) == {"anchored": 0, "kept": 0, "checked": 0}


def test_books_that_were_rewritten_whole_with_our_own_key_are_found_by_the_anchors(desk: Office) -> None:
    """The thief has the database and the keys: entry, block and signature fit each other again."""
    service.close(desk, "r", "2026-09", "Anna")
    tend(desk)
    assert desk.keys
    with desk.database.read() as tx:
        (block,) = chain.list_all_blocks(tx, "r")
    forged = {**_statement(desk, block.signed), "hash": "f" * 64}
    kid, key = desk.keys.signer_key("books")
    behind = replace(block, hash="f" * 64, signed=Signer(kid, key).sign("books-anchor+jwt", forged))
    with desk.database.engine.begin() as tx:
        _let_go_of_triggers(tx)
        tx.execute(sa.update(chain_block).values(hash=behind.hash, signed=behind.signed))

    faults = verify(desk, "r", take_back).faults

    assert "block 1 of 2026-09 is not what was anchored: the books were rewritten" in faults


def test_a_block_that_is_gone_is_missed(desk: Office) -> None:
    tend(desk)
    with desk.database.engine.begin() as tx:
        _let_go_of_triggers(tx)
        tx.execute(sa.delete(chain_block))

    assert "block 1 of 2026-09 was anchored and is not in the database" in verify(desk, "r", take_back).faults


@pytest.mark.parametrize("left", [0, 9, 30, 120])
def test_a_crash_half_way_through_a_line_is_made_up_for(desk: Office, left: int) -> None:
    tend(desk)
    assert desk.anchors
    path = anchor_files.file_of(desk.anchors, "r")
    whole = path.read_text()
    path.write_text(whole[:left])

    assert tend(desk)["kept"] == 1

    assert len(kept(desk)) == 1
    assert verify(desk, "r", take_back).faults == []


def test_without_kept_anchors_the_auditor_is_told(desk: Office) -> None:
    service.close(desk, "r", "2026-09", "Anna")

    assert verify(desk, "r", take_back).notes == ["no anchors are kept outside of the database"]


def test_a_check_is_asked_for_once_and_carried_out_by_the_worker(desk: Office) -> None:
    bookkeeping.ask(desk, "r", "Anna")
    bookkeeping.ask(desk, "r", "Bertil")
    (waiting,) = bookkeeping.list_checks(desk, "r")
    assert (waiting.asked_by, waiting.done_at) == ("Anna", None)

    assert tend(desk)["checked"] == 1

    (done,) = bookkeeping.list_checks(desk, "r")
    assert done.done_at == LATER
    assert (done.document["faults"], done.document["checked"]["entries"]) == ([], 2)
    bookkeeping.ask(desk, "r", "Bertil")
    assert [check.asked_by for check in bookkeeping.list_checks(desk, "r")] == ["Bertil", "Anna"]


@pytest.mark.parametrize("name", ["../etc", "a/b", ""])
def test_a_region_is_no_way_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a region"):
        anchor_files.file_of(tmp_path, name)


def _statement(desk: Office, signed: str) -> dict[str, object]:
    import base64  # noqa: PLC0415  only here

    body = signed.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def _let_go_of_triggers(tx: sa.Connection) -> None:
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql("SET session_replication_role = replica")
        return
    for name in tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
        tx.exec_driver_sql(f"DROP TRIGGER {name}")
