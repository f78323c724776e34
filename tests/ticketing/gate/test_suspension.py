"""A lost phone: its ticket is blocked at once, online and with the next bundle, and let go again."""

from datetime import timedelta
from typing import Any

from tests.api import Api, Bought
from tests.ticketing.gate.processes import another_process, house_of
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.decision import Gate, Presented, Seen, decide
from throughfare_gate.tickets.jwk import load_jwks
from ticketing.gate.publish import bundle


def at_the_tram(api: Api) -> tuple[Bought, str, str]:
    bought = api.buy()
    api.clock.advance(timedelta(hours=1, minutes=10))
    found = bought.ticket_of("anna")
    return bought, found["token"], f"/v1/orders/{bought.order['id']}/tickets/{found['jti']}/suspension"


def ask(api: Api, method: str, path: str, token: str) -> Any:
    return api.client.open(path, method=method, headers={"Authorization": f"Bearer {token}"})


def offline(api: Api, house: Any, token: str) -> str:
    trust = load_jwks(api.get("/.well-known/gate-bundle-jwks.json").json or {})
    held, _ = bundles.read(bundle(house, "tlt").token, trust)
    return decide(
        Presented(token), held, Seen(), int(api.clock.now().timestamp()), Gate(operator="tlt")
    ).reason


def test_a_blocked_ticket_opens_no_gate_until_it_is_let_go(api: Api) -> None:
    bought, token, path = at_the_tram(api)
    house, gate = house_of(api), api.key("gate", "tlt")
    other = another_process(house)
    seen = [offline(api, each, token) for each in (house, other)]

    blocked = ask(api, "PUT", path, bought.token)
    again = ask(api, "PUT", path, bought.token)
    api.clock.advance(timedelta(seconds=1))
    seen += [offline(api, each, token) for each in (house, other)]
    refused = api.scan(token, gate).json or {}
    let_go = ask(api, "DELETE", path, bought.token)
    api.clock.advance(timedelta(seconds=1))
    seen += [offline(api, each, token) for each in (house, other)]

    assert blocked.json == again.json == {"jti": bought.ticket_of("anna")["jti"], "status": "suspended"}
    assert (refused["decision"], refused["reason"]) == ("refuse", "suspended")
    assert (let_go.json or {})["status"] == "valid"
    assert seen == ["ok", "ok", "suspended", "suspended", "ok", "ok"]
    assert (api.scan(token, gate).json or {})["reason"] == "ok"


def test_only_the_holder_blocks_and_lets_go(api: Api) -> None:
    other = api.buy()
    bought, _, path = at_the_tram(api)

    for method in ("PUT", "DELETE"):
        assert ask(api, method, path, other.token).status_code == 404
        assert ask(api, method, path, api.key("admin")).status_code in {401, 404}
        smuggled = path.replace(bought.order["id"], other.order["id"])
        assert ask(api, method, smuggled, other.token).status_code == 404


def test_a_refunded_ticket_is_not_woken_up(api: Api) -> None:
    bought, token, path = at_the_tram(api)
    api.clock.advance(timedelta(hours=-1, minutes=-10))
    api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)

    assert ask(api, "DELETE", path, bought.token).status_code == 409
    assert ask(api, "PUT", path, bought.token).status_code == 409
    api.clock.advance(timedelta(hours=1, minutes=10))
    assert (api.scan(token, api.key("gate", "tlt")).json or {})["reason"] == "revoked"
