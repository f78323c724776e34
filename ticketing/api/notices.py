"""Messages about an order, its events for those who poll, and the way back into an account."""

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask.views import MethodView

from throughfare_gate.moments import written
from ticketing import notices
from ticketing.api.accounts import handed_out
from ticketing.api.blueprint import ORDER_TOKEN, Blueprint
from ticketing.api.conditional import conditional
from ticketing.api.context import rooms
from ticketing.api.guard import for_order, for_people, the_person
from ticketing.api.language import language
from ticketing.api.limits import limited
from ticketing.api.schemas.accounts import SignedInSchema
from ticketing.api.schemas.notices import (
    AddressSchema,
    AskedSchema,
    AskSchema,
    ClaimedOrderSchema,
    CodeSchema,
    ContactsRequestSchema,
    ContactsSchema,
    EventsQuerySchema,
    EventsSchema,
    LinkSchema,
    NewLinkSchema,
    NewPasswordSchema,
)
from ticketing.errors import NotFound
from ticketing.identity import recovery
from ticketing.purchase.claiming import claim_order

blueprint = Blueprint("notices", __name__, url_prefix="/v1", description="Messages to holders and recovery")

_PERSON: Mapping[str, object] = {"security": [{"accessToken": []}]}
_ASKED = {"state": "asked"}
# How long a poll waits; a journey under way changes faster than that of next month.
_POLL_SECONDS = 30


@blueprint.route("/orders/<string:order_id>/notify")
class Contacts(MethodView):
    """The contacts of an order."""

    @for_order
    @blueprint.response(200, ContactsSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str) -> dict[str, object]:
        """List the contacts to which messages about an order go; addresses are only hinted at."""
        found = notices.list_contacts(rooms().post_office, order_id)
        return _contacts([(one, "") for one in found])

    @for_order
    @limited(address="1200 per minute", caller="20 per hour")
    @blueprint.arguments(ContactsRequestSchema)
    @blueprint.response(200, ContactsSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def put(self, wanted: dict[str, list[dict[str, str]]], order_id: str) -> dict[str, object]:
        """Say where messages about an order go: all contacts at once, none to end them. They are deleted after the journey."""
        office = rooms().post_office
        asked = [_wanted(one) for one in wanted["contacts"]]
        return _contacts(notices.replace_contacts(office, order_id, asked))


def _wanted(contact: dict[str, str]) -> notices.Wanted:
    address = {name: value for name, value in contact.items() if name not in {"kind", "language"}}
    return notices.Wanted(notices.kind_of(contact["kind"]), contact["language"], address)


@blueprint.route("/orders/<string:order_id>/events")
class OrderEvents(MethodView):
    """The events of an order."""

    @for_order
    @conditional
    @blueprint.arguments(EventsQuerySchema, location="query")
    @blueprint.response(200, EventsSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, wanted: dict[str, str], order_id: str) -> Any:
        """List what happened to an order. Ask again after `Retry-After`, with `If-None-Match`: 304 where nothing has."""
        tongue = language()
        events = notices.list_events(rooms().post_office, order_id, tongue)
        tag = hashlib.sha256(" ".join([tongue, *(one.id for one in events)]).encode()).hexdigest()[:24]
        headers = {
            "ETag": f'"{tag}"',
            "Retry-After": str(_POLL_SECONDS),
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Language",
        }
        # A cache on the way may have made the tag weak: it is compared weakly (RFC 9110, 13.1.2).
        if request.if_none_match.contains_weak(tag):
            return Response(status=304, headers=headers)
        answer = {
            "events": [
                {"id": one.id, "type": one.type, "at": written(one.at), "data": one.data}
                for one in notices.list_behind(events, wanted.get("since"))
            ],
            "next": notices.position_of(events),
        }
        return answer, 200, headers


@blueprint.route("/orders/link")
class OrderLink(MethodView):
    """The link of a letter about a disruption."""

    @limited(address="30 per minute")
    @blueprint.arguments(LinkSchema)
    @blueprint.response(200, ClaimedOrderSchema)
    def post(self, wanted: dict[str, str]) -> dict[str, str]:
        """Open an order by the code of a letter's link, which is good once: the answer has the order's `access_token`."""
        order_id = notices.open_link(rooms().post_office, wanted["code"])
        return {"order_id": order_id, "access_token": rooms().order_tokens.issue(order_id)}


@blueprint.route("/orders/<string:order_id>/links")
class OrderLinks(MethodView):
    """Links from phone to phone."""

    @for_order
    @limited(address="1200 per minute", caller="30 per hour")
    @blueprint.response(201, NewLinkSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def post(self, order_id: str) -> dict[str, str]:
        """Make a code that opens an order on another phone (`POST /v1/orders/link`), once and within ten minutes."""
        code, until = notices.new_link(rooms().post_office, order_id)
        return {"code": code, "expires_at": written(until)}


@blueprint.route("/orders/recovery")
class OrderRecovery(MethodView):
    """Find orders again."""

    @limited(address="10 per minute")
    @blueprint.arguments(AddressSchema)
    @blueprint.response(202, AskedSchema)
    def post(self, wanted: dict[str, str]) -> dict[str, str]:
        """Send the orders that name an address to that address; the answer is the same for every address."""
        recovery.ask_orders(rooms().reception, wanted["email"], request.remote_addr)
        return _ASKED


@blueprint.route("/accounts/recovery")
class AccountRecovery(MethodView):
    """Ask for a new password."""

    @limited(address="10 per minute")
    @blueprint.arguments(AddressSchema)
    @blueprint.response(202, AskedSchema)
    def post(self, wanted: dict[str, str]) -> dict[str, str]:
        """Send a code for a new password to an address that has an account; the answer is the same for every address."""
        recovery.ask_reset(rooms().reception, wanted["email"], request.remote_addr)
        return _ASKED


@blueprint.route("/accounts/recovery/password")
class NewPassword(MethodView):
    """Set a new password."""

    @limited(address="10 per minute")
    @blueprint.arguments(NewPasswordSchema)
    @blueprint.response(201, SignedInSchema)
    def post(self, wanted: dict[str, str]) -> dict[str, object]:
        """Set a new password by the code and sign in; every other device is signed out."""
        made = recovery.set_password(
            rooms().reception, wanted["code"], wanted["password"], label=wanted["label"]
        )
        return handed_out(made)


@blueprint.route("/accounts/confirmation")
class Confirmation(MethodView):
    """Confirm an address."""

    @limited(address="10 per minute")
    @blueprint.arguments(CodeSchema)
    @blueprint.response(204)
    def post(self, wanted: dict[str, str]) -> None:
        """Confirm the address of an account by the code that went there."""
        recovery.confirm(rooms().reception, wanted["code"])


@blueprint.route("/me/confirmation")
class MyConfirmation(MethodView):
    """Ask for a code that confirms the caller's address."""

    @for_people
    @limited(address="600 per minute", caller="10 per minute")
    @blueprint.arguments(AskSchema)
    @blueprint.response(202, AskedSchema)
    @blueprint.doc(**_PERSON)
    def post(self, _: dict[str, str]) -> dict[str, str]:
        """Send a code to the address of the account."""
        recovery.ask_confirmation(rooms().reception, the_person())
        return _ASKED


@blueprint.route("/me/orders/claims")
class MyClaims(MethodView):
    """Take a guest's order into the account."""

    @for_people
    @limited(address="600 per minute", caller="30 per minute")
    @blueprint.arguments(ClaimedOrderSchema)
    @blueprint.response(204)
    @blueprint.doc(**_PERSON)
    def post(self, wanted: dict[str, str]) -> None:
        """Take an order that was bought without an account into this one; its own token goes on to open it."""
        here, order_id = rooms(), wanted["order_id"]
        if not here.order_tokens.opens(order_id, wanted["access_token"]):
            raise NotFound("there is no such order")
        claim_order(here.till, order_id, the_person().person_id)


def _contacts(contacts: list[tuple[notices.Contact, str]]) -> dict[str, object]:
    office = rooms().post_office
    return {
        "contacts": [
            {
                "id": one.id,
                "kind": one.kind,
                "language": one.language,
                "hint": notices.hint(one),
                **({"secret": secret} if secret else {}),
            }
            for one, secret in contacts
        ],
        "web_push_key": office.push_key,
        "mail": office.sends_mail,
    }
