"""Operators: what they can do and how well their systems answer, for everybody."""

from typing import Any

from flask.views import MethodView

from ticketing.api.blueprint import Blueprint
from ticketing.api.context import rooms
from ticketing.api.pages import cut, page_of
from ticketing.api.schemas.operators import OperatorQuerySchema, OperatorsSchema
from ticketing.errors import InvalidRequest
from ticketing.regions import levels

blueprint = Blueprint(
    "operators", __name__, url_prefix="/v1", description="Operators and how well their systems answer"
)


@blueprint.route("/operators")
class Operators(MethodView):
    """Service levels."""

    @blueprint.arguments(OperatorQuerySchema, location="query")
    @blueprint.response(200, OperatorsSchema)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the operators with their service levels, from the calls that were really made."""
        here = rooms()
        regions = here.planner.regions
        if "region" in wanted and wanted["region"] not in regions:
            raise InvalidRequest.at("region", f"must be one of {', '.join(regions)}")
        asked = [wanted["region"]] if "region" in wanted else list(regions)
        operators = [(name, operator) for name in asked for operator in regions[name].operators.values()]
        shown, following = cut(operators, page_of(wanted), lambda one: f"{one[0]}/{one[1].id}")
        return {
            "operators": levels.list_levels(
                here.connectors, here.planner.watch, here.planner.board, shown, here.clock.now()
            ),
            "next": following,
        }
