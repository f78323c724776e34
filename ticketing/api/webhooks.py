"""Webhooks of backends: made, changed and tried by a key, with the deliveries and their replay."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from flask.views import MethodView

from throughfare_gate.moments import written
from ticketing.api.blueprint import Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_roles, principal
from ticketing.api.limits import limited
from ticketing.api.pages import Page, cut
from ticketing.api.schemas.common import LongPageQuerySchema
from ticketing.api.schemas.webhooks import (
    DeliveriesQuerySchema,
    DeliveriesSchema,
    DeliverySchema,
    NewSecretSchema,
    NewWebhookSchema,
    NothingSchema,
    ReplayedSchema,
    ReplayRequestSchema,
    WebhookChangeSchema,
    WebhookRequestSchema,
    WebhookSchema,
    WebhooksSchema,
)
from ticketing.notices import MAY_TAKE, Notice, backends, replay_since
from ticketing.notices.backends import Shown

blueprint = Blueprint("webhooks", __name__, url_prefix="/v1", description="Events for backends")

_KEY: Mapping[str, object] = {"security": [{"apiKey": []}]}


class _New(TypedDict):
    url: str
    types: list[str]


class _Change(TypedDict, total=False):
    url: str
    types: list[str]
    enabled: bool


class _Page(TypedDict):
    state: str | None
    after: str | None
    limit: int


_STATES = ("waiting", "delivered", "unreachable", "dropped")


@blueprint.route("/webhooks")
class Webhooks(MethodView):
    """The webhooks of a key."""

    @for_roles(*MAY_TAKE)
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, WebhooksSchema)
    @blueprint.doc(**_KEY)
    def get(self, page: Page) -> dict[str, object]:
        """List the webhooks of this key and of those that it succeeds; an administrator sees all of its operator, or of the scheme."""
        listed = backends.list_webhooks(rooms().post_office, principal())
        shown, following = cut(listed, page, lambda one: one.webhook.id)
        return {"webhooks": [_shown(webhook) for webhook in shown], "next": following}

    @for_roles(*MAY_TAKE)
    @limited(address="600 per minute", caller="60 per hour")
    @blueprint.arguments(WebhookRequestSchema)
    @blueprint.response(201, NewWebhookSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: _New) -> dict[str, object]:
        """Make a webhook; the secret is in this answer and in no other. The key's role says which types it may take."""
        office = rooms().post_office
        webhook, secret = backends.create_webhook(office, principal(), wanted["url"], wanted["types"])
        return {**_shown(webhook), "secret": secret}


@blueprint.route("/webhooks/<string:webhook_id>")
class WebhookOne(MethodView):
    """One webhook."""

    @for_roles(*MAY_TAKE)
    @blueprint.response(200, WebhookSchema)
    @blueprint.doc(**_KEY)
    def get(self, webhook_id: str) -> dict[str, object]:
        """Read a webhook: whether it is on, its last failure, and how many deliveries came to which end."""
        return _shown(backends.get_webhook(rooms().post_office, principal(), webhook_id))

    @for_roles(*MAY_TAKE)
    @blueprint.arguments(WebhookChangeSchema)
    @blueprint.response(200, WebhookSchema)
    @blueprint.doc(**_KEY)
    def patch(self, wanted: _Change, webhook_id: str) -> dict[str, object]:
        """Change the address, the types, or whether it is on. Turned on again, it is told of what happens from then on."""
        return _shown(backends.change_webhook(rooms().post_office, principal(), webhook_id, **wanted))

    @for_roles(*MAY_TAKE)
    @blueprint.response(204)
    @blueprint.doc(**_KEY)
    def delete(self, webhook_id: str) -> None:
        """Delete a webhook; orders that name it no longer do."""
        backends.delete_webhook(rooms().post_office, principal(), webhook_id)


@blueprint.route("/webhooks/<string:webhook_id>/secret")
class WebhookSecret(MethodView):
    """The secret of a webhook."""

    @for_roles(*MAY_TAKE)
    @blueprint.arguments(NothingSchema)
    @blueprint.response(201, NewSecretSchema)
    @blueprint.doc(**_KEY)
    def post(self, _: dict[str, object], webhook_id: str) -> dict[str, object]:
        """Make a new secret; the one before signs for another day. While two older ones sign, the answer is 409."""
        secret, until = backends.rotate_secret(rooms().post_office, principal(), webhook_id)
        return {"secret": secret, "old_secret_until": written(until)}


@blueprint.route("/webhooks/<string:webhook_id>/test")
class WebhookTest(MethodView):
    """A test of a webhook."""

    @for_roles(*MAY_TAKE)
    @limited(address="600 per minute", caller="10 per minute")
    @blueprint.arguments(NothingSchema)
    @blueprint.response(202, DeliverySchema)
    @blueprint.doc(**_KEY)
    def post(self, _: dict[str, object], webhook_id: str) -> dict[str, object]:
        """Send an event of the type `webhook.test`, by the way that every other event goes."""
        return _delivery(backends.send_test(rooms().post_office, principal(), webhook_id))


@blueprint.route("/webhooks/<string:webhook_id>/deliveries")
class Deliveries(MethodView):
    """The deliveries of a webhook."""

    @for_roles(*MAY_TAKE)
    @blueprint.arguments(DeliveriesQuerySchema, location="query")
    @blueprint.response(200, DeliveriesSchema)
    @blueprint.doc(**_KEY)
    def get(self, page: _Page, webhook_id: str) -> dict[str, object]:
        """List the deliveries of the last 30 days, newest first, a page at a time."""
        limit = page["limit"]
        listed = backends.list_deliveries(
            rooms().post_office,
            principal(),
            webhook_id,
            state=page["state"],
            after=page["after"],
            limit=limit + 1,
        )
        shown = listed[:limit]
        return {
            "deliveries": [_delivery(notice) for notice in shown],
            "next": shown[-1].id if len(listed) > limit else None,
        }


@blueprint.route("/webhooks/<string:webhook_id>/deliveries/<string:delivery_id>/replay")
class DeliveryReplay(MethodView):
    """One delivery once more."""

    @for_roles(*MAY_TAKE)
    @limited(address="600 per minute", caller="120 per minute")
    @blueprint.arguments(NothingSchema)
    @blueprint.response(202, DeliverySchema)
    @blueprint.doc(**_KEY)
    def post(self, _: dict[str, object], webhook_id: str, delivery_id: str) -> dict[str, object]:
        """Send a delivery once more, with the same `Webhook-Id`."""
        office = rooms().post_office
        return _delivery(backends.replay_delivery(office, principal(), webhook_id, delivery_id))


@blueprint.route("/webhooks/<string:webhook_id>/replay")
class Replay(MethodView):
    """Everything once more."""

    @for_roles(*MAY_TAKE)
    @limited(address="600 per minute", caller="20 per hour")
    @blueprint.arguments(ReplayRequestSchema)
    @blueprint.response(202, ReplayedSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: dict[str, datetime], webhook_id: str) -> dict[str, object]:
        """Send all deliveries since a moment once more, and what happened since then while the webhook was off."""
        count = replay_since(rooms().post_office, principal(), webhook_id, wanted["since"])
        return {"replayed": count}


def _shown(shown: Shown) -> dict[str, object]:
    webhook = shown.webhook
    failure = None
    if webhook.last_failure_at:
        failure = {"at": written(webhook.last_failure_at), "detail": webhook.last_failure}
    return {
        "id": webhook.id,
        "url": webhook.url,
        "types": list(shown.types),
        "role": webhook.role,
        "operator": webhook.operator,
        "enabled": shown.off_because is None,
        "off_because": shown.off_because,
        "created_at": written(webhook.created_at),
        "old_secret_until": _moment(webhook.old_secret_until),
        "failing_since": _moment(webhook.failing_since),
        "last_failure": failure,
        "last_delivered_at": _moment(webhook.last_delivered_at),
        "deliveries": {state: shown.counts.get(state, 0) for state in _STATES},
    }


def _delivery(notice: Notice) -> dict[str, object]:
    waits = notice.state == "waiting"
    return {
        "id": notice.id,
        "type": notice.type,
        "state": notice.state,
        "tries": notice.tries,
        "created_at": written(notice.created_at),
        "due_at": written(notice.due_at) if waits else None,
        "ended_at": _moment(notice.ended_at),
        "detail": notice.detail,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else written(at)
