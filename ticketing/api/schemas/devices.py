"""Gate devices: codes, enrolment, the list, revocation."""

from marshmallow import fields, validate

from ticketing.api.schemas.closed_sets import DIRECTIONS, one_of
from ticketing.api.schemas.common import PagedSchema, Strict, moment

_NAME = validate.Length(1, 40)


class DeviceCodeRequestSchema(Strict):
    """The place where a device will stand: a name for staff, and its stop, zone or direction where it has one."""

    name = fields.String(required=True, validate=_NAME, metadata={"examples": ["Pasila, gate 3"]})
    stop_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))
    zone = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 8))
    direction = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["in", "out"]))


class DeviceCodeSchema(Strict):
    """A code that enrols one device; it is not shown again."""

    code = fields.String(required=True)
    expires_at = moment(required=True)


class EnrolmentRequestSchema(Strict):
    """The code, and the public half of the key that the device has made (JWK, Ed25519 or P-256).

    Ask for `format` 2 of the bundle; format 1 knows no sailings.
    """

    code = fields.String(required=True, validate=validate.Length(1, 40))
    public_key = fields.Dict(
        required=True, keys=fields.String(), values=fields.String(validate=validate.Length(0, 200))
    )
    software = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))
    format = fields.Integer(load_default=1, strict=True, validate=validate.OneOf([1, 2]))


class EnrolmentSchema(Strict):
    """The values with which a new device begins."""

    device_id = fields.String(required=True)
    name = fields.String(required=True)
    operator = fields.String(required=True)
    stop_id = fields.String(required=True, allow_none=True)
    zone = fields.String(required=True, allow_none=True)
    direction = one_of(DIRECTIONS, required=True, allow_none=True)
    issuer = fields.String(required=True)
    bundle_keys = fields.Dict(required=True)
    bundle = fields.String(required=True)


class DeviceSchema(Strict):
    """A device with its health and counters: `missing` are scans that it numbered and never told."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["working", "silent", "revoked"]))
    stop_id = fields.String(required=True, allow_none=True)
    zone = fields.String(required=True, allow_none=True)
    direction = one_of(DIRECTIONS, required=True, allow_none=True)
    enrolled_at = moment(required=True)
    revoked_at = moment(required=True, allow_none=True)
    revoked_because = fields.String(required=True, allow_none=True)
    last_bundle_at = moment(required=True, allow_none=True)
    last_upload_at = moment(required=True, allow_none=True)
    queue_length = fields.Integer(required=True, allow_none=True)
    clock_offset = fields.Integer(required=True, allow_none=True)
    clock_is_off = fields.Boolean(required=True)
    software = fields.String(required=True, allow_none=True)
    told = fields.Integer(required=True)
    accepted = fields.Integer(required=True)
    missing = fields.Integer(required=True)
    online = fields.Integer(required=True)


class DevicesSchema(PagedSchema):
    """An operator's devices, oldest first."""

    devices = fields.List(fields.Nested(DeviceSchema), required=True)


class DeviceRevocationSchema(Strict):
    """Why a device is revoked."""

    because = fields.String(required=True, validate=validate.Length(3, 200))
