"""Line 42 of the checklist: pages of exactly the configured origins may read the API, and never with credentials."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings, from_environment
from ticketing.errors import Misconfigured
from ticketing.regions import Region

APP = "https://app.example"


@pytest.fixture
def client(settings: Settings, clock: FixedClock, regions: dict[str, Region]) -> Iterator[FlaskClient]:
    app = create_app(replace(settings, web_origins=(APP,)), clock=clock, regions=regions, connectors={})
    yield app.test_client()
    app.extensions["throughfare"].till.database.close()


def test_s42_a_page_of_a_configured_origin_may_read_answers_and_refusals(client: FlaskClient) -> None:
    for path in ("/v1/regions", "/v1/me", "/v1/nowhere"):
        answer = client.get(path, headers={"Origin": APP})

        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Origin" in answer.headers["Vary"]


def test_s42_its_preflight_is_answered(client: FlaskClient) -> None:
    asked = {
        "Origin": APP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "idempotency-key",
    }

    answer = client.options("/v1/orders", headers=asked)

    assert answer.status_code == 200
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "Idempotency-Key"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://app.example.evil",
        "https://evil-app.example",
        "https://a.app.example",
        "http://app.example",
        "https://app.example:444",
        "https://APP.example",
        "*",
        "",
    ],
)
def test_s42_no_other_origin_is_let_in(client: FlaskClient, origin: str) -> None:
    for answer in (
        client.get("/v1/regions", headers={"Origin": origin}),
        client.options("/v1/orders", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}),
    ):
        assert [name for name in answer.headers.keys() if name.startswith("Access-Control-")] == []  # noqa: SIM118  headers are no dict


@pytest.mark.parametrize("path", ["/console/sign-in", "/demo-gateway", "/healthz"])
def test_s42_pages_are_for_their_own_origin_alone(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Origin": APP})

    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("text", ["*", "null", "https://app.example/", "http://app.example", "app.example"])
def test_s42_an_origin_that_no_browser_says_stops_the_start(text: str) -> None:
    with pytest.raises(Misconfigured, match="THROUGHFARE_WEB_ORIGINS"):
        from_environment({"THROUGHFARE_WEB_ORIGINS": text})
