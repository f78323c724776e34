"""Prove who did what: the steps of runs and their people, the accounts that are paid to, exported files, closed months.

Facts of this kind lie in rows of their own beside the books. Each is held against another one that says the same: the
entry of an approval (whose note is hashed into the chain), the digest of an account's approval, the files on disk.
"""

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ticketing.books.accounts import type_of
from ticketing.db import Transaction
from ticketing.db.books import audit, books, chain, entries
from ticketing.db.settlement import bank, runs
from ticketing.db.settlement.runs import Run
from ticketing.settlement.bank import WAYS, kind_of, source_of
from ticketing.settlement.payout import approval_note, digest_of
from ticketing.settlement.run_state import is_same_person, may_follow


def step_faults(tx: Transaction, run: Run) -> Iterator[str]:
    """List the steps of a run that do not follow from the step before, or were not done by another person."""
    steps = runs.list_steps(tx, run.id)
    states = [step.state for step in steps]
    if not states or states[0] != "draft" or states[-1] != run.state:
        yield f"it is {run.state}, its steps say {', '.join(states) or 'nothing'}"
    for before, after in pairwise(states):
        if not may_follow(before, after):
            yield f"it went from {before} to {after}"
    bound = bank.list_bound_accounts(tx, run.id)
    for step in steps:
        if step.state != "draft" and step.digest != run.digest:
            yield f"its step {step.state} was taken for another digest"
        if step.state == "approved":
            if is_same_person(step.actor, run.prepared_by):
                yield f"{step.actor} has prepared and approved it"
            for party, account in bound.items():
                if is_same_person(step.actor, account.entered_by):
                    yield f"{step.actor} has approved it and entered the account of {party}"
            yield from _note_faults(tx, run, step.actor)


def _note_faults(tx: Transaction, run: Run, approver: str) -> Iterator[str]:
    """Check that the note of an approval agrees with the rows; accounts may have been bound later."""
    for entry in entries.list_entries_of(tx, "settlement_run", run.id):
        noted, written_note = entry.note, approval_note(tx, run, approver)
        if entry.kind != "run_approved" or "approved_by" not in noted:
            continue
        different = [
            name
            for name in ("prepared_by", "approved_by", "digest")
            if noted[name] != getattr(written_note, name)
        ]
        different += [
            f"the account of {party}"
            for party, digest in noted["accounts"].items()
            if written_note.accounts.get(party) != digest
        ]
        yield from (f"{name} is not what the books keep of its approval" for name in different)


def account_faults(tx: Transaction) -> Iterator[str]:
    """Bank accounts in force that are not what was approved, or were approved by whoever entered them."""
    approvals = {one.subject_id: one for one in bank.list_approvals(tx, bank.SUBJECT)}
    for account in bank.list_accounts(tx):
        approval = approvals.get(account.id)
        if approval and approval.digest != digest_of(account):
            yield f"the bank account {account.id} of {account.party} is not the one that was approved"
        if approval and is_same_person(approval.actor, account.entered_by):
            yield f"{approval.actor} has entered and approved the bank account {account.id} of {account.party}"


def bank_faults(tx: Transaction) -> Iterator[str]:
    """Booked lines of the bank whose amount, person or reason is not what their entry keeps."""
    for step, amount in bank.list_bookings(tx, WAYS):
        name = f"the line {step.line_id[:12]} of the bank"
        booked = [
            entry
            for entry in entries.list_entries_of(tx, "bank_line", source_of(step))
            if entry.kind == kind_of(step)
        ]
        if len(booked) != 1:
            yield f"{name} is booked as {step.kind}, and the books have {len(booked)} entries of it"
            continue
        (entry,) = booked
        moved = sum(part for account, part in entry.lines if account.startswith("bank:"))
        if not amount == step.amount_minor == moved:
            yield f"{name} moved {amount} minor units, was booked as {step.amount_minor}, the books have {moved}"
        if (entry.note.get("by"), entry.note.get("reason")) != (step.actor, step.reason):
            yield f"{name} was booked by somebody else or for another reason than the books keep"


def chart_faults(tx: Transaction) -> Iterator[str]:
    """Accounts of the books that the chart does not have so."""
    for account_id, account in audit.list_chart(tx):
        if account.id != account_id or account.type != type_of(account.purpose):
            yield f"the account {account_id} is not what the chart says"


def period_faults(tx: Transaction, region: str, month: str) -> Iterator[str]:
    """A month that was closed stays closed, and each entry is the only one of its source."""
    blocks, state = chain.list_blocks(tx, region, month), books.find_period_state(tx, region, month)
    if blocks and blocks[-1].final and state != "closed":
        yield f"{month} was closed and is {state}"
    for entry_id in audit.list_unsourced(tx, region, month):
        yield f"entry {entry_id} of {month} is not the one of its source"


def file_faults(tx: Transaction, run: Run, folder: Path) -> Iterator[str]:
    """Exported files that are no longer what was exported; a folder that is elsewhere is not looked for."""
    place = folder / run.region / f"{run.period}-v{run.version}"
    if run.state not in {"exported", "sent", "reconciled"} or not place.is_dir():
        return
    for file in runs.list_files(tx, run.id):
        path = place / file.name
        if not path.is_file():
            yield f"its file {file.name} is gone"
        elif _sha256(path) != file.sha256:
            yield f"its file {file.name} is not what was exported"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
