"""The head of a statement: its number, and both parties as `[parties]` of the region named them when the month was closed. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from ticketing.db.settlement.runs import Run
from ticketing.settlement.month import SCHEME
from ticketing.settlement.statement.words import word
from ticketing.settlement.terms import parties_of

_GROUP = 4
# The accounts to pay to where nobody has given any.
NOWHERE: Mapping[str, str] = MappingProxyType({})


def document_number(run: Run, party: str) -> str:
    """The number of a party's statement: of one run and version there is one for each party."""
    return f"{run.region}-{run.period}-v{run.version}-{party}"


def letterhead(run: Run, party: str, language: str) -> list[str]:
    """The lines of a party, the first of which says which one it is; none where the region does not name it."""
    known = parties_of(run.dataset.terms).get(party)
    if known is None:
        return []
    numbers = {"vat_number": known.vat_number, "register_number": known.register_number}
    return [
        word("issued_by" if party == SCHEME else "made_for", language),
        known.legal_name,
        *known.address,
        *(f"{word(name, language)} {number}" for name, number in numbers.items() if number),
    ]


def debts_told(run: Run, party: str, accounts: Mapping[str, str], language: str) -> list[str]:
    """The account that a party which owes pays to, a line for each currency; without one the line says so."""
    owed = [due.amount.currency for due in run.dataset.payments if due.debtor == party]
    return [account_told(accounts.get(currency, ""), language) for currency in owed]


def account_told(account: str, language: str) -> str:
    """Say which account a debt is paid to, in groups of four as banks print it; or that none is named."""
    return word("pay_to", language, account=_printed(account)) if account else word("pay_to_nobody", language)


def _printed(account: str) -> str:
    """An IBAN in groups of four, as banks print it; the number of another kind (`bankgiro:5050-1055`) as it is."""
    if ":" in account:
        return account
    return " ".join(account[at : at + _GROUP] for at in range(0, len(account), _GROUP))
