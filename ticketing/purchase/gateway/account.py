"""Take in the gateway's own account: book each line once, keep its payouts, and hold its balance against the books.

The account is one for all regions. A line of a payment belongs to the region of its order; the others to the first region
that has books. Every line is kept, so the balance of each day is the sum of the lines until then. Those of the time before the books are kept and not booked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tariffs.money import Money
from ticketing.books.gateway_account import LineFacts
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.sale import gateway_account, gateway_events, orders
from ticketing.db.sale.gateway_account import Balance, Line, Payout
from ticketing.db.settlement import bank
from ticketing.payments import BalanceLine, GatewayPayout
from ticketing.purchase.gateway.account_lines import Judged, judge
from ticketing.purchase.till import Till

ALERT = "gateway_line"
# The gateway of a scheme may be older than its books; nobody's is older than this.
_FIRST = datetime(2010, 1, 1, tzinfo=UTC)
# A line may be listed a while after the moment that it tells: so long is looked back beyond the last that we have.
_LATE = timedelta(days=7)
_TRIES = 3


@dataclass(frozen=True, slots=True)
class AccountDifference:
    """Something of the gateway's account that is not explained, in minor units."""

    kind: str
    subject: str
    amount: Money
    detail: str


@dataclass(frozen=True, slots=True)
class _Read:
    """The account as it was read between two equal balances."""

    lines: Sequence[BalanceLine]
    payouts: Sequence[GatewayPayout]
    balance: Sequence[Money]


def take_account(till: Till, *, everything: bool = False) -> list[AccountDifference]:
    """Fetch what is new of the gateway's account and book it; answers what is not explained.

    Taking it again changes nothing. Where the lines that we have do not give the balance, all of them are asked for once.
    """
    since = _FIRST if everything else _since(till)
    read = _read(till, since)
    with till.database.write() as tx:
        home = next(iter(till.regions), None) or next(iter(bank.list_regions(tx)), None)
        if home is None:
            return []
        _keep(tx, till, read, home)
        differences = _compare(tx, till, read.balance)
    if since > _FIRST and any(difference.kind == "balance" for difference in differences):
        return take_account(till, everything=True)
    return differences


def _since(till: Till) -> datetime:
    with till.database.read() as tx:
        known = gateway_account.find_last_line(tx, till.gateway.name)
    return max(_FIRST, known - _LATE) if known else _FIRST


def _read(till: Till, since: datetime) -> _Read:
    """Read the balance, the lines, and the balance again: they belong together when it has not moved meanwhile."""
    gateway = till.gateway
    for _ in range(_TRIES):
        until = till.clock.now() + timedelta(days=1)
        before = gateway.balance()
        lines, payouts = list(gateway.list_balance(since, until)), list(gateway.list_payouts(since, until))
        if before == gateway.balance():
            break
    return _Read(lines, payouts, before)


def learn_payout(till: Till, payout: GatewayPayout) -> str:
    """Keep the state of a payout that a report has named; its money is booked by the lines of the account."""
    with till.database.write() as tx:
        home = next(iter(till.regions), None) or next(iter(bank.list_regions(tx)), None)
        if home is None:
            return "ignored: there are no books yet"
        _keep_payout(tx, till, payout, home)
    return f"payout {payout.state}"


def _keep(tx: Transaction, till: Till, read: _Read, home: str) -> None:
    gateway = till.gateway.name
    for payout in read.payouts:
        _keep_payout(tx, till, payout, home)
    first = gateway_account.find_first_month(tx) or ""
    known = gateway_account.list_known(tx, gateway, [line.id for line in read.lines])
    again = [line for line in _as_told(gateway_account.list_waiting(tx, gateway)) if line.id not in known]
    for line in sorted((*again, *read.lines), key=lambda one: (one.at, one.id)):
        if line.id not in known or known[line.id].verdict == "waits":
            _keep_line(tx, till, line, home, first)


def _keep_line(tx: Transaction, till: Till, line: BalanceLine, home: str, first: str) -> None:
    """Judge a line, book what it needs, and keep it; `first` is the month in which the books begin."""
    now, gateway = till.clock.now(), till.gateway.name
    payment, others = None, list[BalanceLine]()
    if line.charge_id:
        payment = orders.find_payment_of(tx, gateway, line.charge_id)
        others = _as_told(gateway_account.list_of_charge(tx, gateway, line.charge_id))
    facts = LineFacts(
        id=line.id,
        gateway=gateway,
        region=orders.get_order(tx, payment.order_id).region if payment else home,
        at=line.at,
        note={"category": line.category, "source": line.source},
    )
    judged = judge(line, facts, payment.currency if payment else None, others)
    if f"{line.at:%Y-%m}" < first and payment is None:
        judged = Judged("before", "of the time before the books")
    for entry in judged.entries:
        books.book(tx, entry, now)
    gateway_account.insert_line(tx, _kept(line, judged, facts, now))
    if judged.verdict == "named":
        gateway_events.raise_alert(tx, ALERT, line.id, judged.because, now)


def _keep_payout(tx: Transaction, till: Till, payout: GatewayPayout, home: str) -> None:
    kept = Payout(
        gateway=till.gateway.name,
        id=payout.external_id,
        state=payout.state,
        currency=payout.amount.currency,
        amount_minor=payout.amount.minor,
        arrives_on=payout.arrives_on,
        trace=payout.trace,
        payer=till.gateway.payer,
        reason=payout.reason,
        region=home,
        at=till.clock.now(),
    )
    gateway_account.insert_payout(tx, kept)


def _kept(line: BalanceLine, judged: Judged, facts: LineFacts, now: datetime) -> Line:
    return Line(
        gateway=facts.gateway,
        id=line.id,
        kind=line.kind,
        category=line.category,
        source=line.source,
        charge_id=line.charge_id,
        currency=line.amount.currency,
        amount_minor=line.amount.minor,
        fee_minor=line.fee_minor,
        exchanged_currency=line.exchanged.currency if line.exchanged else "",
        exchanged_minor=line.exchanged.minor if line.exchanged else 0,
        description=line.description[:500],
        region=facts.region,
        at=line.at,
        learned_at=now,
        verdict=judged.verdict,
    )


def _as_told(lines: Iterable[Line]) -> list[BalanceLine]:
    """Lines that are kept, as the gateway has told them."""
    return [
        BalanceLine(
            id=line.id,
            kind=line.kind,  # type: ignore[arg-type]
            source=line.source,
            charge_id=line.charge_id,
            amount=Money(line.amount_minor, line.currency),
            fee_minor=line.fee_minor,
            at=line.at,
            category=line.category,
            description=line.description,
            exchanged=Money(line.exchanged_minor, line.exchanged_currency)
            if line.exchanged_currency
            else None,
        )
        for line in lines
    ]


def _compare(tx: Transaction, till: Till, balance: Sequence[Money]) -> list[AccountDifference]:
    """Name what is not explained: lines without an entry, a balance that our lines do not give, books that differ from it."""
    gateway, now = till.gateway.name, till.clock.now()
    balances = {money.currency: money.minor for money in balance}
    sums = gateway_account.sum_lines(tx, gateway)
    before = gateway_account.sum_lines(tx, gateway, "before")
    booked = gateway_account.sum_clearing_by_currency(
        tx, "demo_clearing" if gateway == "demo" else "psp_clearing"
    )
    latest = max((kept.at for kept in gateway_account.list_balances(tx, gateway)), default=now)
    now = max(now, latest + timedelta(microseconds=1))  # what is learned at one moment is kept in its order
    differences = [*_waiting(tx, gateway, gateway_account.list_waiting(tx, gateway))]
    for currency in sorted({*balances, *sums, *booked}):
        kept = Balance(
            gateway=gateway,
            currency=currency,
            at=now,
            balance_minor=balances.get(currency, 0),
            lines_minor=sums.get(currency, 0),
            books_minor=booked.get(currency, 0) + before.get(currency, 0),
        )
        gateway_account.insert_balance(tx, kept)
        differences += _of_balance(kept)
    return differences


def _waiting(tx: Transaction, gateway: str, lines: Iterable[Line]) -> Iterable[AccountDifference]:
    for line in lines:
        is_ours = line.charge_id and orders.find_payment_of(tx, gateway, line.charge_id)
        if not is_ours:
            net = Money(line.amount_minor - line.fee_minor, line.currency)
            detail = (
                f"{net} ({line.category}) of {line.charge_id or line.source}, which is no payment of ours"
            )
            yield AccountDifference("line", line.id, net, detail)


def _of_balance(kept: Balance) -> Iterable[AccountDifference]:
    missing = Money(kept.balance_minor - kept.lines_minor, kept.currency)
    apart = Money(kept.lines_minor - kept.books_minor, kept.currency)
    if missing.minor:
        detail = f"the gateway holds {Money(kept.balance_minor, kept.currency)}, its lines give {Money(kept.lines_minor, kept.currency)}"
        yield AccountDifference("balance", kept.currency, missing, detail)
    if apart.minor:
        detail = f"its lines give {Money(kept.lines_minor, kept.currency)}, the books say {Money(kept.books_minor, kept.currency)}"
        yield AccountDifference("books", kept.currency, apart, detail)


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of the gateway's account in a currency: what it opened with, what moved by category, what it closed with."""

    day: str
    currency: str
    opening_minor: int
    moved: Mapping[str, int]
    closing_minor: int


def roll_forward_of(till: Till) -> list[DayRow]:
    """The account of this deployment's gateway, day by day, by the lines that are kept."""
    with till.database.read() as tx:
        return roll_forward(gateway_account.list_lines(tx, till.gateway.name))


def roll_forward(lines: Iterable[Line]) -> list[DayRow]:
    """The account day by day and currency by currency: the opening and the movements give the closing, which opens the next. Pure."""
    days: dict[tuple[str, str], dict[str, int]] = {}
    for line in sorted(lines, key=lambda one: (one.currency, one.at, one.id)):
        moved = days.setdefault((line.currency, line.at.date().isoformat()), defaultdict(int))
        moved[line.category] += line.amount_minor
        if line.fee_minor:
            moved["fee"] -= line.fee_minor
    rows: list[DayRow] = []
    closing: dict[str, int] = defaultdict(int)
    for (currency, day), moved in days.items():
        opening = closing[currency]
        closing[currency] += sum(moved.values())
        rows.append(DayRow(day, currency, opening, dict(moved), closing[currency]))
    return sorted(rows, key=lambda row: (row.day, row.currency))
