"""A carnet expires with rides left: its operators give back the net of those rides, once, where the terms say so."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.ticketing.settlement.month import AT, give_back, office, ride, sell
from ticketing.db import Database
from ticketing.db.books import month_books
from ticketing.db.settlement import carnets
from ticketing.db.settlement.carnets import Nets
from ticketing.db.tables import sale as tables
from ticketing.errors import InvalidRequest
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.claims.trace import trace
from ticketing.settlement.month.breakage import end_carnets, taken_back
from ticketing.settlement.office import Office
from ticketing.settlement.proof import bookkeeping
from ticketing.settlement.proof.verify import verify
from ticketing.settlement.statement import lines
from ticketing.settlement.terms import read_terms

# Sold tickets of these tests expire when they are sold; the shares' rows say when they were booked.
LATER = AT + timedelta(days=8)
NAMES = ("hsl", "tlt", "viking")


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Office:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text('[[breakage]]\nproducts = ["carnet10"]\nafter_days = 7\n')
    return replace(office(database, LATER), regions_folder=tmp_path)


def booked(desk: Office) -> dict[str, int]:
    with desk.database.read() as tx:
        return {
            line.account_id: line.amount_minor
            for line in month_books.balances_by_kind(tx, "r", "2026-09")
            if line.kind == "breakage"
        }


def test_rides_that_nobody_took_go_back_to_the_scheme_once(desk: Office) -> None:
    sell(desk.database, "c1", {"hsl": 1000, "tlt": 500}, vat=90, fee=15, product="carnet10", uses=10)
    for use_no in range(1, 7):
        ride(desk.database, "c1", "hsl", use_no=use_no)

    assert bookkeeping.tend_region(desk, "r")["carnets"] == 1
    assert bookkeeping.tend_region(desk, "r")["carnets"] == 0

    # 4 of 10 rides: 4/10 of the net of 8.95 and 5.00, 5.58 in all; VAT and fee stay.
    assert booked(desk) == {
        "operator_payable:hsl:EUR": 358,
        "operator_payable:tlt:EUR": 200,
        "breakage:EUR": -558,
    }
    run = service.close(replace(desk, clock=office(desk.database).clock), "r", "2026-09", "Anna")
    told = [line for line in lines.stream(desk, run, "tlt") if line.kind == "breakage"]
    assert [(line.net_minor, line.rule) for line in told] == [(-200, "used 6, uses 10")]
    assert "breakage" in [entry.kind for entry in trace(desk, "c1").story.entries]
    assert verify(desk, "r", take_back).faults == []


@pytest.mark.parametrize(
    ("product", "uses", "used", "at"),
    [
        ("carnet10", 10, 10, LATER),
        ("carnet20", 10, 3, LATER),
        ("carnet10", None, 0, LATER),
        ("carnet10", 10, 3, AT + timedelta(days=7)),
    ],
    ids=["used up", "another product", "a pass without uses", "gates may still tell"],
)
def test_nothing_is_taken_where_nothing_is_left_or_agreed(
    desk: Office, product: str, uses: int | None, used: int, at: datetime
) -> None:
    database = desk.database
    sell(database, "c1", {"hsl": 1000}, product=product, uses=uses)
    for use_no in range(1, used + 1):
        ride(database, "c1", "hsl", use_no=use_no)

    end_carnets(replace(desk, clock=office(database, at).clock), "r")

    assert booked(desk) == {}
    assert verify(desk, "r", take_back).faults == []


def test_a_carnet_that_was_given_back_is_left_alone(desk: Office) -> None:
    sold = sell(desk.database, "c1", {"hsl": 1000}, product="carnet10", uses=10)
    give_back(desk.database, sold, "r1")
    with desk.database.write() as tx:
        tx.execute(sa.update(tables.ticket).values(status="revoked"))

    assert end_carnets(desk, "r") == 0


def test_a_late_ride_changes_nothing_that_is_booked(desk: Office) -> None:
    sell(desk.database, "c1", {"hsl": 1000}, product="carnet10", uses=10)
    end_carnets(desk, "r")
    ride(desk.database, "c1", "hsl")

    assert end_carnets(desk, "r") == 0

    assert booked(desk)["breakage:EUR"] == -1000
    assert verify(desk, "r", take_back).faults == []


def test_a_breakage_that_the_books_do_not_have_is_found(desk: Office) -> None:
    sell(desk.database, "c1", {"hsl": 1000}, product="carnet10", uses=10)
    with desk.database.write() as tx:
        carnets.insert_end(
            tx,
            carnets.CarnetEnd(
                ticket_jti="c1", region="r", uses=10, used=4, amount_minor=600, currency="EUR", ended_at=LATER
            ),
        )

    assert verify(desk, "r", take_back).faults == [
        "carnet c1: its breakage is not what its shares and uses give"
    ]


@given(
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 5_000), min_size=1),
    st.integers(1, 30).flatmap(lambda uses: st.tuples(st.just(uses), st.integers(0, uses))),
)
def test_nobody_gives_back_more_than_it_was_given(nets: dict[str, int], counted: tuple[int, int]) -> None:
    uses, unused = counted

    back = taken_back(Nets(nets, nets), unused, uses)

    assert all(0 < part <= nets[name] for name, part in back.items())
    exact = sum(nets.values()) * unused
    assert abs(sum(back.values()) * uses - exact) * 2 <= uses
    assert taken_back(Nets(nets, nets), uses, uses) == {name: net for name, net in nets.items() if net}
    assert taken_back(Nets(nets, nets), 0, uses) == {}


def test_who_bore_a_discount_gives_nothing_back() -> None:
    nets = {"hsl": 800, "seller": -100, "funder:city": -100}

    assert taken_back(Nets(nets, nets), 1, 2) == {"hsl": 400}


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"products": []}, "breakage[0].products"),
        ({"products": ["c"], "after_days": -1}, "breakage[0].after_days"),
        ({"products": ["c"], "after_days": True}, "breakage[0].after_days"),
        ({"products": ["c"], "kept_by": "x"}, "breakage[0].kept_by"),
    ],
)
def test_terms_of_breakage_with_a_fault_name_its_field(row: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_terms({"breakage": [row]})

    assert path in [fault.path for fault in refused.value.faults]
