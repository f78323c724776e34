"""A party that buys one code for all of it."""

import base64
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from tests.api import Api, Bought
from ticketing.cli.gate import command

Answer = dict[str, Any]
PARTY = [
    {"ref": "anna", "rider_category": "adult"},
    {"ref": "bo", "rider_category": "adult"},
    {"ref": "mari", "rider_category": "child"},
]
TO_THE_TRAM = timedelta(hours=1, minutes=10)


def buy(
    api: Api,
    passengers: list[Answer] = PARTY,
    *,
    method: str = "demo_ok",
    wish: Answer | None = None,
    **more: Any,
) -> Bought:
    """Search, order with one code for the group, pay."""
    itinerary = api.search(**{"passengers": passengers, **(wish or {})})["itineraries"][0]
    quote = api.post("/v1/quotes", {"offer_id": itinerary["offer_id"]}).json or {}
    placed = api.post("/v1/orders", {"quote_id": quote["id"], "code": "group", **more})
    assert placed.status_code == 201, placed.json
    order = placed.json or {}
    token = order["access_token"]
    paid = api.post(f"/v1/orders/{order['id']}/payments", {"method": method}, token)
    assert paid.status_code == 201, paid.json
    tickets = (api.get(f"/v1/orders/{order['id']}/tickets", token).json or {})["tickets"]
    return Bought(paid.json or {}, token, tickets, itinerary)


def shown(api: Api, bought: Bought) -> Answer:
    """The tickets of an order with its group code."""
    return api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json or {}


def code_of(api: Api, bought: Bought) -> Answer:
    """The group code of an order."""
    code: Answer = shown(api, bought)["group_code"]
    return code


def refund(api: Api, bought: Bought, *who: str) -> Any:
    return api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": list(who)}, bought.token)


def offline(api: Api, token: str, operator: str, stop_id: str) -> Answer:
    """Decide as a gate without a network does, by the bundle of this moment."""
    gate = api.key("gate", operator)
    bundle = api.get(f"/v1/operators/{operator}/gate-bundle?format=2", gate)
    trust = api.get("/.well-known/gate-bundle-jwks.json").json
    asked = {
        "bundle": bundle.text,
        "trust": trust,
        "token": token,
        "proof": None,
        "seen": [],
        "gate": {"operator": operator, "stop_id": stop_id},
        "at": api.clock.now().isoformat(),
    }
    result = CliRunner().invoke(command, ["decide", "-"], input=json.dumps(asked))
    answer: Answer = json.loads(result.stdout)
    return answer


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
