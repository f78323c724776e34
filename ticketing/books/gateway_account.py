"""Post the lines of a gateway's own account that belong to no sale: its fees, payouts, reserves, exchanges, and what nobody knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tariffs.money import Money
from ticketing.books import accounts
from ticketing.books.balanced import balanced
from ticketing.db.books.books import Account, Entry

SOURCE = "gateway_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """The facts that every entry of a gateway's line shares."""

    id: str
    gateway: str
    region: str
    at: datetime
    note: Mapping[str, str]

    def clearing(self, currency: str) -> Account:
        """Name the account of the money that the gateway holds."""
        return accounts.clearing(self.gateway, currency)

    def entry(self, kind: str, lines: list[tuple[Account, int]]) -> Entry | None:
        """Balance an entry of this line."""
        return balanced((kind, SOURCE, self.id, self.region, self.at), lines, note=self.note)


def moved_against(facts: LineFacts, kind: str, account: Account, net: Money) -> Entry | None:
    """The gateway's balance moves by `net` against one account: a fee, a tax, a reserve, or suspense."""
    return facts.entry(kind, [(facts.clearing(net.currency), net.minor), (account, -net.minor)])


def exchanged(facts: LineFacts, taken: Money, settled: Money) -> Entry | None:
    """The gateway has exchanged what was taken in one currency (`taken`) into another (`settled`); each balances by itself."""
    lines = [
        (facts.clearing(taken.currency), -taken.minor),
        (accounts.psp_exchange(taken.currency), taken.minor),
        (facts.clearing(settled.currency), settled.minor),
        (accounts.psp_exchange(settled.currency), -settled.minor),
    ]
    return facts.entry("gateway_exchanged", lines)


def exchange_ended(facts: LineFacts, rest: Money) -> Entry | None:
    """A payment was exchanged there and back at two rates: the rest is the difference of the rates."""
    lines = [
        (accounts.psp_exchange(rest.currency), rest.minor),
        (accounts.fx_difference(rest.currency), -rest.minor),
    ]
    return facts.entry("gateway_exchange_ended", lines)
