"""A link opens an order on another phone once, and contacts stay that nobody says again."""

from datetime import timedelta

import pytest

from tests.ticketing.notices.conftest import Town

ANNA = {"kind": "email", "address": "anna@example.org", "language": "et"}

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_link_opens_its_order_once_and_for_ten_minutes(town: Town) -> None:
    bought = town.api.buy()
    path = f"/v1/orders/{bought.order['id']}/links"
    first, second = (town.api.post(path, None, bought.token, once=None).json or {} for _ in range(2))

    opened = town.api.post("/v1/orders/link", {"code": first["code"]}, once=None).json or {}
    again = town.api.post("/v1/orders/link", {"code": first["code"]}, once=None)
    town.api.clock.advance(timedelta(minutes=10))
    late = town.api.post("/v1/orders/link", {"code": second["code"]}, once=None)

    assert opened["order_id"] == bought.order["id"]
    assert town.api.get(f"/v1/orders/{opened['order_id']}", opened["access_token"]).status_code == 200
    assert (again.status_code, late.status_code) == (401, 401)
    assert first["expires_at"] == "2026-10-13T02:20:00Z"
    assert town.api.post(path, None, "tf_order_wrong", once=None).status_code == 404


def test_a_contact_stays_by_its_id_and_goes_when_it_is_left_out(town: Town) -> None:
    bought = town.api.buy()
    hook = {"kind": "webhook", "url": f"{town.receiver.url}/hook"}
    mail, secret = town.notify(bought, ANNA, hook).json["contacts"]
    stays = [{"kind": one["kind"], "id": one["id"], "language": "fi"} for one in (mail, secret)]

    kept = town.notify(bought, *stays).json["contacts"]
    town.work()
    alone = town.notify(bought, stays[0]).json["contacts"]

    assert [(one["id"], one["language"], one["hint"]) for one in kept] == [
        (mail["id"], "fi", "a…@example.org"),
        (secret["id"], "fi", secret["hint"]),
    ]
    assert all("secret" not in one for one in kept)
    assert town.mailbox.recipients == ["anna@example.org"]
    assert len(town.receiver.requests) == 1
    assert [one["id"] for one in alone] == [mail["id"]]


@ONE
def test_a_contact_that_the_order_lacks_cannot_stay(town: Town) -> None:
    bought, other = town.api.buy(), town.api.buy()
    (mail,) = town.notify(other, ANNA).json["contacts"]
    for wrong in (
        {"kind": "email", "id": mail["id"]},
        {"kind": "email", "id": mail["id"], "address": "anna@example.org"},
    ):
        refused = town.notify(bought, wrong)

        assert refused.status_code == 422
        assert [one["path"] for one in refused.json["errors"]] == ["contacts[0].id"]
    (own,) = town.notify(bought, ANNA).json["contacts"]
    refused = town.notify(bought, {"kind": "webhook", "id": own["id"]})
    assert [one["path"] for one in refused.json["errors"]] == ["contacts[0].id"]
