"""A ride that an offline gate tells after its money has gone back: operator, figures and the refund's case know of it."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tests.api import Api, Bought
from ticketing.purchase.gateway import alerts

TRAM: dict[str, Any] = {
    "to": {"place": "Hobujaama"},
    "passengers": [{"ref": "anna", "rider_category": "adult"}, {"ref": "bert", "rider_category": "adult"}],
}
FERRY = {"passengers": TRAM["passengers"][:1], "depart_at": "2026-10-16T06:10:00+03:00"}


def told(  # noqa: PLR0917  a sentence: told by this gate of a ticket, its leg, and when
    api: Api, gate: str, jti: str, leg: int, at: Any, number: int = 1
) -> dict[str, Any]:
    """Upload that a gate has let a ticket in."""
    scan = {
        "scan_id": f"11111111-1111-4111-8111-{number:012}",
        "jti": jti,
        "leg": leg,
        "seq": number,
        "device_ts": int(at.timestamp()),
        "decision": "accept",
        "reason": "ok",
    }
    answer = api.post("/v1/validations/batch", {"scans": [scan]}, gate).json or {}
    found: dict[str, Any] = answer["outcomes"][0]
    return found


def refund(api: Api, bought: Bought, **wish: Any) -> Any:
    return api.post(
        f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"], **wish}, bought.token
    )


def figures(api: Api, operator: str = "tlt") -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/v1/operators/{operator}/gate-metrics", api.key("admin")).json or {}
    return found


def test_a_ride_before_the_refund_that_was_told_after_it_is_a_case(api: Api) -> None:
    bought = api.buy(**TRAM)
    rode = api.clock.now()
    api.clock.advance(timedelta(minutes=10))
    back = refund(api, bought)
    api.clock.advance(timedelta(minutes=70))

    jti, gate = bought.ticket_of("anna")["jti"], api.key("gate", "tlt")
    first, again = told(api, gate, jti, 0, rode), told(api, gate, jti, 0, rode)
    others = told(api, gate, bought.ticket_of("bert")["jti"], 0, rode, 2)

    waiting = alerts.list_cases(api.client.application.extensions["throughfare"].till)
    metrics = figures(api)
    assert back.status_code == 201
    assert (first["result"], first["refunded"], again["refunded"]) == ("recorded", True, True)
    assert (others["result"], others["refunded"]) == ("recorded", False)
    assert [(one.alert.kind, one.order_id, one.doings) for one in waiting] == [
        ("ride_refunded", bought.order["id"], ("put_away",))
    ]
    assert "was ridden with tlt at 2026-10-13T02:10:00" in waiting[0].alert.detail
    assert "given back at 2026-10-13T02:20:00" in waiting[0].alert.detail
    assert (metrics["rides"], metrics["refunded_rides"]) == (2, 1)
    assert metrics["newest_refunded_rides"][0]["ticket"] == jti[:6]
    assert 'gate_refunded_rides{operator="tlt"} 1.0' in api.get("/metrics", api.key("admin")).text


def test_a_ride_after_the_refund_of_a_leg_counts_for_that_leg_alone(api: Api) -> None:
    bought = api.buy(**FERRY)
    held = bought.tickets[0]
    own = [at for at, leg in enumerate(held["legs"]) if leg["operator"] == "hsl"]
    refund(api, bought, legs=own[:1])
    api.clock.set(api.clock.now().fromisoformat(held["legs"][own[0]]["departure"]))

    gate = api.key("gate", "hsl")
    gone = told(api, gate, held["jti"], own[0], api.clock.now())
    kept = told(api, gate, held["jti"], own[1], api.clock.now(), 2)

    assert (gone["result"], gone["refunded"]) == ("recorded_revoked", True)
    assert (kept["result"], kept["refunded"]) == ("recorded", False)
    assert figures(api, "hsl")["refunded_rides"] == 1


def test_a_leg_given_back_opens_no_gate_beside_another_of_its_operator(api: Api) -> None:
    bought = api.buy(**FERRY)
    own = [at for at, leg in enumerate(bought.tickets[0]["legs"]) if leg["operator"] == "hsl"]
    refund(api, bought, legs=own[:1])
    found = api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json or {}
    (new,) = found["tickets"]
    api.clock.set(api.clock.now().fromisoformat(new["legs"][own[0]]["departure"]))
    gate = api.key("gate", "hsl")

    def shown(at: int, **more: Any) -> str:
        stop = new["legs"][at]["from"]["stop_id"]
        answer: dict[str, Any] = api.scan(new["token"], gate, stop_id=stop, **more).json or {}
        return str(answer["decision"])

    assert [shown(own[0]), shown(own[0], leg=own[0]), shown(own[1]), shown(own[0])] == [
        "refuse",
        "refuse",
        "accept",
        "refuse",
    ]
    with api.client.application.extensions["throughfare"].till.database.read() as tx:
        assert tx.execute(sa.text("SELECT leg FROM ticket_use")).scalars().all() == own[1:2]
