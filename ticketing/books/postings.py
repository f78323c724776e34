"""How each event is posted: one pure rule an event, each entry balanced (chart of accounts in docs/books.md).

Signs: debit positive, credit negative. The scheme supplies the journey (principal model): it takes the
money, owes the VAT, keeps its fee and owes each operator the net of its share.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tariffs.agreements.shares import FUNDER, SELLER
from ticketing.db.books import Account, Entry, Posting, Share, Tax


def clearing(gateway: str, currency: str) -> Account:
    """Money that a payment gateway holds for us; pretended money has an account of its own."""
    return Account("asset", "demo_clearing" if gateway == "demo" else "psp_clearing", currency)


def unearned(currency: str) -> Account:
    """Paid and not yet allocated to operators."""
    return Account("liability", "unearned", currency)


def refund_payable(currency: str) -> Account:
    """Refunds decided and not yet confirmed by the gateway."""
    return Account("liability", "refund_payable", currency)


def operator_payable(operator: str, currency: str) -> Account:
    """What the scheme owes an operator."""
    return Account("liability", "operator_payable", currency, operator=operator)


def funder_receivable(authority: str, currency: str) -> Account:
    """What an authority owes for the discounts that it promised."""
    return Account("asset", "funder_receivable", currency, operator=authority)


def discount_borne(currency: str) -> Account:
    """Discounts that the scheme, as the seller, bears itself."""
    return Account("expense", "discount_borne_by_seller", currency)


def vat_payable(member_state: str, rate_bp: int, currency: str) -> Account:
    """VAT owed in a Member State at a rate."""
    return Account("liability", f"vat_payable_{rate_bp}", currency, member_state=member_state)


def commission(currency: str) -> Account:
    """The scheme's own fee."""
    return Account("income", "commission", currency)


def psp_fee(currency: str) -> Account:
    """What the payment gateway keeps for its service."""
    return Account("expense", "psp_fee", currency)


def capture(
    payment_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """Money taken: the gateway holds it, and we have not earned it yet."""
    return _entry(
        ("capture", "payment", payment_id, region, at),
        [(clearing(gateway, currency), amount), (unearned(currency), -amount)],
    )


def gateway_fee(
    payment_id: str, *, region: str, gateway: str, fee: int, currency: str, at: datetime
) -> Entry | None:
    """The gateway keeps its fee."""
    return _entry(
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
    return _entry(source, [(unearned(currency), gross), *_owed(shares, taxes, currency)])


def refund_decided(
    refund_id: str, jti: str, *, region: str, shares: Sequence[Share], taxes: Sequence[Tax], at: datetime
) -> Entry | None:
    """A ticket is refunded: `shares` and `taxes` are the negative rows that take the allocation back."""
    currency = shares[0].currency
    back = -sum(share.gross_minor for share in shares)
    source = ("refund_decided", "refund", f"{refund_id}/{jti}", region, at)
    return _entry(source, [*_owed(shares, taxes, currency), (refund_payable(currency), -back)])


def refund_confirmed(
    refund_id: str, *, region: str, gateway: str, amount: int, currency: str, at: datetime
) -> Entry | None:
    """The gateway has paid the money back."""
    return _entry(
        ("refund_confirmed", "refund", refund_id, region, at),
        [(refund_payable(currency), amount), (clearing(gateway, currency), -amount)],
    )


def _owed(shares: Sequence[Share], taxes: Sequence[Tax], currency: str) -> list[tuple[Account, int]]:
    """What operators, tax offices and the scheme are owed: credits for a sale, debits for negative rows."""
    operators = [(_party(share.operator, currency), -share.net_minor) for share in shares]
    vat = [(vat_payable(tax.member_state, tax.rate_bp, currency), -tax.vat_minor) for tax in taxes]
    return [*operators, *vat, (commission(currency), -sum(share.fee_minor for share in shares))]


def _party(name: str, currency: str) -> Account:
    """Where a share belongs: an operator is owed it; who bears a discount owes it, or books it as its own cost."""
    if name == SELLER:
        return discount_borne(currency)
    if name.startswith(FUNDER):
        return funder_receivable(name.removeprefix(FUNDER), currency)
    return operator_payable(name, currency)


def _entry(source: tuple[str, str, str, str, datetime], lines: Iterable[tuple[Account, int]]) -> Entry | None:
    """Merge the lines of each account, drop zeros, insist on balance; None when nothing is left to book."""
    merged: dict[Account, int] = {}
    for account, amount in lines:
        merged[account] = merged.get(account, 0) + amount
    postings = tuple(Posting(account, amount) for account, amount in merged.items() if amount)
    if sum(posting.amount_minor for posting in postings) != 0:
        raise ValueError(f"{source[0]} of {source[1]} {source[2]} does not balance")
    kind, source_type, source_id, region, at = source
    return Entry(kind, source_type, source_id, region, at, postings) if postings else None
