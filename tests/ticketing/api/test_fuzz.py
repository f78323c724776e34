"""Generated requests from the API's own description: never a 5xx, every answer as described."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error, response_schema_conformance

from tests.api import Api

EXAMPLES = 200 if os.environ.get("SOAK") else 12


@pytest.mark.parametrize(("role", "operator"), [("finance", None), ("gate", "hsl")])
def test_generated_requests_never_break_the_service(api: Api, role: str, operator: str | None) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", api.client.application)
    headers = {"Authorization": f"Bearer {api.key(role, operator)}", "Idempotency-Key": "fuzz"}

    def attack(case: Any) -> None:
        response = case.call(headers=headers)
        case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])

    generate = settings(
        max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    for found in schema.get_all_operations():
        generate(given(found.ok().as_strategy())(attack))()
