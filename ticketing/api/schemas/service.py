"""The deployment that answers."""

from marshmallow import fields

from ticketing.api.schemas.closed_sets import LANGUAGES, one_of
from ticketing.api.schemas.common import Strict, moment


class CardFormSchema(Strict):
    """Stripe's card form: a page loads `script` and calls `Stripe(publishable_key)` (docs/payments.md)."""

    publishable_key = fields.String(required=True)
    script = fields.String(required=True)


class ServiceSchema(Strict):
    """The deployment that answers: whether it is a sandbox, and the parts of it that only pretend."""

    issuer = fields.String(required=True)
    sandbox = fields.Boolean(required=True)
    stand_ins = fields.List(fields.String(), required=True)
    languages = fields.List(one_of(LANGUAGES), required=True)
    now = moment(required=True)
    card_form = fields.Nested(CardFormSchema, required=True, allow_none=True)
