"""Name the accounts and kinds of entries of the books in words; the id of an account stays beside its words."""

from dataclasses import dataclass

from ticketing.console import figures, words
from ticketing.console.names import party_name

_VAT = "vat_payable"
_PARTS_WITH_OWNER = 3


@dataclass(frozen=True, slots=True)
class NamedPosting:
    """A posting as people read it: the account in words, its id, and the amount with its currency."""

    words: str
    account: str
    amount: str


def read_posting(posting: str, tongue: str) -> NamedPosting:
    """Read a posting of a trace, which is the id of an account and an amount: `operator_payable:hsl:EUR -2.71`."""
    account, _, amount = posting.rpartition(" ")
    parts = account.split(":")
    owner = parts[1] if len(parts) == _PARTS_WITH_OWNER else ""
    return NamedPosting(
        words=_account(parts[0], owner, tongue),
        account=account,
        amount=figures.amount(amount, parts[-1], tongue),
    )


def entry_words(kind: str, tongue: str) -> str:
    """Name the kind of an entry; one that is also a kind of a statement's line has that line's name."""
    known = "entry" if words.has(f"entry.{kind}") else "kind"
    return words.named(known, kind, tongue)


def _account(purpose: str, owner: str, tongue: str) -> str:
    if purpose.startswith(_VAT):
        rate = figures.percent(int(purpose.rpartition("_")[2]), tongue)
        return f"{words.named('ledger', _VAT, tongue)}: {owner} {rate}"
    name = words.named("ledger", purpose, tongue)
    return f"{name}: {party_name(owner, tongue)}" if owner else name
