"""The trail of a line of the bank: what it was booked as, taken back, cleared; each step with an entry of its own."""

from datetime import datetime
from typing import Literal, TypeVar, get_args

from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry
from ticketing.db.settlement import bank
from ticketing.db.settlement.bank import BankLine, BankMatch
from ticketing.errors import Conflict, NotFound

T = TypeVar("T")
Way = Literal["payment", "receipt", "payout", "suspense", "bank_fee", "fx"]
WAYS: tuple[Way, ...] = get_args(Way)
KINDS: dict[Way, str] = {
    "payment": "run_paid",
    "receipt": "run_received",
    "payout": "payout_arrived",
    "suspense": "suspense",
    "bank_fee": "bank_fee",
    "fx": "fx_exchanged",
}
# A transfer of compensation, and one that came back.
_OF_CLAIMS = {"payment": "compensation_paid", "receipt": "compensation_back"}


def booking_of(trail: list[BankMatch]) -> BankMatch | None:
    """Return the present booking of a line; None when it was never booked or that was taken back."""
    for step in reversed(trail):
        if step.kind == "unbooked":
            return None
        if step.kind in WAYS:
            return step
    return None


def source_of(step: BankMatch) -> str:
    """The source of a step's entry: a line may be booked again, so all but the first are numbered."""
    return step.line_id if step.seq == 1 else f"{step.line_id}/{step.seq}"


def kind_of(step: BankMatch) -> str:
    """The kind of a step's entry."""
    if is_of_claim(step):
        return _OF_CLAIMS[step.kind]
    return (
        "suspense_cleared" if step.kind == "cleared" else next(KINDS[way] for way in WAYS if way == step.kind)
    )


def is_of_claim(step: BankMatch) -> bool:
    """Tell whether a line paid compensation to its holder, or brought it back: a payment or receipt of no run."""
    return step.run_id is None and step.kind in _OF_CLAIMS


def line_like(tx: Transaction, part: str) -> BankLine:
    """The one line whose id ends or begins so; raises NotFound for none or several."""
    return the_only(bank.list_lines_like(tx, part), part)


def the_only(found: list[T], part: str) -> T:
    """The one that was found; raises NotFound for none or several."""
    if not part or not found:
        raise NotFound(f"no such line of the bank: {part}")
    if len(found) > 1:
        raise NotFound(f"{len(found)} lines have an id like {part}: give more of its end")
    return found[0]


def queue(tx: Transaction, region: str, now: datetime) -> list[str]:
    """One at a time in all regions, whose names it answers: two clerks with the same file must not book the same line."""
    regions = sorted({region, *bank.list_regions(tx)})
    for one in regions:
        books.lock_period(tx, one, books.month_of(now))
    return regions


def write_entry(tx: Transaction, entry: Entry | None, now: datetime) -> None:
    """Book a step's entry, where it moves anything; raises Conflict when the step was taken before."""
    if entry and not books.book(tx, entry, now):
        raise Conflict("this line was just dealt with by somebody else")
