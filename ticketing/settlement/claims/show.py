"""Runs, disputes and accounts as finance staff read them. Pure."""

from collections.abc import Iterable, Sequence

from tariffs.money import Money
from throughfare_gate.moments import written
from ticketing.db.settlement.bank import BankAccount
from ticketing.db.settlement.runs import Run, RunFile, Step
from ticketing.frozen import write_run
from ticketing.settlement.bank import Answered, Expected, Finding, Taken, Waiting
from ticketing.settlement.claims.disputes import Case
from ticketing.settlement.month import SCHEME


def run(calculated: Run) -> dict[str, object]:
    """A settlement run with its frozen dataset."""
    return {
        "id": calculated.id,
        "version": calculated.version,
        "state": calculated.state,
        "digest": calculated.digest,
        "prepared_by": calculated.prepared_by,
        "created_at": written(calculated.created_at),
        **write_run(calculated.document),
    }


def trail(calculated: Run, steps: Iterable[Step], files: Iterable[RunFile]) -> dict[str, object]:
    """A run with everybody who took it a step further, and its files."""
    return {
        **run(calculated),
        "steps": [
            {
                "state": step.state,
                "by": step.actor,
                "at": written(step.at),
                "digest": step.digest,
                "note": step.note,
            }
            for step in steps
        ],
        "files": [{"name": file.name, "sha256": file.sha256, "bytes": file.bytes} for file in files],
    }


def case(shown_case: Case) -> dict[str, object]:
    """A dispute with its trail."""
    return {
        "id": shown_case.dispute.id,
        "run": shown_case.dispute.run_id,
        "operator": shown_case.dispute.operator,
        "line": shown_case.dispute.line_id,
        "state": shown_case.state,
        "correction": correction(shown_case),
        "trail": [
            {
                "state": step.state,
                "by": step.actor,
                "at": written(step.at),
                "text": step.text,
                "entry": step.entry_id,
            }
            for step in shown_case.steps
        ],
    }


def correction(found: Case) -> dict[str, object] | None:
    """Return the correction by a dispute: the amount that its operator got, and its bearer; None while, or when, nothing was moved."""
    moved = found.correction
    if moved is None:
        return None
    return {**Money(moved.amount_minor, moved.currency).as_dict(), "against": moved.against or SCHEME}


def account(bank_account: BankAccount, state: str) -> dict[str, object]:
    """A bank account and whether it is in force."""
    return {
        "id": bank_account.id,
        "party": bank_account.party,
        "name": bank_account.name,
        "iban": bank_account.iban,
        "bic": bank_account.bic,
        "state": state,
        "entered_by": bank_account.entered_by,
        "entered_at": written(bank_account.entered_at),
    }


def finding(shown_finding: Finding) -> dict[str, object]:
    """A line of the bank and what is said of it."""
    return {
        "line": shown_finding.line.id,
        "booking_date": shown_finding.line.booking_date,
        "amount": Money(shown_finding.line.amount_minor, shown_finding.line.currency).as_dict(),
        "counterparty": shown_finding.line.counterparty,
        "remittance": shown_finding.line.remittance,
        "verdict": shown_finding.verdict,
        "because": shown_finding.because,
        "reference": shown_finding.expected.reference if shown_finding.expected else None,
    }


def statement(taken: Taken) -> dict[str, object]:
    """A file of the bank that was taken in: its lines, and what was left out of it."""
    return {
        "new": taken.new,
        "lines": [finding(one) for one in taken.findings],
        "notes": taken.notes,
        "answers": [],
    }


def answers(answered: Sequence[Answered]) -> dict[str, object]:
    """The bank's answer to a payment file: the payments that it refuses, and what in it is not ours."""
    rows = [
        {"reference": one.reference, "party": one.party, "reason": one.because, "new": one.is_new}
        for one in answered
    ]
    return {"new": sum(one.is_new for one in answered), "lines": [], "notes": [], "answers": rows}


def waiting(suspended: Waiting) -> dict[str, object]:
    """Money of a line on suspense: positive when we are short."""
    return {
        "line": suspended.line.id,
        "booking_date": suspended.line.booking_date,
        "amount": Money(suspended.amount_minor, suspended.currency).as_dict(),
        "counterparty": suspended.line.counterparty,
        "remittance": suspended.line.remittance,
        "booked_by": suspended.booked.actor,
        "reason": suspended.booked.reason,
        "days": suspended.days,
    }


def absent(wanted: Expected) -> dict[str, object]:
    """A movement that is on no line of the bank."""
    return {
        "kind": wanted.kind,
        "reference": wanted.reference,
        "party": wanted.party,
        "run": wanted.run_id,
        "amount": Money(wanted.amount_minor, wanted.currency).as_dict(),
    }
