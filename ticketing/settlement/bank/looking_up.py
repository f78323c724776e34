"""Find lines of the bank by a reference, a name or an amount."""

from ticketing.db.settlement import bank
from ticketing.db.settlement.bank import BankLine
from ticketing.settlement.office import Office

_LEAST_LETTERS = 3
_MOST = 20


def find_lines(office: Office, words: str, minor: int | None = None) -> list[BankLine]:
    """List the newest lines that name something in their references or texts, or have an amount, at most twenty."""
    if len(words) < _LEAST_LETTERS and minor is None:
        return []
    with office.database.read() as tx:
        return bank.list_lines_with(tx, words, minor, _MOST)
