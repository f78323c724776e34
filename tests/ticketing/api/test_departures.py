"""An operator's own people say over HTTP what becomes of a departure; holders, sales and the audit trail follow it."""

from typing import Any

import pytest

from tests.api import Api, Bought

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOTE = {"en": "Ice in the harbour.\nThe 09:00 takes you along.", "fi": "Satamassa on jäätä."}


def ferry_of(bought: Bought) -> dict[str, Any]:
    """The ferry among the legs."""
    leg: dict[str, Any] = next(one for one in bought.tickets[0]["legs"] if one["mode"] == "ferry")
    return leg


def say(api: Api, key: str, leg: dict[str, Any], word: dict[str, Any], **other: str) -> Any:
    place = {"operator": leg["operator"], "trip": leg["trip_id"], "day": leg["service_date"], **other}
    head = {"Authorization": f"Bearer {key}"}
    path = f"/v1/operators/{place['operator']}/departures/{place['trip']}/{place['day']}"
    return api.client.put(path, json=word, headers=head)


def test_an_operators_own_word_cancels_a_departure_for_its_holders_and_its_sale(api: Api) -> None:
    bought = api.buy()
    leg = ferry_of(bought)
    key = api.key("operator_staff", leg["operator"])

    said = say(api, key, leg, {"state": "cancelled", "note": NOTE})

    assert said.status_code == 200
    assert {name: said.json[name] for name in ("state", "tickets", "by_staff", "note")} == {
        "state": "cancelled",
        "tickets": len(bought.tickets),
        "by_staff": True,
        "note": NOTE,
    }
    events = api.get(f"/v1/orders/{bought.order['id']}/events", bought.token).json["events"]
    assert [one["type"] for one in events][-1] == "journey.cancelled"
    offer = api.post(f"/v1/orders/{bought.order['id']}/refund-offers", {}, bought.token)
    assert bought.order["total"]["amount"] in offer.text


@ONE
def test_the_same_word_again_tells_nobody_anything_new(api: Api) -> None:
    bought = api.buy()
    leg = ferry_of(bought)
    key = api.key("operator_admin", leg["operator"])
    word = {"state": "late", "minutes": 40, "note": NOTE}
    path = f"/v1/orders/{bought.order['id']}/events"

    first = say(api, key, leg, word)
    events = api.get(path, bought.token).json["events"]
    second = say(api, key, leg, word)

    assert first.json == second.json
    assert (first.json["state"], first.json["minutes"]) == ("late", 40)
    assert api.get(path, bought.token).json["events"] == events


@ONE
def test_a_word_is_taken_back_and_an_unsaid_one_cannot_be(api: Api) -> None:
    leg = ferry_of(api.buy())
    key = api.key("operator_staff", leg["operator"])

    unsaid = say(api, key, leg, {"state": "as_planned"})
    say(api, key, leg, {"state": "cancelled"})
    late = say(api, key, leg, {"state": "late", "minutes": 30})
    back = say(api, key, leg, {"state": "as_planned"})

    assert (unsaid.status_code, late.status_code) == (409, 409)
    assert (back.status_code, back.json["state"]) == (200, "as_planned")


@ONE
def test_the_departures_of_a_day_are_listed_with_the_last_word_on_each(api: Api) -> None:
    leg = ferry_of(api.buy())
    key = api.key("operator_staff", leg["operator"])
    say(api, key, leg, {"state": "late", "minutes": 25})

    path = f"/v1/operators/{leg['operator']}/departures?day={leg['service_date']}"
    rows = api.client.get(path, headers={"Authorization": f"Bearer {key}"}).json["departures"]

    mine = next(row for row in rows if row["trip_id"] == leg["trip_id"])
    assert (mine["state"], mine["minutes"], mine["tickets"]) == ("late", 25, 2)
    assert all(row["state"] is None for row in rows if row is not mine)
    assert [row["leaves"] for row in rows] == sorted(row["leaves"] for row in rows)


@ONE
@pytest.mark.parametrize(
    ("word", "field"),
    [
        ({"state": "gone"}, "state"),
        ({"state": "late"}, "minutes"),
        ({"state": "cancelled", "minutes": 5}, "minutes"),
        ({"state": "late", "minutes": 0}, "minutes"),
        ({"state": "cancelled", "note": {"de": "Eis"}}, "note"),
        ({"state": "cancelled", "note": {"fi": "Jäätä"}}, "note.en"),
        ({"state": "cancelled", "note": {"en": "<b>Ice</b>"}}, "note.en"),
        ({"state": "cancelled", "note": {"en": "Ice", "de": "Eis"}}, "note.de"),
        ({"state": "cancelled", "note": {"en": "x" * 600}}, "note.en"),
    ],
)
def test_a_word_that_cannot_be_is_refused_by_its_field(api: Api, word: dict[str, Any], field: str) -> None:
    leg = ferry_of(api.buy())
    key = api.key("operator_staff", leg["operator"])

    answer = say(api, key, leg, word)

    assert answer.status_code == 422
    assert any(fault["path"].startswith(field) for fault in answer.json["errors"])


@ONE
def test_staff_speak_of_their_own_operators_departures_alone(api: Api) -> None:
    leg = ferry_of(api.buy())
    other = api.key("operator_staff", "hsl")
    own = api.key("operator_staff", leg["operator"])

    assert say(api, other, leg, {"state": "cancelled"}).status_code == 403
    assert say(api, api.key("gate", leg["operator"]), leg, {"state": "cancelled"}).status_code == 403
    assert say(api, own, leg, {"state": "cancelled"}, trip="TRAM-9").status_code == 422
    assert say(api, own, leg, {"state": "cancelled"}, day="13.10.2026").status_code == 422
