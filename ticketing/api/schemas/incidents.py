"""Incidents between deployments: signed records in, signed records out, signed answers."""

from marshmallow import fields, validate

from ticketing.api.schemas.common import Strict

# The longest signed text (ticketing/incidents/papers.py).
_LONGEST = 65_536
_SIGNED = validate.Regexp(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")


def _signed() -> fields.String:
    return fields.String(required=True, validate=[validate.Length(5, _LONGEST), _SIGNED])


class IncidentRecordSchema(Strict):
    """A record of an incident that a partner has signed (docs/incidents.md)."""

    record = _signed()


class IncidentAnswerSchema(Strict):
    """An answer to an incident that a partner has signed."""

    answer = _signed()


class TakenIncidentSchema(Strict):
    """The outcome: `is_new` is false for what was here before."""

    incident_id = fields.String(required=True)
    is_new = fields.Boolean(required=True)


class IncidentsQuerySchema(Strict):
    """The position behind which a partner wants to read."""

    since = fields.String(load_default="", validate=validate.Length(0, 64))


class IncidentsSchema(Strict):
    """A page of signed records, oldest first."""

    records = fields.List(fields.String(), required=True)
    cursor = fields.String(required=True)
    more = fields.Boolean(required=True)
