"""Give back what was kept of earlier refunds for those who stay in a group, when these are not carried either.

It was kept because those who stayed would have paid more without the others. Of a departure that nobody travels on there is
nothing left to pay for: all that was paid for what was not carried comes back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.sale import orders
from ticketing.errors import Conflict
from ticketing.frozen import Again, LeftPrice, LineDocument
from ticketing.purchase.refund import together
from ticketing.purchase.refund.deciding import Decided, Known
from ticketing.purchase.refund.refundable import RefundLine
from ticketing.purchase.till import Till

_WHOLE = 100
_BECAUSE = "kept before for those who stayed, who are not carried either"


@dataclass(frozen=True, slots=True)
class Released:
    """A part of an earlier refund's line that comes back now: the line, the refund's number, and what came back of it before.

    `left` is what the ticket was left with by the last of its lines, None where it is gone; that stays as it is.
    """

    seq: int
    first: LineDocument
    before_minor: int
    amount: Money
    left: LeftPrice | None

    @property
    def line(self) -> RefundLine:
        """The line as an offer shows it."""
        return RefundLine(
            jti=self.first.jti,
            passenger_ref=self.first.passenger_ref,
            percent=_WHOLE,
            amount=self.amount,
            because=f"{self.amount}, {_BECAUSE}",
            legs=self.first.legs,
            operators=self.first.operators,
            fees={},
        )

    def document(self) -> LineDocument:
        """The line as a refund keeps it: enough to reverse the allocation anew. No ticket goes with it."""
        return LineDocument(
            jti=self.first.jti,
            passenger_ref=self.first.passenger_ref,
            percent=_WHOLE,
            amount_minor=self.amount.minor,
            because=self.line.because,
            legs=self.first.legs,
            operators=self.first.operators,
            together_minor=-self.amount.minor,
            was=self.left,
            left=self.left,
            again=Again(self.seq, self.first, self.before_minor),
        )


def released(tx: Transaction, till: Till, known: Known, decided: Sequence[Decided]) -> list[Released]:
    """Say what comes back of earlier refunds with these lines: what those who still stay have no need of, oldest first."""
    if not together.is_shared(known.quote) or not any(_is_not_carried(known, one) for one in decided):
        return []
    kept = list(_kept(tx, known.order.id))
    most = sum(line.together_minor - back for _, line, back in kept)
    going = {one.line.passenger_ref: one.line.legs for one in decided}
    try:
        needed = together.shortage(tx, till, known.quote, known.held, going)
    except Conflict:  # what those who stay need cannot be told: it stays until they go
        return []
    places = []
    left = min(most, most - needed)
    left_of = {line.jti: line.left for _, line in _lines(tx, known.order.id)}
    for seq, line, back in kept:
        part = min(left, line.together_minor - back)
        if part > 0:
            before = line.amount_minor + back
            places.append(Released(seq, line, before, Money(part, known.order.currency), left_of[line.jti]))
            left -= part
    return places


def _kept(tx: Transaction, order_id: str) -> Iterator[tuple[int, LineDocument, int]]:
    """Each line of which something was kept, with its refund's number and what has come back of it already."""
    lines = _lines(tx, order_id)
    back: dict[tuple[int, str], int] = {}
    for _, line in lines:
        if line.again is not None:
            key = line.again.seq, line.jti
            back[key] = back.get(key, 0) + line.amount_minor
    for seq, line in lines:
        if line.together_minor > 0:
            yield seq, line, back.get((seq, line.jti), 0)


def _lines(tx: Transaction, order_id: str) -> list[tuple[int, LineDocument]]:
    """List the lines of an order's refunds, each with the number of its refund, in their order."""
    refunds = sorted(orders.list_refunds(tx, order_id), key=lambda one: one.seq)
    return [(one.seq, line) for one in refunds for line in one.document.lines]


def _is_not_carried(known: Known, one: Decided) -> bool:
    """Tell whether the legs of a line for which the price of a group was paid are not carried."""
    ticket = next(held for held in known.refundable if held.jti == one.line.jti)
    passenger = known.quote.document.passenger(one.line.passenger_ref)
    shared = together.group_legs(passenger) & set(one.line.legs)
    return bool(shared) and shared <= set(ticket.not_carried(one.line.legs))
