"""Accounts, devices, phones, entitlements and passes."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from tariffs.words import LANGUAGES
from ticketing.api.schemas.closed_sets import ORDER_STATES, PASS_KINDS, one_of
from ticketing.api.schemas.common import (
    ID,
    AwareMoment,
    LongPageQuerySchema,
    PagedSchema,
    Strict,
    moment,
    money,
)

_B64 = validate.Regexp(r"[A-Za-z0-9_-]{43}\Z", error="43 characters of base64url")


class CredentialsSchema(Strict):
    """An address and its password; `label` is what the device is called in the list of devices."""

    email = fields.String(
        required=True, validate=validate.Length(3, 254), metadata={"examples": ["anna@example.org"]}
    )
    password = fields.String(required=True, validate=validate.Length(1, 512), metadata={"format": "password"})
    label = fields.String(load_default="", validate=validate.Length(0, 80))


class RegistrationSchema(CredentialsSchema):
    """A new account."""

    language = fields.String(load_default="en", validate=validate.OneOf(LANGUAGES))


class RefreshRequestSchema(Strict):
    """The refresh token of this device: good once."""

    refresh_token = fields.String(required=True, validate=validate.Length(1, 200))


class SignedInSchema(Strict):
    """The tokens that a device holds after signing in (RFC 6749, 5.1)."""

    account_id = fields.String(required=True)
    session_id = fields.String(required=True)
    access_token = fields.String(required=True)
    token_type = one_of(("Bearer",), required=True)
    expires_in = fields.Integer(required=True)
    refresh_token = fields.String(required=True)


class PasswordChangeSchema(Strict):
    """The password that was, and the one that will be."""

    old_password = fields.String(required=True, validate=validate.Length(1, 512))
    new_password = fields.String(required=True, validate=validate.Length(1, 512))


class AccountSchema(Strict):
    """An account as its owner sees it."""

    id = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    email_confirmed = fields.Boolean(required=True)
    language = one_of(LANGUAGES, required=True)
    created_at = moment(required=True)


class SignedInDeviceSchema(Strict):
    """A device that is signed in."""

    id = fields.String(required=True)
    label = fields.String(required=True)
    current = fields.Boolean(required=True)
    created_at = moment(required=True)
    used_at = moment(required=True)


class SignedInDevicesSchema(PagedSchema):
    """The devices that are signed in."""

    devices = fields.List(fields.Nested(SignedInDeviceSchema), required=True)


class PhoneKeySchema(Strict):
    """A P-256 public key as a JWK (RFC 7517)."""

    kty = fields.String(required=True, validate=validate.Equal("EC"))
    crv = fields.String(required=True, validate=validate.Equal("P-256"))
    x = fields.String(required=True, validate=_B64)
    y = fields.String(required=True, validate=_B64)


class PhoneRequestSchema(Strict):
    """A phone to which tickets may be bound."""

    label = fields.String(required=True, validate=validate.Length(1, 80))
    key = fields.Nested(PhoneKeySchema, required=True)


class PhoneSchema(Strict):
    """A phone of an account."""

    id = fields.String(required=True)
    label = fields.String(required=True)
    created_at = moment(required=True)


class PhonesSchema(PagedSchema):
    """The phones of an account."""

    phones = fields.List(fields.Nested(PhoneSchema), required=True)


class ProofRequestSchema(Strict):
    """A proof that a trusted issuer has signed (`entitlement+jwt`)."""

    proof = fields.String(required=True, validate=validate.Length(1, 8192))


class EntitlementSchema(Strict):
    """A proven entitlement: its kind, its issuer, and its last day."""

    id = fields.String(required=True)
    claim = fields.String(required=True)
    issuer = fields.String(required=True)
    valid_until = fields.String(required=True, metadata={"format": "date"})


class EntitlementsSchema(PagedSchema):
    """The entitlements of an account."""

    entitlements = fields.List(fields.Nested(EntitlementSchema), required=True)


class ProviderQuerySchema(Strict):
    """The query with which an identity provider sends the browser back."""

    state = fields.String(required=True, validate=validate.Length(1, 200))
    code = fields.String(validate=validate.Length(1, 2000))
    error = fields.String(validate=validate.Length(1, 200))
    error_description = fields.String(validate=validate.Length(0, 2000))
    iss = fields.String(validate=validate.Length(1, 500))
    session_state = fields.String(validate=validate.Length(0, 500))

    @validates_schema
    def _code_or_error(self, wanted: dict[str, Any], **_: Any) -> None:
        if ("code" in wanted) == ("error" in wanted):
            raise ValidationError("either a code or an error comes back")


class ProviderSchema(Strict):
    """The address to which the browser is sent."""

    url = fields.String(required=True)
    binding = fields.String(required=True)


class MyOrderSchema(Strict):
    """An order of an account, in short."""

    id = fields.String(required=True)
    state = one_of(ORDER_STATES, required=True)
    total = money(required=True)
    created_at = moment(required=True)


class MyOrdersSchema(PagedSchema):
    """The orders of an account, newest first."""

    orders = fields.List(fields.Nested(MyOrderSchema), required=True)


class PassQuerySchema(LongPageQuerySchema):
    """In which region."""

    region = fields.String(validate=ID)


class PassPriceSchema(Strict):
    """The price for one rider category."""

    rider_category = fields.String(required=True)
    price = money(required=True)


class PassProductSchema(Strict):
    """A pass, carnet or return ticket that is on sale."""

    product = fields.String(required=True)
    id = fields.String(required=True, metadata={"deprecated": True})
    region = fields.String(required=True)
    kind = one_of(PASS_KINDS, required=True)
    name = fields.String(required=True)
    operators = fields.List(fields.String(), required=True)
    uses = fields.Integer(required=True, allow_none=True)
    prices = fields.List(fields.Nested(PassPriceSchema), required=True)


class PassProductsSchema(PagedSchema):
    """The passes on sale."""

    passes = fields.List(fields.Nested(PassProductSchema), required=True)


class PassQuoteRequestSchema(Strict):
    """Ask for a pass; it begins at `start`, now where none is given. It covers its `rider_category` and nobody else."""

    region = fields.String(validate=ID)
    product = fields.String(required=True, validate=ID)
    rider_category = fields.String(load_default="adult", validate=ID)
    start = AwareMoment()
    holder = fields.String(
        validate=ID,
        metadata={
            "description": "the holder within the account, by a name of your choice; without it the owner of the account",
            "examples": ["mari"],
        },
    )


class PassHolderSchema(Strict):
    """The holder of a pass, by a name of your own."""

    holder = fields.String(required=True, validate=ID, metadata={"examples": ["mari"]})


class MyPassSchema(Strict):
    """A pass that is held. `holder` is the name under which it was bought, null for the owner of the account.

    A carnet serves the whole party, each person of its `rider_category` by one use a ride.
    """

    ticket = fields.String(required=True)
    product = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["pass", "carnet", "return"]))
    rider_category = fields.String(required=True)
    holder = fields.String(required=True, allow_none=True)
    valid_from = moment(required=True)
    valid_until = moment(required=True)
    uses_left = fields.Integer(required=True, allow_none=True)


class MyPassesSchema(PagedSchema):
    """The passes of an account that are not over."""

    passes = fields.List(fields.Nested(MyPassSchema), required=True)
