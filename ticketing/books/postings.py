"""Post each event by one pure rule, each entry balanced (chart of accounts in docs/books.md).

Signs: debit positive, credit negative. The scheme supplies the journey (principal model): it takes the
money, owes the VAT, keeps its fee and owes each operator the net of its share.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tariffs.agreements.shares import FUNDER, SELLER
from ticketing.books import accounts
from ticketing.books.accounts import (
    clearing,
    commission,
    discount_borne,
    funder_receivable,
    operator_payable,
    psp_fee,
    refund_payable,
    unearned,
    vat_payable,
)
from ticketing.books.balanced import balanced
from ticketing.db.books.books import Account, Entry, Share, Tax


def capture(
    payment_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """Money taken: the gateway holds it, and we have not earned it yet."""
    return balanced(
        ("capture", "payment", payment_id, region, at),
        [(clearing(gateway, currency), amount), (unearned(currency), -amount)],
    )


def gateway_fee(
    payment_id: str, *, region: str, gateway: str, fee: int, currency: str, at: datetime
) -> Entry | None:
    """The gateway keeps its fee."""
    return balanced(
        ("gateway_fee", "payment", payment_id, region, at),
        [(psp_fee(currency), fee), (clearing(gateway, currency), -fee)],
    )


def allocation(
    jti: str, *, region: str, shares: Sequence[Share], taxes: Sequence[Tax], at: datetime
) -> Entry | None:
    """A ticket is issued: what was unearned belongs to operators, tax offices and the scheme."""
    currency = shares[0].currency
    gross = sum(share.gross_minor for share in shares)
    source = ("allocation", "ticket", jti, region, at)
    return balanced(source, [(unearned(currency), gross), *_owed(shares, taxes, currency)])


def refund_decided(
    refund_id: str, jti: str, *, region: str, shares: Sequence[Share], taxes: Sequence[Tax], at: datetime
) -> Entry | None:
    """A ticket is refunded: `shares` and `taxes` are the negative rows that take the allocation back.

    None where there are none, as for a leg that costs nothing.
    """
    rows: list[Share | Tax] = [*shares, *taxes]
    if not rows:
        return None
    currency = rows[0].currency
    back = -sum(share.gross_minor for share in shares)
    source = ("refund_decided", "refund", f"{refund_id}/{jti}", region, at)
    return balanced(source, [*_owed(shares, taxes, currency), (refund_payable(currency), -back)])


def refund_confirmed(
    refund_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """The gateway has paid the money back."""
    return balanced(
        ("refund_confirmed", "refund", refund_id, region, at),
        [(refund_payable(currency), amount), (clearing(gateway, currency), -amount)],
    )


def refund_failed(
    refund_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """A refund came back from the passenger's bank: it is owed again, and a person decides the next way."""
    return balanced(
        ("refund_failed", "refund", refund_id, region, at),
        [(clearing(gateway, currency), amount), (refund_payable(currency), -amount)],
    )


def exchanged(
    exchange_id: str, jti: str, *, region: str, shares: Sequence[Share], taxes: Sequence[Tax], at: datetime
) -> Entry | None:
    """A ticket is exchanged: its negative rows go back to unearned, which the new ticket's allocation then takes."""
    rows: list[Share | Tax] = [*shares, *taxes]
    if not rows:
        return None
    currency = rows[0].currency
    back = -sum(share.gross_minor for share in shares)
    source = ("exchanged", "exchange", f"{exchange_id}/{jti}", region, at)
    return balanced(source, [*_owed(shares, taxes, currency), (unearned(currency), -back)])


def unearned_refund(refund_id: str, *, region: str, amount: int, currency: str, at: datetime) -> Entry | None:
    """Money that was not yet allocated goes back: the difference of an exchange, an unused carnet."""
    return balanced(
        ("unearned_refund", "refund", refund_id, region, at),
        [(unearned(currency), amount), (refund_payable(currency), -amount)],
    )


def after_sale_fee(source_id: str, *, region: str, amount: int, currency: str, at: datetime) -> Entry | None:
    """The scheme keeps a fee for an exchange or a refund."""
    return balanced(
        ("after_sale_fee", "exchange", source_id, region, at),
        [(unearned(currency), amount), (commission(currency), -amount)],
    )


def dispute_opened(
    dispute_id: str, *, region: str, gateway: str, amount: int, fee: int, currency: str, at: datetime
) -> Entry | None:
    """A cardholder disputes a payment: the gateway takes the money, and its fee, until it is decided."""
    return balanced(
        ("dispute_opened", "dispute", dispute_id, region, at),
        [
            (accounts.dispute_receivable(currency), amount),
            (accounts.dispute_fee(currency), fee),
            (clearing(gateway, currency), -amount - fee),
        ],
    )


def dispute_won(
    dispute_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """The dispute is won: the money comes back."""
    return balanced(
        ("dispute_won", "dispute", dispute_id, region, at),
        [(clearing(gateway, currency), amount), (accounts.dispute_receivable(currency), -amount)],
    )


def dispute_lost(
    dispute_id: str, *, region: str, amount: int, currency: str, at: datetime, liable: str | None = None
) -> Entry | None:
    """The dispute is lost: the operator that the contract names answers for it, or else the scheme."""
    bearer = operator_payable(liable, currency) if liable else accounts.dispute_loss(currency)
    return balanced(
        ("dispute_lost", "dispute", dispute_id, region, at),
        [(bearer, amount), (accounts.dispute_receivable(currency), -amount)],
    )


def breakage(
    jti: str, back: Mapping[str, int], *, region: str, currency: str, at: datetime, note: Mapping[str, Any]
) -> Entry | None:
    """A carnet expired with rides left, and the contract lets the scheme keep them: operators give back their net.

    `back` by operator in minor units. The VAT stays owed, as for a ticket that nobody used (CJEU C-250/14,
    Air France-KLM), and so does the scheme's fee.
    """
    lines = [(operator_payable(name, currency), amount) for name, amount in sorted(back.items())]
    source = ("breakage", "carnet", jti, region, at)
    return balanced(source, [*lines, (accounts.breakage(currency), -sum(back.values()))], note=note)


def compensation(
    claim_id: str,
    *,
    region: str,
    amount: int,
    currency: str,
    at: datetime,
    liable: str | None = None,
    note: Mapping[str, str] | None = None,
) -> Entry | None:
    """A passenger-rights payment: the liable operator bears it, or else the scheme; `note` says what it is for."""
    bearer = operator_payable(liable, currency) if liable else accounts.compensation(currency)
    return balanced(
        ("compensation", "claim", claim_id, region, at),
        [(bearer, amount), (refund_payable(currency), -amount)],
        note=note,
    )


def continuation(
    ride: str, *, region: str, amount: int, currency: str, at: datetime, taker: str, giver: str | None
) -> Entry | None:
    """A passenger of a cancelled departure was carried on: the taker is owed the agreed fare, by the giver or else the scheme.

    `ride` is the ticket and the leg.
    """
    bearer = operator_payable(giver, currency) if giver else accounts.compensation(currency)
    return balanced(
        ("continuation", "ride", ride, region, at),
        [(bearer, amount), (operator_payable(taker, currency), -amount)],
    )


def other_way(
    order: str, *, region: str, amount: int, currency: str, at: datetime, giver: str | None
) -> Entry | None:
    """Passengers whose departure did not take them have gone another way: what it cost more is owed to them, by the giver or else the scheme."""
    bearer = operator_payable(giver, currency) if giver else accounts.compensation(currency)
    return balanced(
        ("other_way", "order", order, region, at),
        [(bearer, amount), (refund_payable(currency), -amount)],
    )


def payout_sent(
    payout_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """The gateway pays out: the money is on its way to the bank."""
    return balanced(
        ("payout_sent", "payout", payout_id, region, at),
        [(accounts.in_transit(currency), amount), (clearing(gateway, currency), -amount)],
    )


def payout_failed(
    payout_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """The payout came back to the gateway."""
    return balanced(
        ("payout_failed", "payout", payout_id, region, at),
        [(clearing(gateway, currency), amount), (accounts.in_transit(currency), -amount)],
    )


def _owed(shares: Sequence[Share], taxes: Sequence[Tax], currency: str) -> list[tuple[Account, int]]:
    """Post the debts to operators, tax offices and the scheme: credits for a sale, debits for negative rows."""
    operators = [(_party(share.operator, currency), -share.net_minor) for share in shares]
    vat = [(vat_payable(tax.member_state, tax.rate_bp, currency), -tax.vat_minor) for tax in taxes]
    return [*operators, *vat, (commission(currency), -sum(share.fee_minor for share in shares))]


def _party(name: str, currency: str) -> Account:
    """Choose the account of a share: an operator is owed it; the bearer of a discount owes it, or books it as its own cost."""
    if name == SELLER:
        return discount_borne(currency)
    if name.startswith(FUNDER):
        return funder_receivable(name.removeprefix(FUNDER), currency)
    return operator_payable(name, currency)
