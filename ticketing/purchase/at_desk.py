"""Give tickets back for a buyer who asks the office: by the same conditions as everybody, and noted with the name."""

from collections.abc import Sequence

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.people import audit_trail
from ticketing.db.sale.orders import Refund
from ticketing.purchase.refund.giving_back import RefundOffer, Wish, offer_refund, refund_passengers
from ticketing.purchase.till import Till

__all__ = ["RefundOffer", "Wish", "give_back", "offer_refund"]


def give_back(
    till: Till, order_id: str, passengers: Sequence[str], *, expected: Money, by: str, request_key: str
) -> Refund:
    """Give back the tickets of some passengers for the amount that was looked at; the same key gives back once.

    Raises InvalidRequest for a stranger, Conflict where nothing comes back or another amount than expected.
    """

    def remember(tx: Transaction, done: Refund, further: Sequence[Refund]) -> None:
        del further
        audit_trail.note(tx, by, "refund_at_desk", done.id, at=till.clock.now())

    wish = Wish(passengers=tuple(passengers))
    refund, _ = refund_passengers(till, order_id, wish, request_key, remember, expected=expected)
    return refund
