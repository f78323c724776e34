"""A buyer reads before the purchase, and on the ticket, who answers for each connection; what was told is kept with the order."""

import io
import itertools
import json
from typing import Any

import pytest
from pypdf import PdfReader

from tests.api import Api
from ticketing.connections import VERSION, connections_of, is_separate

FINNISH = {"Accept-Language": "fi"}
SEPARATE = "Separate contracts: {first} and {then} each answer for their own ride. Nobody guarantees this connection."


def names(legs: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(leg["operator"], leg["operator_name"]) for leg in legs if leg.get("kind", "ride") == "ride"]


def placed(api: Api, language: str = "en", **more: Any) -> dict[str, Any]:
    """Order the first offer in a language."""
    body = {"quote_id": api.quote()["id"], **more}
    headers = {"Idempotency-Key": "0198c0de-0000-7000-8000-000000000001", "Accept-Language": language}
    answer = api.client.post("/v1/orders", json=body, headers=headers)
    assert answer.status_code == 201, answer.json
    return answer.json or {}


def test_search_quote_and_tickets_say_the_same_of_each_connection(api: Api) -> None:
    itinerary = api.search()["itineraries"][0]
    quote = api.post("/v1/quotes", {"offer_id": itinerary["offer_id"]}).json or {}
    bought = api.buy()
    tickets = api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json or {}

    changes = list(itertools.pairwise(names(itinerary["legs"])))
    assert [(one["contract"], one["guarantor"]) for one in itinerary["connections"]] == [
        ("through", first[0]) if first[0] == then[0] else ("separate", None) for first, then in changes
    ]
    assert [one["after_leg"] for one in itinerary["connections"]] == list(range(len(changes)))
    (_, tram), (_, ship) = changes[0]
    assert itinerary["connections"][0]["text"] == SEPARATE.format(first=tram, then=ship)
    assert quote["connections"] == tickets["connections"] == itinerary["connections"]


def test_an_order_keeps_what_its_buyer_was_told_and_whether_they_have_read_it(api: Api) -> None:
    order = placed(api, "fi", connections_acknowledged=True)
    read = api.get(f"/v1/orders/{order['id']}", order["access_token"]).json or {}

    assert read["disclosure"] == {
        "version": VERSION,
        "language": "fi",
        "acknowledged": True,
        "at": order["created_at"],
    }


def test_who_does_not_say_that_they_have_read_it_was_told_all_the_same(api: Api) -> None:
    assert placed(api)["disclosure"]["acknowledged"] is False


def test_an_order_of_one_carrier_keeps_nothing(api: Api) -> None:
    order, _ = api.order(**{"from": {"place": "Kopli"}, "to": {"place": "Hobujaama"}})

    assert order["disclosure"] is None


def test_a_word_that_is_none_is_refused_by_its_field(api: Api) -> None:
    body = {"quote_id": api.quote()["id"], "connections_acknowledged": "perhaps"}
    answer = api.post("/v1/orders", body)

    assert answer.status_code == 422
    assert "connections_acknowledged" in json.dumps(answer.json)


def test_the_paper_says_it_in_its_readers_language(api: Api) -> None:
    bought = api.buy()
    path = f"/v1/orders/{bought.order['id']}/tickets/{bought.tickets[0]['jti']}/print.pdf"
    paper = api.client.get(path, headers={"Authorization": f"Bearer {bought.token}", **FINNISH})
    text = " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.data)).pages).split())

    assert "Erilliset sopimukset" in text
    assert "Kukaan ei takaa tätä vaihtoa" in text


def test_one_carrier_answers_for_a_change_between_its_own_rides() -> None:
    rides = [("hsl", "HSL"), ("hsl", "HSL"), ("vr", "VR")]
    first, then = connections_of(rides, "sv")

    assert (first.contract, first.guarantor, first.after_leg) == ("through", "hsl", 0)
    assert (then.contract, then.guarantor, then.after_leg) == ("separate", None, 1)
    assert then.text.startswith("Skilda avtal: HSL och VR")
    assert is_separate(["hsl", "hsl"]) is False
    assert is_separate(["hsl", "hsl", "vr"]) is True


@pytest.mark.parametrize("language", ["en", "et", "fi", "sv", "de"])
def test_each_sentence_names_the_carriers_in_each_language(language: str) -> None:
    for rides in ([("a", "Aa"), ("b", "Bee")], [("a", "Aa"), ("a", "Aa")]):
        (one,) = connections_of(rides, language)
        assert all(name in one.text for _, name in rides)


def test_a_journey_of_one_ride_has_no_connection() -> None:
    assert connections_of([("a", "Aa")]) == []
    assert connections_of([]) == []
