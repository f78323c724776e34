"""The bank: import its statement, see what matched, what does not and why, and book the rest in two clicks."""

from typing import get_args

from flask import Response, g, request, url_for

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, page, region, staff
from ticketing.errors import InvalidRequest, NotFound
from ticketing.settlement import reconcile
from ticketing.settlement.matching import Finding
from ticketing.settlement.reconcile import WAYS, Way

# What a line is most likely to be, by what is said of it; a person decides.
_LIKELY = {"wrong_amount", "looks_like", "not_sent"}


@blueprint.get("/bank")
@needs("finance", "admin")
def bank() -> str:
    """Show what is not booked, what is missing, and what was booked last."""
    findings, absent = reconcile.review(console().office, region())
    booked = reconcile.list_booked(console().office, region())
    return page("bank", here="bank", region=region(), findings=findings, absent=absent, booked=booked)


@blueprint.post("/bank/statements")
@needs("finance")
def import_statement() -> Response:
    """Import a camt.053 file: what matches is booked."""

    def act() -> None:
        upload = request.files.get("file")
        content = upload.read() if upload else b""
        if not content:
            raise InvalidRequest.at("file", "choose the bank's file first")
        reconcile.import_statement(console().office, region(), content, staff().name)

    return attempt(act, bank, to=lambda: url_for("console.bank", region=region(), done="imported"))


@blueprint.get("/bank/lines/<line_id>")
@needs("finance", "admin")
def bank_line(line_id: str) -> str:
    """Show a line that is not booked, with the likeliest way to book it chosen and its reason filled in."""
    findings, absent = reconcile.review(console().office, region())
    finding = next((found for found in findings if found.line.id == line_id), None)
    if finding is None:
        raise NotFound("this line is booked, or there is no such line")
    expected = [wanted for wanted in absent if wanted.currency == finding.line.currency]
    if finding.expected and finding.expected.open and finding.expected not in expected:
        expected.insert(0, finding.expected)
    return page(
        "bank_line",
        here="bank",
        region=region(),
        finding=finding,
        ways=WAYS,
        likely=likely(finding),
        expected=expected,
    )


@blueprint.post("/bank/lines/<line_id>")
@needs("finance")
def book_line(line_id: str) -> Response:
    """Book a line as a person decides."""

    def act() -> None:
        way: Way = next((one for one in get_args(Way) if one == request.form.get("way")), "suspense")
        if request.form.get("way") != way:
            raise InvalidRequest.at("way", f"may be {', '.join(WAYS)}")
        reference = request.form.get("reference") if way in {"payment", "receipt", "payout"} else None
        g.made = reconcile.book_line(
            console().office, region(), line_id, way, by=staff().name,
            reason=request.form.get("reason", ""), reference=reference or None,
        )  # fmt: skip

    return attempt(
        act, lambda: bank_line(line_id), to=lambda: url_for("console.bank", region=region(), done="booked")
    )


def likely(finding: Finding) -> str:
    """The way that a line is most likely booked. Pure."""
    if finding.verdict in _LIKELY and finding.expected is not None:
        return finding.expected.kind
    return "suspense"
