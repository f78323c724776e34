"""Caps: within a window nobody pays more than so much."""

from typing import get_args

from marshmallow import fields, validate

from tariffs.caps import Window
from ticketing.api.schemas.closed_sets import one_of
from ticketing.api.schemas.common import Strict, money


class CapSchema(Strict):
    """A cap and its rider's position under it: `rides_left` rides like the last one, and the rest of the window is free."""

    id = fields.String(required=True)
    window = one_of(get_args(Window), required=True)
    limit = money(required=True)
    paid = money(required=True)
    left = money(required=True)
    rides_left = fields.Integer(required=True, validate=validate.Range(0))


class MyCapsSchema(Strict):
    """The caps under which an account's owner has paid something in the current window."""

    caps = fields.List(fields.Nested(CapSchema), required=True)
