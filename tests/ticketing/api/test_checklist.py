"""The lines of the security checklist (docs/security-checklist.md) on the edge as a whole; the others stand beside what they protect."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.identity.people_of import register

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# Routes that anybody may call; every other route needs a token, and says so in the OpenAPI file.
OPEN = {
    "/v1/regions",
    "/v1/service",
    "/v1/places",
    "/v1/journeys",
    "/v1/quotes",
    "/v1/quotes/{quote_id}",
    "/v1/orders",
    "/v1/operators",
    "/v1/operators/{operator}/contests",
    "/v1/passes",
    "/v1/passes/quotes",
    "/v1/accounts",
    "/v1/accounts/confirmation",
    "/v1/accounts/recovery",
    "/v1/accounts/recovery/password",
    "/v1/orders/link",
    "/v1/orders/recovery",
    "/v1/sessions",
    "/v1/sessions/refresh",
    "/v1/sign-in/provider",
    "/v1/sign-in/provider/callback",
    "/v1/sign-in/passkey",
    "/v1/sign-in/passkey/options",
    "/v1/devices/enrolments",
    "/v1/delay-confirmations/check",
    "/v1/webhooks/stripe",
}
INJECTIONS = (
    "' OR 1=1 --",
    "../../etc/passwd",
    "{{7*7}}",
    "%00",
    "<script>",
    "${jndi:x}",
    "\u202e",
    "a" * 3000,
)


def routes(api: Api) -> list[tuple[str, str]]:
    """Every (method, path) of the API that the application answers."""
    return sorted(
        (method, re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule))
        for rule in api.client.application.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def filled(path: str, value: str = "none") -> str:
    return re.sub(r"\{[^}]+\}", value, path)


def call(api: Api, method: str, path: str, token: str | None, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if method in WRITES:
        headers["Idempotency-Key"] = "k"
        more.setdefault("json", {})
    return api.client.open(path, method=method, headers={**headers, **more.pop("headers", {})}, **more)


def test_s1_somebody_elses_order_answers_like_one_that_is_not_there(api: Api) -> None:
    order, _ = api.order()
    _, guest = api.order()
    strangers = (guest, register(api).access)
    about_orders = [pair for pair in routes(api) if "{order_id}" in pair[1]]
    for method, path in about_orders:
        for token in strangers:
            there, nowhere = (
                call(api, method, path.replace("{order_id}", order_id), token)
                for order_id in (order["id"], "019a0000-0000-7000-8000-000000000000")
            )
            assert (there.status_code, nowhere.status_code) == (404, 404), (method, path)
            assert {**there.json, "instance": ""} == {**nowhere.json, "instance": ""}, (method, path)
            assert set(there.headers.keys()) == set(nowhere.headers.keys())
    assert len(about_orders) >= 12


def test_s5_no_caller_gets_through_where_the_route_is_not_for_them(api: Api) -> None:
    callers = {
        "anonymous": None,
        "person": register(api).access,
        "stranger": "made-up",
        "gate": api.key("gate", "hsl"),
        "operator_staff": api.key("operator_staff", "hsl"),
        "operator_finance": api.key("operator_finance", "hsl"),
        "operator_admin": api.key("operator_admin", "hsl"),
        "finance": api.key("finance"),
        "admin": api.key("admin"),
        "app": api.key("app"),
    }
    let_in: dict[str, set[str]] = {}
    for method, path in routes(api):
        for name, token in callers.items():
            if (method, name) == ("DELETE", "person"):
                continue  # it would sign this person out, or forget them
            status = call(api, method, filled(path), token).status_code
            assert status < 500, (method, path, name, status)
            if status < 400:
                let_in.setdefault(f"{method} {path}", set()).add(name)
        if path not in OPEN:
            assert not let_in.get(f"{method} {path}", set()) & {"anonymous", "stranger"}, (method, path)
    assert let_in["GET /v1/me"] == {"person"}
    staff_only = {
        name
        for route, names in let_in.items()
        for name in names
        if "/v1/me" not in route and route.partition(" ")[2] not in OPEN
    }
    assert staff_only <= {
        "gate",
        "operator_staff",
        "operator_finance",
        "operator_admin",
        "finance",
        "admin",
        "app",
        "person",
    }


def test_s5_s44_every_route_is_in_the_openapi_file_with_its_security_and_the_reverse(api: Api) -> None:
    document = api.get("/openapi.json").json or {}
    told = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    answered = {pair for pair in routes(api) if pair[1] != "/v1/webhooks/stripe"}

    assert {pair for pair in told if pair[1].startswith("/v1/")} == answered
    unsaid = [
        (method, path)
        for method, path in sorted(answered)
        if path not in OPEN and not document["paths"][path][method.lower()].get("security")
    ]
    assert unsaid == []


@pytest.mark.parametrize(
    "trick",
    [
        {"headers": {"X-HTTP-Method-Override": "DELETE"}},
        {"headers": {"X-Method-Override": "PUT"}},
        {"path": "//v1/me"},
        {"path": "/V1/ME"},
        {"path": "/v1/me/"},
        {"path": "/v1%2Fme"},
        {"method": "OPTIONS"},
        {"method": "HEAD"},
    ],
)
def test_s6_no_trick_changes_who_is_let_in(api: Api, trick: dict[str, Any]) -> None:
    answer = api.client.open(
        trick.get("path", "/v1/me"), method=trick.get("method", "GET"), headers=trick.get("headers", {})
    )

    assert answer.status_code in {200, 308, 401, 404, 405}
    assert b"@" not in answer.data
    if answer.status_code == 200:
        assert (trick["method"], answer.data) == ("OPTIONS", b"")


def test_s7_a_field_that_is_not_the_callers_to_set_is_refused_everywhere(api: Api) -> None:
    anna, finance = register(api).access, api.key("finance")
    for method, path in routes(api):
        if method in {"POST", "PUT", "PATCH"} and path != "/v1/webhooks/stripe":
            for name in ("role", "price", "currency", "status", "operator_id", "paid", "share"):
                answer = call(api, method, filled(path), anna, json={name: "x"})
                assert 400 <= answer.status_code < 500, (method, path, name)
                assert call(api, method, filled(path), finance, json={name: "x"}).status_code >= 400


def test_s9_an_account_holds_at_most_ten_orders_at_a_time(api: Api) -> None:
    anna = register(api)
    statuses = [anna.post("/v1/orders", {"quote_id": api.quote()["id"]}).status_code for _ in range(11)]

    assert statuses == [201] * 10 + [409]


@pytest.mark.parametrize("text", INJECTIONS)
def test_s40_strings_of_attackers_are_refused_or_find_nothing(api: Api, text: str) -> None:
    anna = register(api)
    for method, path in routes(api):
        if "{" in path and method == "GET":
            assert (
                call(
                    api, method, filled(path, text.replace("/", "%2F").replace("?", "")), anna.access
                ).status_code
                < 500
            )
    found = api.get("/v1/places", query_string={"q": text[:90]})
    wish = {
        "from": {"place": text[:90]},
        "to": {"stop_id": text[:90]},
        "depart_at": "2026-10-13T06:10:00+03:00",
        "passengers": [{"ref": text[:60] or "x"}],
    }
    assert found.status_code < 500
    assert api.post("/v1/journeys", wish, once=None).status_code == 422


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in ("tariffs", "operators", "ticketing"):
        for path in sorted(Path(folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_s46_secrets_are_never_compared_by_equality() -> None:
    secret = re.compile(r"(^|_)(secret|signature|sig|mac|password|api_key)$")
    found = [
        f"{path}:{node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops)
        for side in (node.left, *node.comparators)
        if secret.search(getattr(side, "id", getattr(side, "attr", "")) or "")
    ]

    assert found == []


def test_s50_no_token_is_read_without_naming_its_algorithms_or_without_its_signature() -> None:
    found = []
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"decode", "decode_complete"}:
                of_jwt = getattr(getattr(node.func, "value", None), "id", "") == "jwt"
                if of_jwt and not any(word.arg == "algorithms" for word in node.keywords):
                    found.append(f"{path}:{node.lineno}")
            if isinstance(node, ast.Constant) and node.value == "verify_signature":
                found.append(f"{path}:{node.lineno}")

    assert found == []
