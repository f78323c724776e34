"""Complete the document that flask-smorest has written, so that an app can be built from it alone."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ticketing.api.description import errors
from ticketing.api.description.problem_types import problem_types
from ticketing.api.description.tables import (
    Meaning,
    call_of,
    meaning_of_field,
    meaning_of_parameter,
    operations,
)

Document = dict[str, Any]
ViewOf = Callable[[str, str], object]

_METHODS = ("get", "post", "put", "patch", "delete")
_LANGUAGES = {
    "in": "header",
    "name": "Accept-Language",
    "required": False,
    "schema": {"type": "string", "default": "en"},
    "description": "The language of sentences in the answer: en, et, fi or sv.",
    "example": "fi",
}
_IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` of the answer that is held: 304 where it is still the same.",
    "example": '"5f0c1d2e"',
}
_ETAG = {"description": "The version of this answer, for `If-None-Match`.", "schema": {"type": "string"}}
_REPLAYED = {
    "description": "`true` where the answer is that of an earlier call with the same Idempotency-Key.",
    "schema": {"type": "string", "enum": ["true"]},
}
_DEPRECATED = {
    "Deprecation": "The time since which the call is deprecated, as `@` and POSIX seconds (RFC 9745).",
    "Sunset": "The time from which the call is answered no more (RFC 8594).",
}
_UNTIL_A_SENTENCE_ENDS = re.compile(r"[;:.](?: |$)")


def complete(
    document: Document, schemas: Mapping[str, type], view_of: ViewOf, deprecated: Mapping[str, object]
) -> Document:
    """Write into a document whatever schemas and views do not say.

    `schemas` are the classes by the names of components; `view_of` gives the view of a method and a path. `deprecated`
    says of calls (`GET /v1/…`) since when they are.
    """
    components = document["components"]
    components["responses"] = {}
    for path, item in document["paths"].items():
        for parameter in item.get("parameters", []):
            _describe_parameter(parameter)
        for method in _METHODS:
            if method in item:
                _mark_deprecated(item[method], deprecated.get(call_of(method, path)))
                _complete_operation(path, method, item[method], view_of(method, path), components)
    for name, schema in components["schemas"].items():
        _complete_schema(name, schema, schemas[name])
    _close_problems(components["schemas"]["Problem"])
    return document


def _mark_deprecated(described: Document, since: object) -> None:
    if since is not None:
        described["deprecated"] = True
        described["description"] = f"{described.get('description', '')} {since}"


def _complete_operation(
    path: str, method: str, described: Document, view: object, components: Document
) -> None:
    named = operations()[call_of(method, path)]
    words = " ".join(part for part in (described.get("summary"), described.get("description")) if part)
    described["operationId"] = named.id
    described["summary"] = named.summary or _UNTIL_A_SENTENCE_ENDS.split(words, maxsplit=1)[0]
    described["description"] = "\n\n".join([" ".join(words.split()), *_conditions(view)])
    parameters = described.setdefault("parameters", [])
    for parameter in parameters:
        _describe_parameter(parameter)
    is_held = getattr(view, "is_conditional", False)
    parameters += [_LANGUAGES] * named.spoken + [_IF_NONE_MATCH] * is_held
    _describe_successes(described, is_held=is_held)
    types = errors.types_of(method, path, described, named)
    for status in ("default", "422"):
        described["responses"].pop(status, None)
    for status, name, of_status in errors.responses_of(types):
        components["responses"].setdefault(name, errors.response(of_status))
        described["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def _conditions(view: object) -> list[str]:
    """Say who may call, and how often."""
    told = []
    if roles := getattr(view, "roles", ()):
        told.append(f"For API keys of the roles {', '.join(f'`{role}`' for role in roles)}.")
    if limits := getattr(view, "limits", None):
        told.append(f"At most {limits.address} from one address, {limits.caller} of one caller.")
    return told


def _describe_successes(described: Document, *, is_held: bool) -> None:
    """Give each answer that succeeds its headers."""
    names = {parameter["name"] for parameter in described["parameters"]}
    for status, answer in list(described["responses"].items()):
        headers = {}
        if status == "200" and is_held:
            headers["ETag"] = _ETAG
            described["responses"]["304"] = {
                "description": "Not Modified: the answer that is held is still the same."
            }
        if "Idempotency-Key" in names:
            headers["Idempotent-Replayed"] = _REPLAYED
        if described.get("deprecated"):
            headers |= {
                name: {"description": text, "schema": {"type": "string"}}
                for name, text in _DEPRECATED.items()
            }
        if headers:
            answer["headers"] = {**headers, **answer.get("headers", {})}


def _describe_parameter(parameter: Document) -> None:
    _without_null(parameter["schema"])
    meaning = meaning_of_parameter(parameter["name"])
    if meaning is not None:
        parameter.setdefault("description", meaning.text)
        if "example" not in parameter and "examples" not in parameter["schema"] and meaning.examples:
            parameter["example"] = meaning.examples[0]
    if "examples" in parameter["schema"]:
        parameter.setdefault("example", parameter["schema"].pop("examples")[0])


def _without_null(schema: Document) -> None:
    """Take null out of a parameter: no address can say it, a parameter is left out instead."""
    if isinstance(schema.get("type"), list):
        (schema["type"],) = (one for one in schema["type"] if one != "null")
    if schema.get("default", "") is None:
        del schema["default"]
    if "enum" in schema:
        schema["enum"] = [one for one in schema["enum"] if one is not None]


def _complete_schema(name: str, schema: Document, made_of: type) -> None:
    bases = [base.__name__.removesuffix("Schema") for base in made_of.__mro__]
    schema["description"] = " ".join((made_of.__doc__ or "").split())
    for field, described in schema.get("properties", {}).items():
        meaning = meaning_of_field([name, *bases], field)
        if meaning is not None:
            _describe_field(described, meaning)


def _describe_field(described: Document, meaning: Meaning) -> None:
    described.setdefault("description", meaning.text)
    if meaning.examples and not _is_reference(described):
        described.setdefault("examples", list(meaning.examples))


def _is_reference(described: Document) -> bool:
    return "$ref" in described or "anyOf" in described


def _close_problems(schema: Document) -> None:
    """Name every type of problem there is."""
    types = problem_types().values()
    schema["properties"]["type"]["enum"] = [one.path for one in types]
    schema["properties"]["code"]["enum"] = [one.name for one in types]
