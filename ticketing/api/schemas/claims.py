"""Claims of passengers: for holders, for the operators that bear them, and for those who rule on them."""

from typing import TypedDict

from marshmallow import fields, validate

from ticketing.api.schemas.closed_sets import CLAIM_REASONS, one_of
from ticketing.api.schemas.common import ID, PageQuerySchema, Strict, moment, money
from ticketing.claims import CONTEST_REASONS, STATES, ContestReason, Ruling, State
from ticketing.guarantees import REASONS

_MINUTES = validate.Range(-1_440, 20_160)


class ClaimWanted(TypedDict):
    """A request for a claim, as its schema has read it."""

    passenger: str
    leg: int


class ClaimsQuery(TypedDict):
    """A question for claims, as its schema has read it."""

    state: State | None
    after: str | None
    limit: int


class ContestWanted(TypedDict):
    """A contest, as its schema has read it."""

    reason: ContestReason
    evidence: str
    sha256: str | None


class RulingWanted(TypedDict):
    """A ruling, as its schema has read it."""

    ruling: Ruling
    reason: str
    arrival_delay_minutes: int | None


class ClaimRequestSchema(Strict):
    """The leg of a passenger for which a holder asks: by its place in the journey, from 0."""

    passenger = fields.String(required=True, validate=ID)
    leg = fields.Integer(required=True, strict=True, validate=validate.Range(0, 100))


class ClaimAccountSchema(Strict):
    """The money that is paid to a bank account, and the country and end of the one that was given; the rest is told to nobody."""

    amount = money(required=True)
    given = fields.String(required=True, allow_none=True, metadata={"examples": ["FI…0785"]})


class AccountWanted(TypedDict):
    """An account for a claim, as its schema has read it."""

    iban: str
    name: str


class AccountRequestSchema(Strict):
    """The account to which a claim is paid: an IBAN of a SEPA country, and its holder."""

    iban = fields.String(
        required=True, validate=validate.Length(5, 50), metadata={"examples": ["FI2112345600000785"]}
    )
    name = fields.String(required=True, validate=validate.Length(1, 70))


class HolderClaimSchema(Strict):
    """A claim as its holder reads it.

    `amount` is null while nothing is decided, and where nothing is due; `text` says why in the caller's language, `level` how certain the rule is
    (docs/rights.md). By `deadline` the money is to arrive. `account` is there where the payment cannot give the money back.
    """

    id = fields.String(required=True)
    passenger = fields.String(required=True)
    leg = fields.Integer(required=True)
    regime = fields.String(required=True, metadata={"examples": ["sea"]})
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    amount = money(required=True, allow_none=True)
    reason = one_of(CLAIM_REASONS, required=True, metadata={"examples": ["delayed"]})
    text = fields.String(required=True)
    article = fields.String(required=True)
    level = fields.String(required=True, validate=validate.OneOf(["S", "A", "B", "C"]))
    deadline = moment(required=True, allow_none=True)
    account = fields.Nested(ClaimAccountSchema, required=True, allow_none=True)
    opened_at = moment(required=True)


class HolderClaimsSchema(Strict):
    """The claims of an order, oldest first."""

    claims = fields.List(fields.Nested(HolderClaimSchema), required=True)


class GuaranteeCaseSchema(Strict):
    """A guaranteed connection that a passenger has missed, behind the ride of an `operator`.

    `amount` is what the guarantor pays, `deducted` what a law pays for the same delay; `late_minutes` is null for a passenger who has
    not travelled on.
    """

    id = fields.String(required=True)
    passenger = fields.String(required=True)
    after_leg = fields.Integer(required=True)
    operator = fields.String(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))
    late_minutes = fields.Integer(required=True, allow_none=True)
    amount = money(required=True)
    deducted = money(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["decided", "paying", "paid"]))
    decided_at = moment(required=True)


class GuaranteeCasesSchema(Strict):
    """The guaranteed connections of an order that were missed, oldest first."""

    cases = fields.List(fields.Nested(GuaranteeCaseSchema), required=True)


class ClaimsQuerySchema(PageQuerySchema):
    """A page of claims, in one state or in any."""

    state = fields.String(
        load_default=None, validate=validate.OneOf(STATES), metadata={"examples": ["contested"]}
    )


class ClaimStepSchema(Strict):
    """A step of a claim, with the person or the program that took it."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    at = moment(required=True)
    by = fields.String(required=True)
    reason = fields.String(required=True)
    note = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class ClaimSchema(Strict):
    """A claim as staff read it, with what decides it: facts, decision, rule table, ids of the evidence.

    `waits_for` says why it waits for a person, or why it was contested; until `contest_until` its operator may contest.
    """

    id = fields.String(required=True)
    region = fields.String(required=True)
    operator = fields.String(required=True)
    trip_id = fields.String(required=True)
    service_date = fields.String(required=True, metadata={"format": "date"})
    ticket = fields.String(required=True)
    leg = fields.Integer(required=True)
    regime = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    amount = money(required=True, allow_none=True)
    price = money(required=True)
    waits_for = fields.String(required=True, allow_none=True)
    contest_until = moment(required=True, allow_none=True)
    rule_version = fields.String(required=True)
    facts = fields.Dict(keys=fields.String(), required=True)
    decision = fields.Dict(keys=fields.String(), required=True)
    evidence = fields.List(fields.String(), required=True)
    opened_at = moment(required=True)
    steps = fields.List(fields.Nested(ClaimStepSchema), required=True)
    account = fields.Nested(ClaimAccountSchema, required=True, allow_none=True)


class ClaimsSchema(Strict):
    """A page of claims; `next` is the `after` of the page behind it, null at the end."""

    claims = fields.List(fields.Nested(ClaimSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ContestScoreSchema(Strict):
    """The contests of one reason on which was ruled in one month: `won` were proven, `lost` were not."""

    month = fields.String(required=True, metadata={"examples": ["2026-10"]})
    reason = fields.String(required=True, validate=validate.OneOf(CONTEST_REASONS))
    won = fields.Integer(required=True)
    lost = fields.Integer(required=True)


class ContestScoresSchema(Strict):
    """The contests of an operator in the months that are over, newest first."""

    operator = fields.String(required=True)
    months = fields.List(fields.Nested(ContestScoreSchema), required=True)


class ContestRequestSchema(Strict):
    """The operator's word against a claim: a reason, what proves it, and the SHA-256 of the file that does."""

    reason = fields.String(required=True, validate=validate.OneOf(CONTEST_REASONS))
    evidence = fields.String(required=True, validate=validate.Length(1, 2000))
    sha256 = fields.String(load_default=None, validate=validate.Regexp(r"^[0-9a-f]{64}$"))


class RulingRequestSchema(Strict):
    """A ruling: `uphold` pays the claim, `accept` takes the contest for proven.

    `arrival_delay_minutes` is needed where the times were wrong, or where nothing proved them.
    """

    ruling = fields.String(required=True, validate=validate.OneOf(["uphold", "accept"]))
    reason = fields.String(required=True, validate=validate.Length(1, 500))
    arrival_delay_minutes = fields.Integer(load_default=None, strict=True, validate=_MINUTES)
