"""A statement: its lines, its files, and why a line has its amount, down to the rule, the tariff version and the tap."""

from collections.abc import Iterator, Mapping

from flask import Response, g, request, url_for

from tariffs.money import Money
from tariffs.words import explain
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs, own
from ticketing.console.ledger import entry_words, read_posting
from ticketing.console.month.lines import table_of
from ticketing.console.pages import attempt, download, language, page, staff
from ticketing.errors import NotFound
from ticketing.purchase import looking_up
from ticketing.settlement import claims, service
from ticketing.settlement.payout import list_accounts_to_pay
from ticketing.settlement.statement import (
    AMOUNTS,
    Sums,
    amounts_of,
    debts_told,
    file_name,
    foot_of,
    other_lines,
    statement_parts,
    sum_lines,
)

LANGUAGES = ("en", "et", "fi", "sv")
_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@blueprint.get("/runs/<run_id>/statements/<party>")
@needs("finance", "admin", "operator_finance")
def statement(run_id: str, party: str) -> str:
    """Show a party's lines, a page at a time."""
    own(party)
    run = service.get_run(console().office, run_id)
    table = table_of(run, party)
    return page(
        "statement",
        here="months",
        run=run,
        party=party,
        table=table,
        others=[] if table.is_filtered else other_lines(console().office, run, party),
        amounts=amounts_of,
        totals=_told(sum_lines(run, party)),
        foot=foot_of(run, party),
        debts=debts_told(run, party, list_accounts_to_pay(console().office, run), language()),
        languages=LANGUAGES,
    )


@blueprint.get("/runs/<run_id>/statements/<party>/file")
@needs("finance", "admin", "operator_finance")
def statement_file(run_id: str, party: str) -> Response:
    """Send a statement as CSV, XLSX or PDF in a language, calculated from the frozen run."""
    own(party)
    form, tongue = request.args.get("form", ""), request.args.get("language", "en")
    if form not in _KINDS or tongue not in LANGUAGES:
        raise NotFound(f"no statement as {form} in {tongue}")
    office, run = console().office, service.get_run(console().office, run_id)
    name = f"{run.region}-{run.period}-{file_name(party)}.{form}"
    if form == "csv":
        content = service.statement(office, run_id, party, tongue)
        return download((part.encode() for part in content), name, _KINDS[form])
    parts: Iterator[bytes] = statement_parts(office, run_id, party, form, language=tongue)
    return download(parts, name, _KINDS[form])


@blueprint.get("/runs/<run_id>/statements/<party>/lines/<line_id>")
@needs("finance", "admin", "operator_finance")
def line(run_id: str, party: str, line_id: str) -> str:
    """Show why a line has its amount."""
    operator = own(party)
    office, run = console().office, service.get_run(console().office, run_id)
    why = claims.explain(office, run, party, line_id, operator)
    cases = [case for case in claims.list_cases(office, party) if case.dispute.line_id == line_id]
    return page(
        "line",
        here="months",
        run=run,
        party=party,
        why=why,
        cases=cases,
        vat_share=why.get("vat_share"),
        control_code=_code_of(why),
        step_words=lambda step: explain([step], language())[0],
        read_posting=lambda posting: read_posting(posting, language()),
        entry_words=lambda kind: entry_words(kind, language()),
    )


def _code_of(why: Mapping[str, object]) -> str:
    """The code that is printed on the ticket of a line; empty for a line without a ticket."""
    story = why.get("story")
    return looking_up.control_code(str(story["ticket"])) if isinstance(story, dict) else ""


@blueprint.post("/runs/<run_id>/statements/<party>/lines/<line_id>/dispute")
@needs("finance", "operator_finance")
def dispute_line(run_id: str, party: str, line_id: str) -> Response:
    """Dispute a line, once, with the reason."""
    own(party)

    def act() -> None:
        g.made = claims.open_dispute(
            console().office, run_id, party, line_id, by=staff().name, reason=request.form.get("reason", "")
        )

    return attempt(
        act,
        lambda: line(run_id, party, line_id),
        to=lambda: url_for("console.dispute", dispute_id=g.made.dispute.id, done="disputed"),
    )


def _told(totals: dict[str, Sums]) -> dict[str, list[str]]:
    return {currency: _amounts(sums, currency) for currency, sums in sorted(totals.items())}


def _amounts(sums: Sums, currency: str) -> list[str]:
    return [Money(getattr(sums, name), currency).text for name in AMOUNTS]
