"""What is decided only when a month is over: pools shared by use, subsidies, guaranteed minimums. Pure.

They run in this order, each seeing what the ones before have given. A pool without a single ride waits for the
next month with its money.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from tariffs.apportion import by_weights
from tariffs.money import Money
from ticketing.books import accounts, settling
from ticketing.db.books import Account, Entry
from ticketing.settlement.positions import SCHEME, Key
from ticketing.settlement.terms import Guarantee, Pool, Subsidy, Terms


@dataclass(frozen=True, slots=True)
class Month:
    """The facts of a closing month.

    `pool_money` by pool (with what earlier months left in it), `taps` by pool and operator, `rides` by operator,
    `net` what each (operator, currency) gets so far.
    """

    region: str
    period: str
    at: datetime
    pool_money: Mapping[str, int]
    taps: Mapping[str, Mapping[str, int]]
    rides: Mapping[str, int]
    net: Mapping[Key, int]


def month_end(month: Month, terms: Terms) -> list[Entry]:
    """The entries that close a month."""
    entries: list[Entry | None] = [_shared(month, pool) for pool in terms.pools]
    entries += [_subsidised(month, subsidy, at) for at, subsidy in enumerate(terms.subsidies)]
    given = dict(month.net)
    for entry in entries:
        for posting in entry.postings if entry else ():
            if posting.account.purpose == "operator_payable":
                key = (str(posting.account.operator), posting.account.currency)
                given[key] = given.get(key, 0) - posting.amount_minor
    entries += [_guaranteed(month, guarantee, given) for guarantee in terms.guarantees]
    return [entry for entry in entries if entry]


def share_by_use(amount: int, taps: Mapping[str, int]) -> dict[str, int]:
    """Split a pool by rides, largest remainder, ties to the lower name; no rides give nobody anything."""
    if not any(taps.values()):
        return {}
    return by_weights(amount, {name: Fraction(count) for name, count in taps.items() if count})


def _shared(month: Month, pool: Pool) -> Entry | None:
    money, taps = month.pool_money.get(pool.id, 0), month.taps.get(pool.id, {})
    shares = share_by_use(money, taps)
    lines = [(accounts.operator_payable(name, pool.currency), -part) for name, part in shares.items()]
    note = {"pool": pool.id, "amount": Money(money, pool.currency).text, "taps": dict(sorted(taps.items()))}
    return _entry(
        month, "pool", pool.id, [(accounts.pool(pool.id, pool.currency), sum(shares.values())), *lines], note
    )


def _subsidised(month: Month, subsidy: Subsidy, at: int) -> Entry | None:
    rides = month.rides.get(subsidy.operator, 0)
    amount = subsidy.per_tap_minor * rides + subsidy.monthly_minor
    note = {
        "funder": subsidy.funder,
        "rides": rides,
        "per_tap": Money(subsidy.per_tap_minor, subsidy.currency).text,
        "monthly": Money(subsidy.monthly_minor, subsidy.currency).text,
    }
    lines = [
        (accounts.funder_receivable(subsidy.funder, subsidy.currency), amount),
        (accounts.operator_payable(subsidy.operator, subsidy.currency), -amount),
    ]
    return _entry(month, "subsidy", f"{at}/{subsidy.funder}/{subsidy.operator}", lines, note)


def _guaranteed(month: Month, guarantee: Guarantee, given: Mapping[Key, int]) -> Entry | None:
    got = given.get((guarantee.operator, guarantee.currency), 0)
    missing = max(0, guarantee.floor_minor - got)
    bearer = (
        accounts.guarantee(guarantee.currency)
        if guarantee.borne_by == SCHEME
        else accounts.operator_payable(guarantee.borne_by, guarantee.currency)
    )
    note = {
        "floor": Money(guarantee.floor_minor, guarantee.currency).text,
        "before": Money(got, guarantee.currency).text,
        "borne_by": guarantee.borne_by,
    }
    lines = [(bearer, missing), (accounts.operator_payable(guarantee.operator, guarantee.currency), -missing)]
    return _entry(month, "guarantee", f"{guarantee.operator}/{guarantee.currency}", lines, note)


def _entry(
    month: Month, what: str, source: str, lines: list[tuple[Account, int]], note: Mapping[str, object]
) -> Entry | None:
    source_id = f"{month.region}/{month.period}/{source}"
    return settling.month_end(what, source_id, lines, region=month.region, at=month.at, note=note)
