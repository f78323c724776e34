"""A refusal says in our own words what is wrong with each field."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from tests.api import KOPLI_TO_PASILA, Api
from ticketing.api.schemas.common import AwareMoment, ShortList, Strict

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing is stored
LIBRARY = re.compile(
    r"Not a valid|Missing data|Field may not|Unknown field|Must be|Length must|Longer than|Shorter than|Invalid (input|value)"
)


class _Inner(Strict):
    """One field."""

    day = fields.Date(required=True)


class _Everything(Strict):
    """A field of each kind."""

    text = fields.String(validate=validate.Length(2, 4))
    short = fields.String(validate=validate.Length(equal=3))
    number = fields.Integer(strict=True, validate=validate.Range(1, 9))
    least = fields.Integer(validate=validate.Range(min=1))
    share = fields.Float(allow_nan=False)
    truth = fields.Boolean()
    words = ShortList(fields.String(validate=validate.Length(1, 2)), validate=validate.Length(1, 2))
    names = fields.Dict(keys=fields.String(), values=fields.Integer())
    inner = fields.Nested(_Inner)
    at = AwareMoment()
    uuid = fields.UUID()
    word = fields.String(validate=validate.OneOf(["yes", "no"]))
    form = fields.String(validate=validate.Regexp(r"[a-z]\Z"))
    same = fields.String(validate=validate.Equal("EC"))
    needed = fields.String(required=True)


def messages(schema: Schema, wrong: Any) -> str:
    """All messages about something wrong, in one text."""
    with pytest.raises(ValidationError) as refused:
        schema.load(wrong)
    return str(refused.value.messages)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "is needed"),
        ([], "must be an object"),
        ({"colour": 1}, "is no field of this call"),
        ({"text": 1}, "must be a text"),
        ({"text": None}, "must not be null"),
        ({"text": "a"}, "must have between 2 and 4 characters"),
        ({"short": "a"}, "must have exactly 3 characters"),
        ({"number": "x"}, "must be a whole number"),
        ({"number": 10}, "must be between 1 and 9"),
        ({"least": 0}, "must be 1 or more"),
        ({"share": float("nan")}, "must be a finite number"),
        ({"truth": "perhaps"}, "must be true or false"),
        ({"words": "a"}, "must be a list"),
        ({"words": []}, "must have between 1 and 2 items"),
        ({"words": ["abc"]}, "must have between 1 and 2 characters"),
        ({"names": 1}, "must be an object"),
        ({"names": {"a": "x"}}, "must be a whole number"),
        ({"inner": {"day": "30.11.2026"}}, "must be a day, for example 2026-11-30"),
        ({"at": "noon"}, "must be a time as RFC 3339 writes it, for example 2026-11-30T07:30:00+02:00"),
        ({"at": "2026-11-30T07:30:00"}, "a time needs its offset, for example 2026-11-30T07:30:00+02:00"),
        ({"uuid": "1"}, "must be a UUID"),
        ({"word": "perhaps"}, "must be one of yes, no"),
        ({"form": "1"}, "is not of the form that the description names"),
        ({"same": "RSA"}, "must be EC"),
    ],
)
def test_each_fault_has_our_words(wrong: Any, words: str) -> None:
    told = messages(_Everything(), wrong)

    assert words in told
    assert LIBRARY.search(told) is None


def every_schema(kind: type[Schema] = Strict) -> Iterator[type[Schema]]:
    """The schemas of the API, and those above them."""
    for one in kind.__subclasses__():
        if one.__module__.startswith("ticketing.api"):
            yield one
        yield from every_schema(one)


@ON_SQLITE
def test_no_field_of_the_api_speaks_as_the_library_does(api: Api) -> None:
    assert api.get("/healthz").status_code == 200
    said = {
        f"{schema.__name__}.{name}: {message}"
        for schema in every_schema()
        for name, field in schema().fields.items()
        for message in map(str, field.error_messages.values())
        if LIBRARY.search(message)
    }

    assert said == set()


@ON_SQLITE
def test_a_search_without_an_offset_says_what_it_needs(api: Api) -> None:
    answer = api.post("/v1/journeys", {**KOPLI_TO_PASILA, "depart_at": "2026-10-13T06:10:00"}, once=None).json

    assert answer["errors"] == [
        {"path": "depart_at", "message": "a time needs its offset, for example 2026-11-30T07:30:00+02:00"}
    ]
    assert answer["detail"] == f"depart_at: {answer['errors'][0]['message']}"


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/v1/nothing", 404, "nothing is at this address"),
        ("DELETE", "/v1/regions", 405, "this address does not take this method"),
        ("POST", "/v1/journeys", 400, "the body is not JSON that can be read"),
    ],
)
def test_what_the_framework_refuses_is_said_in_our_own_words(
    api: Api, method: str, path: str, status: int, words: str
) -> None:
    answer = api.client.open(path, method=method, data=b"{", content_type="application/json")

    assert (answer.status_code, words in (answer.json or {})["detail"]) == (status, True), answer.json
