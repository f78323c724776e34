"""Runs, disputes and accounts as finance staff read them. Pure."""

from collections.abc import Iterable

from tariffs.money import Money
from throughfare_gate.moments import written
from ticketing.db.settlement.bank import BankAccount
from ticketing.db.settlement.runs import Run, RunFile, Step
from ticketing.frozen import write_run
from ticketing.settlement.bank import Expected, Finding, Waiting
from ticketing.settlement.claims.disputes import Case
from ticketing.settlement.month import SCHEME


def run(made: Run) -> dict[str, object]:
    """A settlement run with its frozen dataset."""
    return {
        "id": made.id,
        "version": made.version,
        "state": made.state,
        "digest": made.digest,
        "prepared_by": made.prepared_by,
        "created_at": written(made.created_at),
        **write_run(made.document),
    }


def trail(made: Run, steps: Iterable[Step], files: Iterable[RunFile]) -> dict[str, object]:
    """A run with everybody who took it a step further, and its files."""
    return {
        **run(made),
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


def case(found: Case) -> dict[str, object]:
    """A dispute with its trail."""
    return {
        "id": found.dispute.id,
        "run": found.dispute.run_id,
        "operator": found.dispute.operator,
        "line": found.dispute.line_id,
        "state": found.state,
        "correction": correction(found),
        "trail": [
            {
                "state": step.state,
                "by": step.actor,
                "at": written(step.at),
                "text": step.text,
                "entry": step.entry_id,
            }
            for step in found.steps
        ],
    }


def correction(found: Case) -> dict[str, object] | None:
    """Return the correction by a dispute: the amount that its operator got, and its bearer; None while, or when, nothing was moved."""
    moved = found.correction
    if moved is None:
        return None
    return {**Money(moved.amount_minor, moved.currency).as_dict(), "against": moved.against or SCHEME}


def account(found: BankAccount, state: str) -> dict[str, object]:
    """A bank account and whether it is in force."""
    return {
        "id": found.id,
        "party": found.party,
        "name": found.name,
        "iban": found.iban,
        "bic": found.bic,
        "state": state,
        "entered_by": found.entered_by,
        "entered_at": written(found.entered_at),
    }


def finding(found: Finding) -> dict[str, object]:
    """A line of the bank and what is said of it."""
    return {
        "line": found.line.id,
        "booking_date": found.line.booking_date,
        "amount": Money(found.line.amount_minor, found.line.currency).as_dict(),
        "counterparty": found.line.counterparty,
        "remittance": found.line.remittance,
        "verdict": found.verdict,
        "because": found.because,
        "reference": found.expected.reference if found.expected else None,
    }


def waiting(found: Waiting) -> dict[str, object]:
    """Money of a line on suspense: positive when we are short."""
    return {
        "line": found.line.id,
        "booking_date": found.line.booking_date,
        "amount": Money(found.amount_minor, found.currency).as_dict(),
        "counterparty": found.line.counterparty,
        "remittance": found.line.remittance,
        "booked_by": found.booked.actor,
        "reason": found.booked.reason,
        "days": found.days,
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
