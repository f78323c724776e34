"""Tickets of an order: moved to another phone, blocked and let go."""

from marshmallow import fields, validate

from ticketing.api.schemas.common import Strict


class MoveRequestSchema(Strict):
    """The public key of the phone (JWK, P-256); its private half never leaves it."""

    public_key = fields.Dict(required=True, keys=fields.String(), values=fields.String())


class MovedSchema(Strict):
    """The ticket at its new phone, and how often it may move again within a day."""

    jti = fields.String(required=True)
    token = fields.String(required=True)
    moves_left = fields.Integer(required=True)


class TicketStatusSchema(Strict):
    """Whether a ticket opens gates."""

    jti = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["valid", "suspended"]))
