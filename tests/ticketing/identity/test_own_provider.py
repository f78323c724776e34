"""A provider that says what it should not: another's name, another address, a weak, old or unreadable sign-in."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.ticketing.identity.own_provider import OwnProvider, asked, serving
from ticketing.app import create_app
from ticketing.clock import SystemClock
from ticketing.config import OidcSettings, Settings
from ticketing.regions import Region

BACK = "https://app.example/back"


@pytest.fixture
def provider() -> Iterator[OwnProvider]:
    with serving(OwnProvider()) as provider:
        yield provider


@pytest.fixture
def shop(
    settings: Settings, regions: dict[str, Region], ferries: dict[str, FakeOperator], provider: OwnProvider
) -> Iterator[Api]:
    """The service with this provider, which has to say how and when somebody has signed in."""
    oidc = OidcSettings(provider.issuer, "throughfare", "secret", BACK, ("high",), 3600)
    clock: Any = SystemClock()
    app = create_app(
        replace(settings, oidc=oidc), clock=clock, regions=regions, connectors={"helsinki-tallinn": ferries}
    )
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def came_back(shop: Api, provider: OwnProvider, **claims: object) -> Any:
    """Sign in, where the provider's token says so; the answer of the callback."""
    begun = shop.post("/v1/sign-in/provider", None, once=None)
    sent = asked((begun.json or {})["url"])
    now = int(time.time())
    provider.claims = {
        "iss": provider.issuer,
        "aud": "throughfare",
        "sub": "anna",
        "nonce": sent["nonce"],
        "iat": now,
        "exp": now + 300,
        "acr": "high",
        "auth_time": now - 60,
        **claims,
    }
    query = {"state": sent["state"], "code": "c"}
    return shop.get("/v1/sign-in/provider/callback", query_string=query)


def test_strength_and_recentness_are_asked_for(shop: Api, provider: OwnProvider) -> None:
    begun = shop.post("/v1/sign-in/provider", None, once=None).json or {}

    assert asked(begun["url"]).items() >= {"acr_values": "high", "max_age": "3600"}.items()
    assert came_back(shop, provider).status_code == 200


@pytest.mark.parametrize(
    ("claims", "because"),
    [
        ({"acr": "low"}, "weaker way"),
        ({"acr": None}, "weaker way"),
        ({"auth_time": 1_000_000_000}, "too long ago"),
        ({"auth_time": None}, "does not say when"),
        ({"exp": "tomorrow"}, "not valid"),
        ({"aud": "somebody else"}, "not valid"),
        ({"iss": "https://other.example"}, "not valid"),
        ({"nonce": "of another sign-in"}, "not for this sign-in"),
    ],
)
def test_a_token_that_does_not_convince_signs_nobody_in(
    shop: Api, provider: OwnProvider, claims: dict[str, object], because: str
) -> None:
    refused = came_back(shop, provider, **claims)

    assert (refused.status_code, because in refused.json["detail"]) == (401, True)


@pytest.mark.parametrize("name", ["https://accounts.other.example", "{issuer}/"])
def test_metadata_of_another_name_are_refused(shop: Api, provider: OwnProvider, name: str) -> None:
    """ASVS V10.5.3: to the letter, and a stroke at the end is a letter."""
    provider.metadata = {"issuer": name.format(issuer=provider.issuer)}

    refused = shop.post("/v1/sign-in/provider", None, once=None)

    assert refused.status_code == 401


def test_the_code_goes_to_no_address_that_the_provider_points_to(shop: Api, provider: OwnProvider) -> None:
    with serving(OwnProvider()) as elsewhere:
        provider.redirect = f"{elsewhere.issuer}/token"
        refused = came_back(shop, provider)

    assert (refused.status_code, elsewhere.seen) == (401, [])


def test_the_browsers_secret_is_in_its_cookie_alone(shop: Api) -> None:
    begun = shop.client.post("/v1/sign-in/provider")

    cookie = begun.headers["Set-Cookie"]
    name, _, value = cookie.partition(";")[0].partition("=")
    assert name.startswith("__Host-")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert value not in begun.text
