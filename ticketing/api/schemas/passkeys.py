"""Passkeys."""

from marshmallow import fields, validate

from ticketing.api.schemas.common import Strict, moment


class PasskeyOptionsSchema(Strict):
    """What the browser or the app is to be asked; `public_key` is the JSON form of WebAuthn Level 3."""

    public_key = fields.Dict(keys=fields.String(), required=True)


class PasskeyWishSchema(Strict):
    """Nothing is to be said: who asks is known, or does not matter yet."""


class PasskeyAnswerSchema(Strict):
    """What it has answered: `credential` is `PublicKeyCredential.toJSON()`."""

    credential = fields.Dict(keys=fields.String(validate=validate.Length(1, 40)), required=True)
    label = fields.String(load_default="a passkey", validate=validate.Length(1, 80))


class PasskeySchema(Strict):
    """A passkey of an account."""

    id = fields.String(required=True)
    label = fields.String(required=True)
    created_at = moment(required=True)
    used_at = moment(required=True, allow_none=True)


class PasskeysSchema(Strict):
    """The passkeys of an account."""

    passkeys = fields.List(fields.Nested(PasskeySchema), required=True)
