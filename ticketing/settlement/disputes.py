"""Disputed lines: an operator says what is wrong with a line, the scheme answers, corrections are entries.

open -> corrected (an entry of the open month, which names the disputed month) | rejected; the operator may withdraw.
"""

from dataclasses import dataclass

from tariffs.money import MoneyError, parse
from ticketing.books import settling
from ticketing.db import Transaction, books, disputes
from ticketing.db.disputes import Dispute, DisputeStep
from ticketing.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from ticketing.ids import new_id
from ticketing.settlement.office import Office
from ticketing.settlement.run_state import checked_name
from ticketing.settlement.steps import checked_reason, hold

OPEN = ("open", "answered")


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute with its trail; its state is that of the last step."""

    dispute: Dispute
    steps: tuple[DisputeStep, ...]

    @property
    def state(self) -> str:
        """Where it stands."""
        return self.steps[-1].state


def open_dispute(office: Office, run_id: str, operator: str, line_id: str, *, by: str, reason: str) -> Case:
    """Dispute a line of an operator's statement.

    Raises NotFound for a line that is not in it, Conflict for one that is disputed already.
    """
    now, by, reason = office.clock.now(), checked_name(by), checked_reason(reason)
    with office.database.write() as tx:
        run = hold(tx, run_id)
        if disputes.find_line_currency(tx, run.region, run.period, operator, line_id) is None:
            raise NotFound(f"the statement of {operator} in the run {run_id} has no line {line_id}")
        made = Dispute(new_id(), run.id, operator, line_id, reason, by, now)
        if not disputes.insert_dispute(tx, made):
            raise Conflict("this line is disputed already")
        disputes.insert_step(tx, DisputeStep(made.id, 1, "open", by, now, reason, None))
        return _case(tx, made)


def correct(
    office: Office, dispute_id: str, *, by: str, text: str, amount: str, against: str | None = None
) -> Case:
    """Give the operator what it was short: `amount` of the line's currency, negative to take back.

    It comes from another operator (`against`) or from the scheme, as an entry of the month that is open now.
    """
    now, by, text = office.clock.now(), checked_name(by), checked_reason(text, "text")
    with office.database.write() as tx:
        case = _open_case(tx, dispute_id, by)
        run = hold(tx, case.dispute.run_id)
        operator = case.dispute.operator
        if against == operator:
            raise InvalidRequest.at("against", "must be another operator")
        currency = disputes.find_line_currency(tx, run.region, run.period, operator, case.dispute.line_id)
        minor = _minor(amount, currency or "")
        entry = settling.correction(
            dispute_id, operator, against, region=run.region, amount=minor, currency=currency or "", at=now,
            original_period=run.period,
            note={"dispute": dispute_id, "line": case.dispute.line_id, "text": text, "by": by},
        )  # fmt: skip
        if entry is None or not books.book(tx, entry, now):
            raise Conflict("this dispute was corrected before")
        entry_id = books.find_entry_id(tx, "dispute", dispute_id, "correction")
        return _add(
            tx, case, DisputeStep(dispute_id, len(case.steps) + 1, "corrected", by, now, text, entry_id)
        )


def reject(office: Office, dispute_id: str, *, by: str, text: str) -> Case:
    """Say why the line is right."""
    return _close(office, dispute_id, "rejected", by, text)


def withdraw(office: Office, dispute_id: str, operator: str, *, by: str, text: str) -> Case:
    """The operator lets its dispute go."""
    get_case(office, dispute_id, operator)
    return _close(office, dispute_id, "withdrawn", by, text)


def get_case(office: Office, dispute_id: str, operator: str | None = None) -> Case:
    """Read a dispute; another operator's is not found."""
    with office.database.read() as tx:
        found = disputes.find_dispute(tx, dispute_id)
        if found is None or operator not in {None, found.operator}:
            raise NotFound(f"no dispute {dispute_id}")
        return _case(tx, found)


def list_cases(office: Office, operator: str | None = None) -> list[Case]:
    """List disputes with their trails, oldest first."""
    with office.database.read() as tx:
        return [_case(tx, found) for found in disputes.list_disputes(tx, operator)]


def _close(office: Office, dispute_id: str, state: str, by: str, text: str) -> Case:
    now, by, text = office.clock.now(), checked_name(by), checked_reason(text, "text")
    with office.database.write() as tx:
        case = _open_case(tx, dispute_id, by if state == "rejected" else None)
        return _add(tx, case, DisputeStep(dispute_id, len(case.steps) + 1, state, by, now, text, None))


def _open_case(tx: Transaction, dispute_id: str, answerer: str | None) -> Case:
    """Read a dispute that is open; whoever opened it does not answer it."""
    found = disputes.find_dispute(tx, dispute_id)
    if found is None:
        raise NotFound(f"no dispute {dispute_id}")
    if answerer == found.opened_by:
        raise NotAllowed(f"{answerer} has opened this dispute: another person answers it")
    case = _case(tx, found)
    if case.state not in OPEN:
        raise Conflict(f"this dispute is {case.state}")
    return case


def _case(tx: Transaction, found: Dispute) -> Case:
    return Case(found, tuple(disputes.list_steps(tx, found.id)))


def _add(tx: Transaction, case: Case, step: DisputeStep) -> Case:
    disputes.insert_step(tx, step)
    return Case(case.dispute, (*case.steps, step))


def _minor(amount: str, currency: str) -> int:
    try:
        found = parse(amount, currency).minor
    except MoneyError as error:
        raise InvalidRequest.at("amount", str(error)) from None
    if not found:
        raise InvalidRequest.at("amount", "must not be zero")
    return found
