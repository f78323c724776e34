"""A ticket whose ferry is late does not end before its passenger has come ashore: online, by hand, and when inspected."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api import Api, Bought
from tests.ticketing.gate.at_hand import by_hand
from tests.ticketing.purchase import test_group_code as group_codes
from tests.ticketing.purchase.sea import Sea
from tests.ticketing.tickets.mint import phone_jwk
from ticketing.cli.gate import answer
from ticketing.db.ticket.tickets import control_code_of

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
FIVE_HOURS = 5 * 3600
# These tests do not depend on the database: one kind is enough.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sea(api: Api) -> Sea:
    return Sea(api)


def late_ferry(sea: Sea, seconds: int = FIVE_HOURS) -> tuple[Bought, str, datetime]:
    """A ticket whose ferry is late, the operator behind it, and when the ticket ends."""
    bought = sea.api.buy(**ONE)
    legs = bought.tickets[0]["legs"]
    ferry = sea.ferry(legs)
    sea.tell(ferry, delay_seconds=seconds)
    behind = legs[legs.index(ferry) + 1]["operator"]
    return bought, behind, datetime.fromisoformat(bought.tickets[0]["expires_at"])


def test_the_tram_behind_a_late_ferry_takes_the_ticket_until_the_delay_has_passed(sea: Sea) -> None:
    bought, behind, ends = late_ferry(sea)
    gate, token = sea.api.key("gate", behind), bought.tickets[0]["token"]
    answers = []
    for after in (timedelta(hours=5), timedelta(hours=1, minutes=42)):
        sea.api.clock.set(ends + after + timedelta(minutes=1))
        answers.append(sea.api.scan(token, gate).json)

    over, kept = answers
    assert (over["decision"], over["reason"]) == ("refuse", "expired")
    assert (kept["decision"], kept["reason"]) == ("accept", "ok_attention")
    assert "ended 1 h 43 min ago, its vehicle is late" in kept["staff_sees"]


@ON_SQLITE
def test_staff_find_it_and_let_it_in_by_hand(sea: Sea) -> None:
    bought, behind, ends = late_ferry(sea)
    sea.api.clock.set(ends + timedelta(hours=1))
    staff, code = sea.api.key("gate", behind), control_code_of(bought.tickets[0]["jti"])

    assert by_hand(sea.api, staff, code).json["decision"] == "accept"
    sea.api.clock.set(ends + timedelta(hours=6))
    assert by_hand(sea.api, staff, code).status_code == 404


@ON_SQLITE
def test_a_ticket_whose_ferry_is_in_time_or_cancelled_ends_as_it_says(sea: Sea) -> None:
    bought, behind, ends = late_ferry(sea, 0)
    gate, token = sea.api.key("gate", behind), bought.tickets[0]["token"]
    sea.api.clock.set(ends + timedelta(hours=1))
    assert sea.api.scan(token, gate).json["reason"] == "expired"

    sea.tell(sea.ferry(bought.tickets[0]["legs"]))
    sea.api.clock.advance(timedelta(minutes=1))
    assert sea.api.scan(token, gate).json["reason"] == "expired"


@ON_SQLITE
def test_a_delay_of_days_keeps_a_ticket_for_one(sea: Sea) -> None:
    bought, behind, ends = late_ferry(sea, 3 * 86_400)
    gate, token = sea.api.key("gate", behind), bought.tickets[0]["token"]
    sea.api.clock.set(ends + timedelta(hours=24, minutes=1))

    assert sea.api.scan(token, gate).json["reason"] == "expired"


@ON_SQLITE
def test_the_code_of_a_group_goes_on_with_a_late_ferry_like_its_tickets(sea: Sea) -> None:
    bought = group_codes.buy(sea.api)
    legs = bought.tickets[0]["legs"]
    ferry = sea.ferry(legs)
    sea.tell(ferry, delay_seconds=FIVE_HOURS)
    behind = legs[legs.index(ferry) + 1]
    code = group_codes.code_of(sea.api, bought)
    ends, until = (datetime.fromisoformat(code[name]) for name in ("expires_at", "valid_until"))
    sea.api.clock.set(ends + timedelta(hours=1))
    gate = sea.api.key("gate", behind["operator"])

    inspected = sea.api.post("/v1/inspections", {"token": code["token"]}, gate).json or {}
    shown = sea.api.scan(code["token"], gate, stop_id=behind["from"]["stop_id"]).json or {}

    assert until - ends == timedelta(seconds=FIVE_HOURS)
    assert (inspected["decision"], shown["decision"]) == ("accept", "accept")
    assert {note["code"] for note in shown["notes"]} == {"late", "group"}


@ON_SQLITE
def test_staff_let_a_group_in_by_hand_that_is_under_way_on_a_ship_that_nobody_has_told_of(sea: Sea) -> None:
    bought = group_codes.buy(sea.api)
    legs, code = bought.tickets[0]["legs"], group_codes.code_of(sea.api, bought)
    ferry = sea.ferry(legs)
    behind = legs[legs.index(ferry) + 1]
    sea.api.clock.set(datetime.fromisoformat(ferry["departure"]) - timedelta(minutes=30))
    gate = sea.api.key("gate", ferry["operator"])
    assert (sea.api.scan(code["token"], gate, stop_id=ferry["from"]["stop_id"]).json or {})[
        "decision"
    ] == "accept"
    sea.api.clock.set(datetime.fromisoformat(code["expires_at"]) + timedelta(hours=2))
    staff = sea.api.key("gate", behind["operator"])

    scanned = sea.api.scan(code["token"], staff).json or {}
    let_in = by_hand(sea.api, staff, code["control_code"], stop_id=behind["from"]["stop_id"]).json

    assert scanned["reason"] == "expired"
    assert let_in["decision"] == "accept"
    assert [note["code"] for note in let_in["notes"]] == ["under_way", "found_by_hand", "group"]


def aboard(sea: Sea) -> tuple[Bought, dict[str, Any], datetime]:
    """A passenger whom the ferry has taken on board, the leg behind it, and when the ticket ends."""
    bought = sea.api.buy(**ONE)
    legs = bought.tickets[0]["legs"]
    ferry = sea.ferry(legs)
    sea.api.clock.set(datetime.fromisoformat(ferry["departure"]) - timedelta(minutes=30))
    scanned = sea.api.scan(
        bought.tickets[0]["token"], sea.api.key("gate", ferry["operator"]), stop_id=ferry["from"]["stop_id"]
    )
    assert scanned.json["decision"] == "accept"
    behind = legs[legs.index(ferry) + 1]
    return bought, behind, datetime.fromisoformat(bought.tickets[0]["expires_at"])


@ON_SQLITE
def test_staff_let_in_by_hand_who_is_under_way_on_a_ship_that_nobody_has_told_of(sea: Sea) -> None:
    """Case 15: an unknown delay extends nothing, but people see the ship come in."""
    bought, behind, ends = aboard(sea)
    staff, code = sea.api.key("gate", behind["operator"]), control_code_of(bought.tickets[0]["jti"])
    sea.api.clock.set(ends + timedelta(hours=25))
    assert by_hand(sea.api, staff, code).status_code == 404
    sea.api.clock.set(ends + timedelta(hours=2))

    scanned = sea.api.scan(bought.tickets[0]["token"], staff).json
    let_in = by_hand(sea.api, staff, code, stop_id=behind["from"]["stop_id"]).json

    assert scanned["reason"] == "expired"
    assert let_in["decision"] == "accept"
    assert [note["code"] for note in let_in["notes"]] == ["under_way", "found_by_hand"]
    assert "its journey has begun and no delay is known" in let_in["staff_sees"]


@ON_SQLITE
def test_nobody_is_let_in_by_hand_whose_journey_never_began(sea: Sea) -> None:
    bought, behind, ends = late_ferry(sea, 0)
    sea.api.clock.set(ends + timedelta(hours=1))

    answer = by_hand(sea.api, sea.api.key("gate", behind), control_code_of(bought.tickets[0]["jti"]))

    assert answer.status_code == 404


@ON_SQLITE
def test_gates_without_a_network_know_what_became_of_a_ticket_that_a_delay_keeps(sea: Sea) -> None:
    """Once its end had passed, bundles forgot that it was refunded, or used: a late ferry made it good again."""
    other = sea.api.buy(**ONE)
    bought, behind, ends = aboard(sea)
    late = next(leg for leg in bought.tickets[0]["legs"] if leg["mode"] == "ferry")
    sea.tell(late, delay_seconds=FIVE_HOURS)
    back = sea.api.post(f"/v1/orders/{other.order['id']}/refunds", {"passengers": ["anna"]}, other.token)
    assert back.status_code == 201, back.json
    gate = sea.api.key("gate", behind["operator"])
    here = {"operator": behind["operator"], "stop_id": behind["from"]["stop_id"]}

    def offline(token: str) -> str:
        bundle = sea.api.get(f"/v1/operators/{behind['operator']}/gate-bundle?format=2", gate).text
        trust = sea.api.get("/.well-known/gate-bundle-jwks.json").json
        asked = {
            "bundle": bundle,
            "trust": trust,
            "token": token,
            "at": sea.api.clock.now().isoformat(),
            "seen": [],
            "gate": here,
        }
        return str(answer(asked)["reason"])

    sea.api.clock.set(ends + timedelta(hours=1))
    token = bought.tickets[0]["token"]
    before = offline(token)
    assert sea.api.scan(token, gate, stop_id=here["stop_id"]).json["decision"] == "accept"
    sea.api.clock.advance(timedelta(minutes=5))

    assert before == "ok_attention"
    assert offline(token) == "already_used"
    assert offline(other.tickets[0]["token"]) == "revoked"


@ON_SQLITE
def test_an_app_is_told_how_long_a_late_ferry_keeps_its_ticket_and_may_move_it_then(sea: Sea) -> None:
    bought, _, ends = late_ferry(sea)
    path = f"/v1/orders/{bought.order['id']}/tickets"
    sea.api.clock.set(ends + timedelta(hours=1))

    shown = sea.api.get(path, bought.token).json["tickets"][0]
    moved = sea.api.post(f"{path}/{shown['jti']}/move", {"public_key": phone_jwk()}, bought.token)

    assert datetime.fromisoformat(shown["expires_at"]) == ends
    assert datetime.fromisoformat(shown["valid_until"]) == ends + timedelta(seconds=FIVE_HOURS)
    assert moved.status_code == 200, moved.json
