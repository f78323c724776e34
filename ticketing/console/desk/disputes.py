"""Disputed lines: the list, the trail, the scheme's answer, the operator's withdrawal."""

from flask import Response, request, url_for

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, language, page, staff
from ticketing.console.words import text
from ticketing.errors import InvalidRequest
from ticketing.settlement import claims, service


@blueprint.get("/disputes")
@needs("finance", "admin", "operator_finance")
def disputes() -> str:
    """List disputes, newest first; an operator's staff see their own, and those that their operator bears."""
    cases = claims.list_cases(console().office, staff().principal.operator)
    return page("disputes", here="disputes", cases=cases[::-1])


@blueprint.get("/disputes/<dispute_id>")
@needs("finance", "admin", "operator_finance")
def dispute(dispute_id: str) -> str:
    """Show a dispute with its trail."""
    case = claims.get_case(console().office, dispute_id, staff().principal.operator)
    run = service.get_run(console().office, case.dispute.run_id)
    return page(
        "dispute",
        here="disputes",
        case=case,
        run=run,
        is_open=case.state in claims.OPEN,
        opened_by_you=case.dispute.opened_by == staff().name,
        bearers=claims.bearers(console().office, run, case.dispute.operator),
    )


@blueprint.post("/disputes/<dispute_id>/answer")
@needs("finance")
def answer(dispute_id: str) -> Response:
    """Answer: correct the line by an amount, or say why it stands."""

    def act() -> None:
        verdict = request.form.get("verdict", "")
        if verdict not in {"rejected", "corrected"}:
            raise InvalidRequest.at("verdict", text("choose_a_verdict", language()))
        amount = request.form.get("amount", "").strip()
        claims.answer(
            console().office,
            dispute_id,
            by=staff().name,
            text=request.form.get("text", ""),
            stands=verdict == "rejected",
            amount=amount or (None if verdict == "rejected" else ""),
            against=request.form.get("against") or None,
        )

    return attempt(
        act,
        lambda: dispute(dispute_id),
        to=lambda: url_for("console.dispute", dispute_id=dispute_id, done="answered"),
    )


@blueprint.post("/disputes/<dispute_id>/withdrawal")
@needs("operator_finance")
def withdraw(dispute_id: str) -> Response:
    """Let one's own dispute go."""

    def act() -> None:
        operator = str(staff().principal.operator)
        claims.withdraw(
            console().office, dispute_id, operator, by=staff().name, text=request.form.get("text", "")
        )

    return attempt(
        act,
        lambda: dispute(dispute_id),
        to=lambda: url_for("console.dispute", dispute_id=dispute_id, done="withdrawn"),
    )
