"""Several act on one group at one instant."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api import Api, Bought
from tests.ticketing.purchase.group_buyers import (
    KOPLI,
    TO_THE_TRAM,
    agrees,
    buy,
    by_hand,
    code_of,
    people,
    refund,
    refund_a_leg,
    refund_one,
    suspend_one,
    used,
)
from ticketing.db.ticket.tickets import control_code_of


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
