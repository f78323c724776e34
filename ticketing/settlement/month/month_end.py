"""Decide a month's end when the month is over: pools shared by use, subsidies, commissions, guaranteed minimums. Pure.

They run in this order, each seeing what the ones before have given. What the passes of a pool have given their
operators in the month goes into the pool first, and out again by rides; one without a single ride waits for the next
month with its money.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from tariffs.apportion import by_weights
from tariffs.money import Money, half_up
from ticketing.books import accounts, settling
from ticketing.db.books.books import Account, Entry
from ticketing.settlement.month.positions import SCHEME, Key
from ticketing.settlement.terms import Commission, Guarantee, Pool, Subsidy, Terms

_WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The facts of a closing month.

    `commissions` by (channel, currency): what the tickets of a channel earn their seller. `pool_money` by pool (with what earlier months left in it), `taps` by pool and operator, `rides` by operator,
    `net` what each (operator, currency) gets so far, `pool_sales` by pool what operators have got of its passes.
    """

    region: str
    period: str
    at: datetime
    pool_money: Mapping[str, int]
    taps: Mapping[str, Mapping[str, int]]
    rides: Mapping[str, int]
    net: Mapping[Key, int]
    commissions: Mapping[tuple[str, str], "Earned"] = field(default_factory=dict)
    pool_sales: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def currencies(self, one: Commission) -> list[str]:
        """The currencies in which a channel has sold."""
        return sorted(currency for channel, currency in self.commissions if channel == one.channel)


@dataclass(frozen=True, slots=True)
class Earned:
    """The commission of a seller in the month: for how many tickets, and of which amount."""

    tickets: int
    gross_minor: int
    amount_minor: int


def earned(rate_bp: int, tickets: Iterable[tuple[int, int]]) -> Earned:
    """A seller's commission, each ticket rounded for itself (half up): (gross before the month, gross at its end).

    A ticket earns its share of what its passenger has paid and not got back; a refund takes back the difference
    between the share of then and that of now, so any sequence of refunds ends at exactly zero.
    """
    count = gross = amount = 0
    for before, after in tickets:
        count += 1
        gross += after - before
        amount += commission_of(after, rate_bp) - commission_of(before, rate_bp)
    return Earned(count, gross, amount)


def commission_of(gross_minor: int, rate_bp: int) -> int:
    """The commission on one ticket."""
    return half_up(Fraction(gross_minor * rate_bp, _WHOLE_BP))


def month_end(month: Month, terms: Terms) -> list[Entry]:
    """The entries that close a month."""
    entries: list[Entry | None] = [_filled(month, pool) for pool in terms.pools]
    entries += [_shared(month, pool) for pool in terms.pools]
    entries += [_subsidised(month, subsidy, at) for at, subsidy in enumerate(terms.subsidies)]
    entries += [
        _commissioned(month, one, currency) for one in terms.commissions for currency in month.currencies(one)
    ]
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


def _filled(month: Month, pool: Pool) -> Entry | None:
    """Fill the pool with the operators' sales of passes; VAT and the scheme's fee stay where they are."""
    sales = month.pool_sales.get(pool.id, {})
    lines = [(accounts.operator_payable(name, pool.currency), part) for name, part in sorted(sales.items())]
    note = {
        "pool": pool.id,
        "from": {name: Money(part, pool.currency).text for name, part in sorted(sales.items())},
    }
    total = sum(sales.values())
    return _entry(
        month, "pool_filled", pool.id, [*lines, (accounts.pool(pool.id, pool.currency), -total)], note
    )


def _shared(month: Month, pool: Pool) -> Entry | None:
    sales = sum(month.pool_sales.get(pool.id, {}).values())
    money, taps = month.pool_money.get(pool.id, 0) + sales, month.taps.get(pool.id, {})
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


def _commissioned(month: Month, commission: Commission, currency: str) -> Entry | None:
    earned = month.commissions[commission.channel, currency]
    note = {
        "channel": commission.channel,
        "percent": Money(commission.rate_bp, "EUR").text,
        "tickets": earned.tickets,
        "gross": Money(earned.gross_minor, currency).text,
    }
    lines = [
        (accounts.commission(currency), earned.amount_minor),
        (accounts.operator_payable(commission.seller, currency), -earned.amount_minor),
    ]
    return _entry(month, "resale", f"{commission.channel}/{currency}", lines, note)


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
