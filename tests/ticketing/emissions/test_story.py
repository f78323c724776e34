"""A commuter reads the emissions of a journey before the purchase, with the ticket and on the receipt, and sorts by them."""

import io
from typing import Any

import pypdf
import pytest

from tests.api import Api

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing of it is stored
WISH = {
    "from": {"place": "Kopli"},
    "to": {"place": "Pasila"},
    "depart_at": "2026-10-13T06:10:00+03:00",
    "passengers": [{"ref": "a"}],
}


def rides(itinerary: dict[str, Any]) -> list[dict[str, Any]]:
    return [leg for leg in itinerary["legs"] if leg["kind"] == "ride"]


def place(emissions: dict[str, Any]) -> tuple[bool, float]:
    grams = emissions["grams"]
    return (emissions["at_least"] or grams is None, float("inf") if grams is None else grams)


@ON_SQLITE
def test_each_ride_has_its_grams_and_each_figure_its_source(api: Api) -> None:
    for itinerary in api.search()["itineraries"]:
        emissions = itinerary["emissions"]
        used = {one["factor"]: one for one in emissions["factors"]}

        assert len(emissions["rides"]) == len(rides(itinerary))
        for leg, ride in zip(rides(itinerary), emissions["rides"], strict=True):
            if leg["mode"] == "ferry":
                assert (ride["grams"], ride["distance_source"]) == (23_124, "crossing")
            if ride["factor"]:
                assert used[ride["factor"]]["url"].startswith("http")
            assert (ride["grams"] is None) == (leg["mode"] == "bus")
        assert emissions["at_least"] == any(leg["mode"] == "bus" for leg in rides(itinerary))
        assert emissions["car"]["at_least"]
        assert emissions["car"]["grams"] > 23_124


@ON_SQLITE
def test_a_search_is_sorted_by_emissions_with_unknown_ones_last(api: Api) -> None:
    wish = {**WISH, "sort": "emissions", "range_minutes": 360}

    ways = api.post("/v1/journeys", wish).json["itineraries"]

    places = [place(one["emissions"]) for one in ways]
    assert places == sorted(places)
    assert all(one["best_for"] for one in ways)


@ON_SQLITE
def test_another_order_is_refused_and_names_the_field(api: Api) -> None:
    answer = api.post("/v1/journeys", {**WISH, "sort": "colour"})

    assert answer.status_code == 422
    assert "sort" in str(answer.json["errors"])


def test_quote_tickets_and_receipt_tell_the_same_as_the_search(api: Api) -> None:
    bought = api.buy()
    sold = rides({"legs": bought.tickets[0]["legs"]})
    order_id = bought.order["id"]

    held = api.get(f"/v1/orders/{order_id}/tickets", bought.token).json["emissions"]
    quote = api.get(f"/v1/quotes/{bought.order['quote_id']}").json["emissions"]
    paper = api.client.get(
        f"/v1/orders/{order_id}/receipt.pdf",
        headers={"Authorization": f"Bearer {bought.token}", "Accept-Language": "fi"},
    ).data

    assert held == quote
    assert len(held["rides"]) == len(sold)
    text = " ".join(
        " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages).split()
    )
    assert "23,1 kg CO2e henkilöä kohden" in text
    assert "Lähde: VTT LIPASTO" in text


@ON_SQLITE
def test_a_reader_has_the_sentence_in_their_language(api: Api) -> None:
    said = {
        language: api.client.post("/v1/journeys", json=WISH, headers={"Accept-Language": language}).json[
            "itineraries"
        ][0]["emissions"]["text"]
        for language in ("en", "et", "fi", "sv")
    }

    assert len(set(said.values())) == 4
    assert "23.1 kg" in said["en"]
    assert "23,1 kg" in said["sv"]
