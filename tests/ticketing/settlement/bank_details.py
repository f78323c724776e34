"""Bank accounts of the operators, entered as finance staff enter them."""

from ticketing.settlement.office import Office
from ticketing.settlement.payout import bank_accounts

IBANS = {"scheme": "FI2112345600000785", "hsl": "DE89370400440532013000", "tlt": "EE382200221020145685"}


def enter_accounts(desk: Office) -> None:
    for party, iban in IBANS.items():
        made = bank_accounts.enter(
            desk, party, iban, name=f"{party.upper()} Õy & Co", by="Clara", town="Tallinn"
        )
        bank_accounts.approve(desk, made.id, "David")
