"""Passes, carnets and return tickets: what is on sale, a price for one, and what an account holds."""

from typing import Any

from flask.views import MethodView

from ticketing.api.blueprint import Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_people, the_person
from ticketing.api.language import language
from ticketing.api.limits import limited
from ticketing.api.schemas.accounts import (
    MyPassesSchema,
    PassProductsSchema,
    PassQuerySchema,
    PassQuoteRequestSchema,
)
from ticketing.api.schemas.orders import QuoteSchema
from ticketing.clock import written
from ticketing.quote import holder, season
from ticketing.quote import show as show_quote

blueprint = Blueprint("passes", __name__, url_prefix="/v1", description="Passes, carnets and return tickets")

_PERSON: dict[str, Any] = {"security": [{"accessToken": []}]}


@blueprint.route("/passes")
class Passes(MethodView):
    """What is on sale."""

    @blueprint.arguments(PassQuerySchema, location="query")
    @blueprint.response(200, PassProductsSchema)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the passes on sale, in the language of Accept-Language."""
        return {"passes": season.list_passes(rooms().desk, wanted.get("region"), language())}


@blueprint.route("/passes/quotes")
class PassQuotes(MethodView):
    """Prices of passes."""

    @for_people
    @limited(address="1200 per minute", caller="60 per minute")
    @blueprint.arguments(PassQuoteRequestSchema)
    @blueprint.response(201, QuoteSchema)
    @blueprint.doc(**_PERSON)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Freeze the price of a pass for the caller; it is ordered and paid like any quote."""
        frozen = season.freeze_pass(
            rooms().desk,
            the_person().person_id,
            region_id=wanted.get("region"),
            product_id=wanted["product"],
            rider=wanted["rider_category"],
            start=wanted.get("start"),
        )
        return show_quote.quote(frozen, language())


@blueprint.route("/me/passes")
class MyPasses(MethodView):
    """What the caller holds."""

    @for_people
    @blueprint.response(200, MyPassesSchema)
    @blueprint.doc(**_PERSON)
    def get(self) -> dict[str, Any]:
        """List the passes of the account that are not over, with the uses that are left."""
        return {
            "passes": [
                {
                    "ticket": one.ticket,
                    "product": one.product,
                    "valid_from": written(one.valid_from),
                    "valid_until": written(one.valid_until),
                    "uses_left": one.uses_left,
                }
                for one in holder.bring(rooms().desk, the_person().person_id).passes
            ]
        }
