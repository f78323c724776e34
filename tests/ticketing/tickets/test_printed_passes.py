"""A printed pass or carnet says what it is, by local hours, under conditions of its own."""

from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.identity.riders import Rider
from tests.ticketing.purchase.papers import text_of

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def printed(api: Api, order: str, token: str, language: str = "en") -> str:
    """The paper of the first ticket of an order."""
    jti = (api.get(f"/v1/orders/{order}/tickets", token).json or {})["tickets"][0]["jti"]
    return text_of(api, f"/v1/orders/{order}/tickets/{jti}/print.pdf", token, language)


def season(api: Api, product: str, language: str = "en", **more: Any) -> str:
    held = Rider(api).season(product, **more)
    return printed(api, held["order_id"], held["access_token"], language)


@ONE
def test_a_pass_tells_the_hours_of_its_region_with_their_distance_from_utc(city: Api) -> None:
    text = season(city, "tll-30d")

    # Sold at 02:10 UTC; the clocks of Tallinn go back before it ends.
    assert "Valid: 13.10.2026 05:10 (UTC+03:00) - 12.11.2026 " in text
    assert "(UTC+02:00)" in text


@ONE
@pytest.mark.parametrize(
    ("language", "name", "uses"),
    [
        ("en", "30 days in Tallinn", "Rides: 3"),
        ("et", "30 päeva Tallinnas", "Sõite: 3"),
        ("fi", "30 päivää Tallinnassa", "Matkoja: 3"),
        ("sv", "30 dagar i Tallinn", "Resor: 3"),
    ],
)
def test_a_carnet_is_called_by_its_name_with_its_operators_and_its_number_of_rides(
    city: Api, language: str, name: str, uses: str
) -> None:
    text = season(city, "tll-3", language)

    assert f"{name}, Tallinna ühistransport" in text
    assert uses in text


@ONE
def test_a_pass_has_no_number_of_rides(city: Api) -> None:
    text = season(city, "tll-30d")

    assert "30 days in Tallinn, Tallinna ühistransport" in text
    assert "Rides:" not in text


@ONE
@pytest.mark.parametrize(
    ("product", "own"),
    [("tll-30d", "as often as you like"), ("tll-3", "Each person takes one of its rides")],
)
def test_a_pass_and_a_carnet_have_conditions_of_their_own(city: Api, product: str, own: str) -> None:
    text = season(city, product)

    assert own in text
    assert "before its first use" in text
    for of_a_journey in ("Each ride can be taken once", "until the first departure"):
        assert of_a_journey not in text


@ONE
def test_a_ticket_of_a_journey_keeps_its_conditions_and_its_local_hours(city: Api) -> None:
    bought = city.buy()

    text = printed(city, bought.order["id"], bought.token)

    assert "Each ride can be taken once" in text
    assert "until the first departure" in text
    assert "Valid: 13.10.2026 05:" in text or "Valid: 13.10.2026 06:" in text
    assert "(UTC+03:00)" in text
