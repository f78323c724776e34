"""Gates: validate a ticket online, fetch the signed bundle for deciding offline."""

from typing import Any

from flask import Response, make_response, request
from flask.views import MethodView

from ticketing.api.blueprint import Blueprint
from ticketing.api.context import caller, rooms
from ticketing.api.schemas.gates import (
    ScanBatchSchema,
    ScanOutcomesSchema,
    ValidationRequestSchema,
    ValidationSchema,
)
from ticketing.gate import publish
from ticketing.gate import service as gates
from ticketing.gate.upload import Sender, Told, upload

blueprint = Blueprint("gates", __name__, url_prefix="/v1", description="Accept or refuse a ticket")

_GATE_KEY: dict[str, Any] = {"security": [{"apiKey": []}]}


@blueprint.route("/validations")
class Validations(MethodView):
    """Present tickets."""

    @blueprint.arguments(ValidationRequestSchema)
    @blueprint.response(200, ValidationSchema)
    @blueprint.doc(**_GATE_KEY)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Accept or refuse a ticket for the operator of the gate's key; the same scan_id answers again."""
        gate = caller().require("gate")
        return gates.validate(
            rooms().gatehouse,
            gates.Presentation(
                gate_key_id=gate.key_id,
                operator=str(gate.operator),
                scan_id=str(wanted["scan_id"]),
                token=wanted["token"],
                leg=wanted["leg"],
                stop_id=wanted["stop_id"],
                device_ts=wanted["device_ts"],
            ),
        )


@blueprint.route("/validations/batch")
class ValidationBatch(MethodView):
    """Tell what was decided offline."""

    @blueprint.arguments(ScanBatchSchema)
    @blueprint.response(200, ScanOutcomesSchema)
    @blueprint.doc(**_GATE_KEY)
    def post(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Keep scans as facts, in any order and however often; each gets its own outcome."""
        gate = caller().require("gate")
        house = rooms().gatehouse
        told = [Told(**{**item, "scan_id": str(item["scan_id"])}) for item in batch["scans"]]
        return {
            "outcomes": upload(
                house.database, house.clock, Sender(gate.key_id, str(gate.operator)), told, house.rules
            )
        }


@blueprint.route("/operators/<string:operator>/gate-bundle")
class GateBundle(MethodView):
    """What a gate needs to decide without a network."""

    @blueprint.response(200, content_type="application/jose")
    @blueprint.doc(**_GATE_KEY)
    def get(self, operator: str) -> Response:
        """Fetch the operator's signed bundle; 304 when it has not changed."""
        caller().require("gate", "admin").require_operator(operator)
        bundle = publish.bundle(rooms().gatehouse, operator)
        response = make_response(bundle.token)
        response.content_type = "application/jose"
        response.set_etag(bundle.etag)
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request)
        return response
