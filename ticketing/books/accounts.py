"""The chart of accounts: each purpose with the parts that make its id (docs/books.md)."""

from ticketing.db.books.books import Account, AccountType

_VAT = "vat_payable_"
_PURPOSES: dict[AccountType, tuple[str, ...]] = {
    "asset": (
        "bank", "demo_clearing", "dispute_receivable", "funder_receivable", "operator_receivable", "psp_clearing",
        "psp_in_transit", "psp_reserve",
    ),
    "liability": (
        "fx_clearing", "guarantee_pool", "netting_clearing", "operator_payable", "pool", "psp_exchange", "refund_payable", "refund_transfer",
        "suspense", "unearned",
    ),
    "income": ("breakage", "commission"),
    "expense": (
        "bank_fee", "corrections", "discount_borne_by_seller", "dispute_fee", "dispute_loss", "fx_difference",
        "minimum_guarantee", "passenger_compensation", "psp_fee", "psp_tax",
    ),
}  # fmt: skip
_TYPES = {purpose: kind for kind, purposes in _PURPOSES.items() for purpose in purposes}
# Every purpose of the chart, beside those of VAT, which have a rate in their name.
PURPOSES = tuple(_TYPES)


def type_of(purpose: str) -> AccountType | None:
    """The type of the accounts of a purpose; None for a purpose that the chart does not have."""
    return "liability" if purpose.startswith(_VAT) else _TYPES.get(purpose)


def clearing(gateway: str, currency: str) -> Account:
    """Money that a payment gateway holds for us; pretended money has an account of its own."""
    return _account("demo_clearing" if gateway == "demo" else "psp_clearing", currency)


def unearned(currency: str) -> Account:
    """Paid and not yet allocated to operators."""
    return _account("unearned", currency)


def refund_payable(currency: str) -> Account:
    """Refunds decided and not yet confirmed by the gateway."""
    return _account("refund_payable", currency)


def refund_transfer(currency: str) -> Account:
    """Refunds that a person has called paid another way, and whose transfer no line of the bank has shown yet."""
    return _account("refund_transfer", currency)


def operator_payable(operator: str, currency: str) -> Account:
    """Name the account of the scheme's debt to an operator."""
    return _account("operator_payable", currency, operator=operator)


def funder_receivable(authority: str, currency: str) -> Account:
    """Name the account of an authority's debt for the discounts that it promised."""
    return _account("funder_receivable", currency, operator=authority)


def discount_borne(currency: str) -> Account:
    """Discounts that the scheme, as the seller, bears itself."""
    return _account("discount_borne_by_seller", currency)


def vat_payable(member_state: str, rate_bp: int, currency: str) -> Account:
    """VAT owed in a Member State at a rate."""
    return _account(f"{_VAT}{rate_bp}", currency, member_state=member_state)


def commission(currency: str) -> Account:
    """The scheme's own fee."""
    return _account("commission", currency)


def psp_fee(currency: str) -> Account:
    """Name the account of the payment gateway's fees."""
    return _account("psp_fee", currency)


def psp_tax(currency: str) -> Account:
    """Name the account of taxes on the payment gateway's fees."""
    return _account("psp_tax", currency)


def psp_reserve(currency: str) -> Account:
    """Money that a gateway keeps back for a while and does not pay out."""
    return _account("psp_reserve", currency)


def psp_exchange(currency: str) -> Account:
    """Name the account of amounts that a gateway has exchanged: taken in one currency, held in another."""
    return _account("psp_exchange", currency)


def dispute_receivable(currency: str) -> Account:
    """Money that a gateway has withdrawn until a payment dispute is decided."""
    return _account("dispute_receivable", currency)


def dispute_fee(currency: str) -> Account:
    """Name the account of a gateway's fees for payment disputes."""
    return _account("dispute_fee", currency)


def dispute_loss(currency: str) -> Account:
    """Payments lost in a dispute that no operator answers for."""
    return _account("dispute_loss", currency)


def compensation(currency: str) -> Account:
    """Passenger-rights payments that no operator answers for."""
    return _account("passenger_compensation", currency)


def breakage(currency: str) -> Account:
    """Rides paid for and never taken, where the contract lets the scheme keep them."""
    return _account("breakage", currency)


def pool(name: str, currency: str) -> Account:
    """Money of a product that is shared by use at the month's end."""
    return _account("pool", currency, operator=name)


def guarantee_pool(currency: str) -> Account:
    """Fees for guaranteed connections, out of which missed ones are paid."""
    return _account("guarantee_pool", currency)


def guarantee(currency: str) -> Account:
    """Name the account of the amounts that the scheme adds up to a promised minimum."""
    return _account("minimum_guarantee", currency)


def corrections(currency: str) -> Account:
    """Corrections that the scheme bears itself."""
    return _account("corrections", currency)


def in_transit(currency: str) -> Account:
    """A gateway's payout that has not reached the bank."""
    return _account("psp_in_transit", currency)


def bank(currency: str) -> Account:
    """The scheme's account at its bank."""
    return _account("bank", currency)


def bank_fee(currency: str) -> Account:
    """Name the account of the bank's fees."""
    return _account("bank_fee", currency)


def suspense(currency: str) -> Account:
    """Money on the bank's statement that nobody has explained yet."""
    return _account("suspense", currency)


def netting_clearing(currency: str) -> Account:
    """Payments of approved runs that are not on the bank's statement yet; zero once a run is reconciled."""
    return _account("netting_clearing", currency)


def operator_receivable(operator: str, currency: str) -> Account:
    """Name the account of an operator's debt to the scheme after an approved run."""
    return _account("operator_receivable", currency, operator=operator)


def fx_clearing(currency: str) -> Account:
    """Name the account of amounts converted in approved runs: owed in one currency, paid in another, until the scheme exchanges it."""
    return _account("fx_clearing", currency)


def fx_difference(currency: str) -> Account:
    """Name the account of the difference between the bank's exchange rate and a run's rate (credit: the bank gave more)."""
    return _account("fx_difference", currency)


def _account(
    purpose: str, currency: str, *, operator: str | None = None, member_state: str | None = None
) -> Account:
    kind = type_of(purpose)
    if kind is None:
        raise ValueError(f"{purpose} is no purpose of the chart of accounts")
    return Account(kind, purpose, currency, operator, member_state)
