"""Disputed lines: the list, the trail, the scheme's answer, the operator's withdrawal."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Response, g, make_response, request, url_for

from tariffs.money import Money
from ticketing.console import figures
from ticketing.console.amounts import read_amount
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.look import Look, look_then_do
from ticketing.console.names import party_name
from ticketing.console.pages import attempt, language, page, staff
from ticketing.console.words import text
from ticketing.errors import InvalidRequest, ThroughfareError
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
        gross=claims.gross_of(console().office, case),
        is_open=case.state in claims.OPEN,
        opened_by_you=case.dispute.opened_by == staff().name,
        bearers=claims.bearers(console().office, run, case.dispute.operator),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The words of the form: whether the line stands, or by how much it is corrected and who bears that."""

    by: str
    text: str
    stands: bool
    amount: Money | None
    against: str | None

    def give(self, act: Callable[..., object], dispute_id: str) -> None:
        """Check the answer, or give it."""
        amount = self.amount.text if self.amount else None
        given = {"by": self.by, "text": self.text, "stands": self.stands, "against": self.against}
        act(console().office, dispute_id, amount=amount, **given)


@blueprint.post("/disputes/<dispute_id>/answer")
@needs("finance")
def answer(dispute_id: str) -> Response:
    """Answer: correct the line by an amount, or say why it stands; the answer is looked at before it is given."""
    shown = partial(dispute, dispute_id)
    try:
        words = _answer(dispute_id)
        words.give(claims.check_answer, dispute_id)
    except ThroughfareError as error:
        g.problem = error
        return make_response(shown(), console().status_of(error))
    return look_then_do(
        _before(dispute_id, words),
        lambda: words.give(claims.answer, dispute_id),
        shown,
        to=lambda: url_for("console.dispute", dispute_id=dispute_id, done="answered"),
        here="disputes",
    )


def _answer(dispute_id: str) -> Answer:
    """Read the form; raises InvalidRequest where nothing is chosen, or the amount is none."""
    verdict, amount = request.form.get("verdict", ""), request.form.get("amount", "").strip()
    if verdict not in {"rejected", "corrected"}:
        raise InvalidRequest.at("verdict", text("choose_a_verdict", language()))
    return Answer(
        by=staff().name,
        text=request.form.get("text", ""),
        stands=verdict == "rejected",
        amount=_amount(dispute_id, amount) if amount or verdict == "corrected" else None,
        against=request.form.get("against") or None,
    )


def _amount(dispute_id: str, given: str) -> Money:
    """An amount in the currency of the disputed line."""
    case = claims.get_case(console().office, dispute_id)
    currency = claims.gross_of(console().office, case).currency
    return read_amount("amount", given, currency, language())


def _before(dispute_id: str, words: Answer) -> Look:
    """Show an answer before it is given: both sides read it, and it stays."""
    tongue = language()
    case = claims.get_case(console().office, dispute_id)
    run = service.get_run(console().office, case.dispute.run_id)
    operator = party_name(case.dispute.operator, tongue)
    facts = [
        (text("statement", tongue), f"{operator}, {figures.month(run.period, tongue)}"),
        (text("verdict", tongue), text("line_stands" if words.stands else "line_corrected", tongue)),
    ]
    if words.amount is not None:
        bearer = party_name(words.against or "scheme", tongue)
        side = text("against", tongue) if words.amount.minor > 0 else text("goes_to", tongue)
        facts += [
            (text("correct_by", tongue), figures.of_money(words.amount, tongue)),
            (side, bearer),
        ]
    facts.append((text("answer_text", tongue), words.text))
    return Look(
        title=text("look.answer", tongue, operator=operator),
        facts=facts,
        consequence=text("follows.answer", tongue),
        button=text("answer", tongue),
        fields={name: request.form.get(name, "") for name in ("text", "verdict", "amount", "against")},
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
