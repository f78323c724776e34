"""Calculate a run: sum the month, decide its end, and build the frozen dataset that every output is made from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from tariffs.agreements.shares import FUNDER, SELLER
from tariffs.money import Money, parse
from ticketing.books.settling import OWN_KINDS
from ticketing.db import Transaction
from ticketing.db.books import books, month_books, month_facts
from ticketing.db.books.books import Entry
from ticketing.db.books.month_books import Balance, KindBalance
from ticketing.db.settlement import runs
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict
from ticketing.progress import Far, Progress, Stages, silent
from ticketing.settlement.month import fx, month_end
from ticketing.settlement.month.netting import Position
from ticketing.settlement.month.positions import SCHEME, Key, Settled, payment, settle
from ticketing.settlement.terms import Terms

# Entries behind which stand rows of allocations; what other entries owe an operator is a line of its own.
ALLOCATED = ("allocation", "refund_decided", "exchanged", "chargeback")
_AMOUNTS = ("gross_minor", "vat_minor", "fee_minor", "net_minor")
# How long the sums take beside each other.
_WEIGHTS = {"postings": 5, "shares": 3, "VAT": 3}


def ending(
    tx: Transaction, region: str, period: str, terms: Terms, far: Far = silent
) -> tuple[list[Entry], dict[str, Any]]:
    """What is decided only now that the month is over: its entries, and what the next month must know of its pools.

    Rides are counted at this moment, once: one that is told later counts in the next month.
    """
    if not decides_at_the_end(terms):
        return [], {}
    month = facts(tx, region, period, terms, far=far)
    entries = month_end.month_end(month, terms)
    return entries, _pools(month, entries, terms, _run_before(tx, region, period))


def decides_at_the_end(terms: Terms) -> bool:
    """Whether anything of these terms waits for the end of a month."""
    return bool(terms.pools or terms.subsidies or terms.commissions or terms.guarantees)


def dataset(
    tx: Transaction,
    region: str,
    period: str,
    terms: Terms,
    *,
    anchored: str,
    pools: Mapping[str, Any],
    rates: fx.RateSet | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
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
    return {
        "period": period,
        "region": region,
        # What was pretended once is never paid: later months settle corrections and rests of it.
        "demo": any(balance.purpose == "demo_clearing" for balance in balances)
        or (before is not None and before.document["demo"]),
        "operators": [with_amounts(row) for row in _by_operator(shares)],
        "other": _others(sums),
        "taxes": [with_amounts(row) for row in taxes],
        "accounts": [_account_line(balance) for balance in balances],
        "postings": sum(line.postings for line in sums),
        "pools": dict(pools),
        "opening": _opening_lines(before),
        "terms": terms.as_dict(),
        "books": anchored,
        **_settled(settled, rates or fx.RateSet()),
    }


def paid_positions(document: Mapping[str, Any]) -> dict[Key, int]:
    """What each operator gets (or owes, negative) by the payments of a run."""
    found: dict[Key, int] = {}
    for paid in document["payments"]:
        amount = parse(paid["amount"], paid["currency"])
        incoming = paid["from"] == SCHEME
        found[paid["to"] if incoming else paid["from"], amount.currency] = (
            amount.minor if incoming else -amount.minor
        )
    return found


def payouts(document: Mapping[str, Any], currency: str) -> dict[str, int]:
    """Whom a run pays in a currency, and how much in minor units."""
    return {
        operator: amount
        for (operator, name), amount in sorted(paid_positions(document).items())
        if amount > 0 and name == currency
    }


def owed_positions(document: Mapping[str, Any]) -> dict[Key, int]:
    """What each operator is owed now, currency by currency, before anything is converted."""
    return {
        (line["operator"], line["currency"]): parse(line["amount"], line["currency"]).minor
        for line in document["positions"]
        if line["operator"] != SCHEME
    }


def converted(document: Mapping[str, Any]) -> list[tuple[Money, Money]]:
    """What was converted from which amount into which."""
    return [
        (
            parse(line["from"]["amount"], line["from"]["currency"]),
            parse(line["to"]["amount"], line["to"]["currency"]),
        )
        for line in document["conversions"]
    ]


def _settled(settled: Settled, rates: fx.RateSet) -> dict[str, Any]:
    """Rates, positions, conversions, payments and what is carried forward as JSON."""
    own = tuple(line for line in settled.positions if line.operator != SCHEME)
    conversions = fx.convert(own, rates.rates)
    due = {(line.operator, line.currency): line.amount_minor for line in own}
    for line in conversions:
        del due[line.operator, line.source.currency]
    for line in conversions:
        _add(due, (line.operator, line.target.currency), line.target.minor)
    payments = [
        payment(Position(operator, amount, currency))
        for (operator, currency), amount in sorted(due.items(), key=lambda one: (one[0][1], one[0][0]))
        if amount
    ]
    net: dict[str, int] = dict.fromkeys((currency for currency, _ in settled.net), 0)
    for paid in payments:
        net[paid.currency] = net.get(paid.currency, 0) + paid.amount_minor
    return {
        **rates.as_dict(own),
        "positions": [_line(line.operator, line.amount_minor, line.currency) for line in settled.positions],
        "conversions": [line.as_dict() for line in conversions],
        "payments": [
            {"from": paid.debtor, "to": paid.creditor, **Money(paid.amount_minor, paid.currency).as_dict()}
            for paid in payments
        ],
        "carried": [_line(line.operator, line.amount_minor, line.currency) for line in settled.carried],
        "gross": [Money(amount, currency).as_dict() for currency, amount in settled.gross],
        "net": [Money(amount, currency).as_dict() for currency, amount in sorted(net.items())],
    }


def with_amounts(row: Mapping[str, Any]) -> dict[str, Any]:
    """Write minor units as decimal strings under their short names."""
    currency = row["currency"]
    return {
        name.removesuffix("_minor"): Money(value, currency).text if name.endswith("_minor") else value
        for name, value in row.items()
    }


def _check(
    tx: Transaction, region: str, period: str, sums: list[KindBalance], shares: list[dict[str, Any]]
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
        if row["operator"] != SELLER and not row["operator"].startswith(FUNDER):
            _add(owed, (row["operator"], row["currency"]), -row["net_minor"])
    different = sorted(key for key, amount in owed.items() if amount)
    if different:
        raise Conflict(
            f"the allocations of {different[0][0]} in {different[0][1]} are not what the books owe it"
        )


def payables(sums: Iterable[KindBalance]) -> dict[Key, int]:
    """What each operator is owed for the month: its credit balance, payments of runs left out."""
    owed: dict[Key, int] = {}
    for line in sums:
        if line.purpose == "operator_payable" and not line.kind.startswith(OWN_KINDS):
            _add(owed, (str(line.operator), line.currency), -line.amount_minor)
    return owed


def _others(sums: Iterable[KindBalance]) -> list[dict[str, Any]]:
    """What parties get by entries without allocations, by kind: pools, guarantees, corrections, compensation.

    An authority is a party too: what it owes for its subsidies is negative, as its part of a discount is.
    """
    prefix = {"operator_payable": "", "funder_receivable": FUNDER}
    return [
        {
            "operator": f"{prefix[line.purpose]}{line.operator}",
            "kind": line.kind,
            **Money(-line.amount_minor, line.currency).as_dict(),
        }
        for line in sums
        if line.purpose in prefix and line.kind not in ALLOCATED and not line.kind.startswith(OWN_KINDS)
    ]


def facts(
    tx: Transaction,
    region: str,
    period: str,
    terms: Terms,
    *,
    sums: Sequence[KindBalance] | None = None,
    far: Far = silent,
) -> month_end.Month:
    """What a month's end is decided by; `sums` may leave out what was decided before.

    Rides are counted to date and the last run's count is taken off, so that a late tap counts next month.
    """
    end = datetime.fromisoformat(f"{books.next_month(period)}-01").replace(tzinfo=UTC)
    before = _run_before(tx, region, period)
    counted = before.document.get("pools", {}) if before else {}
    taps = {}
    for pool in terms.pools:
        so_far = month_facts.count_rides(tx, region, end, pool.products)
        known = counted.get(pool.id, {}).get("taps_to_date", {})
        # A use that was withdrawn since lowers what comes next; nobody owes a ride.
        taps[pool.id] = {name: max(0, count - known.get(name, 0)) for name, count in so_far.items()}
    sums = month_books.balances_by_kind(tx, region, period, far) if sums is None else sums
    money = {
        pool.id: counted.get(pool.id, {}).get("rest_minor", 0)
        - sum(
            line.amount_minor
            for line in sums
            if line.purpose == "pool" and line.operator == pool.id and line.currency == pool.currency
        )
        for pool in terms.pools
    }
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


def _pool_sales(tx: Transaction, region: str, period: str, terms: Terms) -> dict[str, dict[str, int]]:
    """What the passes of each pool have given their operators; who bears a discount is no operator."""
    return {
        pool.id: {
            name: part
            for name, part in month_facts.sum_net_of(tx, region, period, pool.products, pool.currency).items()
            if name != SELLER and not name.startswith(FUNDER)
        }
        for pool in terms.pools
    }


def _commissions(
    tx: Transaction, region: str, period: str, terms: Terms
) -> dict[tuple[str, str], month_end.Earned]:
    """What each point of sale has earned in each currency, ticket by ticket."""
    found: dict[tuple[str, str], month_end.Earned] = {}
    for one in terms.commissions:
        sold = month_facts.stream_sold_by(tx, region, period, one.channel)
        for currency, tickets in groupby(sold, itemgetter(0)):
            found[one.channel, currency] = month_end.earned(one.rate_bp, (ticket[1:] for ticket in tickets))
    return found


def _pools(
    month: month_end.Month, entries: Iterable[Entry], terms: Terms, before: Run | None
) -> dict[str, Any]:
    """What the next month must know: rides counted to date, and money that found no ride."""
    counted = before.document.get("pools", {}) if before else {}
    moved: dict[str, int] = {}
    for entry in entries:
        for posting in entry.postings:
            if posting.account.purpose == "pool":
                pool_id = str(posting.account.operator)
                moved[pool_id] = moved.get(pool_id, 0) + posting.amount_minor
    found = {}
    for pool in terms.pools:
        taps = dict(sorted(month.taps[pool.id].items()))
        known = counted.get(pool.id, {}).get("taps_to_date", {})
        found[pool.id] = {
            "taps": taps,
            "taps_to_date": {name: count + known.get(name, 0) for name, count in taps.items()},
            "rest_minor": month.pool_money[pool.id] - moved.get(pool.id, 0),
            "currency": pool.currency,
        }
    return found


def _run_before(tx: Transaction, region: str, period: str) -> Run | None:
    return runs.find_run_before(tx, region, period)


def _opening(before: Run | None) -> dict[Key, int]:
    return {
        (line["operator"], line["currency"]): parse(line["amount"], line["currency"]).minor
        for line in (before.document.get("carried", []) if before else [])
    }


def _opening_lines(before: Run | None) -> list[dict[str, Any]]:
    if before is None:
        return []
    return [
        {**line, "from_run": before.id, "from_period": before.period} for line in before.document["carried"]
    ]


def _by_operator(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add sales and refunds of each operator and currency."""
    summed: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["operator"], row["currency"])
        line = summed.setdefault(
            key, {"operator": key[0], "currency": key[1], "lines": 0, **dict.fromkeys(_AMOUNTS, 0)}
        )
        for name in ("lines", *_AMOUNTS):
            line[name] += row[name]
    return list(summed.values())


def _account_line(balance: Balance) -> dict[str, Any]:
    line = {name: value for name, value in asdict(balance).items() if name not in {"amount_minor", "type"}}
    return {**line, "amount": Money(balance.amount_minor, balance.currency).text}


def _line(operator: str, amount_minor: int, currency: str) -> dict[str, str]:
    return {"operator": operator, **Money(amount_minor, currency).as_dict()}


def _add(sums: dict[Key, int], key: Key, amount: int) -> None:
    sums[key] = sums.get(key, 0) + amount
