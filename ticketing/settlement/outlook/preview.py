"""Look at a month before it is closed: its figures, what hinders, and what somebody should know.

A hindrance (`Hindrance`) asks for a reason of its own, which the run keeps; an earlier month that waits cannot be
reasoned away. Accounts, rates of VAT and disputes hinder nothing: they are told, and the export asks for accounts.
"""

from dataclasses import dataclass
from typing import Literal

from tariffs.taxes import TaxKey
from ticketing.db import Transaction
from ticketing.db.books import books, month_books, month_counts
from ticketing.db.sale import undelivered
from ticketing.settlement import claims, payout
from ticketing.settlement.month import SCHEME
from ticketing.settlement.office import Office
from ticketing.settlement.outlook.figures import Figures, read_figures

HindranceKind = Literal["paid_without_ticket", "unfinished_orders", "gateway"]
# Money has been asked for, and nobody knows yet whether there will be a ticket.
_UNDER_WAY = ("holding", "payment_unknown", "authorised", "unwinding")


@dataclass(frozen=True, slots=True)
class Hindrance:
    """A reason not to close yet, with the orders or words that it is about."""

    kind: HindranceKind
    about: tuple[str, ...]

    @property
    def count(self) -> int:
        """The number of things that it is about."""
        return len(self.about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A month before it is closed. `earlier` is a month that must be closed first; `before` has the figures of the last one."""

    region: str
    figures: Figures
    before: Figures | None
    earlier: str | None
    hindrances: tuple[Hindrance, ...]
    without_account: tuple[str, ...]
    waiting_accounts: tuple[str, ...]
    unverified: tuple[TaxKey, ...]
    disputes: int


def look_ahead(office: Office, region: str, period: str) -> Preview:
    """Read everything that the one who closes a month should have seen."""
    accounts = payout.list_accounts(office)
    open_cases = [case for case in claims.list_cases(office) if case.state in claims.OPEN]
    with office.database.read() as tx:
        figures = read_figures(tx, region, period)
        months = month_counts.last_months(tx, region, period, 2)
        in_force = {account.party for account, state in accounts if state == "in force"}
        waiting = {account.party for account, state in accounts if state == "waiting"}
        parties = {SCHEME, *(party for (party, _), net in figures.net.items() if net > 0)}
        return Preview(
            region=region,
            figures=figures,
            before=read_figures(tx, region, months[0]) if months[0] < period else None,
            earlier=books.find_open_month_before(tx, region, period),
            hindrances=_hindrances(tx, region, period),
            without_account=tuple(sorted(parties - in_force - waiting)),
            waiting_accounts=tuple(sorted((parties - in_force) & waiting)),
            unverified=_unverified(tx, region, period),
            disputes=len(open_cases),
        )


def _hindrances(tx: Transaction, region: str, period: str) -> tuple[Hindrance, ...]:
    paid = [one.order_id for one in undelivered.list_undelivered(tx, region)]
    under_way = month_counts.list_unfinished(tx, region, period, _UNDER_WAY)
    others = tuple(order_id for order_id in under_way if order_id not in paid)
    kinds: list[Hindrance] = [
        Hindrance("paid_without_ticket", tuple(paid)),
        Hindrance("unfinished_orders", others),
    ]
    return tuple(one for one in kinds if one.count)


def _unverified(tx: Transaction, region: str, period: str) -> tuple[TaxKey, ...]:
    return tuple(
        TaxKey(
            member_state=row.member_state,
            mode=row.mode,
            scope=row.scope,
            treatment=row.treatment,
            rate_bp=row.rate_bp,
            verified=False,
        )
        for row in month_books.sum_taxes(tx, region, period)
        if not row.verified
    )
