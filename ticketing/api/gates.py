"""Gates: validate a ticket online, fetch the signed bundle for deciding offline, tell what was decided."""

from typing import Any

from flask import Response, make_response, request
from flask.views import MethodView

from ticketing.api.again import fail_as_tried, repeatable
from ticketing.api.blueprint import Blueprint
from ticketing.api.conditional import conditional
from ticketing.api.context import OPERATOR_PEOPLE, rooms
from ticketing.api.gate_caller import (
    GateCaller,
    for_bundle,
    for_gates_and_revoked,
    for_presenting_gates,
    the_device,
    the_gate,
)
from ticketing.api.guard import for_roles
from ticketing.api.language import language
from ticketing.api.limits import limited
from ticketing.api.pages import cut, page_of
from ticketing.api.schemas.gates import (
    BundleQuerySchema,
    ManifestQuerySchema,
    ManifestSchema,
    ScanBatchSchema,
    ScanOutcomesSchema,
    ValidationRequestSchema,
    ValidationSchema,
)
from ticketing.gate import devices, manifest, publish
from ticketing.gate import service as gates
from ticketing.gate.upload import Sender, Told, upload

blueprint = Blueprint("gates", __name__, url_prefix="/v1", description="Accept or refuse a ticket")

_GATE_KEY: dict[str, Any] = {"security": [{"apiKey": []}]}


@blueprint.route("/validations")
class Validations(MethodView):
    """Present tickets."""

    @for_presenting_gates
    @limited(address="60000 per minute")
    @blueprint.arguments(ValidationRequestSchema)
    @blueprint.response(200, ValidationSchema)
    @blueprint.doc(**_GATE_KEY)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Accept or refuse a ticket for the operator of the gate's key; the same scan_id answers again.

        A device that reads one screen again within three seconds gets its first answer.
        """
        gate = the_gate()
        repeatable()
        fail_as_tried()
        return gates.validate(rooms().gatehouse, presentation(gate, wanted, language()))


@blueprint.route("/validations/batch")
class ValidationBatch(MethodView):
    """Tell what was decided offline."""

    @for_gates_and_revoked
    @limited(address="60000 per minute", caller="6000 per minute")
    @blueprint.arguments(ScanBatchSchema)
    @blueprint.response(200, ScanOutcomesSchema)
    @blueprint.doc(**_GATE_KEY)
    def post(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Keep scans as facts, in any order and however often; each gets its own outcome.

        What a revoked device tells is kept and flagged.
        """
        gate = the_gate()
        house = rooms().gatehouse
        scans = [Told(**{**item, "scan_id": str(item["scan_id"])}) for item in batch["scans"]]
        repeatable()
        sender = Sender(gate.key_id, gate.operator, gate.is_revoked)
        outcomes = upload(
            house.database,
            house.clock,
            sender,
            scans,
            house.rules,
            press=house.press,
            continuations=house.continuations,
        )
        if gate.device:
            devices.note_upload(house, gate.device, len(outcomes))
        return {"outcomes": outcomes}


@blueprint.route("/operators/<string:operator>/gate-bundle")
class GateBundle(MethodView):
    """The bundle with which a gate decides without a network."""

    @for_bundle
    @conditional
    # A key may stand for all gates of an operator.
    @limited(address="60000 per minute", caller="6000 per minute")
    @blueprint.arguments(BundleQuerySchema, location="query")
    @blueprint.file("application/jose")
    @blueprint.doc(**_GATE_KEY)
    def get(self, asked: dict[str, Any], operator: str) -> Response:
        """Fetch the operator's signed bundle; 304 when it has not changed.

        With `since`, the cursor of the bundle that is held, only what has changed in the uses. Ask for `format` 2.
        """
        house, device = rooms().gatehouse, the_device()
        bundle = publish.prepare(house, operator, asked["since"], asked["format"])
        if device:
            devices.note_bundle(house, device, asked["queue"], asked["clock_offset"], bundle.now)
        is_held = request.if_none_match.contains_weak(bundle.etag)
        response = make_response("" if is_held else bundle.sign(), 304 if is_held else 200)
        response.content_type = "application/jose"
        response.set_etag(bundle.etag)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Refresh-After"] = str(
            publish.refresh_seconds(devices.count_at_work(house, operator))
        )
        return response


@blueprint.route("/operators/<string:operator>/sailings")
class Manifest(MethodView):
    """The people on board."""

    @for_roles("admin", *OPERATOR_PEOPLE)
    @blueprint.arguments(ManifestQuerySchema, location="query")
    @blueprint.response(200, ManifestSchema)
    @blueprint.doc(**_GATE_KEY)
    def get(self, asked: dict[str, Any], operator: str) -> dict[str, Any]:
        """List the sailings of a day with how many are booked on each and how many gates have let on."""
        sailings = manifest.manifest(rooms().gatehouse, operator, asked["on"])
        shown, following = cut(sailings, page_of(asked), lambda one: f"{one['trip_id']}/{one['stop_id']}")
        return {"sailings": shown, "next": following}


def presentation(gate: GateCaller, wanted: dict[str, Any], language: str) -> gates.Presentation:
    """Read the ticket that is shown at the calling gate; a device's own place holds where the call names none.

    By hand no text of a ticket is shown.
    """
    device = gate.device
    return gates.Presentation(
        gate_key_id=gate.key_id,
        operator=gate.operator,
        scan_id=str(wanted["scan_id"]),
        token=wanted.get("token", ""),
        leg=wanted["leg"],
        stop_id=wanted["stop_id"] or (device.stop_id if device else None),
        device_ts=wanted["device_ts"],
        name=device.name if device else None,
        zone=device.zone if device else None,
        direction=wanted["direction"] or (device.direction if device else None),
        trip_id=wanted["trip_id"],
        departure=wanted["departure"],
        language=language,
    )
