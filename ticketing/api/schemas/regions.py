"""Regions: what this service covers."""

from marshmallow import fields

from ticketing.api.schemas.common import Strict


class RegionOperatorSchema(Strict):
    """An operator of a region."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class RegionSchema(Strict):
    """A region that this service covers."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    member_states = fields.List(fields.String(), required=True)
    operators = fields.List(fields.Nested(RegionOperatorSchema), required=True)
    rider_categories = fields.List(fields.String(), required=True)
    place_kinds = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        metadata={
            "description": "the kinds of places beside those of persons, and the operators that sell them"
        },
    )


class RegionsSchema(Strict):
    """The regions of this service."""

    regions = fields.List(fields.Nested(RegionSchema), required=True)
