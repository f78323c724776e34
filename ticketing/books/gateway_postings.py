"""How what happens at a payment gateway is posted beyond captures and refunds: voids, disputes, payouts, exchanges."""

from datetime import datetime

from ticketing.books.postings import _entry as balanced
from ticketing.books.postings import clearing, psp_fee, refund_payable, unearned
from ticketing.db.books import Account, Entry


def dispute_receivable(currency: str) -> Account:
    """Money that a bank has taken back for a dispute and that may come again."""
    return Account("asset", "dispute_receivable", currency)


def dispute_loss(currency: str) -> Account:
    """Disputes that are lost: the scheme bears them until it settles them by contract."""
    return Account("expense", "dispute_loss", currency)


def in_transit(currency: str) -> Account:
    """Paid out by the gateway and not yet seen on the bank's statement."""
    return Account("asset", "psp_in_transit", currency)


def external_refunds(currency: str) -> Account:
    """Refunds that somebody made at the gateway itself, until a person says what they were for."""
    return Account("asset", "external_refunds", currency)


def void(
    payment_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """Money that was taken for an order which came to nothing goes back at once."""
    lines = [(unearned(currency), amount), (clearing(gateway, currency), -amount)]
    return balanced(("void", "payment", payment_id, region, at), lines)


def dispute_withdrawn(
    dispute_id: str, *, region: str, gateway: str, amount: int, fee: int, currency: str, at: datetime
) -> Entry | None:
    """The bank takes the disputed money, and its fee."""
    lines = [
        (dispute_receivable(currency), amount), (psp_fee(currency), fee), (clearing(gateway, currency), -amount - fee),
    ]  # fmt: skip
    return balanced(("dispute_withdrawn", "dispute", dispute_id, region, at), lines)


def dispute_reinstated(
    dispute_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """The bank gives the disputed money back."""
    lines = [(clearing(gateway, currency), amount), (dispute_receivable(currency), -amount)]
    return balanced(("dispute_reinstated", "dispute", dispute_id, region, at), lines)


def dispute_lost(dispute_id: str, *, region: str, amount: int, currency: str, at: datetime) -> Entry | None:
    """The cardholder has won: the money will not come again."""
    lines = [(dispute_loss(currency), amount), (dispute_receivable(currency), -amount)]
    return balanced(("dispute_lost", "dispute", dispute_id, region, at), lines)


def external_refund(
    external_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """Somebody has paid back by the gateway's own pages."""
    lines = [(external_refunds(currency), amount), (clearing(gateway, currency), -amount)]
    return balanced(("external_refund", "gateway_refund", external_id, region, at), lines)


def payout(
    external_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """The gateway pays out to the scheme's bank account; the bank's own statement ends the transit."""
    lines = [(in_transit(currency), amount), (clearing(gateway, currency), -amount)]
    return balanced(("payout", "gateway_payout", external_id, region, at), lines)


def exchange(order_id: str, *, region: str, amount: int, currency: str, at: datetime) -> Entry | None:
    """What old tickets give back pays for new ones."""
    lines = [(refund_payable(currency), amount), (unearned(currency), -amount)]
    return balanced(("exchange", "order", order_id, region, at), lines)
