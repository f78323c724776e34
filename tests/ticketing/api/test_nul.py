"""The character U+0000, which PostgreSQL cannot store, is refused wherever a request can carry it."""

import re

import pytest

from tests.api import Api


def test_no_path_and_no_query_breaks_on_it(api: Api) -> None:
    described = (api.get("/openapi.json").json or {})["paths"]
    token = api.key("finance", None)

    for path, methods in described.items():
        if "get" not in methods:
            continue
        address = re.sub(r"\{[^}]+\}", "a%00b", path)
        names = [part["name"] for part in methods["get"].get("parameters", []) if part["in"] == "query"]
        query = "&".join(f"{name}=a%00b" for name in names)
        answer = api.get(f"{address}?{query}", token)
        assert answer.status_code < 500, (path, answer.json)


@pytest.mark.parametrize("field", ["quote_id"])
def test_no_body_breaks_on_it(api: Api, field: str) -> None:
    answer = api.post("/v1/orders", {field: "a\x00b"})

    assert (answer.status_code, "U+0000" in (answer.json or {})["detail"]) == (400, True)
