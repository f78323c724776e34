"""Options: the ways on for a holder whose departure does not go as sold, and the one that they take."""

from typing import Any

from flask import request
from flask.views import MethodView

from ticketing import rerouting
from ticketing.api.blueprint import IDEMPOTENCY_KEY, ORDER_TOKEN, Blueprint
from ticketing.api.conditional import conditional
from ticketing.api.context import once_within, rooms
from ticketing.api.guard import for_order
from ticketing.api.language import language
from ticketing.api.limits import limited
from ticketing.api.schemas.options import (
    AssistanceSchema,
    OptionsSchema,
    OptionTakenSchema,
    OptionWanted,
    OptionWantedSchema,
)
from ticketing.errors import OptionGone
from ticketing.identity import Call
from ticketing.identity.once import request_key
from ticketing.purchase import service as purchase

blueprint = Blueprint("options", __name__, url_prefix="/v1", description="Go on after a disruption")


@blueprint.route("/orders/<string:order_id>/options")
class OrderOptions(MethodView):
    """The ways on for an order."""

    @for_order
    @conditional
    @limited(address="600 per minute", caller="30 per minute")
    @blueprint.response(200, OptionsSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str) -> dict[str, Any]:
        """List the legs that do not go as the tickets say, each with its options; places are as operators tell them now."""
        listed = rerouting.list_cases(rooms().rerouting, order_id)
        return {"order_id": order_id, "legs": _legs(order_id), "cases": rerouting.show.cases(listed)}

    @for_order
    @limited(address="600 per minute", caller="30 per minute")
    @blueprint.arguments(OptionWantedSchema)
    @blueprint.response(200, OptionTakenSchema)
    @blueprint.doc(**IDEMPOTENCY_KEY, **ORDER_TOKEN)
    def post(self, wanted: OptionWanted, order_id: str) -> Any:
        """Take an option for the named passengers, or for all who have it; it costs nothing.

        Another departure of the same operator is booked, and the tickets are for it: fetch them anew. Where its last place has
        gone the answer is 409 `option_gone` with the options that there are now.
        """
        wish = rerouting.OptionWish(
            tuple(dict.fromkeys(wanted["passengers"])), wanted["leg"], wanted["option"]
        )
        principal, route = f"order:{order_id}", "POST options"
        named = request_key(principal, route, request.headers.get("Idempotency-Key"), wanted)

        def take(call: Call) -> dict[str, Any]:
            done = rerouting.take(
                rooms().rerouting,
                order_id,
                wish,
                named,
                lambda tx, taken: call.remember(tx, rerouting.show.taken(order_id, taken)),
                claim=call.claim,
            )
            return rerouting.show.taken(order_id, done)

        try:
            answer = once_within(principal, route, wanted, take)
        except OptionGone as gone:
            raise OptionGone(gone.detail, _legs(order_id)) from None
        return answer.body, 200, {"Idempotent-Replayed": "true"} if answer.replayed else {}


@blueprint.route("/orders/<string:order_id>/assistance")
class OrderAssistance(MethodView):
    """The need of assistance on an order."""

    @for_order
    @limited(address="600 per minute", caller="30 per minute")
    @blueprint.response(200, AssistanceSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str) -> dict[str, bool]:
        """Tell whether somebody of the order has said that they need assistance."""
        return {"needed": rerouting.is_assistance_needed(rooms().rerouting, order_id)}

    @for_order
    @limited(address="600 per minute", caller="30 per minute")
    @blueprint.arguments(AssistanceSchema)
    @blueprint.response(200, AssistanceSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def put(self, wanted: dict[str, bool], order_id: str) -> dict[str, bool]:
        """Say that a passenger needs assistance, or take it back: after a disruption the order comes first where places are held.

        The operator's staff are not told by it: ask the carrier for the assistance itself.
        """
        return {"needed": rerouting.say_assistance(rooms().rerouting, order_id, needed=wanted["needed"])}


def _legs(order_id: str) -> list[dict[str, object]]:
    here = rooms()
    region = here.till.regions[purchase.get_order(here.till, order_id).quote.region]
    return rerouting.show.choices(region.data, rerouting.list_choices(here.rerouting, order_id), language())
