"""Passkeys."""

from marshmallow import fields, validate

from ticketing.api.schemas.common import PagedSchema, Strict, moment


class PasskeyOptionsSchema(Strict):
    """The options for the browser or the app; `public_key` is the JSON form of WebAuthn Level 3."""

    public_key = fields.Dict(keys=fields.String(), required=True)


class PasskeyWishSchema(Strict):
    """An empty request: the caller is known, or does not matter yet."""


class PasskeyAnswerSchema(Strict):
    """The answer of the browser or the app: `credential` is `PublicKeyCredential.toJSON()`."""

    credential = fields.Dict(keys=fields.String(validate=validate.Length(1, 40)), required=True)
    label = fields.String(load_default="a passkey", validate=validate.Length(1, 80))


class PasskeySchema(Strict):
    """A passkey of an account."""

    id = fields.String(required=True)
    label = fields.String(required=True)
    created_at = moment(required=True)
    used_at = moment(required=True, allow_none=True)


class PasskeysSchema(PagedSchema):
    """The passkeys of an account."""

    passkeys = fields.List(fields.Nested(PasskeySchema), required=True)
