"""The chart of accounts: each purpose with the parts that make its id (docs/books.md)."""

from ticketing.db.books import Account


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


def dispute_receivable(currency: str) -> Account:
    """Money that a gateway has withdrawn until a payment dispute is decided."""
    return Account("asset", "dispute_receivable", currency)


def dispute_fee(currency: str) -> Account:
    """What a gateway keeps for a payment dispute."""
    return Account("expense", "dispute_fee", currency)


def dispute_loss(currency: str) -> Account:
    """Payments lost in a dispute that no operator answers for."""
    return Account("expense", "dispute_loss", currency)


def compensation(currency: str) -> Account:
    """Passenger-rights payments that no operator answers for."""
    return Account("expense", "passenger_compensation", currency)


def breakage(currency: str) -> Account:
    """Rides paid for and never taken, where the contract lets the scheme keep them."""
    return Account("income", "breakage", currency)


def pool(name: str, currency: str) -> Account:
    """Money of a product that is shared by use at the month's end."""
    return Account("liability", "pool", currency, operator=name)


def guarantee(currency: str) -> Account:
    """What the scheme adds where it has promised a minimum."""
    return Account("expense", "minimum_guarantee", currency)


def corrections(currency: str) -> Account:
    """Corrections that the scheme bears itself."""
    return Account("expense", "corrections", currency)


def in_transit(currency: str) -> Account:
    """A gateway's payout that has not reached the bank."""
    return Account("asset", "psp_in_transit", currency)


def bank(currency: str) -> Account:
    """The scheme's account at its bank."""
    return Account("asset", "bank", currency)


def bank_fee(currency: str) -> Account:
    """What the bank keeps for its service."""
    return Account("expense", "bank_fee", currency)


def suspense(currency: str) -> Account:
    """Money on the bank's statement that nobody has explained yet."""
    return Account("liability", "suspense", currency)


def netting_clearing(currency: str) -> Account:
    """Payments of approved runs that are not on the bank's statement yet; zero once a run is reconciled."""
    return Account("liability", "netting_clearing", currency)


def operator_receivable(operator: str, currency: str) -> Account:
    """What an operator owes the scheme after an approved run."""
    return Account("asset", "operator_receivable", currency, operator=operator)


def fx_clearing(currency: str) -> Account:
    """What was converted in approved runs: owed in one currency, paid in another, until the scheme exchanges it."""
    return Account("liability", "fx_clearing", currency)
