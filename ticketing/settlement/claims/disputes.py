"""Disputed lines: an operator says what is wrong with a line, the scheme answers, corrections are entries.

open -> corrected (an entry of the open month, which names the disputed month) | rejected; the operator may withdraw.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from tariffs.money import Money, MoneyError, parse
from throughfare_gate.ids import new_id
from ticketing.books import settling
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry
from ticketing.db.settlement import disputes, runs
from ticketing.db.settlement.disputes import Correction, Dispute, DisputeStep, StatementLine
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from ticketing.settlement.month import SCHEME
from ticketing.settlement.office import Office
from ticketing.settlement.payout import hold_run
from ticketing.settlement.run_state import checked_name, checked_reason, is_same_person
from ticketing.settlement.statement import lines_like

OPEN = ("open", "answered")


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute with its trail, and what its correction moved; its state is that of the last step."""

    dispute: Dispute
    steps: tuple[DisputeStep, ...]
    correction: Correction | None = None

    @property
    def state(self) -> str:
        """The state of the dispute."""
        return self.steps[-1].state

    def concerns(self, operator: str) -> bool:
        """Tell whether an operator may read it: it is its own, or the correction was taken from it."""
        borne_by = self.correction.against if self.correction else None
        return operator in {self.dispute.operator, borne_by}


def open_dispute(office: Office, run_id: str, operator: str, line_id: str, *, by: str, reason: str) -> Case:
    """Dispute a line of an operator's statement, by its id or the end of it.

    Raises NotFound for a line that is not in it, Conflict for one that is disputed already.
    """
    now, by, reason = office.clock.now(), checked_name(by), checked_reason(reason)
    with office.database.write() as tx:
        run = hold_run(tx, run_id)
        dispute = Dispute(
            id=new_id(),
            run_id=run.id,
            operator=operator,
            line_id=_full_id(tx, run, operator, line_id),
            reason=reason,
            opened_by=by,
            opened_at=now,
        )
        if not disputes.insert_dispute(tx, dispute):
            raise Conflict("this line is disputed already")
        disputes.insert_step(
            tx,
            DisputeStep(
                dispute_id=dispute.id, seq=1, state="open", actor=by, at=now, text=reason, entry_id=None
            ),
        )
        return _case(tx, dispute)


def answer(
    office: Office,
    dispute_id: str,
    *,
    by: str,
    text: str,
    stands: bool,
    amount: str | None = None,
    against: str | None = None,
) -> Case:
    """Decide a dispute, for good: the line stands, or it is corrected by an amount. Never one of them by silence.

    Raises InvalidRequest at `amount` or `against` for an answer that says both, or neither.
    """
    if _stands(stands=stands, amount=amount, against=against) or amount is None:
        return reject(office, dispute_id, by=by, text=text)
    return correct(office, dispute_id, by=by, text=text, amount=amount, against=against)


def check_answer(
    office: Office,
    dispute_id: str,
    *,
    by: str,
    text: str,
    stands: bool,
    amount: str | None = None,
    against: str | None = None,
) -> None:
    """Raise what `answer` would raise for these words, and write nothing."""
    now, by, text = office.clock.now(), checked_name(by), checked_reason(text, "text")
    with office.database.read() as tx:
        case = _open_case(tx, dispute_id, by)
        if not _stands(stands=stands, amount=amount, against=against) and amount is not None:
            _correction(tx, office, case, amount=amount, against=against, at=now, note={})


def _stands(*, stands: bool, amount: str | None, against: str | None) -> bool:
    """Tell whether the line stands; raises InvalidRequest for an answer that says both, or neither."""
    if stands and amount is not None:
        raise InvalidRequest.at("amount", "the line stands: an amount would correct it, choose one")
    if stands and against is not None:
        raise InvalidRequest.at("against", "the line stands: nobody bears anything")
    if not stands and amount is None:
        raise InvalidRequest.at("amount", "say that the line stands, or by which amount it is corrected")
    return stands


def correct(
    office: Office, dispute_id: str, *, by: str, text: str, amount: str, against: str | None = None
) -> Case:
    """Give the operator what it was short: `amount` of the line's currency, negative to take back.

    It comes from another operator of the region (`against`) or from the scheme, as an entry of the month that is
    open now. Raises InvalidRequest for more than the line itself had.
    """
    now, by, text = office.clock.now(), checked_name(by), checked_reason(text, "text")
    with office.database.write() as tx:
        case = _open_case(tx, dispute_id, by)
        hold_run(tx, case.dispute.run_id)
        note = {"dispute": dispute_id, "line": case.dispute.line_id, "text": text, "by": by}
        entry = _correction(tx, office, case, amount=amount, against=against, at=now, note=note)
        if entry is None or not books.book(tx, entry, now):
            raise Conflict("this dispute was corrected before")
        entry_id = books.find_entry_id(tx, "dispute", dispute_id, "correction")
        _add(
            tx,
            case,
            DisputeStep(
                dispute_id=dispute_id,
                seq=len(case.steps) + 1,
                state="corrected",
                actor=by,
                at=now,
                text=text,
                entry_id=entry_id,
            ),
        )
        return _case(tx, case.dispute)


def _correction(
    tx: Transaction,
    office: Office,
    case: Case,
    *,
    amount: str,
    against: str | None,
    at: datetime,
    note: dict[str, str],
) -> Entry | None:
    """The entry that corrects a line; raises InvalidRequest for more than it had, or for a bearer that is none."""
    operator, line_id = case.dispute.operator, case.dispute.line_id
    run = runs.find_run(tx, case.dispute.run_id)
    line = disputes.find_line(tx, run.region, run.period, operator, line_id) if run else None
    if run is None or line is None:
        raise NotFound(f"the run {case.dispute.run_id} has no line {line_id}")
    if against is not None and against not in bearers(office, run, operator):
        raise InvalidRequest.at("against", f"must be another operator of {run.region}, or {SCHEME}")
    return settling.correction(
        case.dispute.id,
        operator,
        None if against == SCHEME else against,
        region=run.region,
        amount=_minor(amount, line),
        currency=line.currency,
        at=at,
        original_period=run.period,
        note=note,
    )


def bearers(office: Office, run: Run, operator: str) -> list[str]:
    """List the possible bearers of a correction: the scheme, and every other operator of the region."""
    told = {line.operator for line in run.dataset.operators}
    return [SCHEME, *sorted({*office.operators_of(run.region), *told} - {operator, SCHEME})]


def reject(office: Office, dispute_id: str, *, by: str, text: str) -> Case:
    """Say why the line is right."""
    return _close(office, dispute_id, "rejected", by, text)


def withdraw(office: Office, dispute_id: str, operator: str, *, by: str, text: str) -> Case:
    """The operator lets its dispute go."""
    if get_case(office, dispute_id, operator).dispute.operator != operator:
        raise NotAllowed("another operator has opened this dispute")
    return _close(office, dispute_id, "withdrawn", by, text)


def get_case(office: Office, dispute_id: str, operator: str | None = None) -> Case:
    """Read a dispute; one that does not concern this operator is not found."""
    with office.database.read() as tx:
        found = disputes.find_dispute(tx, dispute_id)
        case = _case(tx, found) if found else None
    if case is None or not (operator is None or case.concerns(operator)):
        raise NotFound(f"no dispute {dispute_id}")
    return case


def gross_of(office: Office, case: Case) -> Money:
    """The gross of the line that a dispute is about: a correction is at most as much."""
    with office.database.read() as tx:
        run = runs.find_run(tx, case.dispute.run_id)
        line = _line_of(tx, case, run)
    return Money(line.gross_minor, line.currency)


def _line_of(tx: Transaction, case: Case, run: Run | None) -> StatementLine:
    operator, line_id = case.dispute.operator, case.dispute.line_id
    line = disputes.find_line(tx, run.region, run.period, operator, line_id) if run else None
    if line is None:
        raise NotFound(f"the run {case.dispute.run_id} has no line {line_id}")
    return line


def list_cases(office: Office, operator: str | None = None) -> list[Case]:
    """List disputes with their trails, oldest first: all, or those that concern an operator."""
    with office.database.read() as tx:
        moved = disputes.list_corrections(tx)
        cases = [Case(found, (), moved.get(found.id)) for found in disputes.list_disputes(tx)]
        concerned = [case for case in cases if operator is None or case.concerns(operator)]
        return [_with_trail(tx, case) for case in concerned]


def _with_trail(tx: Transaction, case: Case) -> Case:
    return replace(case, steps=tuple(disputes.list_steps(tx, case.dispute.id)))


def _full_id(tx: Transaction, run: Run, operator: str, start: str) -> str:
    if disputes.find_line(tx, run.region, run.period, operator, start):
        return start
    found = lines_like(tx, start, region=run.region, period=run.period, operator=operator)
    if not found:
        raise NotFound(f"the statement of {operator} in the run {run.id} has no line {start}")
    return found[0][2]


def _close(office: Office, dispute_id: str, state: str, by: str, text: str) -> Case:
    now, by, text = office.clock.now(), checked_name(by), checked_reason(text, "text")
    with office.database.write() as tx:
        case = _open_case(tx, dispute_id, by if state == "rejected" else None)
        return _add(
            tx,
            case,
            DisputeStep(
                dispute_id=dispute_id,
                seq=len(case.steps) + 1,
                state=state,
                actor=by,
                at=now,
                text=text,
                entry_id=None,
            ),
        )


def _open_case(tx: Transaction, dispute_id: str, answerer: str | None) -> Case:
    """Read a dispute that is open; whoever opened it does not answer it."""
    dispute = disputes.find_dispute(tx, dispute_id)
    if dispute is None:
        raise NotFound(f"no dispute {dispute_id}")
    if answerer is not None and is_same_person(answerer, dispute.opened_by):
        raise NotAllowed(f"{answerer} has opened this dispute: another person answers it")
    case = _case(tx, dispute)
    if case.state not in OPEN:
        raise Conflict(f"this dispute is {case.state}")
    return case


def _case(tx: Transaction, found: Dispute) -> Case:
    moved = disputes.list_corrections(tx, found.id).get(found.id)
    return Case(found, tuple(disputes.list_steps(tx, found.id)), moved)


def _add(tx: Transaction, case: Case, step: DisputeStep) -> Case:
    disputes.insert_step(tx, step)
    return Case(case.dispute, (*case.steps, step))


def _minor(amount: str, line: StatementLine) -> int:
    try:
        minor = parse(amount, line.currency).minor
    except MoneyError as error:
        raise InvalidRequest.at("amount", str(error)) from None
    if not minor:
        raise InvalidRequest.at("amount", "must not be zero")
    if abs(minor) > abs(line.gross_minor):
        asked, whole = Money(minor, line.currency), Money(line.gross_minor, line.currency)
        raise InvalidRequest.at("amount", f"{asked} is more than the disputed line, whose gross is {whole}")
    return minor
