"""Another agreement is simulated before it is signed, and nothing is booked for it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.api import Api
from tests.ticketing.settlement.month import AFTER, office, ride, sell
from ticketing.db import Database
from ticketing.db.books import month_books
from ticketing.errors import InvalidRequest, NotFound
from ticketing.settlement import service
from ticketing.settlement.month import simulate
from ticketing.settlement.office import Office
from ticketing.settlement.terms import read_terms

AGREEMENTS = Path("regions/helsinki-tallinn/agreements.json")


def test_another_split_moves_money_between_operators_and_none_to_passengers(api: Api) -> None:
    api.buy()
    desk: Office = api.client.application.extensions["throughfare"].office
    old = next(one for one in json.loads(AGREEMENTS.read_text()) if one["id"] == "gulf-link-tallink-north")
    parties = {"tlt": "10", "tallink": "80", "hsl": "10"}
    new = {**old, "version": 2, "apportionment": {"steps": [{"method": "percent", "by_operator": parties}]}}

    same = simulate.by_agreement(desk, "helsinki-tallinn", "2026-10", old).as_dict()
    found = simulate.by_agreement(desk, "helsinki-tallinn", "2026-10", new).as_dict()

    assert {line["difference"] for line in same["operators"]} == {"0.00"}
    moved = {line["operator"]: line["difference"] for line in found["operators"]}
    assert (found["tickets"], found["tickets_with_other_shares"]) == (2, 2)
    assert moved["tallink"].startswith("-")
    assert not moved["tlt"].startswith("-")
    assert found["paid_by_passengers"][0]["difference"] == "0.00"


def test_an_agreement_with_faults_names_them(api: Api) -> None:
    api.buy()
    desk: Office = api.client.application.extensions["throughfare"].office

    with pytest.raises(InvalidRequest, match="faults"):
        simulate.by_agreement(desk, "helsinki-tallinn", "2026-10", {"id": "x", "kind": "wish"})
    with pytest.raises(InvalidRequest, match="with its id"):
        simulate.by_agreement(desk, "helsinki-tallinn", "2026-10", {})
    with pytest.raises(NotFound):
        simulate.by_agreement(desk, "helsinki-tallinn", "2026-01", {"id": "x"})


def test_an_agreement_whose_pattern_names_no_party_is_a_fault(api: Api) -> None:
    api.buy()
    desk: Office = api.client.application.extensions["throughfare"].office
    old = next(one for one in json.loads(AGREEMENTS.read_text()) if one["id"] == "gulf-link-tallink-north")

    with pytest.raises(InvalidRequest) as refusal:
        simulate.by_agreement(desk, "helsinki-tallinn", "2026-10", {**old, "parties": ["tlt", "tallink"]})

    assert [fault.path.rpartition(":")[2] for fault in refusal.value.faults] == ["pattern[2].operator"]
    assert "hsl is in the pattern and not among the parties" in refusal.value.detail


def test_other_terms_are_compared_without_booking_anything(database: Database) -> None:
    sell(database, "t1", {"hsl": 300, "tlt": 200})
    ride(database, "t1", "tlt")
    desk = office(database)
    service.close(desk, "r", "2026-09", "Anna")
    with database.read() as tx:
        before = month_books.balances(tx, "r", "2026-09")
    terms = read_terms(
        {
            "guarantees": [{"operator": "tlt", "currency": "EUR", "floor": "5.00", "borne_by": "hsl"}],
            "subsidies": [{"funder": "city", "operator": "tlt", "currency": "EUR", "per_tap": "0.50"}],
        }
    )

    found = simulate.by_terms(desk, "r", "2026-09", terms).as_dict()

    assert {line["operator"]: (line["before"], line["after"]) for line in found["operators"]} == {
        "hsl": ("3.00", "0.50"),
        "tlt": ("2.00", "5.00"),
    }
    with database.read() as tx:
        assert month_books.balances(tx, "r", "2026-09") == before
    with pytest.raises(NotFound):
        simulate.by_terms(desk, "r", "2026-08", terms)


def test_another_threshold_shows_what_would_wait_for_the_next_month(database: Database) -> None:
    sell(database, "t1", {"hsl": 300, "tlt": 200})
    sell(database, "t2", {"hsl": 300, "tallink": 1200})
    desk = office(database)
    service.close(desk, "r", "2026-09", "Anna")

    found = simulate.by_terms(desk, "r", "2026-09", read_terms({"thresholds": {"EUR": "5.00"}})).as_dict()
    held = simulate.by_terms(desk, "r", "2026-09", read_terms({"held_back": ["tallink"]})).as_dict()
    same = simulate.by_terms(desk, "r", "2026-09", read_terms({})).as_dict()

    assert (found["tickets"], {line["difference"] for line in found["operators"]}) == (2, {"0.00"})
    assert found["carried"] == [
        {"operator": "tlt", "currency": "EUR", "before": "0.00", "after": "2.00", "difference": "2.00"}
    ]
    assert [line["after"] for line in held["carried"]] == ["12.00"]
    assert same["carried"] == []


def test_what_waited_before_is_part_of_what_would_wait(database: Database, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text('[thresholds]\nEUR = "5.00"\n')
    sell(database, "t1", {"hsl": 300})
    sell(database, "t2", {"hsl": 100}, at=AFTER)
    desk = replace(office(database, AFTER + timedelta(days=30)), regions_folder=tmp_path)
    service.close(desk, "r", "2026-09", "Anna")
    service.close(desk, "r", "2026-10", "Anna")

    found = simulate.by_terms(desk, "r", "2026-10", read_terms({})).as_dict()

    assert found["carried"] == [
        {"operator": "hsl", "currency": "EUR", "before": "4.00", "after": "0.00", "difference": "-4.00"}
    ]
