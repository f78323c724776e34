"""The tasks that wait for somebody, each with a link to its page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import url_for

from ticketing import claims as claims_of_riders
from ticketing.console import figures
from ticketing.console.blueprint import console
from ticketing.console.pages import language, staff
from ticketing.purchase.gateway import alerts
from ticketing.settlement import bank, claims, payout, proof, service
from ticketing.settlement.run_state import GONE

_STEPS = frozenset({"calculated", "approved", "exported"})


@dataclass(frozen=True, slots=True)
class Task:
    """A task: the key of its words, how many or of which month, and the address where it is done."""

    key: str
    count: str
    to: str


def tasks_of(months: Sequence[service.MonthOverview], region: str) -> list[Task]:
    """List the steps that months wait for, then what the bank, gateways, operators and checks have left."""
    steps = (_step_of(month, region) for month in months)
    return [*(step for step in steps if step), *_to_look_at(region)]


def _step_of(month: service.MonthOverview, region: str) -> Task | None:
    """The step that a month waits for; None where it waits for nothing."""
    run, name = month.run, figures.month(month.id, language())
    if run is not None and (run.state in _STEPS or (month.can_close and run.state in GONE)):
        mine = run.state == "calculated" and run.prepared_by == staff().name
        key = f"waits.{run.state}_by_you" if mine else f"waits.{run.state}"
        closes = run.state in GONE
        to = _to_close(month.id, region) if closes else url_for("console.run", run_id=run.id)
        return Task(key, name, to)
    if month.can_close:
        return Task("waits.close", name, _to_close(month.id, region))
    return None


def _to_close(period: str, region: str) -> str:
    return url_for("console.close", period=period, region=region)


def _to_look_at(place: str) -> Iterator[Task]:
    office, till = console().office, console().till
    findings, absent = bank.review(office, place)
    open_cases = [case for case in claims.list_cases(office) if case.state in claims.OPEN]
    entered = [account for account, state in payout.list_accounts(office) if state == "waiting"]
    checks = proof.list_checks(office, place, 1)
    faults = sum(len(check.document.get("faults", ())) for check in checks)
    prepared = sum(run.state == "prepared" for run, _ in claims_of_riders.list_runs(office, place))
    of_bank = url_for("console.bank", region=place)
    payouts = url_for("console.payouts", region=place)
    contested = url_for("console.claims_list", state="contested")
    counted = (
        ("waits.bank", len(findings), of_bank),
        ("waits.suspense", len(bank.list_suspense(office, place)), f"{of_bank}#suspense"),
        ("waits.missing", len(absent), of_bank),
        ("waits.disputes", len(open_cases), url_for("console.disputes")),
        ("waits.contests", len(claims_of_riders.list_contested(console().claims)), contested),
        ("waits.payouts", len(claims_of_riders.list_waiting(office, place)), payouts),
        ("waits.payouts_prepared", prepared, payouts),
        ("waits.cases", len(alerts.list_waiting(till)), url_for("console.cases")),
        ("waits.accounts", len(entered), url_for("console.accounts")),
        ("waits.faults", faults, url_for("console.books", region=place)),
    )
    for key, count, to in counted:
        if count:
            yield Task(key, figures.count(count, language()), to)
