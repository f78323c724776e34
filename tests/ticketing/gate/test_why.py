"""A gate online explains a refusal beyond its reason: a newer code, and gates and rides by the names that people know."""

import uuid
from datetime import timedelta

import pytest

from tests.api import Api
from tests.ticketing.gate.at_hand import by_hand
from tests.ticketing.tickets.mint import phone_jwk
from ticketing.db.ticket.tickets import control_code_of

# These tests do not depend on the database: one kind is enough.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_a_code_that_moved_to_another_phone_is_not_called_cancelled(api: Api) -> None:
    bought = api.buy()
    old = bought.ticket_of("anna")
    path = f"/v1/orders/{bought.order['id']}/tickets/{old['jti']}/move"
    assert api.post(path, {"public_key": phone_jwk()}, bought.token).status_code == 200

    shown = api.scan(old["token"], api.key("gate", "tlt")).json
    seen = api.post("/v1/inspections", {"token": old["token"]}, api.key("gate", "tlt")).json

    assert (shown["reason"], shown["values"]) == ("revoked", {"moved": True})
    assert shown["staff_sees"] == seen["staff_sees"] == "moved to another phone: ask for the newest code"
    assert shown["passenger_sees"] == "On another phone: show the newest code"


@ON_SQLITE
def test_a_code_that_a_refund_of_a_leg_has_replaced_says_so(api: Api) -> None:
    bought = api.buy()
    old = bought.ticket_of("anna")
    path = f"/v1/orders/{bought.order['id']}/refunds"
    assert api.post(path, {"passengers": ["anna"], "legs": [0]}, bought.token).status_code == 201

    shown = api.scan(old["token"], api.key("gate", "hsl")).json

    assert (shown["reason"], shown["values"]) == ("replaced", {})
    assert shown["staff_sees"] == "this code was replaced: the passenger has a new ticket, ask for it"


@ON_SQLITE
def test_a_gate_at_a_stop_is_called_by_the_name_of_the_stop(api: Api) -> None:
    bought, gate = api.buy(), api.key("gate", "tlt")
    ticket, start = bought.ticket_of("anna"), bought.tickets[0]["legs"][0]["from"]
    api.scan(ticket["token"], gate, stop_id=start["stop_id"])

    again = api.scan(ticket["token"], gate, stop_id=start["stop_id"]).json

    assert (again["reason"], again["values"]["gate"]) == ("already_used", start["stop_id"])
    assert again["staff_sees"].endswith(f"at {start['name']}")


def test_staff_who_press_twice_use_one_ride_and_read_which(api: Api) -> None:
    bought, staff = api.buy(), api.key("gate", "tlt")
    ticket = bought.ticket_of("anna")
    code, leg = control_code_of(ticket["jti"]), ticket["legs"][0]

    first = by_hand(api, staff, code).json
    twice = str(uuid.uuid4())
    second = by_hand(api, staff, code, scan_id=twice).json
    with_stop = by_hand(api, staff, code, stop_id=leg["from"]["stop_id"]).json

    assert (
        first["ride"]
        == second["ride"]
        == {
            "operator": leg["operator_name"],
            "from": leg["from"]["name"],
            "to": leg["to"]["name"],
            "departure": leg["departure"],
        }
    )
    assert (first["leg"], first["decision"]) == (second["leg"], second["decision"]) == (0, "accept")
    assert second["decided_at"] == first["decided_at"]
    assert with_stop["reason"] == "already_used"
    body = {
        "scan_id": twice,
        "code": code,
        "reason": "battery empty",
        "device_ts": api.clock.now().isoformat(),
    }
    api.clock.advance(timedelta(minutes=1))
    assert api.post("/v1/validations/by-hand", body, staff).json["decided_at"] == first["decided_at"]


@ON_SQLITE
def test_the_journal_calls_a_key_by_its_label(api: Api) -> None:
    code = control_code_of(api.buy().tickets[0]["jti"])
    by_hand(api, api.key("gate", "tlt"), code)

    found = api.get("/v1/operators/tlt/gate-journal", api.key("operator_staff", "tlt")).json

    assert [one["by"] for one in found["entries"]] == ["test"]


@ON_SQLITE
def test_a_double_use_names_the_first_gate_by_the_label_of_its_key(api: Api) -> None:
    ticket, key = api.buy().ticket_of("anna"), api.key("gate", "tlt")
    told = []
    for second in (0, 60):
        scan = {
            "scan_id": str(uuid.uuid4()),
            "seq": second + 1,
            "jti": ticket["jti"],
            "leg": 0,
            "device_ts": int(api.clock.now().timestamp()) - 600 + second,
            "decision": "accept",
            "reason": "ok",
        }
        told.append(api.post("/v1/validations/batch", {"scans": [scan]}, key, once=None).json)

    assert told[1]["outcomes"][0]["double_use"] == {
        "first_gate": "test",
        "second_gate": "test",
        "gap_seconds": 60,
    }
