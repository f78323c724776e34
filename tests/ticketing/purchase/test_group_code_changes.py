"""A group's code and its tickets agree after every change of a member: who belongs to it, what was used, what is valid."""

import base64
import io
import itertools
import json
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from tests.api import Api, Bought
from tests.ticketing.gate.test_upload import tell
from tests.ticketing.identity.people_of import register
from tests.ticketing.purchase.test_cost_of_a_sale import watched
from tests.ticketing.purchase.test_group_code import (
    PARTY,
    TO_THE_TRAM,
    buy,
    code_of,
    offline,
    refund,
    shown,
)
from tests.ticketing.tickets.mint import OTHER_PHONE, phone_jwk, proof
from ticketing.config import Settings
from ticketing.db.ticket.tickets import control_code_of
from ticketing.errors import NotFound
from ticketing.gate.reissue import reissue
from ticketing.gate.retention import forget_what_is_due
from ticketing.purchase.service import find_order_of
from ticketing.settlement.claims.trace import trace

Answer = dict[str, Any]
KOPLI = "09005-1"
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def claims_of(token: str) -> Answer:
    part = token.split(".")[1]
    found: Answer = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def database(api: Api) -> Any:
    return api.client.application.extensions["throughfare"].till.database


def rows(api: Api, query: str) -> list[Any]:
    with database(api).read() as tx:
        return [tuple(row) for row in tx.execute(sa.text(query))]


def used(api: Api, bought: Bought) -> dict[str, list[int]]:
    """The legs that each ticket of an order has used, by passenger."""
    found = rows(
        api,
        "SELECT passenger_ref, leg FROM ticket JOIN ticket_use ON ticket_use.jti = ticket.jti "
        f"WHERE order_id = '{bought.order['id']}' ORDER BY passenger_ref, leg",
    )
    return {ref: [leg for one, leg in found if one == ref] for ref, _ in found}


def by_hand(api: Api, gate: str, code: str) -> Answer:
    body = {
        "scan_id": str(uuid.uuid4()),
        "code": code,
        "reason": "battery empty",
        "stop_id": KOPLI,
        "device_ts": api.clock.now().isoformat(),
    }
    return api.post("/v1/validations/by-hand", body, gate).json or {}


def people(count: int) -> list[Answer]:
    return [{"ref": f"p{number}", "rider_category": "adult"} for number in range(1, count + 1)]


def agrees(api: Api, bought: Bought) -> Answer | None:
    """Hold the code of an order against its tickets; answers it."""
    answer = shown(api, bought)
    code, tickets = answer["group_code"], {one["passenger"]: one for one in answer["tickets"]}
    members = code["passengers"] if code else []
    for ref, one in tickets.items():
        assert (one["group_code"], one["token"] is None) == (
            (code["jti"], True) if ref in members else (None, one["status"] == "revoked")
        )
    places = rows(api, "SELECT status_list, status_index FROM ticket") + rows(
        api, "SELECT status_list, status_index FROM group_code"
    )
    assert len(places) == len(set(places))
    if code is None:
        return None
    claims = claims_of(code["token"])
    assert claims["n"] == code["count"] == len(members) >= 2
    assert {tickets[ref]["status"] for ref in members} == {code["status"]}
    legs = [
        "-" if "given_back_at" in leg else leg["operator"]
        for leg in tickets[members[0]]["legs"]
        if leg.get("operator")
    ]
    assert [leg[0] for leg in claims["l"]] == legs
    done = used(api, bought)
    assert len({tuple(done.get(ref, ())) for ref in members}) == 1
    live = rows(
        api, f"SELECT jti FROM group_code WHERE order_id = '{bought.order['id']}' AND status <> 'revoked'"
    )
    assert live == [(code["jti"],)]
    found: Answer = code
    return found


def refund_one(api: Api, bought: Bought, who: str) -> None:
    assert refund(api, bought, who).status_code == 201


def refund_a_leg(api: Api, bought: Bought, who: str) -> None:
    body = {"passengers": [who], "legs": [3]}
    answer = api.post(f"/v1/orders/{bought.order['id']}/refunds", body, bought.token)
    assert answer.status_code == 201, answer.json


def suspend_one(api: Api, bought: Bought, who: str) -> None:
    jti = bought.ticket_of(who)["jti"]
    path = f"/v1/orders/{bought.order['id']}/tickets/{jti}/suspension"
    assert api.client.put(path, headers={"Authorization": f"Bearer {bought.token}"}).status_code == 200


def let_one_in(api: Api, bought: Bought, who: str) -> None:
    assert (
        by_hand(api, api.key("gate", "tlt"), control_code_of(bought.ticket_of(who)["jti"]))["decision"]
        == "accept"
    )


def exchange_one(api: Api, bought: Bought, who: str) -> None:
    mine = [{"ref": who, "rider_category": "adult"}]
    quote = api.quote(passengers=mine, depart_at="2026-10-14T06:10:00+03:00")
    body = {"quote_id": quote["id"], "passengers": [who]}
    placed = api.post(f"/v1/orders/{bought.order['id']}/exchanges", body, bought.token)
    assert placed.status_code == 201, placed.json
    order = placed.json or {}
    if order["state"] == "awaiting_payment":
        paid = api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, order["access_token"])
        assert paid.status_code == 201, paid.json


CHANGES = {
    "refund": refund_one,
    "leg": refund_a_leg,
    "suspension": suspend_one,
    "staff": let_one_in,
    "exchange": exchange_one,
}


@sqlite_only
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_happens_to_one_the_others_have_a_code_or_their_own(api: Api, change: str) -> None:
    parties = {size: buy(api, people(size)) for size in range(2, 10)}
    olds = {size: code_of(api, bought)["token"] for size, bought in parties.items()}
    if change == "staff":
        api.clock.advance(TO_THE_TRAM)

    for size, bought in parties.items():
        CHANGES[change](api, bought, "p2")
        code = agrees(api, bought)
        left = [f"p{number}" for number in range(1, size + 1) if number != 2]
        assert (code["passengers"] if code else None) == (left if size > 2 else None)

    if change != "staff":
        api.clock.advance(TO_THE_TRAM)
    gate = api.key("gate", "tlt")
    for size, bought in parties.items():
        left = [f"p{number}" for number in range(1, size + 1) if number != 2]
        replaced = api.scan(olds[size], gate, stop_id=KOPLI).json or {}
        assert (replaced["decision"], replaced["reason"]) == ("refuse", "revoked")
        code = agrees(api, bought)
        token = code["token"] if code else shown(api, bought)["tickets"][0]["token"]
        assert (api.scan(token, gate, stop_id=KOPLI).json or {})["decision"] == "accept"
        agrees(api, bought)
        assert {ref: used(api, bought).get(ref) for ref in left} == {ref: [0] for ref in left}
        assert (offline(api, token, "tlt", KOPLI)["reason"]) == "already_used"


def test_changes_one_after_the_other_end_with_two_codes_of_their_own(api: Api) -> None:
    bought = buy(api, people(4))
    codes = [code_of(api, bought)["jti"]]

    for who, change in (("p4", refund_one), ("p1", refund_one)):
        change(api, bought, who)
        agreed = agrees(api, bought)
        codes.append(agreed["jti"] if agreed else "")
    refund_a_leg(api, bought, "p2")

    assert agrees(api, bought) is None
    assert len(set(codes)) == 3
    refund_a_leg(api, bought, "p3")
    assert agrees(api, bought) is None, "a code that was given out stays a code of its own"


def test_the_same_leg_given_back_by_all_leaves_one_code_for_all(api: Api) -> None:
    bought = buy(api)
    refs = [one["ref"] for one in PARTY]

    answer = api.post(
        f"/v1/orders/{bought.order['id']}/refunds", {"passengers": refs, "legs": [3]}, bought.token
    )

    assert answer.status_code == 201, answer.json
    code = agrees(api, bought)
    assert code is not None
    assert (code["passengers"], claims_of(code["token"])["l"][3][0]) == (sorted(refs), "-")


def test_a_dissolved_group_has_its_own_codes_and_a_group_that_was_let_in_stays_one(api: Api) -> None:
    bought, other, each = buy(api), buy(api), api.buy()
    code = code_of(api, bought)
    path = "/v1/orders/{}/group-code"

    def dissolve(one: Bought) -> Any:
        headers = {"Authorization": f"Bearer {one.token}"}
        return api.client.delete(path.format(one.order["id"]), headers=headers)

    answers = [dissolve(bought) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert agrees(api, bought) is None
    assert "own" in code_of_refusal(api, code["token"])
    let_in = api.scan(code_of(api, other)["token"], api.key("gate", "tlt"), stop_id=KOPLI).json or {}
    assert let_in["decision"] == "accept"
    assert dissolve(other).status_code == 409
    assert dissolve(each).status_code == 404
    singles = [one["token"] for one in shown(api, bought)["tickets"]]
    gate = api.key("gate", "tlt")
    assert [(api.scan(one, gate, stop_id=KOPLI).json or {})["decision"] for one in singles] == ["accept"] * 3


def code_of_refusal(api: Api, token: str) -> str:
    api.clock.advance(TO_THE_TRAM)
    answer = api.scan(token, api.key("gate", "tlt"), stop_id=KOPLI).json or {}
    assert answer["reason"] == "revoked"
    return str(answer["staff_sees"])


@sqlite_only
def test_one_of_a_group_hands_out_no_code_of_its_own_anywhere(api: Api) -> None:
    bought = buy(api)
    code, jti = code_of(api, bought), bought.ticket_of("bo")["jti"]
    base = f"/v1/orders/{bought.order['id']}/tickets"

    for jtis, status in ((jti, 409), (code["jti"], 200)):
        for name in ("qr.png", "qr.svg", "aztec.png", "aztec.svg", "print.pdf"):
            assert api.get(f"{base}/{jtis}/{name}", bought.token).status_code == status, (name, status)
    moved = api.post(f"{base}/{jti}/move", {"public_key": phone_jwk()}, bought.token)
    assert (moved.status_code, code["jti"] in moved.json["detail"]) == (409, True)
    page = api.get(f"{base}/{code['jti']}/print.pdf", bought.token).data
    text = PdfReader(io.BytesIO(page)).pages[0].extract_text()
    assert "group of 3" in text
    assert "2 adult, 1 child" in text
    assert f"{code['control_code'][:5]} {code['control_code'][5:]}" in text
    refund_one(api, bought, "bo")
    assert api.get(f"{base}/{code['jti']}/qr.png", bought.token).status_code == 409
    secrets = [token for (token,) in rows(api, "SELECT token FROM ticket WHERE status = 'valid'")]
    told = json.dumps(shown(api, bought))
    assert not [token for token in secrets if token in told]


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


@sqlite_only
def test_a_group_is_blocked_and_let_go_as_one(api: Api) -> None:
    bought = buy(api)
    code = code_of(api, bought)
    path = f"/v1/orders/{bought.order['id']}/tickets/{code['jti']}/suspension"
    headers = {"Authorization": f"Bearer {bought.token}"}
    api.clock.advance(TO_THE_TRAM)

    assert (api.client.put(path, headers=headers).json or {})["status"] == "suspended"
    blocked = agrees(api, bought)
    assert blocked is not None
    assert (blocked["jti"], blocked["status"]) == (code["jti"], "suspended")
    assert (api.scan(code["token"], api.key("gate", "tlt"), stop_id=KOPLI).json or {})[
        "reason"
    ] == "suspended"
    assert offline(api, code["token"], "tlt", KOPLI)["reason"] == "suspended"
    assert api.client.delete(path, headers=headers).status_code == 200
    assert (api.scan(code["token"], api.key("gate", "tlt"), stop_id=KOPLI).json or {})["decision"] == "accept"


@pytest.mark.parametrize("verdict", ["won", "lost"])
def test_a_dispute_blocks_the_code_with_its_tickets_until_it_is_decided(api: Api, verdict: str) -> None:
    bought = buy(api, method="demo_dispute")
    before = code_of(api, bought)
    charge = rows(api, "SELECT external_id FROM payment WHERE external_id IS NOT NULL")[0][0]

    for step in ("open", "withdrawn"):
        api.client.post(f"/demo-gateway/{charge}/dispute", data={"step": step})
    blocked = agrees(api, bought)
    assert blocked is not None
    assert (blocked["jti"], blocked["status"]) == (before["jti"], "suspended")
    api.client.post(f"/demo-gateway/{charge}/dispute", data={"step": verdict})

    after = agrees(api, bought)
    assert (after and (after["jti"], after["status"])) == (
        (before["jti"], "valid") if verdict == "won" else None
    )


def test_the_code_of_a_group_moves_to_another_phone_with_its_tickets(api: Api) -> None:
    bought = buy(api, phones=[{"passenger": "anna", "key": phone_jwk()}])
    code = code_of(api, bought)
    assert claims_of(code["token"])["cnf"] == {"jwk": phone_jwk()}
    api.clock.advance(TO_THE_TRAM)
    gate = api.key("gate", "tlt")
    assert (api.scan(code["token"], gate, stop_id=KOPLI).json or {})["reason"] == "proof_missing"

    base = f"/v1/orders/{bought.order['id']}/tickets"
    body = {"public_key": phone_jwk(OTHER_PHONE)}
    moved = api.post(f"{base}/{code['jti']}/move", body, bought.token).json or {}
    again = api.post(f"{base}/{moved['jti']}/move", body, bought.token).json or {}

    assert moved["jti"] != code["jti"]
    assert again == moved
    assert moved["moves_left"] == 2
    newer = agrees(api, bought)
    assert newer is not None
    assert newer["token"] == moved["token"]
    assert claims_of(moved["token"])["cnf"] == {"jwk": phone_jwk(OTHER_PHONE)}
    assert (api.scan(code["token"], gate, stop_id=KOPLI).json or {})["reason"] == "revoked"
    refund_one(api, bought, "bo")
    left = agrees(api, bought)
    assert left is not None
    assert claims_of(left["token"])["cnf"] == {"jwk": phone_jwk(OTHER_PHONE)}


def test_the_books_know_no_group_code(api: Api) -> None:
    def told(one: Bought) -> list[Any]:
        """The shares, taxes and postings of an order, without the numbers of its tickets."""
        mine = f"SELECT jti FROM ticket WHERE order_id = '{one.order['id']}'"
        return [
            rows(api, f"SELECT count(*) FROM {table} WHERE ticket_jti IN ({mine})")
            + rows(
                api,
                f"SELECT operator, kind, sum({amount}) FROM {table} WHERE ticket_jti IN ({mine}) "
                "GROUP BY operator, kind ORDER BY operator, kind"
                if table == "alloc_share"
                else f"SELECT sum({amount}) FROM {table} WHERE ticket_jti IN ({mine})",
            )
            for table, amount in (("alloc_share", "gross_minor"), ("alloc_tax", "vat_minor"))
        ]

    def balances() -> dict[str, int]:
        return {
            account: int(amount)
            for account, amount in rows(
                api, "SELECT account_id, sum(amount_minor) FROM posting GROUP BY account_id"
            )
        }

    def bought(group: bool) -> tuple[list[Any], dict[str, int]]:
        before = balances()
        one = buy(api) if group else api.buy(passengers=PARTY)
        sold = told(one)
        assert refund(api, one, "bo").status_code == 201
        api.clock.advance(timedelta(0))
        after = balances()
        changed = {name: amount - before.get(name, 0) for name, amount in after.items()}
        return [sold, told(one)], changed

    assert bought(group=True) == bought(group=False)


def test_a_lost_key_signs_the_code_of_a_group_anew(api: Api, settings: Settings) -> None:
    bought = buy(api)
    rooms = api.client.application.extensions["throughfare"]
    keys, old = rooms.gatehouse.keys, code_of(api, bought)
    kid = keys.signer_key("ticket")[0]
    keys.compromise(kid, api.clock.now())

    assert [reissue(rooms.gatehouse.database, api.clock, keys, kid) for _ in range(2)] == [4, 0]

    new = agrees(api, bought)
    assert new is not None
    assert (new["jti"], new["token"] != old["token"]) == (old["jti"], True)
    api.clock.advance(TO_THE_TRAM)
    assert (api.scan(new["token"], api.key("gate", "tlt"), stop_id=KOPLI).json or {})["decision"] == "accept"


def test_of_two_gates_at_one_instant_one_lets_the_group_in(api: Api) -> None:
    bought = buy(api, people(5))
    token, gates = code_of(api, bought)["token"], [api.key("gate", "tlt") for _ in range(4)]
    api.clock.advance(TO_THE_TRAM)
    app = api.client.application

    def scan(gate: str) -> str:
        there = Api(app.test_client(), api.clock, api.key)
        return str((there.scan(token, gate, stop_id=KOPLI).json or {}).get("reason"))

    with ThreadPoolExecutor(4) as pool:
        reasons = Counter(pool.map(scan, gates))

    assert reasons == {"ok_attention": 1, "already_used": 3}
    agrees(api, bought)
    assert used(api, bought) == {f"p{number}": [0] for number in range(1, 6)}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_refund_and_a_gate_at_one_instant_agree_who_was_first(api: Api) -> None:
    app = api.client.application
    bought = [buy(api, people(3)) for _ in range(6)]
    api.clock.advance(TO_THE_TRAM)
    gate = api.key("gate", "tlt")

    def race(one: Bought) -> tuple[str, int]:
        token = code_of(api, one)["token"]
        with ThreadPoolExecutor(2) as pool:
            there, here = (Api(app.test_client(), api.clock, api.key) for _ in range(2))
            let_in = pool.submit(lambda: (there.scan(token, gate, stop_id=KOPLI).json or {}).get("reason"))
            back = pool.submit(lambda: refund(here, one, "p2"))
            return str(let_in.result()), back.result().status_code

    for one in bought:
        reason, status = race(one)
        assert (reason, status) in {("ok_attention", 201), ("revoked", 201)}
        agrees(api, one)
        expected = {} if reason == "revoked" else {f"p{number}": [0] for number in (1, 2, 3)}
        assert used(api, one) == expected


def test_staff_who_let_single_ones_in_while_the_group_is_scanned_let_nobody_in_twice(api: Api) -> None:
    app = api.client.application
    bought = [buy(api, people(4)) for _ in range(3)]
    gates = [api.key("gate", "tlt") for _ in range(3)]
    api.clock.advance(TO_THE_TRAM)

    for one in bought:
        token = code_of(api, one)["token"]
        there = [Api(app.test_client(), api.clock, api.key) for _ in range(3)]
        controls = [control_code_of(one.ticket_of(who)["jti"]) for who in ("p3", "p2")]
        with ThreadPoolExecutor(3) as pool:
            scan = pool.submit(there[0].scan, token, gates[0], stop_id=KOPLI)
            alone = [pool.submit(by_hand, there[at], gates[at], controls[at - 1]) for at in (1, 2)]
            all_in = (scan.result().json or {})["reason"]
            singles = [answer.result()["reason"] for answer in alone]

        agrees(api, one)
        let_in = [who for who, reason in zip(("p3", "p2"), singles, strict=True) if reason != "already_used"]
        if all_in == "ok_attention":
            assert not let_in
            assert used(api, one) == {f"p{number}": [0] for number in range(1, 5)}
        else:
            assert all_in in {"revoked", "already_used"}
            assert used(api, one) == {who: [0] for who in sorted(let_in)}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_changes_of_several_at_one_instant_leave_one_code_for_the_others(api: Api) -> None:
    app = api.client.application
    bought = [buy(api, people(6)) for _ in range(4)]
    api.clock.advance(TO_THE_TRAM)
    gate = api.key("gate", "tlt")

    for one in bought:
        there = [Api(app.test_client(), api.clock, api.key) for _ in range(4)]
        control = control_code_of(one.ticket_of("p5")["jti"])
        with ThreadPoolExecutor(4) as pool:
            steps = [
                pool.submit(refund_one, there[0], one, "p6"),
                pool.submit(suspend_one, there[1], one, "p2"),
                pool.submit(by_hand, there[2], gate, control),
                pool.submit(refund_a_leg, there[3], one, "p4"),
            ]
            for step in steps:
                step.result()

        code = agrees(api, one)
        assert code is not None
        assert code["passengers"] == ["p1", "p3"]


@sqlite_only
@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"code": "pair"}, "code"),
        (
            {
                "phones": [
                    {"passenger": "anna", "key": phone_jwk()},
                    {"passenger": "bo", "key": phone_jwk(OTHER_PHONE)},
                ]
            },
            "phones[1].passenger",
        ),
        (
            {"names": [{"passenger": "anna", "name": "Anna A"}, {"passenger": "bo", "name": "Bo B"}]},
            "names[1].passenger",
        ),
        (
            {
                "phones": [{"passenger": "anna", "key": phone_jwk()}],
                "names": [{"passenger": "bo", "name": "Bo B"}],
            },
            "names[0].passenger",
        ),
        ({"phones": [{"passenger": "nobody", "key": phone_jwk()}]}, "phones[0].passenger"),
    ],
)
def test_what_one_code_cannot_be_is_refused_by_its_field_and_stores_nothing(
    api: Api, more: Answer, path: str
) -> None:
    quote = api.quote(passengers=PARTY)

    answer = api.post("/v1/orders", {"quote_id": quote["id"], "code": "group", **more})

    assert (answer.status_code, [one["path"] for one in answer.json["errors"]]) == (422, [path])
    assert rows(api, "SELECT count(*) FROM ticket_order") == [(0,)]


@sqlite_only
def test_a_whole_group_may_be_exchanged_for_another_with_one_code_on_the_same_phone(api: Api) -> None:
    bought = buy(api, phones=[{"passenger": "anna", "key": phone_jwk()}])
    old = code_of(api, bought)
    quote = api.quote(passengers=PARTY, depart_at="2026-10-14T06:10:00+03:00")
    body = {"quote_id": quote["id"], "passengers": [one["ref"] for one in PARTY], "code": "group"}

    placed = api.post(f"/v1/orders/{bought.order['id']}/exchanges", body, bought.token).json or {}
    key, path = placed["access_token"], f"/v1/orders/{placed['id']}"
    if placed["state"] == "awaiting_payment":
        assert api.post(f"{path}/payments", {"method": "demo_ok"}, key).status_code == 201

    code = (api.get(f"{path}/tickets", key).json or {})["group_code"]
    assert (code["count"], claims_of(code["token"])["cnf"]) == (3, {"jwk": phone_jwk()})
    assert (api.get(path, key).json or {})["code"] == "group"
    assert agrees(api, bought) is None
    api.clock.advance(TO_THE_TRAM)
    assert (api.scan(old["token"], api.key("gate", "tlt"), stop_id=KOPLI).json or {})["reason"] == "revoked"


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
def test_the_money_of_a_group_is_traced_by_its_tickets(api: Api) -> None:
    bought = buy(api)
    code = code_of(api, bought)["jti"]
    rooms = api.client.application.extensions["throughfare"]

    assert find_order_of(rooms.till, code) == bought.order["id"]
    with pytest.raises(NotFound) as told:
        trace(rooms.office, code)
    assert all(one["jti"] in told.value.detail for one in bought.tickets)


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


@sqlite_only
@pytest.mark.usefixtures("quick_hashes")
def test_an_export_tells_the_group_code_and_no_code_beside_it(api: Api) -> None:
    anna = register(api)
    quote = api.quote(passengers=PARTY)
    placed = anna.post("/v1/orders", {"quote_id": quote["id"], "code": "group"}).json
    anna.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"})

    (order,) = anna.get("/v1/me/export").json["orders"]

    (code,) = order["group_codes"]
    assert (claims_of(code["token"])["n"], len(code["tickets"])) == (3, 3)
    assert [one["token"] for one in order["tickets"]] == [None] * 3


@sqlite_only
def test_a_sale_with_one_code_asks_for_it_and_its_tickets_and_no_more(api: Api) -> None:
    tram = {"to": {"place": "Balti jaam"}, "passengers": people(3)}
    buy(api, wish=tram)
    told = watched(api)

    buy(api, wish=tram)
    alone = told["statements"]
    api.buy(**tram)

    assert alone - (told["statements"] - alone) <= 6
