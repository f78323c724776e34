"""Tickets of an order as they are shown, moved to another phone, blocked and let go."""

from marshmallow import fields, validate

from ticketing.api.schemas.common import (
    ConnectionSchema,
    HolderNoteSchema,
    PlatformSchema,
    Strict,
    VehicleSchema,
    moment,
    money,
    place_kind,
)
from ticketing.api.schemas.emissions import EmissionsSchema
from ticketing.api.schemas.orders import OperatorDocumentSchema
from ticketing.api.schemas.sold_legs import SoldLegSchema


class MoveRequestSchema(Strict):
    """The public key of the phone (JWK, P-256); its private half never leaves it."""

    public_key = fields.Dict(required=True, keys=fields.String(), values=fields.String())


class MovedSchema(Strict):
    """The ticket at its new phone, and how often it may move again within a day."""

    jti = fields.String(required=True)
    token = fields.String(required=True)
    moves_left = fields.Integer(required=True)


class SuspensionSchema(Strict):
    """The status of a ticket: valid, revoked or suspended."""

    jti = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["valid", "suspended"]))


class TicketSchema(Strict):
    """One signed ticket: `token` is what the code shows; `operator_documents` are shown beside it.

    While a group code stands for it, `group_code` is the number of that, and it has no token or code of its own to show; nor has
    one that is revoked: `revoked_because` says why. `control_code` is what staff type where no code can be read.
    `uses_left` is what journeys and gates have left of a carnet; null without a number.
    `expires_at` is its planned end, `valid_until` the one that known delays of its legs make of it, a day later at most.
    """

    jti = fields.String(required=True)
    passenger = fields.String(required=True)
    rider_category = fields.String(required=True)
    place = place_kind(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["valid", "suspended", "revoked"]))
    revoked_because = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(["refunded", "exchanged", "payment_lost", "cancelled"]),
    )
    price = money(required=True)
    not_before = moment(required=True)
    expires_at = moment(required=True)
    valid_until = moment(required=True)
    legs = fields.List(fields.Nested(SoldLegSchema), required=True)
    uses_left = fields.Integer(required=True, allow_none=True)
    group_code = fields.String(required=True, allow_none=True)
    control_code = fields.String(required=True)
    token = fields.String(required=True, allow_none=True)
    qr_png = fields.String(required=True, allow_none=True, metadata={"format": "uri-reference"})
    qr_svg = fields.String(required=True, allow_none=True, metadata={"format": "uri-reference"})
    operator_documents = fields.List(fields.Nested(OperatorDocumentSchema), required=True)


class GroupCodeSchema(Strict):
    """The one code of a group: who of the order belongs to it, and how many one scan lets in.

    It ends with every change of one of them, and those who are left have a new one: show the newest.
    """

    jti = fields.String(required=True)
    passengers = fields.List(fields.String(), required=True)
    count = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["valid", "suspended"]))
    not_before = moment(required=True)
    expires_at = moment(required=True)
    valid_until = moment(required=True)
    control_code = fields.String(required=True)
    token = fields.String(required=True)
    qr_png = fields.String(required=True, metadata={"format": "uri-reference"})
    qr_svg = fields.String(required=True, metadata={"format": "uri-reference"})


class LegNewsSchema(Strict):
    """The last word of an operator on the run of a leg; `leg` counts the tickets' legs from 0.

    `not_carried` says why the leg's money comes back whole and without a fee; null while it does not. `boards_at` and
    `alights_at` are platforms at which it calls instead of those of the leg, `vehicle` is where its vehicle is and how full, and
    `note` is what staff have written. `passengers` are those whose leg it is where others of the order travel by another
    departure, empty for all.
    """

    leg = fields.Integer(required=True)
    passengers = fields.List(fields.String(), required=True)
    operator = fields.String(required=True)
    cancelled = fields.Boolean(required=True)
    departure_delay_seconds = fields.Integer(required=True, allow_none=True)
    arrival_delay_seconds = fields.Integer(required=True, allow_none=True)
    not_carried = fields.String(required=True, allow_none=True)
    boards_at = fields.Nested(PlatformSchema, required=True, allow_none=True)
    alights_at = fields.Nested(PlatformSchema, required=True, allow_none=True)
    vehicle = fields.Nested(VehicleSchema, required=True, allow_none=True)
    note = fields.Nested(HolderNoteSchema, required=True, allow_none=True)


class TicketsSchema(Strict):
    """The tickets of an order, the one code of its group where it has one, `connections` between their legs, and `news` of the runs.

    A leg without any news is left out.
    """

    tickets = fields.List(fields.Nested(TicketSchema), required=True)
    group_code = fields.Nested(GroupCodeSchema, required=True, allow_none=True)
    connections = fields.List(fields.Nested(ConnectionSchema), required=True)
    emissions = fields.Nested(EmissionsSchema, required=True, allow_none=True)
    news = fields.List(fields.Nested(LegNewsSchema), required=True)
