"""A group has one code and is checked in by one scan; whatever happens to one of it gives the others a new code."""

import uuid

import pytest

from tests.api import Api
from tests.ticketing.gate.telling import tell
from tests.ticketing.purchase.group_buyers import (
    PARTY,
    TO_THE_TRAM,
    buy,
    code_of,
    offline,
    refund,
    shown,
)


def test_a_group_shows_one_code_is_let_in_by_one_scan_and_gets_a_new_code_for_those_who_are_left(
    api: Api,
) -> None:
    bought = buy(api)

    first = shown(api, bought)
    code = first["group_code"]
    assert (code["passengers"], code["count"], code["status"]) == (["anna", "bo", "mari"], 3, "valid")
    assert [(one["token"], one["qr_png"], one["group_code"]) for one in first["tickets"]] == [
        (None, None, code["jti"])
    ] * 3

    back = refund(api, bought, "bo")
    assert back.status_code == 201, back.json
    newer = code_of(api, bought)
    assert (newer["passengers"], newer["count"]) == (["anna", "mari"], 2)

    api.clock.advance(TO_THE_TRAM)
    gate = api.key("gate", "tlt")
    old = api.scan(code["token"], gate, stop_id="09005-1").json or {}
    assert (old["decision"], old["reason"]) == ("refuse", "revoked")
    assert "newest" in old["staff_sees"]
    assert offline(api, code["token"], "tlt", "09005-1")["reason"] == "revoked"
    assert offline(api, newer["token"], "tlt", "09005-1")["decision"] == "accept"

    let_in = api.scan(newer["token"], gate, stop_id="09005-1").json or {}
    assert (let_in["decision"], let_in["leg"]) == ("accept", 0)
    assert {"code": "group", "values": {"count": 2}} in let_in["notes"]
    again = api.scan(newer["token"], api.key("gate", "tlt"), stop_id="09005-1").json or {}
    assert again["reason"] == "already_used"
    assert offline(api, newer["token"], "tlt", "09005-1")["reason"] == "already_used"

    assert [row["legs"] for row in refund(api, bought, "anna").json["lines"]] == [[1, 2, 3]]


def test_what_a_gate_tells_later_of_a_group_uses_the_ticket_of_each(api: Api) -> None:
    bought = buy(api)
    code = code_of(api, bought)
    api.clock.advance(TO_THE_TRAM)
    at = int(api.clock.now().timestamp())
    scan = {
        "scan_id": str(uuid.uuid4()),
        "seq": 1,
        "jti": code["jti"],
        "leg": 0,
        "device_ts": at,
        "decision": "accept",
        "reason": "ok_attention",
    }

    outcomes = [tell(api, api.key("gate", "tlt"), scan)[0]["result"]]
    outcomes.append(tell(api, api.key("gate", "tlt"), {**scan, "device_ts": at + 60})[0]["result"])

    assert outcomes == ["recorded", "recorded_double_use"]
    again = api.scan(code["token"], api.key("gate", "tlt"), stop_id="09005-1").json or {}
    assert again["reason"] == "already_used"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_group_code_is_refused_by_its_field_where_it_cannot_be(api: Api) -> None:
    quote = api.quote(passengers=PARTY[:1])

    answer = api.post("/v1/orders", {"quote_id": quote["id"], "code": "group"})

    assert (answer.status_code, answer.json["errors"][0]["path"]) == (422, "code")
