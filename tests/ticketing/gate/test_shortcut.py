"""The short way of a gate's request answers exactly as Flask does, and leaves to Flask whatever it cannot answer."""

import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api import Api
from throughfare_gate.gate.sentences import LANGUAGES
from ticketing.db import Database
from ticketing.gate import service

_JSON, _BY_FLASK = "application/json", "application/json; charset=utf-8"


def at_the_tram(api: Api) -> tuple[str, str]:
    """A ticket and a gate of Tallinn whose key the service has seen once."""
    bought = api.buy()
    api.clock.advance(timedelta(hours=1, minutes=10))
    gate = api.key("gate", "tlt")
    api.scan("no ticket", gate)
    return bought.ticket_of("anna")["token"], gate


def show(api: Api, gate: str, scan: Mapping[str, Any], kind: str, **headers: str) -> TestResponse:
    """Present a scan; the form of its type decides which way it takes."""
    named = {"Authorization": f"Bearer {gate}", "X-Request-Id": "one-request", **headers}
    return api.client.post("/v1/validations", data=json.dumps(scan), content_type=kind, headers=named)


def scan_of(api: Api, token: str, **more: Any) -> dict[str, Any]:
    return {"scan_id": str(uuid.uuid4()), "token": token, "device_ts": api.clock.now().isoformat(), **more}


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ways that were taken, in order: each answer of the short way notes itself."""
    ways: list[str] = []
    validate = service.validate

    def noted(*given: Any) -> dict[str, Any]:
        answer = validate(*given)
        ways.append("short")
        return answer

    monkeypatch.setattr(service, "validate", noted)
    return ways


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["a ticket", "no ticket"])
def test_both_ways_give_the_same_answer_to_the_byte(api: Api, language: str, text: str) -> None:
    token, gate = at_the_tram(api)
    scan = scan_of(api, token if text == "a ticket" else text)

    short = show(api, gate, scan, _JSON, **{"Accept-Language": language})
    flask = show(api, gate, scan, _BY_FLASK, **{"Accept-Language": language})

    assert short.status_code == flask.status_code == 200
    assert short.data == flask.data
    assert sorted(short.headers) == sorted(flask.headers)


@pytest.mark.parametrize(
    "fault",
    [
        {"leg": 99},
        {"scan_id": "no id"},
        {"device_ts": "2026-10-13T06:10:00"},
        {"unknown": 1},
        {"token": "a\x00b"},
        {"token": ""},
    ],
)
def test_both_ways_refuse_a_faulty_scan_in_the_same_words(api: Api, fault: dict[str, Any]) -> None:
    token, gate = at_the_tram(api)
    scan = {**scan_of(api, token), **fault}

    short, flask = show(api, gate, scan, _JSON), show(api, gate, scan, _BY_FLASK)

    assert short.status_code == flask.status_code >= 400
    assert short.data == flask.data


def test_a_plain_request_of_a_known_gate_is_decided_once_and_flask_never_sees_it(
    api: Api, taken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token, gate = at_the_tram(api)
    taken.clear()
    monkeypatch.setattr(
        api.client.application, "full_dispatch_request", lambda: pytest.fail("Flask was asked")
    )

    answer = show(api, gate, scan_of(api, token), _JSON)

    assert (answer.json or {})["reason"] == "ok"
    assert taken == ["short"]


def test_an_id_that_comes_back_with_another_ticket_is_refused_as_ever(api: Api) -> None:
    token, gate = at_the_tram(api)
    scan = scan_of(api, token)
    show(api, gate, scan, _JSON)

    short = show(api, gate, {**scan, "leg": 1}, _JSON)
    flask = show(api, gate, {**scan, "leg": 1}, _BY_FLASK)

    assert short.status_code == flask.status_code == 409
    assert short.data == flask.data


def test_a_fault_of_the_service_is_met_once_and_said_by_flask(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, gate = at_the_tram(api)
    tried: list[str] = []

    def broken(*_: object, **__: object) -> object:
        tried.append("tried")
        raise ValueError("a fault")

    monkeypatch.setattr(Database, "write", broken)
    api.client.application.config["PROPAGATE_EXCEPTIONS"] = False

    answer = show(api, gate, scan_of(api, token), _JSON)

    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert tried == ["tried"]


def test_a_page_of_another_origin_is_answered_by_flask(api: Api, taken: list[str]) -> None:
    token, gate = at_the_tram(api)
    taken.clear()

    answer = show(api, gate, scan_of(api, token), _JSON, Origin="https://elsewhere.example")

    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
