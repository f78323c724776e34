"""A run goes from draft to sent, each step by the right person, and neither a crash nor a second closer doubles it."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.settlement.month import AFTER, AT, book, dataset_of, give_back, office, ride, sell
from ticketing.books import postings
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.books import books, month_books, month_facts
from ticketing.db.settlement import runs
from ticketing.db.tables import books as books_tables
from ticketing.errors import Conflict, InvalidRequest, NotAllowed
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.month import calculate
from ticketing.settlement.office import Office
from ticketing.settlement.payout import steps
from ticketing.settlement.proof.verify import verify
from ticketing.settlement.statement import lines
from ticketing.tickets.own import of_own

OCTOBER = datetime(2026, 11, 3, tzinfo=UTC)


def positions(run: runs.Run) -> dict[str, str]:
    return {line["operator"]: line["amount"] for line in dataset_of(run)["positions"]}


def test_a_month_is_calculated_once_and_its_run_is_approved_by_another_person(database: Database) -> None:
    sell(database, "t1", {"hsl": 300, "tlt": 200}, vat=40, fee=5)
    desk = office(database)

    run = service.close(desk, "r", "2026-09", "Anna")
    again = service.close(desk, "r", "2026-09", "Bertil")
    with pytest.raises(NotAllowed, match="another person"):
        steps.approve(desk, run.id, "Anna", run.digest)
    with pytest.raises(Conflict, match="not the digest"):
        steps.approve(desk, run.id, "Bertil", "0" * 64)
    approved = steps.approve(desk, run.id, "Bertil", run.digest)

    assert (again, approved.state) == (run, "approved")
    assert positions(run) == {"hsl": "2.55", "tlt": "2.00", "scheme": "-4.55"}
    with database.read() as tx:
        assert [(step.state, step.actor) for step in runs.list_steps(tx, run.id)] == [
            ("draft", "Anna"),
            ("calculated", "Anna"),
            ("approved", "Bertil"),
        ]


def test_the_database_itself_refuses_the_preparer_as_approver(database: Database) -> None:
    sell(database, "t1", {"hsl": 300})
    run = service.close(office(database), "r", "2026-09", "Anna")

    with pytest.raises(sa.exc.IntegrityError, match="prepared"), database.write() as tx:
        runs.insert_step(tx, run.id, state="approved", actor="Anna", at=AFTER, digest=run.digest)


def test_the_database_keeps_a_calculated_run_frozen_and_its_steps_in_order(database: Database) -> None:
    sell(database, "t1", {"hsl": 300})
    run = service.close(office(database), "r", "2026-09", "Anna")

    for change, message in (
        ({"state": "approved", "document": "{}"}, "frozen"),
        ({"state": "sent"}, "no such step"),
    ):
        with database.write() as tx:
            runs.insert_step(tx, run.id, state=change["state"], actor="Bertil", at=AFTER, digest=run.digest)
        with pytest.raises(sa.exc.IntegrityError, match=message), database.write() as tx:
            tx.execute(sa.update(books_tables.run).values(**change))
    with pytest.raises(sa.exc.IntegrityError, match="never removed"), database.write() as tx:
        tx.execute(sa.delete(books_tables.run).where(books_tables.run.c.id == run.id))


def test_an_approved_run_moves_what_is_owed_and_a_voided_one_moves_it_back(database: Database) -> None:
    sell(database, "t1", {"hsl": 300})
    with database.write() as tx:
        book(tx, postings.compensation("c1", region="r", amount=120, currency="EUR", at=AT, liable="tlt"))
    desk = office(database)
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)
    with database.read() as tx:
        approved = {line.account_id: line.amount_minor for line in month_books.balances(tx, "r", "2026-10")}

    steps.void(desk, run.id, "Anna", "wrong threshold")
    second = service.close(desk, "r", "2026-09", "Anna")

    with database.read() as tx:
        after = {line.account_id: line.amount_minor for line in month_books.balances(tx, "r", "2026-10")}
    assert approved == {
        "netting_clearing:EUR": -300,
        "operator_payable:hsl:EUR": 300,
        "operator_payable:tlt:EUR": -120,
        "operator_receivable:tlt:EUR": 120,
    }
    assert set(after.values()) == {0}
    assert (second.version, second.digest, second.state) == (2, run.digest, "calculated")


@pytest.mark.parametrize("spelling", ["ANNA KASK", "anna kask", " Anna  Kask ", "Ａnna Kask"])
def test_another_spelling_of_a_name_is_no_other_person(database: Database, spelling: str) -> None:
    sell(database, "t1", {"hsl": 300})
    desk = office(database)
    run = service.close(desk, "r", "2026-09", "Anna Kask")

    with pytest.raises(NotAllowed, match="another person"):
        steps.approve(desk, run.id, spelling, run.digest)


def test_a_month_after_pretended_payments_is_pretended_too(database: Database) -> None:
    sell(database, "t1", {"hsl": 300}, gateway="demo")
    desk = office(database, OCTOBER)
    service.close(desk, "r", "2026-09", "Anna")
    sell(database, "t2", {"hsl": 300}, at=datetime(2026, 10, 2, tzinfo=UTC))
    run = service.close(desk, "r", "2026-10", "Anna")

    assert dataset_of(run)["demo"] is True
    assert steps.message_id_of(run).startswith("SPECIMEN")


def test_a_month_is_not_closed_before_the_one_before_it(database: Database) -> None:
    sell(database, "t1", {"hsl": 300})
    sell(database, "t2", {"hsl": 300}, at=datetime(2026, 10, 2, tzinfo=UTC))
    desk = office(database, OCTOBER)

    with pytest.raises(Conflict, match="2026-09 has entries"):
        service.close(desk, "r", "2026-10", "Anna")
    with pytest.raises(InvalidRequest, match="not over"):
        service.close(desk, "r", "2026-11", "Anna")


def test_what_comes_late_for_a_month_that_had_nothing_is_settled_with_the_next_open_one(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text('[thresholds]\nEUR = "6.00"\n')
    desk = replace(office(database, OCTOBER), regions_folder=tmp_path)
    sell(database, "t1", {"hsl": 300})
    service.close(desk, "r", "2026-09", "Anna")
    sell(database, "t2", {"hsl": 500}, at=datetime(2026, 8, 30, tzinfo=UTC))

    with pytest.raises(Conflict, match="2026-09 is closed already: nothing was booked in 2026-08"):
        service.close(desk, "r", "2026-08", "Anna")
    run = service.close(desk, "r", "2026-10", "Anna")

    assert positions(run) == {"hsl": "8.00", "scheme": "-8.00"}
    assert [line["from_period"] for line in dataset_of(run)["opening"]] == ["2026-09"]
    assert verify(desk, "r", take_back).faults == []


def test_an_empty_month_before_a_closed_one_takes_nothing_any_more(database: Database) -> None:
    with database.write() as tx:
        books.lock_period(tx, "r", "2026-08")
    sell(database, "t1", {"hsl": 300})
    desk = office(database, OCTOBER)
    service.close(desk, "r", "2026-09", "Anna")
    sell(database, "t2", {"hsl": 500}, at=datetime(2026, 8, 30, tzinfo=UTC))

    assert positions(service.close(desk, "r", "2026-10", "Anna"))["hsl"] == "5.00"


def test_a_small_position_waits_and_opens_the_next_month(database: Database, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text('[thresholds]\nEUR = "5.00"\n')
    sell(database, "t1", {"hsl": 300, "tlt": 900})
    sell(database, "t2", {"hsl": 300}, at=datetime(2026, 10, 2, tzinfo=UTC))
    desk = replace(office(database, OCTOBER), regions_folder=tmp_path)

    first = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, first.id, "Bertil", first.digest)
    second = service.close(desk, "r", "2026-10", "Anna")

    assert positions(first) == {"hsl": "0.00", "tlt": "9.00", "scheme": "-9.00"}
    assert dataset_of(first)["carried"] == [{"operator": "hsl", "amount": "3.00", "currency": "EUR"}]
    assert positions(second) == {"hsl": "6.00", "scheme": "-6.00"}
    with pytest.raises(Conflict, match="2026-10"):
        steps.void(desk, first.id, "Anna", "too late")


def test_one_regions_unbalanced_entry_blocks_no_other_region(database: Database) -> None:
    sell(database, "t1", {"hsl": 300})
    sell(database, "t2", {"hsl": 300}, region="other")
    with database.write() as tx:
        _unguarded(tx, database)
        entry = tx.execute(
            sa.select(books_tables.entry.c.id).where(books_tables.entry.c.region == "other").limit(1)
        ).scalar_one()
        tx.execute(
            sa.insert(books_tables.posting).values(
                period="2026-09",
                entry_id=entry,
                line=9,
                account_id="unearned:EUR",
                currency="EUR",
                amount_minor=1,
            )
        )

    assert service.close(office(database), "r", "2026-09", "Anna").state == "calculated"
    with pytest.raises(Conflict, match="1 entries of 2026-09 do not balance"):
        service.close(office(database), "other", "2026-09", "Anna")


def test_allocations_that_differ_from_the_books_stop_the_close(database: Database) -> None:
    sold = sell(database, "t1", {"hsl": 300})
    with database.write() as tx:
        books.allocate(tx, [replace(sold.shares[0], seq=7)], AT, AT)

    with pytest.raises(Conflict, match="the allocations of hsl in EUR are not what the books owe"):
        service.close(office(database), "r", "2026-09", "Anna")


def test_two_closers_at_once_make_one_run(database: Database) -> None:
    sell(database, "t1", {"hsl": 300})
    desk, found = office(database), []
    gate = threading.Barrier(4)

    def close(name: str) -> None:
        gate.wait()
        found.append(service.close(desk, "r", "2026-09", name))

    closers = [threading.Thread(target=close, args=(f"clerk {at}",)) for at in range(4)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join()

    assert len({(run.id, run.digest) for run in found}) == 1
    with database.read() as tx:
        assert len(runs.list_runs(tx, after=None, limit=9)) == 1


_CRASH = """
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.settlement.month import calculate, closing
from ticketing.settlement.office import Office
from ticketing.settlement.proof.verify import verify

def stop(*args, **more):
    print("calculating", flush=True)
    sys.stdin.read()

setattr(calculate, sys.argv[3], stop)
clock = FixedClock(datetime.fromisoformat("2026-10-05T09:00:00+00:00"))
closing.close(Office(database=Database(sys.argv[1]), clock=clock, keys=None, regions_folder=Path(sys.argv[2])), "r", "2026-09", "Anna")
"""


@pytest.mark.parametrize("step", ["ending", "dataset"])
def test_a_close_that_is_killed_half_way_is_resumed_and_doubles_nothing(
    database: Database, database_url: str, tmp_path: Path, step: str
) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text(
        '[[guarantees]]\noperator = "hsl"\ncurrency = "EUR"\nfloor = "10.00"\n'
    )
    sell(database, "t1", {"hsl": 300})
    child = subprocess.Popen(
        [sys.executable, "-c", _CRASH, database_url, str(tmp_path), step],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ),
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"calculating\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    with database.read() as tx:
        assert [run.state for run in runs.list_runs(tx, after=None, limit=9)] == ["draft"]
        assert books.find_period_state(tx, "r", "2026-09") == "closing"
    sell(database, "t2", {"hsl": 500})

    run = service.close(replace(office(database), regions_folder=tmp_path), "r", "2026-09", "Bertil")

    assert (run.state, run.prepared_by, positions(run)["hsl"]) == ("calculated", "Anna", "10.00")
    assert dataset_of(run)["other"] == [
        {"operator": "hsl", "kind": "month_end_guarantee", "amount": "7.00", "currency": "EUR"}
    ]
    with database.read() as tx:
        late = tx.execute(
            sa.select(books_tables.entry.c.period, books_tables.entry.c.original_period).where(
                books_tables.entry.c.source_id == "t2"
            )
        )
        assert set(map(tuple, late)) == {("2026-10", "2026-09")}


def test_a_pool_is_shared_by_rides_and_a_late_ride_counts_next_month(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text(
        '[[pools]]\nid = "gulf30"\nproducts = ["pass30"]\ncurrency = "EUR"\n'
        '[[subsidies]]\nfunder = "city"\noperator = "tlt"\ncurrency = "EUR"\nper_tap = "0.10"\n'
    )
    sell(database, "p1", {"hsl": 700, "tlt": 300}, product="pass30")
    for use_no, operator in enumerate(("hsl", "tlt", "tlt"), 1):
        ride(database, "p1", operator, use_no=use_no)
    desk = replace(office(database, OCTOBER), regions_folder=tmp_path)

    first = service.close(desk, "r", "2026-09", "Anna")
    ride(database, "p1", "hsl", use_no=9)
    sell(database, "p2", {"hsl": 100, "tlt": 400}, product="pass30", at=datetime(2026, 10, 2, tzinfo=UTC))
    second = service.close(desk, "r", "2026-10", "Anna")

    assert positions(first) == {"hsl": "3.33", "tlt": "6.87", "scheme": "-10.20"}
    assert positions(second) == {"hsl": "5.00", "tlt": "0.00", "scheme": "-5.00"}
    told = [(one.kind, one.net_minor) for one in lines.stream(desk, first, "hsl")]
    assert told == [("sale", 700), ("month_end_pool_filled", -700), ("month_end_pool", 333)]
    assert dataset_of(second)["pools"]["gulf30"]["taps"] == {"hsl": 1, "tlt": 0}
    funders = [line for line in dataset_of(first)["accounts"] if line["purpose"] == "funder_receivable"]
    assert [(line["operator"], line["amount"]) for line in funders] == [("city", "0.20")]
    (bill,) = lines.stream(desk, first, "funder:city")
    assert (bill.kind, bill.net_minor, "rides 2" in bill.rule) == ("month_end_subsidy", -20, True)


def test_selling_goes_on_while_a_month_closes_and_a_ride_told_meanwhile_counts_next_month(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text(
        '[[pools]]\nid = "gulf30"\nproducts = ["pass30"]\ncurrency = "EUR"\n'
    )
    sell(database, "p1", {"hsl": 700, "tlt": 300}, product="pass30")
    ride(database, "p1", "hsl")
    desk = replace(office(database, OCTOBER), regions_folder=tmp_path)
    summed = calculate.dataset

    def dataset(*facts: Any, **more: Any) -> Any:
        monkeypatch.setattr(calculate, "dataset", summed)
        ride(database, "p1", "tlt", use_no=2)
        sell(database, "p2", {"hsl": 100, "tlt": 100}, product="pass30")
        return summed(*facts, **more)

    monkeypatch.setattr(calculate, "dataset", dataset)
    first = service.close(desk, "r", "2026-09", "Anna")
    second = service.close(desk, "r", "2026-10", "Anna")

    assert positions(first) == {"hsl": "10.00", "scheme": "-10.00", "tlt": "0.00"}
    assert dataset_of(first)["pools"]["gulf30"]["taps_to_date"] == {"hsl": 1}
    assert dataset_of(second)["pools"]["gulf30"]["taps"] == {"hsl": 0, "tlt": 1}
    assert positions(second) == {"hsl": "0.00", "scheme": "-2.00", "tlt": "2.00"}
    assert verify(desk, "r", take_back).faults == []


def test_a_close_goes_on_by_the_terms_that_its_end_was_decided_by(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = tmp_path / "r" / "settlement.toml"
    terms.parent.mkdir()
    terms.write_text('[[guarantees]]\noperator = "hsl"\ncurrency = "EUR"\nfloor = "10.00"\n')
    sell(database, "t1", {"hsl": 300})
    desk = replace(office(database), regions_folder=tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(calculate, "dataset", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            service.close(desk, "r", "2026-09", "Anna")
    terms.write_text('[[guarantees]]\noperator = "hsl"\ncurrency = "EUR"\nfloor = "20.00"\n')

    run = service.close(desk, "r", "2026-09", "Anna")

    assert positions(run)["hsl"] == "10.00"
    assert dataset_of(run)["terms"]["guarantees"][0]["floor_minor"] == 1000
    assert verify(desk, "r", take_back).faults == []


def test_a_pass_that_is_given_back_takes_its_money_out_of_the_pool_and_no_ride_leaves_it_there(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text(
        '[[pools]]\nid = "gulf30"\nproducts = ["pass30"]\ncurrency = "EUR"\n'
    )
    desk = replace(office(database, OCTOBER), regions_folder=tmp_path)
    gone = sell(database, "p1", {"hsl": 600}, product="pass30", vat=60, fee=10)
    sell(database, "p2", {"hsl": 400, "tlt": 200}, product="pass30")

    first = service.close(desk, "r", "2026-09", "Anna")
    give_back(database, gone, "r1", at=datetime(2026, 10, 2, tzinfo=UTC))
    ride(database, "p2", "tlt", at=datetime(2026, 10, 3, tzinfo=UTC))
    second = service.close(desk, "r", "2026-10", "Anna")

    assert positions(first) == {"hsl": "0.00", "tlt": "0.00", "scheme": "0.00"}
    assert dataset_of(first)["pools"]["gulf30"]["rest_minor"] == 1130
    assert positions(second) == {"hsl": "0.00", "tlt": "6.00", "scheme": "-6.00"}
    assert dataset_of(second)["pools"]["gulf30"]["rest_minor"] == 0
    assert verify(desk, "r", take_back).faults == []


def test_terms_with_faults_name_each_of_them(database: Database, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text(
        'payment_day = 31\ncolour = "red"\n[thresholds]\nEUR = "5"\n[[pools]]\nid = ""\ncurrency = "EUR"\n'
    )
    sell(database, "t1", {"hsl": 300})

    with pytest.raises(InvalidRequest) as refusal:
        service.close(
            Office(database=database, clock=FixedClock(AFTER), keys=None, regions_folder=tmp_path),
            "r",
            "2026-09",
            "Anna",
        )

    paths = {fault.path for fault in refusal.value.faults}
    assert paths == {"payment_day", "colour", "thresholds.EUR", "pools[0].id"}


def _unguarded(tx: sa.Connection, database: Database) -> None:
    """Take the guard off, as somebody with the database's own password could."""
    if database.is_sqlite:
        tx.exec_driver_sql("DROP TRIGGER posting_before_seal")
    else:
        tx.exec_driver_sql("ALTER TABLE posting DISABLE TRIGGER posting_check")


def test_rides_that_a_gate_told_later_share_a_pool_too(api: Api, tmp_path: Path) -> None:
    """Gates that were offline count: what is judged is what counts, not what was asked online."""
    bought = api.buy()
    token = bought.ticket_of("anna")["token"]
    gate = api.key("gate", "tlt")
    told = {
        "scan_id": "0199a000-0000-7000-8000-00000000000a",
        "seq": 1,
        "jti": of_own(token).jti,
        "leg": 0,
        "device_ts": int(api.clock.now().timestamp()),
        "decision": "accept",
        "reason": "ok",
    }
    answer = api.post("/v1/validations/batch", {"scans": [told]}, gate)
    assert [one["result"] for one in (answer.json or {})["outcomes"]] == ["recorded"], answer.json
    database = api.client.application.extensions["throughfare"].office.database

    with database.read() as tx:
        counted = month_facts.count_rides(tx, "helsinki-tallinn", datetime(2026, 11, 1, tzinfo=UTC), None)

    assert counted == {"tlt": 1}
