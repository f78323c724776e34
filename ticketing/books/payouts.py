"""Post compensation that is paid to a bank account: owed, on its way until the bank shows it, and owed again where it came back."""

from datetime import datetime

from ticketing.books.accounts import refund_payable, refund_transfer
from ticketing.books.balanced import balanced
from ticketing.db.books.books import Entry


def compensation_sent(
    payout_id: str, *, region: str, amount: int, currency: str, at: datetime, claim: str, by: str
) -> Entry | None:
    """A second person has released a transfer: it is on its way until a line of the bank shows it."""
    lines = [(refund_payable(currency), amount), (refund_transfer(currency), -amount)]
    note = {"claim": claim, "by": by}
    return balanced(("compensation_sent", "claim_payout", payout_id, region, at), lines, note=note)


def compensation_returned(
    payout_id: str, *, region: str, amount: int, currency: str, at: datetime, claim: str
) -> Entry | None:
    """The bank has sent a transfer back: it is owed to the holder again."""
    lines = [(refund_transfer(currency), amount), (refund_payable(currency), -amount)]
    source = ("compensation_returned", "claim_payout", payout_id, region, at)
    return balanced(source, lines, note={"claim": claim})
