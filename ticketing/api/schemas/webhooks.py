"""Webhooks of backends and their deliveries."""

from typing import Any

from marshmallow import fields, validate

from ticketing.api.schemas.closed_sets import (
    DELIVERY_STATES,
    DELIVERY_TYPES,
    KEY_ROLES,
    OFF_BECAUSE,
    WEBHOOK_TYPES,
    one_of,
)
from ticketing.api.schemas.common import AwareMoment, PagedSchema, PageQuerySchema, ShortList, Strict, moment

_STATES = ("waiting", "delivered", "unreachable", "dropped")
_MOST_TYPES = 30


def _url(**more: Any) -> fields.String:
    return fields.String(
        validate=validate.Length(1, 500), metadata={"examples": ["https://app.example/hooks"]}, **more
    )


def _types(**more: Any) -> ShortList:
    return ShortList(
        fields.String(validate=validate.Length(1, 60), metadata={"enum": list(WEBHOOK_TYPES)}),
        validate=validate.Length(1, _MOST_TYPES),
        metadata={"examples": [["order.*", "refund.confirmed"]]},
        **more,
    )


class WebhookRequestSchema(Strict):
    """A new webhook: an https address and the types of events that it takes, `order.*` for all of a family."""

    url = _url(required=True)
    types = _types(required=True)


class WebhookChangeSchema(Strict):
    """A change of a webhook; a name that is left out stays as it is."""

    url = _url()
    types = _types()
    enabled = fields.Boolean()


class DeliveryCountsSchema(Strict):
    """Deliveries of the last 30 days by their state."""

    waiting = fields.Integer(required=True)
    delivered = fields.Integer(required=True)
    unreachable = fields.Integer(required=True)
    dropped = fields.Integer(required=True)


class WebhookFailureSchema(Strict):
    """The last failure."""

    at = moment(required=True)
    detail = fields.String(required=True)


class WebhookSchema(Strict):
    """A webhook. `off_because` is `by_hand`, `failing` (three days), `gone` (it answered 410) or `key_ended`; null while it is on."""

    id = fields.String(required=True)
    url = fields.String(required=True)
    types = fields.List(one_of(WEBHOOK_TYPES), required=True)
    role = one_of(KEY_ROLES, required=True)
    operator = fields.String(required=True, allow_none=True)
    enabled = fields.Boolean(required=True)
    off_because = one_of(OFF_BECAUSE, required=True, allow_none=True)
    created_at = moment(required=True)
    old_secret_until = moment(required=True, allow_none=True)
    failing_since = moment(required=True, allow_none=True)
    last_failure = fields.Nested(WebhookFailureSchema, required=True, allow_none=True)
    last_delivered_at = moment(required=True, allow_none=True)
    deliveries = fields.Nested(DeliveryCountsSchema, required=True)


class NewWebhookSchema(WebhookSchema):
    """A webhook with the secret that checks its signatures, told this once."""

    secret = fields.String(required=True, metadata={"examples": ["whsec_…"]})


class WebhooksSchema(PagedSchema):
    """The webhooks that a key may see, oldest first."""

    webhooks = fields.List(fields.Nested(WebhookSchema), required=True)


class NothingSchema(Strict):
    """An empty request."""


class NewSecretSchema(Strict):
    """A new secret, told this once; until `old_secret_until` the one before signs too."""

    secret = fields.String(required=True)
    old_secret_until = moment(required=True)


class DeliveriesQuerySchema(PageQuerySchema):
    """A page of deliveries, of one state or of all."""

    state = fields.String(load_default=None, validate=validate.OneOf(_STATES))


class DeliverySchema(Strict):
    """One delivery: `id` is its `Webhook-Id`. `unreachable` was given up, `dropped` has nothing to tell any more.

    `due_at` is the next try of one that waits.
    """

    id = fields.String(required=True)
    type = one_of(DELIVERY_TYPES, required=True)
    state = one_of(DELIVERY_STATES, required=True)
    tries = fields.Integer(required=True)
    created_at = moment(required=True)
    due_at = moment(required=True, allow_none=True)
    ended_at = moment(required=True, allow_none=True)
    detail = fields.String(required=True, allow_none=True)


class DeliveriesSchema(Strict):
    """A page of deliveries, newest first; `next` is the `after` of the next page, null on the last."""

    deliveries = fields.List(fields.Nested(DeliverySchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ReplayRequestSchema(Strict):
    """Send everything since a moment once more."""

    since = AwareMoment(required=True)


class ReplayedSchema(Strict):
    """The number of deliveries that are sent once more."""

    replayed = fields.Integer(required=True)
