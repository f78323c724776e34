"""Passes, carnets and return tickets: what is on sale, a price for one, and what an account holds."""

from collections.abc import Mapping
from typing import Any

from flask.views import MethodView

from throughfare_gate.moments import written
from ticketing.api.blueprint import OPTIONAL_PERSON, Blueprint
from ticketing.api.context import person_if_any, rooms
from ticketing.api.guard import for_people, the_person
from ticketing.api.language import language
from ticketing.api.limits import limited
from ticketing.api.pages import Page, cut, page_of
from ticketing.api.schemas.accounts import (
    MyPassesSchema,
    MyPassSchema,
    PassHolderSchema,
    PassProductsSchema,
    PassQuerySchema,
    PassQuoteRequestSchema,
)
from ticketing.api.schemas.caps import MyCapsSchema
from ticketing.api.schemas.common import LongPageQuerySchema
from ticketing.api.schemas.orders import QuoteSchema
from ticketing.quote import holder, season
from ticketing.quote import show as show_quote
from ticketing.quote.brought import KeptPass

blueprint = Blueprint("passes", __name__, url_prefix="/v1", description="Passes, carnets and return tickets")

_PERSON: Mapping[str, object] = {"security": [{"accessToken": []}]}


@blueprint.route("/passes")
class Passes(MethodView):
    """The passes on sale."""

    @blueprint.arguments(PassQuerySchema, location="query")
    @blueprint.response(200, PassProductsSchema)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the passes on sale, in the language of Accept-Language."""
        listed = season.list_passes(rooms().desk, wanted.get("region"), language())
        shown, following = cut(listed, page_of(wanted), lambda one: f"{one['region']}/{one['product']}")
        return {"passes": shown, "next": following}


@blueprint.route("/passes/quotes")
class PassQuotes(MethodView):
    """Prices of passes."""

    @limited(address="1200 per minute", caller="60 per minute")
    @blueprint.arguments(PassQuoteRequestSchema)
    @blueprint.response(201, QuoteSchema)
    @blueprint.doc(**OPTIONAL_PERSON)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Freeze the price of a pass; it is ordered and paid like any quote.

        Signed in it is for the account: for its owner, or for the `holder` who is named, a child perhaps. Without an account
        it is for the bearer of its order: keep the `access_token`, and show it with each search (`passes` of a passenger).
        """
        who = person_if_any()
        frozen = season.freeze_pass(
            rooms().desk,
            who.person_id if who else None,
            region_id=wanted.get("region"),
            product_id=wanted["product"],
            rider=wanted["rider_category"],
            start=wanted.get("start"),
            holder=wanted.get("holder"),
        )
        return show_quote.quote(frozen, rooms().desk.regions[frozen.region], language())


@blueprint.route("/me/passes")
class MyPasses(MethodView):
    """The passes of the caller."""

    @for_people
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, MyPassesSchema)
    @blueprint.doc(**_PERSON)
    def get(self, page: Page) -> dict[str, Any]:
        """List the passes of the account that are not over: whose they are, and the uses that are left."""
        kept = holder.bring(rooms().desk, the_person().person_id).passes
        shown, following = cut(kept, page, lambda one: one.held.ticket)
        return {"passes": [_shown(one) for one in shown], "next": following}


@blueprint.route("/me/caps")
class MyCaps(MethodView):
    """The caps of the caller."""

    @for_people
    @blueprint.response(200, MyCapsSchema)
    @blueprint.doc(**_PERSON)
    def get(self) -> dict[str, object]:
        """List the caps under which the account's owner has paid something, as they stand now."""
        return {"caps": [show_quote.cap(one) for one in holder.caps_of(rooms().desk, the_person().person_id)]}


@blueprint.route("/me/passes/<string:ticket>/holder")
class HolderOfPass(MethodView):
    """Name the holder of a pass."""

    @for_people
    @limited(address="600 per minute", caller="20 per minute")
    @blueprint.arguments(PassHolderSchema)
    @blueprint.response(200, MyPassSchema)
    @blueprint.doc(**_PERSON)
    def post(self, wanted: dict[str, Any], ticket: str) -> dict[str, Any]:
        """Say whom of the account a pass is for that was bought without a `holder`: once, and for good."""
        return _shown(holder.name_holder(rooms().desk, the_person().person_id, ticket, wanted["holder"]))


def _shown(kept: KeptPass) -> dict[str, Any]:
    return {
        "ticket": kept.held.ticket,
        "product": kept.held.product,
        "kind": kept.kind,
        "rider_category": kept.held.rider,
        "holder": kept.holder,
        "valid_from": written(kept.held.valid_from),
        "valid_until": written(kept.held.valid_until),
        "uses_left": kept.held.uses_left,
    }
