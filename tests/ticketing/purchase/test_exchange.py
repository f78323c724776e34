"""Exchange: the old tickets pay for the new ones, and die at the moment the new ones exist."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from operators.fake import FakeOperator
from tests.api import Api, Bought
from ticketing.cli.worker import run_round
from ticketing.db.books import month_books
from ticketing.errors import Conflict
from ticketing.purchase.gateway import alerts
from ticketing.purchase.gateway.reconcile import reconcile

pytestmark = pytest.mark.usefixtures("frozen_rows")

TOMORROW = {"depart_at": "2026-10-16T06:10:00+03:00"}
ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}


def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


def exchange(api: Api, old: Bought, **wish: Any) -> Any:
    """Exchange an order for the first offer of another search."""
    quote = api.quote(**{**ONE, **wish})
    return api.post(f"/v1/orders/{old.order['id']}/exchanges", {"quote_id": quote["id"]}, old.token)


def statuses(api: Api, order_id: str, token: str) -> list[str]:
    return [one["status"] for one in (api.get(f"/v1/orders/{order_id}/tickets", token).json or {})["tickets"]]


def sums(api: Api) -> dict[str, int]:
    """The balance of each kind of account, in minor units."""
    query = sa.text(
        "SELECT account.purpose, sum(posting.amount_minor) FROM posting JOIN account ON account.id = posting.account_id "
        "GROUP BY account.purpose"
    )
    with rooms(api).till.database.read() as tx:
        assert month_books.unbalanced_entries(tx, "helsinki-tallinn", "2026-10") == []
        return {purpose: int(amount) for purpose, amount in tx.execute(query)}


def test_a_dearer_journey_costs_the_difference_and_the_old_tickets_live_until_it_is_paid(api: Api) -> None:
    old = api.buy(**ONE, **TOMORROW)
    new = exchange(
        api,
        old,
        passengers=[{"ref": "anna", "rider_category": "adult"}, {"ref": "mari", "rider_category": "child"}],
        depart_at="2026-10-17T06:10:00+03:00",
    ).json
    before = statuses(api, old.order["id"], old.token)

    paid = api.post(f"/v1/orders/{new['id']}/payments", {"method": "demo_ok"}, new["access_token"]).json or {}

    due = int(new["total"]["amount"].replace(".", "")) - int(old.order["total"]["amount"].replace(".", ""))
    assert (
        int(new["due"]["amount"].replace(".", ""))
        == due
        == int(paid["payments"][0]["amount"]["amount"].replace(".", ""))
    )
    assert (before, statuses(api, old.order["id"], old.token)) == (["valid"], ["revoked"])
    assert statuses(api, new["id"], new["access_token"]) == ["valid", "valid"]
    assert (api.get(f"/v1/orders/{old.order['id']}", old.token).json or {})["state"] == "exchanged"
    assert sums(api).get("unearned", 0) == 0


def test_a_cheaper_journey_is_issued_at_once_and_the_difference_comes_back(api: Api) -> None:
    old = api.buy(**ONE, **TOMORROW)
    new = exchange(api, old, to={"place": "Hobujaama"}, **TOMORROW).json
    run_round(rooms(api).till)

    found = api.get(f"/v1/orders/{old.order['id']}", old.token).json or {}

    assert new["state"] == "ticketed"
    assert statuses(api, old.order["id"], old.token) == ["revoked"]
    assert found["refunds"][0]["exchanged_for"] == new["id"]
    assert found["refunds"][0]["state"] == "confirmed"
    back = int(old.order["total"]["amount"].replace(".", "")) - int(new["total"]["amount"].replace(".", ""))
    assert int(found["refunds"][0]["amount"]["amount"].replace(".", "")) == back
    assert {name: amount for name, amount in sums(api).items() if name in {"unearned", "refund_payable"}} in (
        {"unearned": 0, "refund_payable": 0},
        {},
    )


def test_what_an_exchange_has_cost_is_given_back_over_both_payments(api: Api) -> None:
    old = api.buy(**ONE, **TOMORROW)
    new = exchange(
        api,
        old,
        passengers=[{"ref": "anna", "rider_category": "adult"}, {"ref": "mari", "rider_category": "child"}],
        depart_at="2026-10-17T06:10:00+03:00",
    ).json
    api.post(f"/v1/orders/{new['id']}/payments", {"method": "demo_ok"}, new["access_token"])

    back = api.post(f"/v1/orders/{new['id']}/refunds", {"passengers": ["anna", "mari"]}, new["access_token"])
    run_round(rooms(api).till)

    with rooms(api).till.database.read() as tx:
        charges = tx.execute(sa.text("SELECT captured_minor, refunded_minor FROM demo_charge")).all()
    assert (back.status_code, back.json["amount"]) == (201, new["total"])
    assert all(captured == refunded for captured, refunded in charges)
    assert sums(api).get("refund_payable", 0) == 0


def test_an_exchange_that_is_not_paid_leaves_the_old_tickets_as_they_were(api: Api) -> None:
    old = api.buy(**ONE, **TOMORROW)
    exchange(
        api,
        old,
        passengers=[{"ref": "anna", "rider_category": "adult"}, {"ref": "mari", "rider_category": "child"}],
        depart_at="2026-10-17T06:10:00+03:00",
    )
    refused = exchange(api, old, **TOMORROW)
    api.clock.advance(timedelta(minutes=16))
    run_round(rooms(api).till)

    again = exchange(api, old, **TOMORROW)

    assert refused.status_code == 409
    assert (statuses(api, old.order["id"], old.token), again.status_code) == (["revoked"], 201)


def test_a_ticket_that_was_used_meanwhile_stops_the_exchange_before_money_is_taken(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    old = api.buy(**ONE)
    dearer = [{"ref": "anna", "rider_category": "adult"}, {"ref": "mari", "rider_category": "child"}]
    new = exchange(api, old, passengers=dearer, **TOMORROW).json
    assert (
        api.scan(old.tickets[0]["token"], api.key("gate", "tlt"), stop_id="09005-1").json["decision"]
        == "accept"
    )

    paid = api.post(f"/v1/orders/{new['id']}/payments", {"method": "demo_ok"}, new["access_token"])

    with rooms(api).till.database.read() as tx:
        taken = tx.execute(sa.text("SELECT sum(captured_minor) FROM demo_charge")).scalar_one()
    assert paid.status_code == 409
    assert taken == int(old.order["total"]["amount"].replace(".", ""))
    assert (api.get(f"/v1/orders/{new['id']}", new["access_token"]).json or {})["state"] == "cancelled"
    assert len(ferries["tallink"].standing("confirmed")) == 1


def test_a_used_ticket_is_not_exchanged(api: Api) -> None:
    old = api.buy(**ONE, to={"place": "Hobujaama"})
    api.scan(old.tickets[0]["token"], api.key("gate", "tlt"), stop_id="09005-1")

    assert exchange(api, old, **TOMORROW).status_code == 409


@pytest.mark.parametrize("token", ["", "another"])
def test_nobody_exchanges_anothers_tickets(api: Api, token: str) -> None:
    old = api.buy(**ONE)
    quote = api.quote(**ONE)

    refused = api.post(f"/v1/orders/{old.order['id']}/exchanges", {"quote_id": quote["id"]}, token or None)

    assert refused.status_code in {401, 404}


def charges(api: Api) -> list[tuple[int, int]]:
    """List the payment and the refund of each charge of the demo gateway, in minor units, oldest first."""
    query = sa.text("SELECT captured_minor, refunded_minor FROM demo_charge ORDER BY id")
    with rooms(api).till.database.read() as tx:
        return [(int(taken), int(back)) for taken, back in tx.execute(query)]


def exchanged(
    api: Api, order: dict[str, Any], token: str, named: tuple[str, ...] = (), **wish: Any
) -> dict[str, Any]:
    """Exchange an order for the first offer of a search, and pay what is due."""
    quote = api.quote(**{**ONE, **wish})
    body = {"quote_id": quote["id"], "passengers": named}
    made = api.post(f"/v1/orders/{order['id']}/exchanges", body, token).json or {}
    if made["state"] != "ticketed":
        paid = api.post(f"/v1/orders/{made['id']}/payments", {"method": "demo_ok"}, made["access_token"])
        assert paid.status_code == 201, paid.json
    return made


def test_a_chain_up_and_down_and_down_again_pays_back_over_all_its_payments(api: Api) -> None:
    two = [{"ref": "anna", "rider_category": "adult"}, {"ref": "mari", "rider_category": "child"}]
    first = api.buy(**ONE, **TOMORROW)
    dearer = exchanged(api, first.order, first.token, passengers=two, **TOMORROW)
    down = exchanged(api, dearer, dearer["access_token"], ("anna",), **TOMORROW)
    api.post(f"/v1/orders/{dearer['id']}/refunds", {"passengers": ["mari"]}, dearer["access_token"])
    last = exchanged(api, down, down["access_token"], to={"place": "Hobujaama"}, **TOMORROW)
    run_round(rooms(api).till)

    taken, back = (sum(column) for column in zip(*charges(api), strict=True))
    cost = int(last["total"]["amount"].replace(".", ""))
    found = api.get(f"/v1/orders/{down['id']}", down["access_token"]).json or {}
    till, now = rooms(api).till, api.clock.now()
    assert taken - back == cost, charges(api)
    assert all(gone <= took for took, gone in charges(api))
    assert [one["state"] for one in found["refunds"]] == ["confirmed"]
    assert reconcile(till, now - timedelta(days=1), now + timedelta(days=1)) == []
    assert alerts.list_waiting(till) == []
    assert {name: amount for name, amount in sums(api).items() if amount and name == "refund_payable"} == {}


def test_a_refund_that_the_gateway_refuses_is_told_to_a_person_until_it_is_paid(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought = api.buy(**ONE, **TOMORROW)
    till = rooms(api).till

    def no(*_: Any) -> Any:
        raise Conflict("this charge cannot be refunded")

    with monkeypatch.context() as patched:
        patched.setattr(till.gateway, "refund", no)
        refused = api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)
        run_round(till)
        waiting = [(one.kind, one.detail) for one in alerts.list_waiting(till)]
    run_round(till)

    assert (refused.status_code, refused.json["state"]) == (201, "decided")
    assert [kind for kind, _ in waiting] == ["refund_refused"]
    assert "this charge cannot be refunded" in waiting[0][1]
    assert alerts.list_waiting(till) == []
    assert charges(api)[0][1] > 0


def test_a_dispute_stops_the_tickets_that_its_money_has_paid_for_by_exchange(api: Api) -> None:
    placed, token = api.order(**ONE, **TOMORROW)
    paid = api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_dispute"}, token).json or {}
    new = exchanged(api, paid, token, depart_at="2026-10-16T06:10:00+03:00")
    path = f"/v1/orders/{new['id']}"
    with rooms(api).till.database.read() as tx:
        charge = tx.execute(sa.text("SELECT id FROM demo_charge ORDER BY id LIMIT 1")).scalar_one()

    api.client.post(f"/demo-gateway/{charge}/dispute", data={"step": "open"})
    found = api.get(path, new["access_token"]).json or {}
    refused = api.post(f"{path}/refunds", {"passengers": ["anna"]}, new["access_token"])
    open_states = statuses(api, new["id"], new["access_token"])
    for step in ("withdrawn", "lost"):
        api.client.post(f"/demo-gateway/{charge}/dispute", data={"step": step})

    assert (found["disputed"], refused.status_code, open_states) == (True, 409, ["suspended"])
    assert statuses(api, new["id"], new["access_token"]) == ["revoked"]
    assert charges(api)[0][1] == 0


def test_a_refund_of_which_a_part_fails_is_not_called_confirmed(api: Api) -> None:
    two = [{"ref": "anna", "rider_category": "adult"}, {"ref": "mari", "rider_category": "child"}]
    placed, token = api.order(**ONE, **TOMORROW)
    paid = api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_refund_fails"}, token).json or {}
    new = exchanged(api, paid, token, passengers=two, **TOMORROW)

    wanted = {"passengers": ["anna", "mari"]}
    made = api.post(f"/v1/orders/{new['id']}/refunds", wanted, new["access_token"]).json or {}
    shown = (api.get(f"/v1/orders/{new['id']}", new["access_token"]).json or {})["refunds"]

    assert (made["state"], [one["state"] for one in shown]) == ("failed", ["failed"])
