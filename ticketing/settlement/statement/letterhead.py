"""The head of a statement: its number, and both parties as `[parties]` of the region named them when the month was closed. Pure."""

from ticketing.db.settlement.runs import Run
from ticketing.settlement.month import SCHEME
from ticketing.settlement.statement.words import word
from ticketing.settlement.terms import parties_of


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
