"""Money on suspense: what waits there and how long, cleared by a second person; a booked line taken back."""

from dataclasses import dataclass
from datetime import datetime

from ticketing.books import accounts, settling
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Account
from ticketing.db.settlement import bank, bank_words, runs
from ticketing.db.settlement.bank import BankLine, BankMatch, Suspended
from ticketing.errors import Conflict, InvalidRequest, NotAllowed
from ticketing.settlement.bank.trail import (
    booking_of,
    is_of_claim,
    kind_of,
    line_like,
    queue,
    source_of,
    write_entry,
)
from ticketing.settlement.month import SCHEME
from ticketing.settlement.office import Office
from ticketing.settlement.run_state import checked_name, checked_reason, is_same_person

# The owners that suspense may be cleared to; `operator:` is followed by one's id.
BANK_FEE, REFUNDS, OPERATOR = "bank_fee", "refunds", "operator:"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Money of one line on suspense: debit positive (we are short), with its age since it was booked there."""

    line: BankLine
    booked: BankMatch
    region: str
    amount_minor: int
    days: int

    @property
    def currency(self) -> str:
        """The line's."""
        return self.line.currency


def list_suspense(office: Office, region: str) -> list[Waiting]:
    """List the money on suspense in the books of a region, oldest first."""
    with office.database.read() as tx:
        found = [_waiting(tx, waits, office.clock.now()) for waits in bank.list_suspense(tx, region)]
    return sorted((one for one in found if one), key=lambda one: (one.booked.at, one.line.id))


def get_booked(office: Office, line_id: str) -> tuple[BankLine, list[BankMatch], Waiting | None]:
    """A line with what became of it, first to last, and what of it waits on suspense; raises NotFound."""
    with office.database.read() as tx:
        line = line_like(tx, line_id)
        waits = _suspended(tx, line)
        found = _waiting(tx, waits, office.clock.now()) if waits else None
        return line, bank.list_trail(tx, line.id), found


def unbook_line(office: Office, region: str, line_id: str, *, by: str, reason: str) -> BankMatch:
    """Take back what was done last with a line: its booking, and it waits again; or the clearing of its suspense.

    Booked back by an entry of the same region that names the one it reverses. Raises Conflict for a payment or receipt of a run that is
    reconciled: the line has settled it for good.
    """
    now, by, reason = office.clock.now(), checked_name(by), checked_reason(reason)
    with office.database.write() as tx:
        queue(tx, office.served(region), now)
        line = line_like(tx, line_id)
        trail = bank.list_trail(tx, line.id)
        last = trail[-1] if trail and trail[-1].kind == "cleared" else booking_of(trail)
        if last is None:
            raise Conflict(f"the line {line.id[:12]} is not booked")
        if is_of_claim(last):
            raise Conflict("this line has settled a passenger's compensation: it stays booked")
        run = runs.find_run(tx, last.run_id, hold=True) if last.run_id else None
        if last.kind == "payment" and run is not None and _came_back(tx, line, last):
            raise Conflict("this payment has come back by another line of the bank: take that one back first")
        if run is not None and run.state == "reconciled":
            raise Conflict(
                f"the run of {run.period} is reconciled with this line: its payment stays booked; "
                "a difference is cleared from suspense"
            )
        kind = "uncleared" if last.kind == "cleared" else "unbooked"
        booked = books.find_booked(tx, "bank_line", source_of(last), kind_of(last))
        reversal = BankMatch(
            line_id=line.id,
            kind=kind,
            run_id=None,
            party=last.party,
            amount_minor=last.amount_minor,
            reason=reason,
            actor=by,
            at=now,
            seq=len(trail) + 1,
        )
        if booked:
            entry = settling.bank_taken_back(
                f"bank_{kind}",
                source_of(reversal),
                booked,
                region=booked.region,
                at=now,
                note={"line": line.id, "reason": reason, "by": by},
            )
            write_entry(tx, entry, now)
        bank.insert_match(tx, reversal)
    return reversal


def clear_suspense(
    office: Office, region: str, line_id: str, cleared_as: str, *, by: str, reason: str
) -> BankMatch:
    """Say whose the money is that a line left on suspense: `bank_fee`, `operator:<id>`, `refunds` or `scheme`.

    Another person than the one who booked the line (a write-off needs four eyes). An operator, one of the region that
    booked the line, finds it on its next statement. With `refunds` the
    line is the transfer of refunds that a person has called paid another way. Raises InvalidRequest at `as`, Conflict for a line that has nothing on suspense.
    """
    now, by, reason = office.clock.now(), checked_name(by), checked_reason(reason)
    with office.database.write() as tx:
        queue(tx, office.served(region), now)
        line = line_like(tx, line_id)
        waits = _suspended(tx, line)
        home = waits.region if waits else region
        account = _whose(tx, office, home, cleared_as, line.currency)
        trail = bank.list_trail(tx, line.id)
        booking = booking_of(trail)
        if waits is None or booking is None:
            raise Conflict(f"the line {line.id[:12]} has nothing on suspense")
        if is_same_person(booking.actor, by):
            raise NotAllowed(f"{by} has booked this line: another person clears its suspense")
        party = cleared_as.removeprefix(OPERATOR)
        clearing = BankMatch(
            line_id=line.id,
            kind="cleared",
            run_id=None,
            party=party,
            amount_minor=waits.amount_minor,
            reason=reason,
            actor=by,
            at=now,
            seq=len(trail) + 1,
        )
        entry = settling.suspense_cleared(
            source_of(clearing),
            account,
            waits.amount_minor,
            currency=line.currency,
            region=home,
            at=now,
            note={"line": line.id, "as": cleared_as, "reason": reason, "by": by},
        )
        write_entry(tx, entry, now)
        bank.insert_match(tx, clearing)
    return clearing


def _came_back(tx: Transaction, line: BankLine, booked: BankMatch) -> bool:
    """Tell whether a payment of a run that a line is booked as has been returned by another line that stands."""
    parties = {booked.party, *bank_words.list_parties(tx, line.id, booked.seq)}
    returns = bank.list_returns(tx, str(booked.run_id))
    return any(step.party in parties and other.currency == line.currency for other, step in returns)


def operators_of(office: Office, region: str) -> list[str]:
    """List the operators of a region that may be given money from suspense."""
    with office.database.read() as tx:
        return _operators(tx, office, region)


def _waiting(tx: Transaction, waits: Suspended, now: datetime) -> Waiting | None:
    line, booked = bank.find_line(tx, waits.line_id), booking_of(bank.list_trail(tx, waits.line_id))
    if line is None or booked is None:
        return None
    return Waiting(line, booked, waits.region, waits.amount_minor, max(0, (now - booked.at).days))


def _suspended(tx: Transaction, line: BankLine) -> Suspended | None:
    """Return the money of a line on suspense, in the region that booked it."""
    found = (one for region in bank.list_regions(tx) for one in bank.list_suspense(tx, region))
    return next((one for one in found if one.line_id == line.id), None)


def _operators(tx: Transaction, office: Office, region: str) -> list[str]:
    settled = runs.list_runs_in_state(tx, region, ("approved", "exported", "sent", "reconciled"))
    told = {line.operator for run in settled for line in run.dataset.operators}
    return sorted({*office.operators_of(region), *told})


def _whose(tx: Transaction, office: Office, region: str, cleared_as: str, currency: str) -> Account:
    if cleared_as == BANK_FEE:
        return accounts.bank_fee(currency)
    if cleared_as == SCHEME:
        return accounts.corrections(currency)
    if cleared_as == REFUNDS:
        return accounts.refund_transfer(currency)
    operator = cleared_as.removeprefix(OPERATOR)
    if not cleared_as.startswith(OPERATOR) or operator not in _operators(tx, office, region):
        raise InvalidRequest.at(
            "as", f"may be {BANK_FEE}, {SCHEME} or {OPERATOR}<id> of one of {region}, or {REFUNDS}"
        )
    return accounts.operator_payable(operator, currency)
