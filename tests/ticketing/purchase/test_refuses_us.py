"""An operator that does not let us in is our own fault: to a buyer it does not answer, to staff it is a case by its cause."""

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from ticketing.purchase.gateway import alerts
from ticketing.purchase.service import Till, advance


@pytest.mark.parametrize("call", ["hold", "confirm"])
def test_a_wrong_secret_is_silence_to_a_buyer_and_a_case_to_staff(
    api: Api, ferries: dict[str, FakeOperator], call: str
) -> None:
    ferries["tallink"].fail(call, "unauthorised")  # type: ignore[arg-type]  # the two calls of the port
    till: Till = api.client.application.extensions["throughfare"].till

    quote = api.post("/v1/quotes", {"offer_id": api.search()["itineraries"][0]["offer_id"]}).json
    answer = api.post("/v1/orders", {"quote_id": quote["id"]})
    order = answer.json
    if call == "confirm":
        answer = api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, order["access_token"])

    assert (answer.status_code, answer.json["detail"]) == (503, "tallink does not answer")
    assert [(one.kind, one.subject) for one in alerts.list_waiting(till)] == [
        ("operator_refuses_us", "helsinki-tallinn/tallink")
    ]
    assert "is the secret right?" in alerts.list_waiting(till)[0].detail
    if call == "confirm":  # the secret is mended, and the worker carries the order on
        assert advance(till, order["id"]).order.state == "ticketed"
