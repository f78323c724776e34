"""Hold every problem that a test is answered against the description: an app reads there which problems a call can give."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, request

from ticketing.api.description import call_of

Told = tuple[str, str]
# A test lets the database refuse a read, which it never does.
_FORCED: set[Told] = {("GET /v1/places", "conflict")}


@contextmanager
def held(app: Flask) -> Iterator[None]:
    """Collect the problems that an application answers, and compare them with its description in the end."""
    answered: set[Told] = set()

    @app.after_request
    def _note(response: Response) -> Response:
        if response.mimetype == "application/problem+json" and request.url_rule is not None:
            code = json.loads(response.get_data())["code"]
            answered.add((call_of(request.method, request.url_rule.rule), code))
        return response

    yield
    if answered:
        described = _described(app)
        calls = {call for call, _ in described}
        undescribed = sorted(one for one in answered - described - _FORCED if one[0] in calls)
        assert undescribed == [], "name the problem in ticketing/api/description/operations.toml"


_KNOWN: dict[str, frozenset[Told]] = {}


def _described(app: Flask) -> frozenset[Told]:
    """Every problem of every call; all applications of a process have the same description."""
    if app.import_name not in _KNOWN:
        _KNOWN[app.import_name] = frozenset(_read(app))
    return _KNOWN[app.import_name]


def _read(app: Flask) -> Iterator[Told]:
    document = app.test_client().get("/openapi.json").json or {}
    responses = document["components"]["responses"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            names = (answer.get("$ref", "").rpartition("/")[2] for answer in operation["responses"].values())
            for name in filter(None, names):
                for kind in responses[name]["x-problem-types"]:
                    yield call_of(method, path), kind.rpartition("/")[2]
