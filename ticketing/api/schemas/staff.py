"""Gate staff and inspectors: look-ups by control code, inspections, incidents."""

from marshmallow import ValidationError, fields, validate, validates_schema

from ticketing.api.schemas.closed_sets import GATE_REASONS, JOURNAL_KINDS, STAFF_NOTE_KINDS, one_of
from ticketing.api.schemas.common import AwareMoment, PagedSchema, Strict, moment
from ticketing.api.schemas.gates import NamedSailingSchema, NoteSchema, ValidationSchema

_REASON = validate.Length(3, 200)
_CODE = validate.Regexp(
    r"[A-Za-z2-7]{5}[ -]?[A-Za-z2-7]{5}\Z", error="ten letters and digits, as printed on the ticket"
)


class LookUpRequestSchema(Strict):
    """A control code, and why it is looked up."""

    code = fields.String(required=True, validate=_CODE)
    reason = fields.String(required=True, validate=_REASON)


class ByHandRequestSchema(LookUpRequestSchema, NamedSailingSchema):
    """A passenger who cannot show a code: the gate decides by the ticket that the control code finds."""

    scan_id = fields.UUID(required=True)
    leg = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 7))
    stop_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))
    device_ts = AwareMoment(required=True)
    direction = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["in", "out"]))


class RideByHandSchema(Strict):
    """A ride as people call it."""

    operator = fields.String(required=True)
    # `from` is a word of Python, so the schema is told by its data keys.
    start = fields.String(required=True, data_key="from", attribute="from")
    end = fields.String(required=True, data_key="to", attribute="to")
    departure = moment(required=True)


class ByHandSchema(ValidationSchema):
    """The answer of a gate about a ticket that was found by hand, with the `ride` that it was about.

    Null where no leg was chosen, and for a pass.
    """

    ride = fields.Nested(RideByHandSchema, required=True, allow_none=True)


class InspectionRequestSchema(NamedSailingSchema):
    """A ticket by the code that is shown, or by its control code; one of both."""

    token = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 8192))
    code = fields.String(load_default=None, allow_none=True, validate=_CODE)
    reason = fields.String(load_default="inspection", validate=_REASON)
    holder_name = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={
            "description": "the name to compare with that of a personal ticket; the service does not keep it"
        },
    )

    @validates_schema
    def _one_of_both(self, wanted: dict[str, object], **_: object) -> None:
        if (wanted["token"] is None) == (wanted["code"] is None):
            raise ValidationError("give the token or the control code", "token")


class StaffLegSchema(Strict):
    """One leg of the operator that asks."""

    leg = fields.Integer(required=True)
    # `from` is a word of Python, so the schema is told by its data keys.
    start = fields.String(required=True, data_key="from", attribute="from")
    end = fields.String(required=True, data_key="to", attribute="to", allow_none=True)


class StaffUseSchema(Strict):
    """One use at a gate of the operator that asks."""

    at = moment(required=True)
    leg = fields.Integer(required=True)
    gate = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True, validate=validate.OneOf(["ride", "transfer", "in", "out"]))


class StaffNoteSchema(Strict):
    """An earlier note about a ticket."""

    at = moment(required=True)
    kind = one_of(STAFF_NOTE_KINDS, required=True)
    reason = fields.String(required=True)


class StaffMemberSchema(Strict):
    """One ticket of a group: its control code lets this one in alone, who then is no longer in the group."""

    control_code = fields.String(required=True)
    category = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["valid", "revoked", "suspended"]))


class StaffTicketSchema(Strict):
    """A ticket as an operator's staff may see it: its own legs and uses, and no data of the passenger.

    The code of a group has `members`; a ticket that one stands for has the control code of that as `group_code`.
    """

    jti = fields.String(required=True)
    control_code = fields.String(required=True)
    product = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(["valid", "revoked", "suspended"]))
    category = fields.String(required=True, allow_none=True)
    passengers = fields.Integer(required=True)
    group_code = fields.String(required=True, allow_none=True)
    members = fields.List(fields.Nested(StaffMemberSchema), required=True)
    is_bound = fields.Boolean(required=True)
    is_personal = fields.Boolean(required=True)
    not_before = moment(required=True)
    expires_at = moment(required=True)
    legs = fields.List(fields.Nested(StaffLegSchema), required=True)
    history = fields.List(fields.Nested(StaffUseSchema), required=True)
    notes = fields.List(fields.Nested(StaffNoteSchema), required=True)


class StaffTicketsSchema(Strict):
    """The tickets that a control code finds: one, and hardly ever two."""

    tickets = fields.List(fields.Nested(StaffTicketSchema), required=True)


class InspectionSchema(Strict):
    """A ticket as an inspector sees it."""

    inspection_id = fields.String(required=True)
    decision = fields.String(required=True, validate=validate.OneOf(["accept", "refuse"]))
    reason = one_of(GATE_REASONS, required=True)
    values = fields.Dict(keys=fields.String(), required=True)
    notes = fields.List(fields.Nested(NoteSchema), required=True)
    attention = fields.String(required=True, allow_none=True)
    passenger_sees = fields.String(required=True)
    staff_sees = fields.String(required=True)
    inspected_at = moment(required=True)
    holder = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(["same", "close", "other", "not_personal"]),
        metadata={"description": "the comparison of the given name with the holder's; null without a name"},
    )
    ticket = fields.Nested(StaffTicketSchema, required=True, allow_none=True)


class IncidentRequestSchema(Strict):
    """An incident at a gate."""

    note = fields.String(required=True, validate=validate.Length(3, 2000))


class IncidentSchema(Strict):
    """The note, written down for good."""

    id = fields.String(required=True)


class JournalEntrySchema(Strict):
    """One thing that somebody did at a gate."""

    id = fields.String(required=True)
    at = moment(required=True)
    kind = one_of(JOURNAL_KINDS, required=True)
    by = fields.String(required=True)
    ticket = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    document = fields.Dict(required=True)


class JournalSchema(PagedSchema):
    """A page of the journal, newest first."""

    entries = fields.List(fields.Nested(JournalEntrySchema), required=True)
