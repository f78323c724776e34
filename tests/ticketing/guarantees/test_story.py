"""From outside: a guarantee is bought with the order, a tram is late, the ferry is missed, and the pool pays its passengers."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from beancount import loader

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.ticketing.guarantees.late_tram import arrives, buys, late_tram, rides_on
from tests.ticketing.purchase.refunding import faults, refund
from tests.ticketing.rerouting.harbour import ONE, REGION, TWO, Harbour, subjects
from ticketing.claims import verify_claims
from ticketing.guarantees import verify_guarantees
from ticketing.regions import by_staff
from ticketing.settlement import service

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EURO = {"currency": "EUR"}


@pytest.fixture
def harbour(api: Api, ferries: dict[str, FakeOperator]) -> Harbour:
    return Harbour(api, ferries)


def quoted(api: Api, riders: dict[str, Any] = ONE, **wish: Any) -> dict[str, Any]:
    return api.quote(**riders, **wish)


def cases(harbour: Harbour, bought: Bought) -> list[dict[str, Any]]:
    answer = harbour.api.get(f"/v1/orders/{bought.order['id']}/guarantee-cases", bought.token)
    return list(answer.json["cases"])


def pool(harbour: Harbour) -> int:
    """The balance of the pool: what its passengers may count on."""
    with harbour.rooms.till.database.read() as tx:
        found = tx.exec_driver_sql(
            "SELECT sum(amount_minor) FROM posting WHERE account_id = 'guarantee_pool:EUR'"
        )
        return -int(found.scalar_one() or 0)


def proven(harbour: Harbour, count: int) -> None:
    assert verify_guarantees(harbour.rooms.till.database, REGION) == (count, [])
    assert verify_claims(harbour.rooms.till.database, REGION)[1] == []
    assert faults(harbour.api) == []


def test_a_missed_ferry_is_paid_out_of_the_pool_and_other_programs_accept_the_month(
    harbour: Harbour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    quote = quoted(harbour.api, TWO)
    bought = buys(harbour.api, TWO)
    harbour.is_told(bought)
    late_tram(harbour, bought)
    before = pool(harbour)

    rides_on(harbour, bought, late_minutes=5)
    harbour.work()
    harbour.work()

    assert [one for one in subjects(tmp_path) if "EUR of your guarantee are on their way" in one]
    offered, sold = quote["guarantee"], bought.order["guarantee"]
    assert offered["fee"] == sold["fee"] == {"amount": "1.00", **EURO}
    assert (offered["after_legs"], before) == ([0], 100)
    assert offered["text"].startswith("Throughfare Helsinki-Tallinn guarantees the connection for 0.50 EUR")
    whole = float(quote["total"]["amount"]) + 1.0
    assert (
        float(bought.order["total"]["amount"])
        == whole
        == float(bought.order["payments"][0]["amount"]["amount"])
    )
    told = cases(harbour, bought)
    assert [(one["passenger"], one["reason"], one["state"]) for one in told] == [
        ("anna", "late", "paid"),
        ("bo", "late", "paid"),
    ]
    assert {one["amount"]["amount"] for one in told} == {"10.00"}
    assert all(one["late_minutes"] >= 60 and one["operator"] == "tlt" for one in told)
    assert pool(harbour) == 100 - 2000
    proven(harbour, 2)
    harbour.api.clock.set(datetime(2026, 11, 3, 8, tzinfo=UTC))
    office = harbour.rooms.office
    service.close(office, REGION, "2026-10", "Anna")
    journals = {}
    for form in ("hledger", "beancount"):
        journals[form] = tmp_path / f"month.{form}"
        journals[form].write_text("".join(service.write_journal(office, REGION, "2026-10", form)))
    assert loader.load_file(str(journals["beancount"]))[1] == []
    program = shutil.which("hledger")
    if program is not None:
        command = [program, "-f", str(journals["hledger"]), "check", "--strict"]
        assert subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 0


def test_the_ticket_names_the_guarantor_and_so_does_its_paper(harbour: Harbour) -> None:
    bought = buys(harbour.api)
    path = f"/v1/orders/{bought.order['id']}"

    told = harbour.api.get(f"{path}/tickets", bought.token).json["connections"]
    paper = harbour.api.get(f"{path}/tickets/{bought.tickets[0]['jti']}/print.pdf", bought.token)
    receipt = harbour.api.get(f"{path}/receipt.pdf", bought.token)

    assert [(one["contract"], one["guarantor"]) for one in told][:2] == [
        ("combined", "Throughfare Helsinki-Tallinn"),
        ("separate", None),
    ]
    assert "guarantees this connection" in told[0]["text"]
    assert (paper.status_code, receipt.status_code) == (200, 200)


@ON_SQLITE
def test_a_law_that_pays_for_the_same_delay_is_deducted(harbour: Harbour) -> None:
    bought = buys(harbour.api)
    late_tram(harbour, bought)

    rides_on(harbour, bought, late_minutes=75)
    harbour.work()

    (case,) = cases(harbour, bought)
    by_law = harbour.api.get(f"/v1/orders/{bought.order['id']}/claims", bought.token).json["claims"][0]
    deducted, paid = case["deducted"]["amount"], case["amount"]["amount"]
    assert by_law["state"] == "paid"
    assert deducted == min(by_law["amount"]["amount"], "10.00", key=float)
    assert float(deducted) + float(paid) == 10.0
    proven(harbour, 1)


@ON_SQLITE
@pytest.mark.parametrize(("cause", "borne"), [("technical_problem", 500), ("weather", 0)])
def test_the_operator_whose_own_fault_it_was_bears_its_agreed_part(
    harbour: Harbour, cause: str, borne: int
) -> None:
    bought = buys(harbour.api)
    late_tram(harbour, bought, cause=cause)

    rides_on(harbour, bought)

    assert pool(harbour) == 50 - 1000 + borne
    proven(harbour, 1)


@ON_SQLITE
def test_nothing_is_paid_for_a_ferry_that_was_reached_or_given_back(harbour: Harbour) -> None:
    ridden, returned = buys(harbour.api), buys(harbour.api)
    late_tram(harbour, ridden)
    back = refund(harbour.api, returned)
    harbour.lets_in(ridden)
    _, ship = harbour.ship(ridden)
    run = ship["operator"], ship["trip_id"], datetime.fromisoformat(ship["service_date"]).date()
    by_staff.delay_departure(harbour.rooms.live, REGION, *run, seconds=120, by="mari")
    harbour.api.clock.set(datetime.fromisoformat(ship["arrival"]) + timedelta(hours=3))
    harbour.work()

    assert back.status_code == 201
    assert [one["reason"] for one in cases(harbour, ridden)] == ["in_time"]
    assert [one["reason"] for one in cases(harbour, returned)] in ([], ["given_back"])
    assert pool(harbour) == 100
    proven(harbour, len(cases(harbour, ridden)) + len(cases(harbour, returned)))


@ON_SQLITE
def test_no_guarantee_is_sold_where_none_is_offered(harbour: Harbour) -> None:
    tram = {"from": {"place": "Kopli"}, "to": {"place": "Viru"}}
    offers: Callable[..., Any] = harbour.api.search
    found = offers(**tram, **ONE)["itineraries"]
    quote = harbour.api.post("/v1/quotes", {"offer_id": found[0]["offer_id"]}).json
    refused = harbour.api.post("/v1/orders", {"quote_id": quote["id"], "guarantee": True})

    assert quote["guarantee"] is None
    assert refused.status_code == 422
    assert "guarantee" in refused.text


@ON_SQLITE
def test_the_operators_staff_may_name_the_cause_later_and_the_last_word_counts(harbour: Harbour) -> None:
    bought = buys(harbour.api)
    late_tram(harbour, bought, cause="unknown_cause")
    harbour.api.clock.advance(timedelta(seconds=1))
    late_tram(harbour, bought, cause="technical_problem")

    rides_on(harbour, bought)

    assert pool(harbour) == 50 - 1000 + 500
    proven(harbour, 1)


@ON_SQLITE
def test_who_goes_on_by_another_line_is_late_by_its_boat(harbour: Harbour) -> None:
    bought = buys(harbour.api)
    _, ship = harbour.ship(bought)
    late_tram(harbour, bought)
    gate = harbour.api.key("gate", "eckero")
    harbour.api.clock.set(datetime.fromisoformat(ship["departure"]) + timedelta(minutes=30))
    shown = harbour.api.scan(harbour.ticket(bought)["token"], gate).json
    harbour.api.clock.set(datetime.fromisoformat(ship["arrival"]) + timedelta(days=8))
    harbour.work()
    harbour.work()

    (case,) = cases(harbour, bought)
    assert shown["reason"] == "ok_attention"
    assert (case["reason"], case["amount"]["amount"]) == ("late", "10.00")
    assert case["late_minutes"] >= 60
    proven(harbour, 1)


@ON_SQLITE
def test_a_guarantee_waits_for_the_law_that_grants_as_much_and_never_pays_beside_it(harbour: Harbour) -> None:
    bought = buys(harbour.api)
    late_tram(harbour, bought)
    arrives(harbour, bought, late_minutes=75)
    jobs = ["settling guarantees", "opening claims", "carrying on claims", "settling guarantees"]
    for name in jobs:
        harbour.work(name)

    (case,) = cases(harbour, bought)
    assert float(case["deducted"]["amount"]) > 0
    proven(harbour, 1)


@ON_SQLITE
def test_an_empty_pool_stops_the_sale_and_pays_what_was_promised(harbour: Harbour) -> None:
    bought = buys(harbour.api)
    terms = harbour.rooms.till.regions[REGION].data.guarantee
    object.__setattr__(terms, "reserve_minor", 900)
    late_tram(harbour, bought)
    rides_on(harbour, bought)
    harbour.api.clock.advance(timedelta(minutes=6))
    harbour.work()

    next_day = {"depart_at": "2026-10-14T06:10:00+03:00"}
    quote = quoted(harbour.api, **next_day)
    refused = harbour.api.post("/v1/orders", {"quote_id": quote["id"], "guarantee": True})
    with harbour.rooms.till.database.read() as tx:
        alerts = tx.exec_driver_sql("SELECT kind FROM alert WHERE resolved_at IS NULL").scalars().all()

    assert quote["guarantee"] is None
    assert (refused.status_code, "reserve" in refused.text) == (422, True)
    assert alerts == ["guarantee_pool_low"]
    assert [one["state"] for one in cases(harbour, bought)] == ["paid"]
    object.__setattr__(terms, "reserve_minor", 500_000)
    harbour.api.clock.advance(timedelta(minutes=6))
    harbour.work()
    assert quoted(harbour.api, **next_day)["guarantee"] is not None


@ON_SQLITE
def test_nobody_buys_a_guarantee_for_a_connection_that_is_known_to_be_broken(harbour: Harbour) -> None:
    api = harbour.api
    quote = quoted(api)
    wish = {"quote_id": quote["id"], "guarantee": True}
    placed = api.post("/v1/orders", {"quote_id": quoted(api)["id"], "guarantee": True}).json
    day = datetime.fromisoformat(quote["legs"][0]["service_date"]).date()
    run = quote["legs"][0]["operator"], quote["legs"][0]["trip_id"], day
    by_staff.delay_departure(harbour.rooms.live, REGION, *run, seconds=3600, by="mari")

    ordered = api.post("/v1/orders", wish)
    paid = api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, placed["access_token"])

    assert (ordered.status_code, "too late" in ordered.text) == (422, True)
    assert (paid.status_code, "too late" in paid.text) == (409, True)
    assert pool(harbour) == 0
