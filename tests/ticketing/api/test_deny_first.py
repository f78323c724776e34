"""Deny first: who may not call learns nothing of what the call takes, whatever body or query comes with it."""

import re
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.api.described import methods
from ticketing.identity.principal import OPERATOR_ROLES, ROLES

NONSENSE: list[dict[str, Any]] = [
    {"json": {"nonsense": 1}},
    {"data": b"{", "content_type": "application/json"},
    {"data": b"x", "content_type": "text/plain"},
    {"data": b"x" * 300_000, "content_type": "application/json"},
]


def filled(rule: str) -> str:
    return re.sub(r"<[^>]+>", "none", rule.partition(" ")[2])


def every_method(api: Api) -> dict[str, Any]:
    """Every method of every view, those that read too."""
    app = api.client.application
    reads = {
        f"GET {rule.rule}": view.get
        for rule in app.url_map.iter_rules()
        if (view := getattr(app.view_functions[rule.endpoint], "view_class", None)) and hasattr(view, "get")
    }
    return {**reads, **methods(app)}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_stranger_is_refused_before_anything_is_read(api: Api, nonsense: dict[str, Any]) -> None:
    document = api.get("/openapi.json").json or {}
    read_first = []
    for name in methods(api.client.application):
        method, _, path = name.partition(" ")
        told = document["paths"][re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", path)][method.lower()]
        if told.get("security") and {} not in told["security"]:
            status = api.client.open(filled(name), method=method, **nonsense).status_code
            read_first += [] if status == 401 else [(name, status)]

    assert read_first == []


def test_a_key_of_another_role_is_refused_before_anything_is_read(api: Api) -> None:
    keys = {role: api.key(role, "hsl" if role in OPERATOR_ROLES else None) for role in ROLES}
    read_first = []
    for name, view in every_method(api).items():
        for role in set(ROLES) - set(getattr(view, "roles", ROLES)):
            headers = {"Authorization": f"Bearer {keys[role]}"}
            answer = api.client.open(
                filled(name), method=name.partition(" ")[0], json={"nonsense": 1}, headers=headers
            )
            read_first += [] if answer.status_code == 403 else [(name, role, answer.status_code)]

    assert read_first == []


def test_every_view_for_keys_or_people_or_an_order_checks_first(api: Api) -> None:
    document = api.get("/openapi.json").json or {}
    unguarded = []
    for name, view in every_method(api).items():
        method, _, path = name.partition(" ")
        told = document["paths"][re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", path)][method.lower()]
        if told.get("security") and {} not in told["security"] and not hasattr(view, "guard"):
            unguarded.append(name)

    assert unguarded == []
