"""The bank: import its statement, see what matched, book the rest in two clicks, clear suspense, take a booking back."""

from typing import get_args

from flask import Response, g, make_response, request, url_for

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, page, region, staff
from ticketing.errors import InvalidRequest
from ticketing.settlement import bank as banking
from ticketing.settlement.bank import WAYS, Finding, Way

# The likeliest kind of a line, by its verdict; a person decides.
_LIKELY = {"matched", "wrong_amount", "looks_like", "not_sent"}


@blueprint.get("/bank")
@needs("finance", "admin")
def bank() -> str:
    """Show what is not booked, what is missing, what waits on suspense, and what was done last."""
    office, place = console().office, region()
    findings, absent = banking.review(office, place)
    return page(
        "bank",
        here="bank",
        region=place,
        findings=findings,
        absent=absent,
        suspense=banking.list_suspense(office, place),
        booked=banking.list_booked(office),
        notes=g.get("notes", ()),
        new_lines=g.get("new", 0),
    )


@blueprint.post("/bank/statements")
@needs("finance")
def import_statement() -> Response:
    """Import a file of the bank: what matches is booked; what a person should read of it is shown at once."""

    def act() -> None:
        upload = request.files.get("file")
        content = upload.read() if upload else b""
        if not content:
            raise InvalidRequest.at("file", "choose the bank's file first")
        g.new, g.notes = banking.take_file(console().office, region(), content, staff().name)

    answer = attempt(act, bank, to=lambda: url_for("console.bank", region=region(), done="imported"))
    return make_response(bank()) if g.get("notes") else answer


@blueprint.get("/bank/lines/<line_id>")
@needs("finance", "admin")
def bank_line(line_id: str) -> str:
    """Show a line: one that waits, with the likeliest way to book it and its reason, or what became of one."""
    findings, absent = banking.review(console().office, region())
    finding = next((found for found in findings if found.line.id == line_id), None)
    if finding is None:
        return _booked(line_id)
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
        g.made = banking.book_line(
            console().office,
            region(),
            line_id,
            way,
            by=staff().name,
            reason=request.form.get("reason", ""),
            reference=reference or None,
        )

    return attempt(
        act, lambda: bank_line(line_id), to=lambda: url_for("console.bank", region=region(), done="booked")
    )


def _booked(line_id: str) -> str:
    """Show what became of a line, and let its suspense be cleared or its last step be taken back."""
    line, trail, waits = banking.get_booked(console().office, line_id)
    return page(
        "bank_booked",
        here="bank",
        region=region(),
        line=line,
        trail=trail,
        waits=waits,
        mine=waits is not None and waits.booked.actor == staff().name,
        operators=banking.operators_of(console().office, waits.region if waits else region()),
    )


@blueprint.post("/bank/lines/<line_id>/clearing")
@needs("finance")
def clear_suspense(line_id: str) -> Response:
    """Say whose the money is that a line left on suspense."""
    cleared_as, reason = request.form.get("as", ""), request.form.get("reason", "")
    return attempt(
        lambda: banking.clear_suspense(
            console().office, region(), line_id, cleared_as, by=staff().name, reason=reason
        ),
        lambda: bank_line(line_id),
        to=lambda: url_for("console.bank", region=region(), done="cleared"),
    )


@blueprint.post("/bank/lines/<line_id>/unbooking")
@needs("finance")
def unbook_line(line_id: str) -> Response:
    """Take back what was done last with a line."""
    return attempt(
        lambda: banking.unbook_line(
            console().office, region(), line_id, by=staff().name, reason=request.form.get("why", "")
        ),
        lambda: bank_line(line_id),
        to=lambda: url_for("console.bank", region=region(), done="unbooked"),
    )


def likely(finding: Finding) -> str:
    """The way that a line is most likely booked. Pure."""
    if finding.verdict in _LIKELY and finding.expected is not None:
        return finding.expected.kind
    return "suspense"
