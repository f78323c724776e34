"""Confirmations of delays, and the forms of claims."""

from typing import TypedDict

from marshmallow import fields, validate

from ticketing.api.schemas.closed_sets import LANGUAGES, one_of
from ticketing.api.schemas.common import ID, Strict, moment

_MOST_CHARS = 4096
_CLAIMS = {
    "description": "The claims of the token (docs/delay-confirmations.md).",
}


class ConfirmationQuery(TypedDict):
    """The wanted holder of a confirmation, as its schema has read it."""

    passenger: str | None
    anonymous: bool


class CheckWanted(TypedDict):
    """A token to check, as its schema has read it."""

    token: str


class ConfirmationQuerySchema(Strict):
    """The passenger whose ticket a confirmation names; with `anonymous` it names none."""

    passenger = fields.String(load_default=None, validate=ID)
    anonymous = fields.Boolean(load_default=False)


class ConfirmableLegSchema(Strict):
    """A leg whose run is proven late or cancelled, or of which words contradict each other (`note` says so, nothing is confirmed).

    `leg` counts the rides of the ticket from 0. `skipped`: the run went and did not call at one of the two stops.
    """

    leg = fields.Integer(required=True)
    operator = fields.String(required=True)
    trip_id = fields.String(required=True)
    service_date = fields.String(required=True, metadata={"format": "date"})
    from_stop = fields.String(required=True)
    to_stop = fields.String(required=True)
    planned_departure = moment(required=True)
    planned_arrival = moment(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["confirmed", "contradiction"]))
    departure = moment(required=True, allow_none=True)
    arrival = moment(required=True, allow_none=True)
    departure_delay_minutes = fields.Integer(required=True, allow_none=True)
    arrival_delay_minutes = fields.Integer(required=True, allow_none=True)
    cancelled = fields.Boolean(required=True)
    skipped = fields.Boolean(required=True)
    note = fields.String(required=True, allow_none=True)


class ConfirmableLegsSchema(Strict):
    """The legs of an order that can be confirmed, in the order of the journey."""

    legs = fields.List(fields.Nested(ConfirmableLegSchema), required=True)


class ConfirmationSchema(Strict):
    """A signed confirmation: `token` is a compact JWS (`typ: delay-confirmation+jwt`), `qr_svg` draws it, `text` says it."""

    token = fields.String(required=True)
    claims = fields.Dict(keys=fields.String(), required=True, metadata=_CLAIMS)
    text = fields.String(required=True)
    qr_svg = fields.String(required=True)


class CheckRequestSchema(Strict):
    """A token to check: the content of the code."""

    token = fields.String(required=True, validate=validate.Length(1, _MOST_CHARS))


class CheckSchema(Strict):
    """The answer about a token: whether this issuer has signed it, and what it says.

    `reason` is `ok`, or why it is not genuine. `stands` is false once the evidence has been corrected, null where no evidence of
    the run is kept any more.
    """

    genuine = fields.Boolean(required=True)
    reason = fields.String(required=True, metadata={"examples": ["ok"]})
    issued_at = moment(required=True, allow_none=True)
    claims = fields.Dict(keys=fields.String(), required=True, allow_none=True, metadata=_CLAIMS)
    text = fields.String(required=True, allow_none=True)
    stands = fields.Boolean(required=True, allow_none=True)


class FormQuery(TypedDict):
    """The wanted leg of a form, as its schema has read it."""

    passenger: str
    leg: int


class FormQuerySchema(Strict):
    """The passenger, and the leg by its place in the journey, from 0."""

    passenger = fields.String(required=True, validate=ID)
    leg = fields.Integer(required=True, validate=validate.Range(0, 100))


class FormChoiceSchema(Strict):
    """A box of a section; `name` is for programs."""

    name = fields.String(required=True, metadata={"examples": ["delay"]})
    label = fields.String(required=True)
    ticked = fields.Boolean(required=True)


class FormSectionSchema(Strict):
    """A section of a form: its text, or its boxes. `for_passenger`: nothing is known here, the passenger fills it in."""

    label = fields.String(required=True)
    value = fields.String(required=True, allow_none=True)
    choices = fields.List(fields.Nested(FormChoiceSchema), required=True)
    for_passenger = fields.Boolean(required=True)


class FormLayoutSchema(Strict):
    """The certainty of the order of sections (docs/rights.md)."""

    level = fields.String(required=True, validate=validate.OneOf(["S", "A", "B", "C"]))
    note = fields.String(required=True)


class ClaimFormSchema(Strict):
    """The form of a claim, filled in from ticket, evidence and claim; `sections` by the numbers of the annex, in its order.

    `is_common_form`: the ride is under the law of rail, for which the form is; of other rides it has the same data.
    """

    title = fields.String(required=True)
    heading = fields.String(required=True)
    is_common_form = fields.Boolean(required=True)
    regime = fields.String(required=True, allow_none=True)
    claim = fields.String(required=True, allow_none=True)
    filled_at = moment(required=True)
    language = one_of(LANGUAGES, required=True)
    layout = fields.Nested(FormLayoutSchema, required=True)
    sections = fields.Dict(
        keys=fields.String(metadata={"examples": ["3.2.1"]}),
        values=fields.Nested(FormSectionSchema),
        required=True,
    )
