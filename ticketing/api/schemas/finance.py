"""Steps of a run, bank accounts, the bank's lines, disputed lines."""

from marshmallow import fields, validate

from ticketing.api.schemas.closed_sets import (
    BANK_VERDICTS,
    BOOKED_AS,
    DISPUTE_STATES,
    MOVEMENT_KINDS,
    RUN_STATES,
    one_of,
)
from ticketing.api.schemas.common import ID, LongPageQuerySchema, MoneySchema, PagedSchema, Strict, moment

REASON = validate.Length(1, 500)


class StepRequestSchema(Strict):
    """Take a run a step further; which other fields are needed is said with each step."""

    step = fields.String(
        required=True, validate=validate.OneOf(["approved", "rejected", "voided", "exported", "sent"])
    )
    digest = fields.String(
        load_default="", metadata={"description": "approved: the digest that you have read"}
    )
    reason = fields.String(
        load_default="",
        metadata={
            "description": "rejected, voided: why; exported: why somebody is paid whose payments the terms hold back"
        },
    )
    message_id = fields.String(
        load_default="", metadata={"description": "sent: the MsgId of the payment file"}
    )


class StepSchema(Strict):
    """A step of a run, with the person who took it."""

    state = one_of(RUN_STATES, required=True)
    by = fields.String(required=True)
    at = moment(required=True)
    digest = fields.String(required=True)
    note = fields.String(required=True)


class FileSchema(Strict):
    """A file that a run was exported to."""

    name = fields.String(required=True)
    sha256 = fields.String(required=True)
    bytes = fields.Integer(required=True)


class TrailSchema(Strict):
    """A run's steps and files."""

    id = fields.String(required=True)
    state = one_of(RUN_STATES, required=True)
    digest = fields.String(required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)
    files = fields.List(fields.Nested(FileSchema), required=True)


class BankAccountRequestSchema(Strict):
    """An operator's account, or the scheme's."""

    party = fields.String(required=True, validate=validate.Length(1, 64))
    iban = fields.String(required=True, validate=validate.Length(1, 42))
    name = fields.String(required=True, validate=validate.Length(1, 70))
    bic = fields.String(load_default="")
    town = fields.String(load_default="", validate=validate.Length(0, 35))
    country = fields.String(load_default="")


class BankAccountSchema(Strict):
    """An account and what became of it."""

    id = fields.String(required=True)
    party = fields.String(required=True)
    name = fields.String(required=True)
    iban = fields.String(required=True)
    bic = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["in force", "replaced", "waiting"]))
    entered_by = fields.String(required=True)
    entered_at = moment(required=True)


class BankAccountsSchema(PagedSchema):
    """Every account."""

    accounts = fields.List(fields.Nested(BankAccountSchema), required=True)


class RegionQuerySchema(Strict):
    """The region that is asked for."""

    region = fields.String(required=True, validate=validate.Length(1, 64))


class LinesQuerySchema(RegionQuerySchema, LongPageQuerySchema):
    """A page of the open lines of a region."""


class FileQuerySchema(Strict):
    """The file that is asked for, by its name in the list."""

    name = fields.String(required=True, validate=validate.Length(1, 200))


class BankLineSchema(Strict):
    """A line of the bank with what is said of it."""

    line = fields.String(required=True)
    booking_date = fields.String(required=True, metadata={"format": "date"})
    amount = fields.Nested(MoneySchema, required=True)
    counterparty = fields.String(required=True)
    remittance = fields.String(required=True)
    verdict = one_of(BANK_VERDICTS, required=True)
    because = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)


class MissingSchema(Strict):
    """A movement that is on no line of the bank."""

    kind = one_of(MOVEMENT_KINDS, required=True)
    reference = fields.String(required=True)
    party = fields.String(required=True, allow_none=True)
    run = fields.String(required=True, allow_none=True)
    amount = fields.Nested(MoneySchema, required=True)


class SuspenseSchema(Strict):
    """Money of a line on suspense: positive when we are short; `days` since it was booked there."""

    line = fields.String(required=True)
    booking_date = fields.String(required=True, metadata={"format": "date"})
    amount = fields.Nested(MoneySchema, required=True)
    counterparty = fields.String(required=True)
    remittance = fields.String(required=True)
    booked_by = fields.String(required=True)
    reason = fields.String(required=True)
    days = fields.Integer(required=True)


class ReviewSchema(PagedSchema):
    """The lines that are not booked, the payments that are missing, and the money on suspense."""

    lines = fields.List(fields.Nested(BankLineSchema), required=True)
    missing = fields.List(fields.Nested(MissingSchema), required=True)
    suspense = fields.List(fields.Nested(SuspenseSchema), required=True)


class AnsweredSchema(Strict):
    """A payment that the bank has refused, or a word of its answer that names nothing of ours: then `party` is empty."""

    reference = fields.String(required=True)
    party = fields.String(required=True)
    reason = fields.String(required=True)
    new = fields.Boolean(required=True)


class ImportSchema(Strict):
    """The result of importing a file of the bank: the lines of a statement, or the payments that an answer refuses.

    `new` counts what was not known before, `notes` name what was left out of the file and why.
    """

    new = fields.Integer(required=True)
    lines = fields.List(fields.Nested(BankLineSchema), required=True)
    notes = fields.List(fields.String(), required=True)
    answers = fields.List(fields.Nested(AnsweredSchema), required=True)


class BookingRequestSchema(Strict):
    """A person's booking of a line that did not match."""

    book_as = fields.String(
        required=True, validate=validate.OneOf(["payment", "receipt", "payout", "suspense", "bank_fee", "fx"])
    )
    reason = fields.String(required=True, validate=REASON)
    reference = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))


class UnbookingRequestSchema(Strict):
    """Why what was done last with a line is taken back."""

    reason = fields.String(required=True, validate=REASON)


class ClearingRequestSchema(Strict):
    """The owner of money on suspense: `bank_fee`, `scheme`, `refunds`, or `operator:` and an id."""

    clear_as = fields.String(required=True, validate=validate.Length(1, 73))
    reason = fields.String(required=True, validate=REASON)


class BookingSchema(Strict):
    """The booking of a line, or its state: `unbooked`, `cleared`, `uncleared`."""

    line = fields.String(required=True)
    booked_as = one_of(BOOKED_AS, required=True)


class DisputeRequestSchema(Strict):
    """The line of a statement that is wrong, and the reason."""

    operator = fields.String(required=True, validate=ID)
    line = fields.String(required=True, validate=ID)
    reason = fields.String(required=True, validate=REASON)


class AnswerRequestSchema(Strict):
    """The scheme's answer: the line stands, or an amount (negative: takes back) corrects it. One of them is needed."""

    text = fields.String(required=True, validate=REASON)
    stands = fields.Boolean(load_default=False)
    amount = fields.String(load_default=None, allow_none=True, metadata={"examples": ["0.50"]})
    against = fields.String(load_default=None, allow_none=True, validate=ID)


class DisputeStepSchema(Strict):
    """A statement or an act in a dispute."""

    state = one_of(DISPUTE_STATES, required=True)
    by = fields.String(required=True)
    at = moment(required=True)
    text = fields.String(required=True)
    entry = fields.String(required=True, allow_none=True)


class CorrectionSchema(Strict):
    """The correction by a dispute: the amount that its operator got, and its bearer (an operator, or `scheme`)."""

    amount = fields.String(required=True)
    currency = fields.String(required=True)
    against = fields.String(required=True)


class DisputeSchema(Strict):
    """A disputed line with its trail."""

    id = fields.String(required=True)
    run = fields.String(required=True)
    operator = fields.String(required=True)
    line = fields.String(required=True)
    state = one_of(DISPUTE_STATES, required=True)
    correction = fields.Nested(CorrectionSchema, required=True, allow_none=True)
    trail = fields.List(fields.Nested(DisputeStepSchema), required=True)


class DisputesSchema(PagedSchema):
    """Disputes, oldest first."""

    disputes = fields.List(fields.Nested(DisputeSchema), required=True)
