"""Sign in at an identity provider: against a provider that runs as a process of its own on loopback."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from ticketing.app import create_app
from ticketing.clock import FixedClock, SystemClock
from ticketing.config import OidcSettings, Settings, from_environment
from ticketing.errors import Misconfigured
from ticketing.regions import Region

BACK = "http://app.example/back"


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """The address of an OpenID Connect provider."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{address}/.well-known/openid-configuration").is_success:
                    break
            time.sleep(0.05)
        else:
            pytest.fail("the identity provider did not start")
        yield address
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def shop(
    settings: Settings, regions: dict[str, Region], ferries: dict[str, FakeOperator], provider: str
) -> Iterator[Api]:
    """The service with the provider configured; the provider's clock is the machine's, so is ours."""
    with_provider = replace(settings, oidc=OidcSettings(provider, "throughfare", "secret", BACK))
    clock: Any = SystemClock()
    app = create_app(with_provider, clock=clock, regions=regions, connectors={"helsinki-tallinn": ferries})
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def begin(shop: Api) -> str:
    return str((shop.post("/v1/sign-in/provider", {}, once=None).json or {})["url"])


def at_the_provider(url: str, subject: str, *, answer: str = "approve") -> dict[str, str]:
    """Act as somebody in the browser; answers the query that comes back."""
    page = httpx.post(
        url, data={"sub": subject} if answer == "approve" else {"action": "deny"}, follow_redirects=False
    )
    back = urlsplit(page.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def finish(shop: Api, query: dict[str, str]) -> Any:
    return shop.get("/v1/sign-in/provider/callback", query_string=query)


def test_the_same_person_comes_back_to_the_same_account(shop: Api) -> None:
    first = finish(shop, at_the_provider(begin(shop), "anna"))
    again = finish(shop, at_the_provider(begin(shop), "anna"))
    other = finish(shop, at_the_provider(begin(shop), "mari"))

    assert [one.status_code for one in (first, again, other)] == [200, 200, 200]
    assert first.json["account_id"] == again.json["account_id"] != other.json["account_id"]
    me = shop.get("/v1/me", first.json["access_token"]).json or {}
    assert (me["id"], me["email"]) == (first.json["account_id"], None)


def test_a_state_is_good_once_and_only_where_it_was_begun(shop: Api) -> None:
    query = at_the_provider(begin(shop), "anna")

    assert finish(shop, {**query, "state": "made-up"}).status_code == 422
    assert finish(shop, query).status_code == 200
    assert finish(shop, query).status_code == 422


def test_a_code_of_another_sign_in_does_not_sign_in(shop: Api) -> None:
    mine, hers = at_the_provider(begin(shop), "anna"), at_the_provider(begin(shop), "mari")

    mixed = finish(shop, {**mine, "code": hers["code"]})

    assert mixed.status_code == 401


def test_a_provider_that_is_away_signs_nobody_in(settings: Settings, clock: FixedClock) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{probe.getsockname()[1]}"
    away = replace(settings, oidc=OidcSettings(nowhere, "throughfare", "secret", BACK))
    app = create_app(away, clock=clock, regions={})

    answer = app.test_client().post("/v1/sign-in/provider", json={})

    assert answer.status_code == 503
    app.extensions["throughfare"].till.database.close()


def test_without_a_provider_there_is_no_such_way(api: Api) -> None:
    assert api.post("/v1/sign-in/provider", {}, once=None).status_code == 404


def test_half_a_configuration_stops_the_start() -> None:
    with pytest.raises(Misconfigured, match="THROUGHFARE_OIDC_CLIENT_ID"):
        from_environment({"THROUGHFARE_OIDC_ISSUER": "https://id.example"})
    with pytest.raises(Misconfigured, match="THROUGHFARE_OIDC_ISSUER"):
        from_environment({"THROUGHFARE_OIDC_MAX_AGE": "3600"})


def test_a_sign_in_that_another_browser_began_signs_nobody_in_here(shop: Api) -> None:
    """Otherwise an attacker could send the address that leads back, and sign a victim in to the attacker's account."""
    url = begin(shop)
    query = at_the_provider(url, "mallory")
    other = shop.client.application.test_client()

    refused = other.get("/v1/sign-in/provider/callback", query_string=query)

    assert (refused.status_code, refused.json["code"]) == (422, "invalid_request")


def test_an_app_without_cookies_brings_the_secret_in_a_header(shop: Api) -> None:
    begun = shop.post("/v1/sign-in/provider", None).json or {}
    query = at_the_provider(begun["url"], "anna")
    app = shop.client.application.test_client()

    answer = app.get(
        "/v1/sign-in/provider/callback", query_string=query, headers={"Sign-In-Binding": begun["binding"]}
    )

    assert answer.status_code == 200
