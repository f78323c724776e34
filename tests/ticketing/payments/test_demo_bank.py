"""The demo gateway's pages: what a person does there happens in the service, and only what may come next."""

import re
from dataclasses import replace
from typing import Any

from tests.api import Api
from ticketing.app import create_app
from ticketing.config import Settings


def paid(api: Api, method: str) -> tuple[dict[str, Any], str]:
    order, token = api.order()
    api.post(f"/v1/orders/{order['id']}/payments", {"method": method}, token)
    return order, token


def page_of(api: Api) -> str:
    """The address of the newest payment on the overview."""
    listed = api.get("/demo-gateway").text
    return re.findall(r'href="(/demo-gateway/[^"]+)"', listed)[0]


def buttons(api: Api, address: str) -> list[str]:
    return re.findall(r'name="(?:answer|step)" value="([a-z]+)"', api.get(address).text)


def press(api: Api, address: str, step: str) -> int:
    return api.client.post(f"{address}/dispute", data={"step": step}).status_code


def test_a_dispute_is_played_step_by_step_and_the_service_learns_of_each(api: Api) -> None:
    order, token = paid(api, "demo_dispute")
    address = page_of(api)

    offered = []
    for step in ("open", "withdrawn", "lost"):
        offered.append(buttons(api, address))
        assert press(api, address, step) == 303
    offered.append(buttons(api, address))

    assert offered == [["open"], ["withdrawn"], ["won", "lost"], []]
    assert (api.get(f"/v1/orders/{order['id']}", token).json or {})["disputed"] is True
    found = (api.get(f"/v1/orders/{order['id']}/tickets", token).json or {})["tickets"]
    assert {one["status"] for one in found} == {"revoked"}


def test_a_step_out_of_turn_or_unknown_changes_nothing(api: Api) -> None:
    order, token = paid(api, "demo_dispute")
    address = page_of(api)

    assert (
        press(api, address, "won"),
        press(api, address, "pay"),
        press(api, "/demo-gateway/none", "open"),
    ) == (
        409,
        422,
        404,
    )
    assert (api.get(f"/v1/orders/{order['id']}", token).json or {})["disputed"] is False


def test_a_payment_of_another_method_cannot_be_disputed_here(api: Api) -> None:
    paid(api, "demo_sca")
    address = page_of(api)

    assert buttons(api, address) == ["yes", "no"]
    api.client.post(address, data={"answer": "yes"})
    assert buttons(api, address) == []
    assert press(api, address, "open") == 409


def test_the_overview_says_how_to_begin_when_there_is_nothing_to_play_with(api: Api) -> None:
    assert "demo_dispute" in api.get("/demo-gateway").text


def test_a_service_with_another_gateway_has_no_such_page(settings: Settings) -> None:
    real = replace(
        settings, gateway="stripe", stripe_secret_key="sk_test_x", stripe_webhook_secrets=("whsec_x",)
    )
    app = create_app(real, regions={})

    assert [rule.rule for rule in app.url_map.iter_rules() if "demo" in rule.rule] == []
    app.extensions["throughfare"].till.database.close()
