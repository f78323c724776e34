"""Gates and staff let a group in by its code, or one of it alone, online and told later."""

import itertools
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.gate.telling import tell
from tests.ticketing.purchase.group_buyers import (
    KOPLI,
    TO_THE_TRAM,
    agrees,
    buy,
    by_hand,
    claims_of,
    code_of,
    database,
    offline,
    refund,
    refund_one,
    rows,
    sqlite_only,
    used,
)
from tests.ticketing.tickets.mint import phone_jwk, proof
from ticketing.gate.retention import forget_what_is_due


def test_staff_see_the_group_let_one_in_alone_and_then_all_the_others(api: Api) -> None:
    bought = buy(api)
    code, gate = code_of(api, bought), api.key("gate", "tlt")
    api.clock.advance(TO_THE_TRAM)

    look = {"code": code["control_code"], "reason": "no phone"}
    seen = (api.post("/v1/control-codes", look, gate).json or {})["tickets"][0]
    assert (seen["passengers"], seen["jti"]) == (3, code["jti"])
    alone = next(one for one in seen["members"] if one["category"] == "child")
    one = (api.post("/v1/control-codes", {**look, "code": alone["control_code"]}, gate).json or {})[
        "tickets"
    ][0]
    assert (one["group_code"], one["passengers"], one["members"]) == (code["control_code"], 1, [])

    assert by_hand(api, gate, alone["control_code"])["decision"] == "accept"
    newer = agrees(api, bought)
    assert newer is not None
    assert newer["passengers"] == ["anna", "bo"]
    all_in = by_hand(api, gate, newer["control_code"])
    assert {"code": "group", "values": {"count": 2}} in all_in["notes"]
    assert used(api, bought) == {"anna": [0], "bo": [0], "mari": [0]}
    inspected = api.post("/v1/inspections", {"token": newer["token"]}, gate).json or {}
    assert (inspected["decision"], len(inspected["ticket"]["history"])) == ("accept", 1)
    assert by_hand(api, gate, newer["control_code"])["reason"] == "already_used"


def test_who_was_let_in_alone_without_a_network_has_left_the_group_when_it_is_told(api: Api) -> None:
    bought = buy(api)
    old = code_of(api, bought)
    api.clock.advance(TO_THE_TRAM)
    scan = {
        "scan_id": str(uuid.uuid4()),
        "seq": 1,
        "jti": bought.ticket_of("mari")["jti"],
        "leg": 0,
        "device_ts": int(api.clock.now().timestamp()),
        "decision": "accept",
        "reason": "ok",
    }

    outcome = tell(api, api.key("gate", "tlt"), scan)[0]

    newer = agrees(api, bought)
    assert newer is not None
    assert (outcome["result"], newer["passengers"]) == ("recorded", ["anna", "bo"])
    assert newer["jti"] != old["jti"]
    admitted = api.scan(newer["token"], api.key("gate", "tlt"), stop_id=KOPLI).json or {}
    assert {"code": "group", "values": {"count": 2}} in admitted["notes"]
    assert used(api, bought) == {"anna": [0], "bo": [0], "mari": [0]}


def test_a_group_that_was_checked_in_is_counted_with_all_its_people(api: Api) -> None:
    bought = buy(api)
    ferry = next(leg for leg in bought.tickets[0]["legs"] if leg.get("mode") == "ferry")
    api.clock.set(api.clock.now().fromisoformat(ferry["departure"]) - timedelta(minutes=40))

    scan = {"stop_id": ferry["from"]["stop_id"], "departure": ferry["departure"]}
    token, gate = code_of(api, bought)["token"], api.key("gate", ferry["operator"])
    other = (api.clock.now().fromisoformat(ferry["departure"]) + timedelta(hours=1)).isoformat()
    wrong = api.scan(token, gate, **{**scan, "departure": other}).json or {}
    right = api.scan(token, gate, **scan).json or {}

    assert (wrong["reason"], right["decision"]) == ("wrong_sailing", "accept")
    staff = api.key("operator_staff", ferry["operator"])
    day = ferry["departure"][:10]
    found = api.get(f"/v1/operators/{ferry['operator']}/sailings?on={day}", staff).json or {}
    boarded = [one["boarded"] for one in found["sailings"] if one["boarded"]]
    assert boarded == [3]


def test_an_old_code_that_a_sleeping_gate_let_in_uses_the_tickets_of_those_who_are_left(api: Api) -> None:
    bought = buy(api)
    old = code_of(api, bought)
    refund_one(api, bought, "bo")
    api.clock.advance(TO_THE_TRAM)
    at = int(api.clock.now().timestamp())
    scan = {
        "scan_id": str(uuid.uuid4()),
        "seq": 1,
        "jti": old["jti"],
        "leg": 0,
        "device_ts": at,
        "decision": "accept",
        "reason": "ok_attention",
    }

    outcome = tell(api, api.key("gate", "tlt"), scan)[0]

    assert (outcome["result"], outcome["refunded"]) == ("recorded_revoked", True)
    assert used(api, bought) == {"anna": [0], "mari": [0]}
    code = agrees(api, bought)
    assert code is not None
    again = api.scan(code["token"], api.key("gate", "tlt"), stop_id=KOPLI).json or {}
    assert again["reason"] == "already_used"
    assert offline(api, code["token"], "tlt", KOPLI)["reason"] == "already_used"


@sqlite_only
def test_what_gates_tell_of_a_group_comes_to_the_same_in_any_order(api: Api) -> None:
    told: list[set[Any]] = []
    for order in itertools.permutations(range(3)):
        bought = buy(api)
        code, at = code_of(api, bought)["jti"], int(api.clock.now().timestamp()) + 3600
        facts = [
            {
                "scan_id": str(uuid.uuid4()),
                "seq": 1,
                "jti": jti,
                "leg": 0,
                "device_ts": at + later,
                "decision": "accept",
                "reason": "ok",
            }
            for jti, later in ((code, 0), (bought.ticket_of("anna")["jti"], 60), (code, 120))
        ]
        for number in order:
            tell(api, api.key("gate", "tlt"), facts[number])
        names = {one["jti"]: one["passenger"] for one in bought.tickets}
        times = {fact["scan_id"]: number for number, fact in enumerate(facts)}
        found = rows(api, "SELECT jti, scan_id, 'use' FROM ticket_use") + rows(
            api, "SELECT jti, scan_id, 'double' FROM double_use"
        )
        told.append({(names[jti], times[scan], what) for jti, scan, what in found if jti in names})

    assert all(one == told[0] for one in told)
    assert Counter(what for _, _, what in told[0]) == {"use": 3, "double": 4}


def test_gates_of_every_kind_are_told_what_a_code_has_used_and_what_its_successor_has(api: Api) -> None:
    bought = buy(api)
    api.clock.advance(TO_THE_TRAM)
    gate = api.key("gate", "tlt")
    first = code_of(api, bought)["jti"]
    assert (api.scan(code_of(api, bought)["token"], gate, stop_id=KOPLI).json or {})["decision"] == "accept"
    cursor = int(api.clock.now().timestamp())
    api.clock.advance(timedelta(minutes=5))
    answer = api.post(
        f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["bo"], "legs": [3]}, bought.token
    )
    assert answer.status_code == 201, answer.json
    newer = code_of(api, bought)["jti"]
    mine = {one["jti"] for one in bought.tickets} | {first, newer}

    whole, changed, unchanged = (
        {use[0] for use in claims_of(api.get(f"/v1/operators/tlt/gate-bundle{asked}", gate).text)["uses"]}
        for asked in ("", f"?since={cursor + 120}", f"?since={cursor + 900}")
    )

    assert whole & mine == mine
    assert changed & mine == {first, newer} | {bought.ticket_of(who)["jti"] for who in ("anna", "mari")}
    assert unchanged & mine == set()


def test_a_code_whose_ticket_the_previous_release_has_taken_back_lets_nobody_in_too_many(api: Api) -> None:
    bought = buy(api)
    old = code_of(api, bought)
    with database(api).write() as tx:
        jti = bought.ticket_of("bo")["jti"]
        tx.execute(sa.text(f"UPDATE ticket SET status = 'revoked' WHERE jti = '{jti}'"))
    api.clock.advance(TO_THE_TRAM)
    gate = api.key("gate", "tlt")

    replaced = api.scan(old["token"], gate, stop_id=KOPLI).json or {}

    assert (replaced["decision"], replaced["reason"]) == ("refuse", "revoked")
    code = agrees(api, bought)
    assert code is not None
    assert code["passengers"] == ["anna", "mari"]
    assert (api.scan(code["token"], gate, stop_id=KOPLI).json or {})["decision"] == "accept"


@sqlite_only
def test_who_carries_the_code_may_be_named_and_is_compared(api: Api) -> None:
    bought = buy(api, names=[{"passenger": "bo", "name": "Bo Berg"}])
    code, gate = code_of(api, bought), api.key("gate", "tlt")
    api.clock.advance(TO_THE_TRAM)

    asked = {"token": code["token"], "holder_name": "Bo Berg"}
    assert (api.post("/v1/inspections", asked, gate).json or {})["holder"] == "same"
    refund_one(api, bought, "bo")
    left = agrees(api, bought)
    assert left is not None
    assert "idh" not in claims_of(left["token"])


def test_a_proof_of_the_carriers_phone_lets_the_group_in(api: Api) -> None:
    bought = buy(api, phones=[{"passenger": "anna", "key": phone_jwk()}])
    token = code_of(api, bought)["token"]
    api.clock.advance(TO_THE_TRAM)

    shown_code = f"{token}~{proof(token, iat=int(api.clock.now().timestamp()))}"
    answer = api.scan(shown_code, api.key("gate", "tlt"), stop_id=KOPLI).json or {}

    assert answer["decision"] == "accept", answer


def test_what_gates_told_of_a_group_goes_whole_and_not_before_all_of_it_is_due(api: Api) -> None:
    bought = buy(api)
    code, house = code_of(api, bought), api.client.application.extensions["throughfare"].gatehouse
    api.clock.advance(TO_THE_TRAM)
    at = int(api.clock.now().timestamp())
    told = {
        "seq": 1,
        "leg": 0,
        "device_ts": at,
        "decision": "accept",
        "reason": "ok",
        "jti": code["jti"],
    }
    assert (api.scan(code["token"], api.key("gate", "tlt"), stop_id=KOPLI).json or {})["decision"] == "accept"
    alone = {**told, "scan_id": str(uuid.uuid4()), "jti": bought.ticket_of("bo")["jti"], "device_ts": at + 60}
    assert tell(api, api.key("gate", "tlt"), alone)[0]["result"] == "recorded_double_use"
    with database(api).write() as tx:
        tx.execute(sa.text("UPDATE period SET state = 'closed'"))
    api.clock.advance(timedelta(days=60))
    late = {**told, "scan_id": str(uuid.uuid4()), "device_ts": at + 120}
    assert tell(api, api.key("gate", "tlt"), late)[0]["result"] == "recorded_double_use"
    before = rows(api, "SELECT count(*) FROM ticket_use")

    api.clock.set(
        api.clock.now().replace(year=2027, month=12, day=20)
    )  # the scan is due, what was told later is not
    assert forget_what_is_due(house)["facts of tickets"] == 0
    assert rows(api, "SELECT count(*) FROM ticket_use") == before == [(3,)]
    api.clock.set(api.clock.now().replace(year=2028, month=2, day=20))
    assert forget_what_is_due(house)["facts of tickets"] == 4

    left = ("scan", "scan_fact", "ticket_use", "double_use", "use_claim")
    assert [rows(api, f"SELECT count(*) FROM {table}") for table in left] == [[(0,)]] * len(left)
    counted = rows(api, "SELECT kind, sum(count) FROM ride_count GROUP BY kind ORDER BY kind")
    assert [(kind, int(many)) for kind, many in counted] == [("double_use", 4), ("ride", 3)]
    assert forget_what_is_due(house)["facts of tickets"] == 0
    assert refund(api, bought, "anna").status_code == 409, "it was used, although nobody knows when"
