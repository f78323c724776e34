"""A passenger gives back one leg and travels the rest: money, places, gates and books agree, whatever comes after."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from operators.fake import FakeOperator
from tests.api import Api
from tests.ticketing.purchase.refunding import faults, ferry_leg, minor, offer, refund, rooms, ticket
from ticketing.cli.worker import run_round
from ticketing.tickets.own import of_own

pytestmark = pytest.mark.usefixtures("frozen_rows")

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}], "depart_at": "2026-10-16T06:10:00+03:00"}
TWO = {**ONE, "passengers": [*ONE["passengers"], {"ref": "mari", "rider_category": "child"}]}  # type: ignore[misc]


def shares(api: Api) -> dict[str, int]:
    """Sum each operator's shares of everything sold, in minor units."""
    query = sa.text("SELECT operator, sum(gross_minor) FROM alloc_share GROUP BY operator")
    with rooms(api).till.database.read() as tx:
        return {name: int(amount) for name, amount in tx.execute(query)}


def places_of(ferries: dict[str, FakeOperator], state: str) -> int:
    return sum(len(operator.standing(state)) for operator in ferries.values())  # type: ignore[arg-type]


def test_the_ferry_is_given_back_and_the_trams_are_travelled(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    bought = api.buy(**TWO)
    crossing, line_name = ferry_leg(bought, ferries)
    old = bought.ticket_of("anna")
    before = shares(api)
    offered = offer(api, bought, passengers=["anna"], legs=[crossing])

    made = refund(api, bought, legs=[crossing], expected=offered["amount"])
    run_round(rooms(api).till)

    (line,) = offered["lines"]
    back = minor(offered["amount"])
    after = shares(api)
    new = ticket(api, bought)
    assert (made.status_code, line["legs"], minor(made.json["amount"])) == (201, [crossing], back)
    assert 0 < back < minor(old["price"])
    moved = {name: before[name] - after[name] for name in before if before[name] != after[name]}
    assert sum(moved.values()) == back
    assert moved[line_name] >= back
    assert all(name == line_name or part < 0 for name, part in moved.items())
    assert (new["jti"], new["status"], new["token"] != old["token"]) == (old["jti"], "valid", True)
    assert [leg.operator for leg in of_own(new["token"]).legs][crossing] == "-"
    assert "given_back_at" in new["legs"][crossing]
    assert (places_of(ferries, "confirmed"), ticket(api, bought, "mari")["token"]) == (
        1,
        bought.ticket_of("mari")["token"],
    )
    assert (api.get(f"/v1/orders/{bought.order['id']}", bought.token).json or {})["state"] == "part_refunded"
    assert faults(api) == []


def test_gates_take_the_rest_and_refuse_the_old_code_and_the_leg_that_went(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    bought = api.buy(**ONE)
    crossing, line_name = ferry_leg(bought, ferries)
    old = bought.ticket_of("anna")
    legs = old["legs"]
    refund(api, bought, legs=[crossing])
    new = ticket(api, bought)
    api.clock.set(api.clock.now().fromisoformat(legs[0]["departure"]))

    def shown(token: str, leg: int) -> tuple[str, str]:
        gate = api.key("gate", legs[leg]["operator"])
        answer = api.scan(token, gate, stop_id=legs[leg]["from"]["stop_id"]).json or {}
        return answer["decision"], answer["reason"]

    assert shown(old["token"], 0)[0] == "refuse"
    assert shown(new["token"], 0) == ("accept", "ok")
    assert shown(new["token"], crossing)[0] == "refuse"
    last = len(legs) - 1
    assert shown(new["token"], last) == ("accept", "ok")
    assert legs[crossing]["operator"] == line_name


def test_a_gate_without_network_that_let_the_leg_pass_is_found_out(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    bought = api.buy(**ONE)
    crossing, line_name = ferry_leg(bought, ferries)
    old = bought.ticket_of("anna")
    refund(api, bought, legs=[crossing])
    api.clock.advance(timedelta(minutes=10))
    scan = {
        "scan_id": "11111111-1111-4111-8111-111111111111",
        "jti": old["jti"],
        "leg": crossing,
        "seq": 1,
        "device_ts": int(api.clock.now().timestamp()),
        "decision": "accept",
        "reason": "ok",
    }

    told = api.post("/v1/validations/batch", {"scans": [scan]}, api.key("gate", line_name))

    assert (told.status_code, [one["result"] for one in (told.json or {})["outcomes"]]) == (
        200,
        ["recorded_revoked"],
    )
    assert refund(api, bought).status_code == 201


def test_legs_go_one_after_another_until_nothing_is_left(api: Api, ferries: dict[str, FakeOperator]) -> None:
    bought = api.buy(**ONE)
    crossing, _ = ferry_leg(bought, ferries)
    trams = [at for at in range(len(bought.tickets[0]["legs"])) if at != crossing]

    first = refund(api, bought, legs=[crossing])
    again = refund(api, bought, legs=[crossing])
    rest = refund(api, bought, legs=trams)
    run_round(rooms(api).till)

    assert (first.status_code, again.status_code, rest.status_code) == (201, 409, 201)
    assert "given back before" in again.json["detail"]
    assert ticket(api, bought)["status"] == "revoked"
    assert (api.get(f"/v1/orders/{bought.order['id']}", bought.token).json or {})["state"] == "refunded"
    kept = minor(bought.order["total"]) - minor(first.json["amount"]) - minor(rest.json["amount"])
    assert sum(shares(api).values()) == kept
    assert faults(api) == []


def test_what_is_left_of_a_ticket_pays_for_another_journey(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    bought = api.buy(**ONE)
    crossing, _ = ferry_leg(bought, ferries)
    refund(api, bought, legs=[crossing])
    left = offer(api, bought)["amount"]

    quote = api.quote(**{**ONE, "depart_at": "2026-10-17T06:10:00+03:00"})
    new = (
        api.post(f"/v1/orders/{bought.order['id']}/exchanges", {"quote_id": quote["id"]}, bought.token).json
        or {}
    )
    paid = api.post(f"/v1/orders/{new['id']}/payments", {"method": "demo_ok"}, new["access_token"])

    assert (new["credit"], paid.status_code) == (left, 201)
    assert ticket(api, bought)["status"] == "revoked"
    assert faults(api) == []


def test_an_operators_fee_stays_with_the_operator(api: Api) -> None:
    itinerary = next(
        one
        for hour in range(6, 18)
        for one in api.search(**{**ONE, "depart_at": f"2026-10-16T{hour:02}:10:00+03:00"})["itineraries"]
        if any(leg.get("operator") == "eckero" for leg in one["legs"])
    )
    quote = api.post("/v1/quotes", {"offer_id": itinerary["offer_id"]}).json or {}
    placed = api.post("/v1/orders", {"quote_id": quote["id"]}).json or {}
    token = placed["access_token"]
    api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, token)

    made = api.post(f"/v1/orders/{placed['id']}/refunds", {"passengers": ["anna"]}, token).json or {}
    run_round(rooms(api).till)

    (line,) = made["lines"]
    assert line["fees"] == [{"operator": "eckero", "amount": {"amount": "2.00", "currency": "EUR"}}]
    assert minor(made["amount"]) == minor(placed["total"]) - 200
    assert {name: amount for name, amount in shares(api).items() if amount} == {"eckero": 200}
    assert faults(api) == []


def test_a_leg_that_the_journey_does_not_have_is_named(api: Api) -> None:
    bought = api.buy(**ONE)

    unknown = refund(api, bought, legs=[7])

    assert unknown.status_code == 422
    assert [fault["path"] for fault in unknown.json["errors"]] == ["legs[0]"]
