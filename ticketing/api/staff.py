"""Gate staff and inspectors: look a ticket up, let a passenger in by hand, inspect, note an incident."""

from typing import Any

from flask.views import MethodView

from ticketing.api.blueprint import Blueprint
from ticketing.api.context import OPERATOR_PEOPLE, rooms
from ticketing.api.gate_caller import GateCaller, for_gates, the_gate
from ticketing.api.gates import presentation
from ticketing.api.guard import for_roles
from ticketing.api.language import language
from ticketing.api.limits import limited
from ticketing.api.pages import Page, head
from ticketing.api.schemas.common import LongPageQuerySchema
from ticketing.api.schemas.staff import (
    ByHandRequestSchema,
    ByHandSchema,
    IncidentRequestSchema,
    IncidentSchema,
    InspectionRequestSchema,
    InspectionSchema,
    JournalSchema,
    LookUpRequestSchema,
    StaffTicketsSchema,
)
from ticketing.gate import journal, staff
from ticketing.gate.staff import Aboard, Staff

blueprint = Blueprint("staff", __name__, url_prefix="/v1", description="People at gates")

_GATE_KEY: dict[str, Any] = {"security": [{"apiKey": []}]}


@blueprint.route("/control-codes")
class ControlCodes(MethodView):
    """Look tickets up."""

    @for_gates
    @limited(address="600 per minute", caller="120 per minute")
    @blueprint.arguments(LookUpRequestSchema)
    @blueprint.response(200, StaffTicketsSchema)
    @blueprint.doc(**_GATE_KEY)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Find a ticket of this operator by its control code; the look and its reason are written down."""
        who = _staff(the_gate())
        return {"tickets": staff.look_up(rooms().gatehouse, who, wanted["code"], wanted["reason"])}


@blueprint.route("/validations/by-hand")
class ByHand(MethodView):
    """Let passengers in by hand."""

    @for_gates
    @limited(address="600 per minute", caller="120 per minute")
    @blueprint.arguments(ByHandRequestSchema)
    @blueprint.response(200, ByHandSchema)
    @blueprint.doc(**_GATE_KEY)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Accept or refuse a passenger without a readable code, by control code; the reason is written down."""
        gate = the_gate()
        shown = presentation(gate, wanted, language())
        return staff.let_in(rooms().gatehouse, _staff(gate), wanted["code"], wanted["reason"], shown)


@blueprint.route("/inspections")
class Inspections(MethodView):
    """Inspect tickets."""

    @for_gates
    @limited(address="6000 per minute", caller="300 per minute")
    @blueprint.arguments(InspectionRequestSchema)
    @blueprint.response(200, InspectionSchema)
    @blueprint.doc(**_GATE_KEY)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Check a ticket and see where it was used at this operator's gates; nothing is used up."""
        return staff.inspect(
            rooms().gatehouse,
            _staff(the_gate()),
            wanted["token"],
            wanted["code"],
            wanted["reason"],
            holder_name=wanted["holder_name"],
            aboard=Aboard(wanted["trip_id"], wanted["departure"]),
            language=language(),
        )


@blueprint.route("/inspections/<string:inspection_id>/incidents")
class Incidents(MethodView):
    """Note incidents."""

    @for_gates
    @limited(address="600 per minute", caller="120 per minute")
    @blueprint.arguments(IncidentRequestSchema)
    @blueprint.response(201, IncidentSchema)
    @blueprint.doc(**_GATE_KEY)
    def post(self, wanted: dict[str, Any], inspection_id: str) -> dict[str, Any]:
        """Note what happened at an inspection; a note is never changed."""
        who = _staff(the_gate())
        return {"id": staff.note_incident(rooms().gatehouse, who, inspection_id, wanted["note"])}


@blueprint.route("/operators/<string:operator>/gate-journal")
class GateJournal(MethodView):
    """The acts of people at an operator's gates."""

    @for_roles("admin", *OPERATOR_PEOPLE)
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, JournalSchema)
    @blueprint.doc(**_GATE_KEY)
    def get(self, page: Page, operator: str) -> dict[str, Any]:
        """List look-ups, passengers let in by hand, inspections, incidents, enrolments and revocations, newest first."""
        listed = journal.list_journal(rooms().gatehouse, operator, page["after"], page["limit"] + 1)
        entries, following = head(listed, page, lambda entry: str(entry["id"]))
        return {"entries": entries, "next": following}


def _staff(gate: GateCaller) -> Staff:
    device = gate.device
    return Staff(
        gate.key_id, gate.operator, device.name if device else None, device.stop_id if device else None
    )
