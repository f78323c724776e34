"""Say in our own words what is wrong with a field, where the library would use its own.

A schema hands each of its fields to `reword` when it binds it. A message that a schema names itself stays.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from marshmallow import fields, validate

A_TIME = "2026-11-30T07:30:00+02:00"
UNKNOWN, NOT_AN_OBJECT = "is no field of this call", "must be an object"

_EVERY = {
    "required": "is needed",
    "null": "must not be null",
    "validator_failed": "is not what is taken here",
}
_KINDS: Mapping[type[fields.Field[Any]], Mapping[str, str]] = MappingProxyType(
    {
        fields.String: {"invalid": "must be a text", "invalid_utf8": "must be a text in UTF-8"},
        fields.UUID: {"invalid_uuid": "must be a UUID"},
        fields.Integer: {"invalid": "must be a whole number", "too_large": "is too large a number"},
        fields.Float: {
            "invalid": "must be a number",
            "too_large": "is too large a number",
            "special": "must be a finite number",
        },
        fields.Boolean: {"invalid": "must be true or false"},
        fields.List: {"invalid": "must be a list"},
        fields.Mapping: {"invalid": NOT_AN_OBJECT},
        fields.Nested: {"type": NOT_AN_OBJECT},
        fields.Date: {
            "invalid": "must be a day, for example 2026-11-30",
            "invalid_awareness": "must be a day, for example 2026-11-30",
            "format": "must be a day that can be written",
        },
        fields.AwareDateTime: {
            "invalid": f"must be a time as RFC 3339 writes it, for example {A_TIME}",
            "invalid_awareness": f"a time needs its offset, for example {A_TIME}",
            "format": "must be a time that can be written",
        },
    }
)
_COUNTS_OF: Mapping[type[validate.Validator], Mapping[str, str]] = MappingProxyType(
    {
        validate.Length: {
            "message_min": "must have at least {min}",
            "message_max": "must have at most {max}",
            "message_all": "must have between {min} and {max}",
            "message_equal": "must have exactly {equal}",
        },
        validate.Range: {
            "message_min": "must be {min} or more",
            "message_max": "must be {max} or less",
            "message_all": "must be between {min} and {max}",
        },
    }
)
_WORDS_OF: Mapping[type[Any], str] = MappingProxyType(
    {
        validate.OneOf: "must be one of {choices}",
        validate.Equal: "must be {other}",
        validate.Regexp: "is not of the form that the description names",
        validate.ContainsNoneOf: "must hold none of {values}",
    }
)
_OF = {fields.List: "items", fields.Mapping: "names"}


def reword(field: fields.Field[object]) -> None:
    """Give a field our messages, and the fields inside it."""
    for kind, messages in _KINDS.items():
        if isinstance(field, kind):
            field.error_messages.update(messages)
    field.error_messages.update(_EVERY)
    for validator in field.validators:
        _reword_validator(validator, _unit(field))
    for name in ("inner", "key_field", "value_field"):
        if isinstance(inner := getattr(field, name, None), fields.Field):
            reword(inner)


def _unit(field: fields.Field[object]) -> str:
    return next((unit for kind, unit in _OF.items() if isinstance(field, kind)), "characters")


def _reword_validator(validator: object, unit: str) -> None:
    error = getattr(validator, "error", None)
    for kind, message in _WORDS_OF.items():
        if isinstance(validator, kind) and error == kind.default_message:
            validator.error = message
    for counting, messages in _COUNTS_OF.items():
        if isinstance(validator, counting) and error is None:
            for name, message in messages.items():
                setattr(validator, name, f"{message} {unit}" if counting is validate.Length else message)
