"""Describe the problems that each operation can give: its own by the table, the others by its parts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ticketing.api.description.problem_types import ProblemType, problem_types
from ticketing.api.description.tables import Named

PROBLEM_JSON = "application/problem+json"
_SCHEMA = {"$ref": "#/components/schemas/Problem"}
# An operation of the document.
Operation = Mapping[str, Any]
_WRITES = ("post", "put", "patch", "delete")
# Any call can meet them: a limit, a database that is away, a fault of ours, an address that holds U+0000.
_ALWAYS = ("bad_request", "too_many_requests", "internal_error", "database_away")
_BY_SECURITY = {
    "orderToken": ("not_authenticated", "not_found"),
    "accessToken": ("not_authenticated",),
    "partnerToken": ("not_authenticated",),
    "apiKey": ("not_authenticated", "not_allowed", "test_key_refused", "key_without_owner", "step_up_needed"),
}
_ONCE = ("idempotency_key_missing", "idempotency_key_reused", "idempotency_key_in_use")
_WAIT = {
    "description": "Seconds to wait before the call is sent again.",
    "schema": {"type": "integer", "minimum": 0},
    "example": 2,
}


def types_of(method: str, path: str, described: Operation, named: Named) -> list[ProblemType]:
    """Every type of problem that an operation can give, by status and name."""
    names = {*_ALWAYS, *named.problems, *_of_callers(described.get("security", []))}
    parameters = described["parameters"]
    if "{" in path:
        names.add("not_found")
    if "requestBody" in described:
        names |= {"invalid_request", "request_entity_too_large"}
    if any(one.get("in") == "query" for one in parameters):
        names.add("invalid_request")
    if any(one.get("name") == "Idempotency-Key" for one in parameters):
        names |= set(_ONCE)
    if method in _WRITES:
        names |= {"conflict", "commit_waits"}
    return sorted((problem_types()[name] for name in names), key=lambda one: (one.status, one.name))


def responses_of(types: Sequence[ProblemType]) -> Iterator[tuple[str, str, list[ProblemType]]]:
    """Each status with the name of its response among the components, and its types."""
    for status in sorted({one.status for one in types}):
        of_status = [one for one in types if one.status == status]
        yield str(status), "_or_".join(one.name for one in of_status), of_status


def response(types: Sequence[ProblemType]) -> dict[str, object]:
    """A response with the types that it can have, each with an example."""
    described: dict[str, object] = {
        "description": " ".join(f"`{one.name}`: {one.title}." for one in types),
        "content": {
            PROBLEM_JSON: {
                "schema": _SCHEMA,
                "examples": {one.name: {"value": example(one)} for one in types},
            }
        },
        "x-problem-types": [one.path for one in types],
    }
    if any(one.retry == "later" for one in types):
        described["headers"] = {"Retry-After": _WAIT}
    return described


def example(kind: ProblemType) -> dict[str, object]:
    """A document of a type, as the service would send it."""
    path, _, message = kind.example.partition(": ")
    return {
        "type": kind.path,
        "code": kind.name,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.example,
        "instance": "urn:throughfare:request:019a2f6e-1c40-7d2a-9b63-5b1c7a8d9e10",
        "errors": [{"path": path, "message": message}] if kind.name == "invalid_request" else [],
        **kind.more,
    }


def _of_callers(security: Sequence[Mapping[str, object]]) -> set[str]:
    schemes = {scheme for one in security for scheme in one}
    return set().union(*(_BY_SECURITY[scheme] for scheme in schemes))
