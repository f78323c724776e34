"""The first page: months with their runs and what waits for somebody; closing a month."""

from collections.abc import Iterator
from typing import Any

from flask import Response, g, request, url_for

from ticketing import claims as claims_of_riders
from ticketing.console import figures
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, language, page, region, staff
from ticketing.purchase.gateway import alerts
from ticketing.settlement import bank, claims, payout, proof, service, statement
from ticketing.settlement.run_state import GONE


@blueprint.get("/")
@needs("finance", "admin", "operator_finance")
def months() -> str:
    """The months of a region; an operator's staff see their own statements."""
    operator = staff().principal.operator
    if operator is not None:
        return _statements_of(operator)
    found = service.list_months(console().office, region())
    blockers = service.list_blockers(console().office, region())
    return page(
        "months", here="months", region=region(), months=found, waiting=_waiting(found), blockers=blockers
    )


@blueprint.post("/months/<period>/close")
@needs("finance")
def close(period: str) -> Response:
    """Close a month and calculate its run."""

    def act() -> None:
        despite = request.form.get("despite", "")
        g.made = service.close(console().office, region(), period, staff().name, despite=despite)

    return attempt(act, months, to=lambda: url_for("console.run", run_id=g.made.id, done="closed"))


_STEPS = frozenset({"calculated", "approved", "exported"})


def _waiting(found: list[service.MonthOverview]) -> list[dict[str, Any]]:
    """List the tasks that wait for somebody, each with a link to its page."""
    return [*filter(None, map(_step_of, found)), *_to_look_at()]


def _step_of(month: service.MonthOverview) -> dict[str, Any] | None:
    """The step that a month waits for, with where to take it; None where it waits for nothing."""
    run, name = month.run, figures.month(month.id, language())
    if run is not None and (run.state in _STEPS or (month.can_close and run.state in GONE)):
        mine = run.state == "calculated" and run.prepared_by == staff().name
        key = f"waits.{run.state}_by_you" if mine else f"waits.{run.state}"
        return {"key": key, "count": name, "to": url_for("console.run", run_id=run.id)}
    if month.can_close:
        to = url_for("console.months", region=region(), _anchor=f"month-{month.id}")
        return {"key": "waits.close", "count": name, "to": to}
    return None


def _to_look_at() -> list[dict[str, Any]]:
    """Count what the bank, gateways, operators and checks have left for somebody, with where to look at it."""
    office, place = console().office, region()
    findings, absent = bank.review(office, place)
    open_cases = [case for case in claims.list_cases(office) if case.state in claims.OPEN]
    entered = [account for account, state in payout.list_accounts(office) if state == "waiting"]
    faulty = next(
        (check for check in proof.list_checks(office, place, 1) if check.document.get("faults")), None
    )
    counted = {
        "waits.bank": (len(findings), url_for("console.bank", region=place)),
        "waits.suspense": (
            len(bank.list_suspense(office, place)),
            url_for("console.bank", region=place, _anchor="suspense"),
        ),
        "waits.missing": (len(absent), url_for("console.bank", region=place)),
        "waits.disputes": (len(open_cases), url_for("console.disputes")),
        "waits.contests": (
            len(claims_of_riders.list_contested(console().claims)),
            url_for("console.claims_list", state="contested"),
        ),
        "waits.payouts": (
            len(claims_of_riders.list_waiting(office, place)),
            url_for("console.payouts", region=place),
        ),
        "waits.payouts_prepared": (
            sum(run.state == "prepared" for run, _ in claims_of_riders.list_runs(office, place)),
            url_for("console.payouts", region=place),
        ),
        "waits.cases": (len(alerts.list_waiting(console().till)), url_for("console.cases")),
        "waits.accounts": (len(entered), url_for("console.accounts")),
        "waits.faults": (
            len(faulty.document["faults"]) if faulty else 0,
            url_for("console.books", region=place),
        ),
    }
    return [{"key": key, "count": count, "to": to} for key, (count, to) in counted.items() if count]


def _statements_of(operator: str) -> str:
    statements = [
        (place, run, statement.sum_lines(run, operator)) for place, run in _runs_with_statements(operator)
    ]
    return page("statements", here="months", operator=operator, statements=statements)


def _runs_with_statements(operator: str) -> Iterator[tuple[str, service.Run]]:
    """Yield the calculated runs that have a statement of an operator, each with its region."""
    for place in console().regions:
        for month in service.list_months(console().office, place):
            run = month.run
            if run is None or run.state in {"draft", *GONE}:
                continue
            if operator in statement.list_parties(run):
                yield place, run
