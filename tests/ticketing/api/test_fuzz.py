"""Generated requests from the API's own description, as each kind of caller: never a 5xx, every answer as described."""

import os
import uuid
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error, response_schema_conformance
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    status_code_conformance,
)

from tests.api import Api
from tests.ticketing.identity.people_of import register

# The everyday run asks the same few of each call as each caller; `make soak` looks for new ones.
EXAMPLES = 200 if os.environ.get("SOAK") else 4
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    status_code_conformance,
]
# Signing everybody out, or forgetting the account, would make a stranger of the caller for all that follows.
LAST_WORDS = {("DELETE", "/v1/sessions"), ("DELETE", "/v1/me"), ("DELETE", "/v1/sessions/{session_id}")}
CALLERS = {
    "anonymous": lambda _: None,
    "account": lambda api: register(api).access,
    "gate": lambda api: api.key("gate", "hsl"),
    "operator_staff": lambda api: api.key("operator_staff", "hsl"),
    "finance": lambda api: api.key("finance"),
    "admin": lambda api: api.key("admin"),
}


# The service decides a caller's rights before any query: two callers try the second database, in `make soak` all.
BOTH = [
    *(("sqlite", caller) for caller in CALLERS),
    *(("postgresql", caller) for caller in (CALLERS if os.environ.get("SOAK") else ("account", "finance"))),
]


@pytest.mark.parametrize(("database_url", "caller"), BOTH, indirect=["database_url"])
def test_generated_requests_never_break_the_service(
    api: Api, caller: str, monkeypatch: pytest.MonkeyPatch, quick_hashes: None
) -> None:
    monkeypatch.setitem(
        api.client.application.extensions, "meter", None
    )  # a limit would hide what lies behind it
    schema = schemathesis.openapi.from_wsgi("/openapi.json", api.client.application)
    token = CALLERS[caller](api)
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    def attack(case: Any) -> None:
        response = case.call(headers={**headers, "Idempotency-Key": str(uuid.uuid4())})
        case.validate_response(response, checks=CHECKS)

    generate = settings(
        max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) not in LAST_WORDS:
            generate(given(operation.as_strategy())(attack))()


def test_e19_every_error_is_described_as_the_problem_document_that_it_is(api: Api) -> None:
    document = api.get("/openapi.json").json or {}
    responses = document["components"]["responses"]

    assert responses
    assert {kind for one in responses.values() for kind in one["content"]} == {"application/problem+json"}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                assert any(status[0] == "4" for status in operation["responses"]), (method, path)
