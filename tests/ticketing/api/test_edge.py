"""The edge: every error is a problem document that names the place, and nothing bad is stored."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.api import KOPLI_TO_PASILA, Api


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    document: dict[str, Any] = response.json
    assert set(document) == {"type", "code", "title", "status", "detail", "instance", "errors"}
    assert document["status"] == status
    return document


def paths(document: dict[str, Any]) -> list[str]:
    return [fault["path"] for fault in document["errors"]]


@pytest.mark.parametrize("path", ["/nowhere", "/v1/orders", "/v1/quotes/none"])
def test_unknown_addresses_and_methods_are_problems(api: Api, path: str) -> None:
    document = problem(api.get(path), 405 if path == "/v1/orders" else 404)

    assert document["detail"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"{}", "text/plain", 422),
        (b'{"from": "' + b"x" * 300_000 + b'"}', "application/json", 413),
        (b"[]", "application/json", 422),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem(
    api: Api, body: bytes, content_type: str, status: int
) -> None:
    response = api.client.post("/v1/journeys", data=body, content_type=content_type)

    problem(response, status)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"from": {"place": "Atlantis"}}, "from.place"),
        ({"to": {"stop_id": "hsl:none"}}, "to.stop_id"),
        ({"from": {}}, "from"),
        ({"from": {"place": "Kopli", "lat": 1.0, "lon": 2.0}}, "from"),
        ({"from": {"lat": 100.0, "lon": 2.0}}, "from.lat"),
        ({"passengers": []}, "passengers"),
        ({"passengers": [{"ref": "a"}] * 31}, "passengers"),
        ({"passengers": [{"ref": "a"}, {"ref": "a"}]}, "passengers[1].ref"),
        ({"passengers": [{"ref": "a", "rider_category": "dragon"}]}, "passengers[0].rider_category"),
        ({"passengers": [{"ref": "a", "price": "0.00"}]}, "passengers[0].price"),
        ({"depart_at": "2026-10-13T06:10:00"}, "depart_at"),
        ({"depart_at": "2020-01-01T06:10:00+02:00"}, "depart_at"),
        ({"depart_at": "2036-01-01T06:10:00+02:00"}, "depart_at"),
        ({"arrive_by": "2026-10-13T12:10:00+03:00"}, "depart_at"),
        ({"currency": "EUR"}, "currency"),
        ({"region": "atlantis"}, "region"),
    ],
)
def test_a_wrong_field_is_named(api: Api, change: dict[str, Any], path: str) -> None:
    response = api.post("/v1/journeys", {**KOPLI_TO_PASILA, **change})

    assert path in paths(problem(response, 422))


def test_an_unexpected_error_tells_nothing_of_its_inside(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_args: object, **_more: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("ticketing.search.service.find_places", explode)

    document = problem(api.get("/v1/places?q=Kopli"), 500)

    assert "secret" not in json.dumps(document)


def test_every_answer_carries_its_request_id_and_the_security_headers(api: Api) -> None:
    response = api.client.get("/healthz", headers={"X-Request-Id": "mine-12345678"})

    assert response.headers["X-Request-Id"] == "mine-12345678"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Payment-Gateway"] == "demo"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_health_names_every_stand_in(api: Api) -> None:
    stand_ins = (api.get("/healthz").json or {})["stand_ins"]

    assert any("demo payment gateway" in text for text in stand_ins)
    assert (api.get("/readyz").json or {})["status"] == "ready"


def test_the_openapi_document_is_3_1_and_lists_every_route(api: Api) -> None:
    document = api.get("/openapi.json").json or {}

    assert document["openapi"] == "3.1.0"
    rules = {
        re.sub(r"<(?:string|int):", "{", str(rule)).replace(">", "}")
        for rule in api.client.application.url_map.iter_rules()
        if str(rule).startswith("/v1") and str(rule) != "/v1/webhooks/stripe"
    }
    assert rules == {path for path in document["paths"] if path.startswith("/v1/")}
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_docs_page_loads_nothing_from_elsewhere(api: Api) -> None:
    page = api.get("/docs/")

    assert page.status_code == 200
    assert "swagger-ui" in page.text
    assert "https://" not in page.text
    # It shares its origin with the commuter's app: no script runs that stands in a page.
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]* src=)|\son[a-z]+=", page.text) == []
    with api.get("/docs/swagger-ui-bundle.js") as script:
        assert script.status_code == 200


def test_places_are_found_in_any_language_without_accents(api: Api) -> None:
    def names(query: str) -> list[str]:
        return [
            place["name"] for place in (api.get("/v1/places", query_string={"q": query}).json or {})["places"]
        ]

    assert names("kopli")[0] == "Kopli"
    assert names("Böle")[0] == "Pasila"
    assert names("bole")[0] == "Pasila"
    assert "Länsiterminaali T2" in names("lansiterminaali")
    assert "Länsiterminaali T2" in names("Västra terminalen")
    assert names("zzz") == []


def test_runs_are_listed_page_by_page(api: Api) -> None:
    finance = api.key("finance")

    first = api.get("/v1/settlement-runs?limit=1", finance).json or {}

    assert first == {"runs": [], "next": None}
    problem(api.get("/v1/settlement-runs?limit=1000", finance), 422)


@pytest.mark.parametrize("role", [None, "gate", "operator_finance", "finance", "admin"])
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/settlement-runs", {"finance", "admin"}),
        ("POST", "/v1/settlement-runs", {"finance"}),
        ("GET", "/v1/operators/hsl/gate-bundle", {"gate", "admin"}),
        ("POST", "/v1/validations", {"gate"}),
    ],
)
def test_each_role_reaches_its_own_routes_alone(
    api: Api, role: str | None, method: str, path: str, allowed: set[str]
) -> None:
    body = {
        "/v1/settlement-runs": {"region": "helsinki-tallinn", "period": "2026-09"},
        "/v1/validations": {
            "scan_id": "0199a000-0000-7000-8000-000000000000",
            "token": "x",
            "device_ts": "2026-10-13T00:00:00Z",
        },
    }
    operator = "hsl" if role in {"gate", "operator_finance"} else None
    token = api.key(role, operator) if role else None

    response = api.get(path, token) if method == "GET" else api.post(path, body[path], token)

    if role is None:
        problem(response, 401)
    elif role in allowed:
        assert response.status_code < 300, response.text
    else:
        problem(response, 403)


def test_a_gate_of_one_operator_does_not_get_the_bundle_of_another(api: Api) -> None:
    problem(api.get("/v1/operators/tallink/gate-bundle", api.key("gate", "hsl")), 403)


def test_every_answer_keeps_browsers_on_https_and_opens_no_part_of_a_device(api: Api) -> None:
    for path in ("/healthz", "/v1/regions", "/v1/orders/none", "/console/sign-in"):
        head = api.client.get(path).headers
        assert head["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", path
        assert {"camera=()", "geolocation=()", "microphone=()"} <= set(
            head["Permissions-Policy"].split(", ")
        ), path
