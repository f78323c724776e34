"""Places, regions and journeys: find a way and its price."""

from dataclasses import replace
from typing import Any

from flask.views import MethodView

from tariffs.words import LANGUAGES
from throughfare_gate.moments import written
from ticketing.api.blueprint import OPTIONAL_PERSON, Blueprint
from ticketing.api.context import rooms
from ticketing.api.language import asked, language
from ticketing.api.limits import limited, spend
from ticketing.api.riding_on import account_of, borne_by, freed_by_exchange
from ticketing.api.schemas.journeys import (
    JourneyRequestSchema,
    JourneysSchema,
    PlaceQuerySchema,
    PlacesSchema,
)
from ticketing.api.schemas.regions import RegionsSchema
from ticketing.api.schemas.service import ServiceSchema
from ticketing.search import service as search
from ticketing.search.wish import Wish

# The largest search that a limit counts once.
_KINDS_OF_A_CALL, _MINUTES_OF_A_CALL = 4, 120

blueprint = Blueprint("journeys", __name__, url_prefix="/v1", description="Find a way and its price")


@blueprint.route("/service")
class Service(MethodView):
    """The deployment that answers."""

    @blueprint.response(200, ServiceSchema)
    def get(self) -> dict[str, object]:
        """Read what deployment this is: whether it is a sandbox, what only pretends, how cards are taken, and the time."""
        here = rooms()
        form = here.card_form
        return {
            "issuer": here.till.press.issuer,
            "sandbox": here.is_sandbox,
            "stand_ins": list(here.warnings),
            "languages": list(LANGUAGES),
            "now": written(here.clock.now()),
            "card_form": form and {"publishable_key": form.publishable_key, "script": form.script},
        }


@blueprint.route("/regions")
class Regions(MethodView):
    """The regions that this service covers."""

    @blueprint.response(200, RegionsSchema)
    def get(self) -> dict[str, Any]:
        """List the regions with their operators and rider categories."""
        return {"regions": search.list_regions(rooms().planner)}


@blueprint.route("/places")
class Places(MethodView):
    """Stops by name."""

    @blueprint.arguments(PlaceQuerySchema, location="query")
    @blueprint.response(200, PlacesSchema)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Find stops by name in any of the region's languages; accents and case are forgiven."""
        return {"places": search.find_places(rooms().planner, wanted["q"], wanted["limit"])}


@blueprint.route("/journeys")
class Journeys(MethodView):
    """Itineraries with offers."""

    @blueprint.arguments(JourneyRequestSchema)
    @blueprint.response(200, JourneysSchema)
    @blueprint.doc(**OPTIONAL_PERSON)
    @limited(address="600 per minute", caller="120 per minute")
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Search: the best ways by arrival, changes and price, each with an offer that can be bought."""
        spend(_extra_cost(wanted))
        rows = wanted["passengers"]
        freed = freed_by_exchange(wanted)
        wish = Wish.from_request(wanted, account_of(rows, freed), borne_by(rows, freed), freed)
        return search.find_journeys(rooms().planner, replace(wish, language=language(), reads=asked()))


def _extra_cost(wanted: dict[str, Any]) -> int:
    """Count by how many ordinary searches a search is dearer: by kinds of people, and by the range of departures.

    People who are alike are priced once, so a class of children costs what one child does.
    """
    # A passenger with a pass of their own is like nobody else.
    kinds = {
        (
            row["rider_category"],
            row["place"],
            row["account_holder"],
            row.get("holder"),
            bool(row["passes"]) and row["ref"],
        )
        for row in wanted["passengers"]
    }
    minutes: int = wanted.get("range_minutes", 0)
    return (len(kinds) - 1) // _KINDS_OF_A_CALL + minutes // _MINUTES_OF_A_CALL
