"""Contacts of an order, its events, and the way back into an account."""

from marshmallow import ValidationError, fields, validate, validates_schema

from ticketing.api.schemas.closed_sets import CONTACT_KINDS, HAPPENED_TYPES, one_of
from ticketing.api.schemas.common import ID, Strict, moment
from ticketing.notices import LANGUAGES, MOST_CONTACTS

_NEEDED = {"email": {"address"}, "webpush": {"endpoint", "p256dh", "auth"}, "webhook": {"url"}}
_NAMES_A_BACKEND = {"webhook"}
_STAYS = {"id"}
_CODE = validate.Length(12, 40)


class ContactRequestSchema(Strict):
    """A contact: `email` with an address, `webpush` with a browser's subscription (Push API), `webhook` with a URL.

    A `webhook` may name the `webhook` of an app's backend by its id instead of a URL (docs/webhooks.md). With the `id` of a
    contact that the order has, and nothing else of it, the contact stays: nobody needs to know its address again.
    """

    kind = fields.String(required=True, validate=validate.OneOf(sorted(_NEEDED)))
    language = fields.String(load_default="en", validate=validate.OneOf(LANGUAGES))
    address = fields.String(validate=validate.Length(3, 254), metadata={"examples": ["anna@example.org"]})
    endpoint = fields.String(validate=validate.Length(1, 500))
    p256dh = fields.String(validate=validate.Length(1, 120))
    auth = fields.String(validate=validate.Length(1, 40))
    url = fields.String(validate=validate.Length(1, 500))
    webhook = fields.String(validate=ID)
    id = fields.String(validate=ID)

    @validates_schema
    def _fields_of_its_kind(self, wanted: dict[str, str], **_: object) -> None:
        needed = _NEEDED.get(wanted.get("kind", ""), set())
        given = set(wanted) - {"kind", "language"}
        if given == _STAYS or (wanted.get("kind") == "webhook" and given == _NAMES_A_BACKEND):
            return
        missing = "is needed, or `webhook`" if wanted.get("kind") == "webhook" else "is needed"
        wrong = {name: [missing] for name in sorted(needed - given)}
        wrong |= {
            name: [f"is not for a contact of this kind: {wanted['kind']}"] for name in sorted(given - needed)
        }
        if wrong:
            raise ValidationError(wrong)


class ContactsRequestSchema(Strict):
    """All contacts of an order; an empty list ends messages about it."""

    contacts = fields.List(
        fields.Nested(ContactRequestSchema), required=True, validate=validate.Length(0, MOST_CONTACTS)
    )


class ContactSchema(Strict):
    """A contact as its owner knows it again; `secret` checks the signatures of a new webhook and is told once."""

    id = fields.String(required=True)
    kind = one_of(CONTACT_KINDS, required=True)
    language = one_of(LANGUAGES, required=True)
    hint = fields.String(required=True, metadata={"examples": ["a…@example.org"]})
    secret = fields.String()


class ContactsSchema(Strict):
    """The contacts of an order; `web_push_key` is the application server key that browsers subscribe with."""

    contacts = fields.List(fields.Nested(ContactSchema), required=True)
    web_push_key = fields.String(required=True)
    mail = fields.Boolean(required=True)


class EventsQuerySchema(Strict):
    """Events behind one that is known: the `next` of an earlier answer."""

    since = fields.String(validate=ID)


class HappenedSchema(Strict):
    """One event of an order."""

    id = fields.String(required=True)
    type = one_of(HAPPENED_TYPES, required=True, metadata={"examples": ["order.ticketed"]})
    at = moment(required=True)
    data = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class EventsSchema(Strict):
    """The events of an order, oldest first; `next` is the `since` of the next call."""

    events = fields.List(fields.Nested(HappenedSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class AddressSchema(Strict):
    """An address to which a message goes, if it is known."""

    email = fields.String(
        required=True, validate=validate.Length(3, 254), metadata={"examples": ["anna@example.org"]}
    )


class AskSchema(Strict):
    """An empty request: who asks is known."""


class AskedSchema(Strict):
    """The same answer for every address: `asked`."""

    state = fields.String(required=True, validate=validate.Equal("asked"))


class NewPasswordSchema(Strict):
    """A new password, with the code that came by mail; `label` is what the device is called."""

    code = fields.String(
        required=True, validate=_CODE, metadata={"examples": ["K7QD-9M2X-4TRA-0WBE-51HN-ZJ8C-3VYP"]}
    )
    password = fields.String(required=True, validate=validate.Length(1, 512), metadata={"format": "password"})
    label = fields.String(load_default="", validate=validate.Length(0, 80))


class CodeSchema(Strict):
    """A code that came by mail."""

    code = fields.String(
        required=True, validate=_CODE, metadata={"examples": ["K7QD-9M2X-4TRA-0WBE-51HN-ZJ8C-3VYP"]}
    )


class NewLinkSchema(Strict):
    """A code that opens an order on another phone: show it as a QR code, behind `#` of the address of your page."""

    code = fields.String(required=True)
    expires_at = moment(required=True)


class LinkSchema(Strict):
    """The code of a letter's link: what stands behind `#`."""

    code = fields.String(required=True, validate=validate.Length(1, 400))


class ClaimedOrderSchema(Strict):
    """An order, with the token that opens it."""

    order_id = fields.String(required=True, validate=ID)
    access_token = fields.String(required=True, validate=validate.Length(1, 200))
