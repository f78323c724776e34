"""Calculate a run: sum the month, decide its end, and build the frozen dataset that every output is made from."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter

from tariffs.agreements.shares import FUNDER, SELLER
from tariffs.money import Money
from tariffs.taxes import TaxKey
from ticketing.books.settling import OWN_KINDS
from ticketing.db import Transaction
from ticketing.db.books import books, month_books, month_facts
from ticketing.db.books.books import Entry
from ticketing.db.books.month_books import Balance, KindBalance, ShareTotal, TaxTotal
from ticketing.db.settlement import runs
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict
from ticketing.frozen import (
    AccountSum,
    Conversion,
    Dataset,
    Opening,
    OtherSum,
    PartyAmount,
    PoolCount,
    RunPayment,
    ShareSum,
    TaxSum,
)
from ticketing.progress import Far, Progress, Stages, silent
from ticketing.settlement.month import fx, month_end
from ticketing.settlement.month.netting import Obligation, Position
from ticketing.settlement.month.positions import SCHEME, Key, Settled, payment, settle
from ticketing.settlement.terms import Pool, Terms

# Entries behind which stand rows of allocations; what other entries owe an operator is a line of its own.
ALLOCATED = ("allocation", "refund_decided", "exchanged", "chargeback")
# How long the sums take beside each other.
_WEIGHTS = {"postings": 5, "shares": 3, "VAT": 3}


def ending(
    tx: Transaction, region: str, period: str, terms: Terms, far: Far = silent
) -> tuple[list[Entry], Mapping[str, PoolCount]]:
    """Decide a month's end once the month is over: its entries, and the state of its pools for the next month.

    Rides are counted at this moment, once: one that is told later counts in the next month.
    """
    if not decides_at_the_end(terms):
        return [], {}
    month = facts(tx, region, period, terms, far=far)
    entries = month_end.month_end(month, terms)
    return entries, _pools(month, entries, terms, _run_before(tx, region, period))


def decides_at_the_end(terms: Terms) -> bool:
    """Tell whether anything of these terms waits for the end of a month."""
    return bool(terms.pools or terms.subsidies or terms.commissions or terms.guarantees)


def dataset(
    tx: Transaction,
    region: str,
    period: str,
    terms: Terms,
    *,
    anchored: str,
    pools: Mapping[str, PoolCount],
    rates: fx.RateSet | None = None,
    progress: Progress = silent,
) -> Dataset:
    """Build the dataset of a closed month; the same books, terms, pools and rates give the same dataset.

    `pools` is what `ending` has counted, in the first version of the run. Raises Conflict when the books do not
    balance or the allocations are not what the books owe.
    """
    stages = Stages(progress, _WEIGHTS)
    sums = month_books.balances_by_kind(tx, region, period, stages.begin("postings"))
    balances = month_books.fold_kinds(sums)
    shares = month_books.sum_shares(tx, region, period, stages.begin("shares"))
    taxes = month_books.sum_taxes(tx, region, period, stages.begin("VAT"))
    _check(tx, region, period, sums, shares)
    before = _run_before(tx, region, period)
    settled = settle(payables(sums), _opening(before), terms.thresholds, terms.held_back)
    used = rates or fx.RateSet()
    own = tuple(line for line in settled.positions if line.operator != SCHEME)
    conversions = fx.convert(own, used.rates)
    payments = _payments(own, conversions)
    return Dataset(
        period=period,
        region=region,
        # Pretended money is never paid: later months settle corrections and rests of it.
        demo=any(balance.purpose == "demo_clearing" for balance in balances)
        or (before is not None and before.dataset.demo),
        operators=_by_operator(shares),
        other=_others(sums),
        taxes=tuple(map(_tax_line, taxes)),
        accounts=tuple(map(_account_line, balances)),
        postings=sum(line.postings for line in sums),
        pools=dict(pools),
        opening=_opening_lines(before),
        terms=terms.as_dict(),
        books=anchored,
        positions=tuple(map(_line, settled.positions)),
        conversions=tuple(conversions),
        payments=tuple(
            RunPayment(paid.debtor, paid.creditor, Money(paid.amount_minor, paid.currency))
            for paid in payments
        ),
        carried=tuple(map(_line, settled.carried)),
        gross=tuple(Money(amount, currency) for currency, amount in settled.gross),
        net=_net(settled, payments),
        rates=used.kept(),
        rates_from=dict(used.source),
        unconverted=used.unconverted(own),
    )


def paid_positions(run: Dataset) -> dict[Key, int]:
    """Sum the amount that each operator gets (or owes, negative) by the payments of a run."""
    found: dict[Key, int] = {}
    for paid in run.payments:
        amount, incoming = paid.amount, paid.debtor == SCHEME
        found[paid.creditor if incoming else paid.debtor, amount.currency] = (
            amount.minor if incoming else -amount.minor
        )
    return found


def payouts(run: Dataset, currency: str) -> dict[str, int]:
    """List the payees of a run in a currency, with the amounts in minor units."""
    return {
        operator: amount
        for (operator, name), amount in sorted(paid_positions(run).items())
        if amount > 0 and name == currency
    }


def owed_positions(run: Dataset) -> dict[Key, int]:
    """List the present debts to each operator, currency by currency, before anything is converted."""
    return minor_of(line for line in run.positions if line.operator != SCHEME)


def minor_of(lines: Iterable[PartyAmount | Opening]) -> dict[Key, int]:
    """Amounts in minor units, by operator and currency."""
    return {(line.operator, line.amount.currency): line.amount.minor for line in lines}


def converted(run: Dataset) -> list[tuple[Money, Money]]:
    """List the conversions: from which amount into which."""
    return [(line.source, line.target) for line in run.conversions]


def _payments(own: Iterable[Position], conversions: Sequence[Conversion]) -> list[Obligation]:
    """List the payments between parties, once what is converted counts in its target currency."""
    due = {(line.operator, line.currency): line.amount_minor for line in own}
    for line in conversions:
        del due[line.operator, line.source.currency]
    for line in conversions:
        _add(due, (line.operator, line.target.currency), line.target.minor)
    return [
        payment(Position(operator, amount, currency))
        for (operator, currency), amount in sorted(due.items(), key=lambda one: (one[0][1], one[0][0]))
        if amount
    ]


def _net(settled: Settled, payments: Iterable[Obligation]) -> tuple[Money, ...]:
    """Sum all payments by currency."""
    net: dict[str, int] = dict.fromkeys((currency for currency, _ in settled.net), 0)
    for paid in payments:
        net[paid.currency] = net.get(paid.currency, 0) + paid.amount_minor
    return tuple(Money(amount, currency) for currency, amount in sorted(net.items()))


def _check(
    tx: Transaction, region: str, period: str, sums: list[KindBalance], shares: list[ShareTotal]
) -> None:
    """Books balance, and what allocations give operators is what the books owe them by the same entries.

    That each entry balances was checked when it was sealed, and `books verify` checks it again.
    """
    totals: dict[str, int] = {}
    for line in sums:
        totals[line.currency] = totals.get(line.currency, 0) + line.amount_minor
    if any(totals.values()):
        unbalanced = month_books.unbalanced_entries(tx, period, region)
        raise Conflict(f"{len(unbalanced)} entries of {period} do not balance, the first is {unbalanced[0]}")
    owed: dict[Key, int] = {}
    for line in sums:
        if line.purpose == "operator_payable" and line.kind in ALLOCATED:
            _add(owed, (str(line.operator), line.currency), -line.amount_minor)
    for row in shares:
        if row.operator != SELLER and not row.operator.startswith(FUNDER):
            _add(owed, (row.operator, row.currency), -row.net_minor)
    different = sorted(key for key, amount in owed.items() if amount)
    if different:
        raise Conflict(
            f"the allocations of {different[0][0]} in {different[0][1]} are not what the books owe it"
        )


def payables(sums: Iterable[KindBalance]) -> dict[Key, int]:
    """List the debts to each operator for the month: its credit balance, payments of runs left out."""
    owed: dict[Key, int] = {}
    for line in sums:
        if line.purpose == "operator_payable" and not line.kind.startswith(OWN_KINDS):
            _add(owed, (str(line.operator), line.currency), -line.amount_minor)
    return owed


def _others(sums: Iterable[KindBalance]) -> tuple[OtherSum, ...]:
    """Sum the entries without allocations by party and kind: pools, guarantees, corrections, compensation.

    An authority is a party too: what it owes for its subsidies is negative, as its part of a discount is.
    """
    prefix = {"operator_payable": "", "funder_receivable": FUNDER}
    return tuple(
        OtherSum(
            f"{prefix[line.purpose]}{line.operator}", line.kind, Money(-line.amount_minor, line.currency)
        )
        for line in sums
        if line.purpose in prefix and line.kind not in ALLOCATED and not line.kind.startswith(OWN_KINDS)
    )


def facts(
    tx: Transaction,
    region: str,
    period: str,
    terms: Terms,
    *,
    sums: Sequence[KindBalance] | None = None,
    far: Far = silent,
) -> month_end.Month:
    """Gather the facts that decide a month's end; `sums` may leave out what was decided before.

    Rides are counted to date and the last run's count is taken off, so that a late tap counts next month.
    """
    end = datetime.fromisoformat(f"{books.next_month(period)}-01").replace(tzinfo=UTC)
    before = _run_before(tx, region, period)
    counted = before.dataset.pools if before else {}
    taps = {}
    for pool in terms.pools:
        so_far = month_facts.count_rides(tx, region, end, pool.products)
        known = counted[pool.id].taps_to_date if pool.id in counted else {}
        # A use that was withdrawn since lowers what comes next; nobody owes a ride.
        taps[pool.id] = {name: max(0, count - known.get(name, 0)) for name, count in so_far.items()}
    sums = month_books.balances_by_kind(tx, region, period, far) if sums is None else sums
    rests = {name: count.rest_minor for name, count in counted.items()}
    money = {pool.id: rests.get(pool.id, 0) + _paid_in(pool, sums) for pool in terms.pools}
    start = datetime.fromisoformat(f"{period}-01").replace(tzinfo=UTC)
    rides = month_facts.count_rides(tx, region, end, None, since=start) if terms.subsidies else {}
    return month_end.Month(
        region=region,
        period=period,
        at=end - timedelta(microseconds=1),
        pool_money=money,
        taps=taps,
        rides=rides,
        net=payables(sums),
        commissions=_commissions(tx, region, period, terms),
        pool_sales=_pool_sales(tx, region, period, terms),
    )


def _paid_in(pool: Pool, sums: Iterable[KindBalance]) -> int:
    """Sum the month's sales that went into a pool, in minor units."""
    lines = (line for line in sums if line.purpose == "pool" and line.operator == pool.id)
    return -sum(line.amount_minor for line in lines if line.currency == pool.currency)


def _pool_sales(tx: Transaction, region: str, period: str, terms: Terms) -> dict[str, dict[str, int]]:
    """Sum the sales of each pool's passes by operator; a bearer of discounts is no operator."""
    return {
        pool.id: _of_operators(month_facts.sum_net_of(tx, region, period, pool.products, pool.currency))
        for pool in terms.pools
    }


def _of_operators(sales: Mapping[str, int]) -> dict[str, int]:
    return {name: part for name, part in sales.items() if name != SELLER and not name.startswith(FUNDER)}


def _commissions(
    tx: Transaction, region: str, period: str, terms: Terms
) -> dict[tuple[str, str], month_end.Earned]:
    """Compute the earnings of each point of sale in each currency, ticket by ticket."""
    found: dict[tuple[str, str], month_end.Earned] = {}
    for one in terms.commissions:
        sold = month_facts.stream_sold_by(tx, region, period, one.channel)
        for currency, tickets in groupby(sold, itemgetter(0)):
            found[one.channel, currency] = month_end.earned(one.rate_bp, (ticket[1:] for ticket in tickets))
    return found


def _pools(
    month: month_end.Month, entries: Iterable[Entry], terms: Terms, before: Run | None
) -> Mapping[str, PoolCount]:
    """Return the state of the pools for the next month: rides counted to date, and money that found no ride."""
    counted = before.dataset.pools if before else {}
    moved: dict[str, int] = {}
    for entry in entries:
        for posting in entry.postings:
            if posting.account.purpose == "pool":
                pool_id = str(posting.account.operator)
                moved[pool_id] = moved.get(pool_id, 0) + posting.amount_minor
    pools = {}
    for pool in terms.pools:
        taps = dict(sorted(month.taps[pool.id].items()))
        known = counted[pool.id].taps_to_date if pool.id in counted else {}
        pools[pool.id] = PoolCount(
            taps=taps,
            taps_to_date={name: count + known.get(name, 0) for name, count in taps.items()},
            rest_minor=month.pool_money[pool.id] - moved.get(pool.id, 0),
            currency=pool.currency,
        )
    return pools


def _run_before(tx: Transaction, region: str, period: str) -> Run | None:
    return runs.find_run_before(tx, region, period)


def _opening(before: Run | None) -> dict[Key, int]:
    return minor_of(before.dataset.carried) if before else {}


def _opening_lines(before: Run | None) -> tuple[Opening, ...]:
    if before is None:
        return ()
    return tuple(
        Opening(line.operator, line.amount, before.id, before.period) for line in before.dataset.carried
    )


def _by_operator(rows: Iterable[ShareTotal]) -> tuple[ShareSum, ...]:
    """Add sales and refunds of each operator and currency."""
    totals: dict[Key, list[ShareTotal]] = {}
    for row in rows:
        totals.setdefault((row.operator, row.currency), []).append(row)
    return tuple(_share_sum(operator, currency, mine) for (operator, currency), mine in totals.items())


def _share_sum(operator: str, currency: str, rows: Sequence[ShareTotal]) -> ShareSum:
    return ShareSum(
        operator=operator,
        lines=sum(row.lines for row in rows),
        gross=Money(sum(row.gross_minor for row in rows), currency),
        vat=Money(sum(row.vat_minor for row in rows), currency),
        fee=Money(sum(row.fee_minor for row in rows), currency),
        net=Money(sum(row.net_minor for row in rows), currency),
    )


def _tax_line(row: TaxTotal) -> TaxSum:
    key = TaxKey(
        member_state=row.member_state,
        mode=row.mode,
        scope=row.scope,
        treatment=row.treatment,
        rate_bp=row.rate_bp,
        verified=bool(row.verified),
    )
    return TaxSum(key, Money(row.gross_minor, row.currency), Money(row.vat_minor, row.currency))


def _account_line(balance: Balance) -> AccountSum:
    return AccountSum(
        balance.account_id,
        balance.purpose,
        balance.operator,
        balance.member_state,
        Money(balance.amount_minor, balance.currency),
    )


def _line(position: Position) -> PartyAmount:
    return PartyAmount(position.operator, Money(position.amount_minor, position.currency))


def _add(sums: dict[Key, int], key: Key, amount: int) -> None:
    sums[key] = sums.get(key, 0) + amount
