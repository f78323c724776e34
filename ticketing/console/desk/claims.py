"""Claims of passengers: the list by state, one with everything that decides it, the operator's contest, the ruling."""

from typing import get_args

from flask import Response, request, url_for

from ticketing import claims
from ticketing.claims import CONTEST_REASONS, STATES, Contest, ContestReason, Ruling, State, Verdict
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, language, page, staff
from ticketing.console.words import text
from ticketing.errors import InvalidRequest
from ticketing.settlement.run_state import checked_reason

_PAGE = 50
_MOST_EVIDENCE = 2000
_SHA256_LENGTH = 64


@blueprint.get("/claims")
@needs("finance", "admin", "operator_finance")
def claims_list() -> str:
    """List claims, oldest first, in one state or in any; an operator's staff see those that it bears."""
    desk, state = console().claims, _wanted(request.args.get("state", ""))
    own = staff().principal.operator
    operator = own or request.args.get("operator") or None
    shown = claims.list_for_staff(desk, operator, state, request.args.get("after") or None, _PAGE)
    operators = sorted({name for region in desk.regions.values() for name in region.data.operators})
    return page(
        "claims",
        here="claims",
        states=STATES,
        state=state,
        operator=operator,
        operators=[] if own else operators,
        shown=shown,
    )


@blueprint.get("/claims/<claim_id>")
@needs("finance", "admin", "operator_finance")
def claim(claim_id: str) -> str:
    """Show a claim with its facts, its decision, its evidence and its steps."""
    told = claims.get_for_staff(console().claims, claim_id, staff().principal.operator, language())
    return page("claim", here="claims", claim=told.document, words=told.words, reasons=CONTEST_REASONS)


@blueprint.post("/claims/<claim_id>/contest")
@needs("operator_finance")
def contest_claim(claim_id: str) -> Response:
    """Contest a claim of one's own operator before its time is over."""

    def act() -> None:
        _confirm()
        word = Contest(reason=_reason(), evidence=_evidence(), by=staff().name, sha256=_sha256())
        claims.contest(console().claims, claim_id, staff().principal.operator, word)

    return attempt(
        act,
        lambda: claim(claim_id),
        to=lambda: url_for("console.claim", claim_id=claim_id, done="contested"),
    )


@blueprint.post("/claims/<claim_id>/ruling")
@needs("finance")
def rule_claim(claim_id: str) -> Response:
    """Rule on a claim: it is paid, or the contest is taken for proven and the rules decide again."""

    def act() -> None:
        ruling: Ruling | None = next(
            (one for one in get_args(Ruling) if one == request.form.get("ruling")), None
        )
        if ruling is None:
            raise InvalidRequest.at("ruling", text("choose_a_ruling", language()))
        _confirm()
        verdict = Verdict(
            ruling=ruling,
            reason=checked_reason(request.form.get("reason", "")),
            by=staff().name,
            minutes=_minutes(),
        )
        claims.rule(console().claims, claim_id, verdict)

    return attempt(
        act, lambda: claim(claim_id), to=lambda: url_for("console.claim", claim_id=claim_id, done="ruled")
    )


def _wanted(state: str) -> State | None:
    return next((one for one in STATES if one == state), None)


def _confirm() -> None:
    """Refuse a form whose last question nobody has answered."""
    if request.form.get("confirmed") != "yes":
        raise InvalidRequest.at("confirmed", text("confirm_first", language()))


def _reason() -> ContestReason:
    found = next((one for one in CONTEST_REASONS if one == request.form.get("contest_reason")), None)
    if found is None:
        raise InvalidRequest.at("contest_reason", text("choose_a_reason", language()))
    return found


def _evidence() -> str:
    evidence = request.form.get("evidence", "").strip()
    if not evidence or len(evidence) > _MOST_EVIDENCE or "\x00" in evidence:
        raise InvalidRequest.at("evidence", text("evidence_needed", language()))
    return evidence


def _sha256() -> str | None:
    found = request.form.get("sha256", "").strip().lower()
    if found and (len(found) != _SHA256_LENGTH or set(found) - set("0123456789abcdef")):
        raise InvalidRequest.at("sha256", text("sha256_wrong", language()))
    return found or None


def _minutes() -> int | None:
    """Read the minutes of a ruling; None where none are given."""
    minutes = request.form.get("arrival_delay_minutes", "").strip()
    if not minutes:
        return None
    if not (minutes.isascii() and minutes.isdigit()) or len(minutes) > 5:  # noqa: PLR2004  two weeks have 20160
        raise InvalidRequest.at("arrival_delay_minutes", text("minutes_wrong", language()))
    return int(minutes)
