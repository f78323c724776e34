"""An operator that sells gets its commission ticket by ticket, and gives it back with every refund, to the cent."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ticketing.settlement.month import dataset_of, give_back, office, sell
from ticketing.db import Database
from ticketing.db.books import month_books
from ticketing.errors import InvalidRequest
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.month.month_end import commission_of, earned
from ticketing.settlement.office import Office
from ticketing.settlement.proof.verify import verify
from ticketing.settlement.statement import lines
from ticketing.settlement.terms import read_terms

NOVEMBER = datetime(2026, 11, 5, tzinfo=UTC)
TERMS = '[[commissions]]\nseller = "viking"\nchannel = "viking-app"\npercent = "2.50"\n'


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Office:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text(TERMS)
    return replace(office(database, NOVEMBER), regions_folder=tmp_path)


def commission(desk: Office, period: str) -> int:
    with desk.database.read() as tx:
        return sum(
            line.amount_minor
            for line in month_books.balances_by_kind(tx, "r", period)
            if line.purpose == "commission" and line.kind == "month_end_resale"
        )


def test_what_a_channel_sold_earns_its_seller_and_stands_on_its_statement(desk: Office) -> None:
    for at in range(3):
        sell(desk.database, f"v{at}", {"hsl": 30, "tlt": 50}, fee=5, channel="viking-app")
    sell(desk.database, "own", {"hsl": 1000})
    sell(desk.database, "other", {"hsl": 1000}, channel="tallink-app")

    run = service.close(desk, "r", "2026-09", "Anna")

    # 2.5 % of 0.80 is 2 cents for each ticket; of 2.40 at once it would have been the same 6 by luck of halves.
    assert commission(desk, "2026-09") == 6
    (line,) = lines.stream(desk, run, "viking")
    assert (line.kind, line.net_minor) == ("month_end_resale", 6)
    assert line.rule == "channel viking-app, gross 2.40, percent 2.50, tickets 3"
    assert {"operator": "viking", "amount": "0.06", "currency": "EUR"} in dataset_of(run)["positions"]
    assert verify(desk, "r", take_back).faults == []


def test_a_refund_of_a_later_month_takes_the_commission_back_then(desk: Office) -> None:
    sold = sell(desk.database, "v1", {"hsl": 1000}, fee=50, channel="viking-app")
    first = service.close(desk, "r", "2026-09", "Anna")
    give_back(desk.database, sold, "r1", at=datetime(2026, 10, 3, tzinfo=UTC))

    second = service.close(desk, "r", "2026-10", "Anna")

    assert (commission(desk, "2026-09"), commission(desk, "2026-10")) == (25, -25)
    assert [line.net_minor for line in lines.stream(desk, first, "viking")] == [25]
    assert [line.net_minor for line in lines.stream(desk, second, "viking")] == [-25]
    assert verify(desk, "r", take_back).faults == []


def test_a_commission_that_was_changed_in_the_books_is_found(desk: Office) -> None:
    sell(desk.database, "v1", {"hsl": 1000}, fee=50, channel="viking-app")
    service.close(desk, "r", "2026-09", "Anna")
    with desk.database.engine.begin() as tx:
        if tx.dialect.name == "postgresql":
            tx.exec_driver_sql("SET session_replication_role = replica")
        else:
            for name in (
                tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            ):
                tx.exec_driver_sql(f"DROP TRIGGER {name}")
        tx.exec_driver_sql(
            "UPDATE posting SET amount_minor = amount_minor * 2 WHERE entry_id IN "
            "(SELECT id FROM entry WHERE kind = 'month_end_resale')"
        )

    faults = verify(desk, "r", take_back).faults

    assert "month_end_resale of r/2026-09/viking-app/EUR is not what its facts give" in faults


@given(st.lists(st.integers(0, 9_999), min_size=1, max_size=8), st.integers(0, 10_000))
def test_any_sequence_of_refunds_ends_at_the_commission_of_what_is_left(
    states: list[int], rate_bp: int
) -> None:
    """A ticket's gross over the months, as its refunds leave it: the months' commissions sum to that of its end."""
    months = zip([0, *states], states, strict=False)

    total = sum(earned(rate_bp, [month]).amount_minor for month in months)

    assert total == commission_of(states[-1], rate_bp)
    assert earned(rate_bp, [(states[-1], 0)]).amount_minor == -commission_of(states[-1], rate_bp)


@given(st.lists(st.tuples(st.integers(0, 9_999), st.integers(0, 9_999)), max_size=20), st.integers(0, 10_000))
def test_tickets_together_or_apart_earn_the_same(tickets: list[tuple[int, int]], rate_bp: int) -> None:
    apart = [earned(rate_bp, [one]) for one in tickets]

    together = earned(rate_bp, tickets)

    assert together.amount_minor == sum(one.amount_minor for one in apart)
    assert together.gross_minor == sum(one.gross_minor for one in apart)
    assert earned(rate_bp, tickets[::-1]) == together


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"seller": "v", "channel": "c", "percent": "2.5"}, "commissions[0].percent"),
        ({"seller": "v", "channel": "c", "percent": "100.01"}, "commissions[0].percent"),
        ({"seller": "v", "channel": "c", "percent": "-1.00"}, "commissions[0].percent"),
        ({"seller": "", "channel": "c", "percent": "1.00"}, "commissions[0].seller"),
        ({"seller": "v", "percent": "1.00"}, "commissions[0].channel"),
        ({"seller": "v", "channel": "c", "percent": "1.00", "rate": 1}, "commissions[0].rate"),
    ],
)
def test_a_commission_with_a_fault_names_its_field(row: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_terms({"commissions": [row]})

    assert path in [fault.path for fault in refused.value.faults]


def test_one_channel_has_one_seller() -> None:
    row = {"seller": "v", "channel": "c", "percent": "1.00"}
    with pytest.raises(InvalidRequest, match="is there twice"):
        read_terms({"commissions": [row, {**row, "seller": "w"}]})
