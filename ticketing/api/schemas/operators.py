"""Operators as the service sees them: what they can do, and how well their systems answer."""

from marshmallow import fields

from ticketing.api.schemas.closed_sets import CANCELS, TELLS, one_of
from ticketing.api.schemas.common import ID, LongPageQuerySchema, PagedSchema, Strict, moment


class OperatorQuerySchema(LongPageQuerySchema):
    """One region, or all."""

    region = fields.String(validate=ID)


class LevelSchema(Strict):
    """The level of real calls of one kind. Percentiles are the upper end of their class of duration."""

    calls = fields.Integer(required=True)
    availability_percent = fields.String(required=True, allow_none=True)
    error_percent = fields.String(required=True, allow_none=True)
    unknown_outcomes = fields.Integer(required=True)
    p50_ms = fields.Integer(required=True, allow_none=True)
    p95_ms = fields.Integer(required=True, allow_none=True)


class LevelsSchema(Strict):
    """By call, of the last 24 hours and of the last 30 days."""

    day = fields.Dict(keys=fields.String(), values=fields.Nested(LevelSchema), required=True)
    month = fields.Dict(keys=fields.String(), values=fields.Nested(LevelSchema), required=True)


class LiveSchema(Strict):
    """An operator's live data at `as_of`: messages about trips, the number that matched, the others by reason.

    `under_way` are the trips that its timetable has on their way then, `described` those of them that it tells of; null
    where it tells only of what goes wrong.
    """

    as_of = moment(required=True)
    messages = fields.Integer(required=True)
    matched = fields.Integer(required=True)
    unmatched = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    under_way = fields.Integer(required=True, allow_none=True)
    described = fields.Integer(required=True, allow_none=True)


class OperatorSchema(Strict):
    """One operator; `not_asked` are the calls that are given a rest after too many failures.

    `not_fetched` names what could not be renewed last time (`feed`, `live`): the last good one is in use.
    """

    region = fields.String(required=True)
    id = fields.String(required=True)
    name = fields.String(required=True)
    protocol = fields.String(required=True)
    needs_hold = fields.Boolean(required=True)
    cancels = one_of(CANCELS, required=True)
    tells = fields.List(one_of(TELLS), required=True)
    not_fetched = fields.List(one_of(("feed", "live")), required=True)
    not_asked = fields.List(fields.String(), required=True)
    live = fields.Nested(LiveSchema, required=True, allow_none=True)
    levels = fields.Nested(LevelsSchema, required=True)


class OperatorsSchema(PagedSchema):
    """The operators of this service."""

    operators = fields.List(fields.Nested(OperatorSchema), required=True)
