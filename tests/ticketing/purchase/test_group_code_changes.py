"""A group's code and its tickets agree after every change of a member: who belongs to it, what was used, what is valid."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from tests.api import Api, Bought
from tests.ticketing.identity.people_of import register
from tests.ticketing.purchase.group_buyers import (
    KOPLI,
    PARTY,
    TO_THE_TRAM,
    Answer,
    agrees,
    buy,
    by_hand,
    claims_of,
    code_of,
    offline,
    people,
    refund,
    refund_a_leg,
    refund_one,
    rows,
    shown,
    sqlite_only,
    suspend_one,
    used,
)
from tests.ticketing.purchase.watching import watched
from tests.ticketing.tickets.mint import OTHER_PHONE, phone_jwk
from ticketing.config import Settings
from ticketing.db.ticket.tickets import control_code_of
from ticketing.errors import NotFound
from ticketing.gate.reissue import reissue
from ticketing.purchase.service import find_order_of
from ticketing.settlement.claims.trace import trace


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
    assert "2 × adult, 1 × child" in text
    assert f"{code['control_code'][:5]} {code['control_code'][5:]}" in text
    refund_one(api, bought, "bo")
    assert api.get(f"{base}/{code['jti']}/qr.png", bought.token).status_code == 409
    secrets = [token for (token,) in rows(api, "SELECT token FROM ticket WHERE status = 'valid'")]
    told = json.dumps(shown(api, bought))
    assert not [token for token in secrets if token in told]


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
