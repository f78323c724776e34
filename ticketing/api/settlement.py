"""Settlement for finance staff: close a month, read runs, fetch statements."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask.views import MethodView

from ticketing.api.blueprint import IDEMPOTENCY_KEY, Blueprint
from ticketing.api.context import once, rooms
from ticketing.api.guard import for_roles, principal
from ticketing.api.schemas.common import PageQuerySchema
from ticketing.api.schemas.settlement import RunRequestSchema, RunSchema, RunsSchema
from ticketing.settlement import claims
from ticketing.settlement import service as settlement

blueprint = Blueprint(
    "settlement", __name__, url_prefix="/v1", description="Close a month, pay the operators"
)

_KEY: Mapping[str, object] = {"security": [{"apiKey": []}]}


@blueprint.route("/settlement-runs")
class Runs(MethodView):
    """Settlement runs."""

    @for_roles("finance", "admin")
    @blueprint.arguments(PageQuerySchema, location="query")
    @blueprint.response(200, RunsSchema)
    @blueprint.doc(**_KEY)
    def get(self, page: dict[str, Any]) -> dict[str, Any]:
        """List runs, oldest first, a page at a time."""
        found = settlement.list_runs(rooms().office, after=page["after"], limit=page["limit"] + 1)
        shown, more = found[: page["limit"]], len(found) > page["limit"]
        return {"runs": [claims.show_run(made) for made in shown], "next": shown[-1].id if more else None}

    @for_roles("finance")
    @blueprint.arguments(RunRequestSchema)
    @blueprint.response(201, RunSchema)
    @blueprint.doc(**IDEMPOTENCY_KEY, **_KEY)
    def post(self, wanted: dict[str, Any]) -> Any:
        """Close a month: nothing more is booked into it, and its run is calculated once."""
        finance = principal()
        here = rooms()

        def close(_remember: Any) -> dict[str, Any]:
            return claims.show_run(
                settlement.close(
                    here.office,
                    wanted["region"],
                    wanted["period"],
                    finance.actor,
                    despite=wanted["despite"],
                )
            )

        answer = once(f"key:{finance.key_id}", "POST /v1/settlement-runs", wanted, close)
        return answer.body, 201, {"Idempotent-Replayed": "true"} if answer.replayed else {}


@blueprint.route("/settlement-runs/<string:run_id>")
class RunOne(MethodView):
    """One run."""

    @for_roles("finance", "admin")
    @blueprint.response(200, RunSchema)
    @blueprint.doc(**_KEY)
    def get(self, run_id: str) -> dict[str, Any]:
        """Read a run."""
        return claims.show_run(settlement.get_run(rooms().office, run_id))


@blueprint.route("/settlement-runs/<string:run_id>/statements/<string:operator>.csv")
class Statement(MethodView):
    """One operator's statement."""

    @for_roles("finance", "operator_finance")
    @blueprint.file("text/csv")
    @blueprint.doc(**_KEY)
    def get(self, run_id: str, operator: str) -> Response:
        """Fetch one operator's statement; its own finance staff see no other."""
        lines = settlement.statement(rooms().office, run_id, operator)
        return Response(lines, content_type="text/csv; charset=utf-8")
