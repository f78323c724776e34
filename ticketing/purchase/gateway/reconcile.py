"""Hold the gateway's own account of our money against the books, and name each difference."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.books import clearing
from ticketing.db.sale import gateway_events, orders, undelivered
from ticketing.db.sale.orders import Payment
from ticketing.errors import NotFound
from ticketing.payments import BalanceLine
from ticketing.progress import Far, Progress, Stages, silent, told
from ticketing.purchase.till import Till

ALERT = _BY = "reconciliation"
# Which entries a line of the gateway's account answers to.
_ENTRIES = {
    "charge": ("capture",),
    "refund": ("refund_confirmed", "refund_failed", "external_refund", "external_refund_failed", "void"),
    "dispute": ("dispute_opened", "dispute_won"),
    "other": (),  # of a payment, and nothing that we know: a person looks
}
# The movements that the gateway must have a line of, by their entries.
_BOOKED_FROM = {"charge": ("capture",), "refund": ("refund_confirmed",)}
# A gateway tells some things a while after they have moved, and we book them then: their line may lie before.
_MARGIN, _MOMENT = timedelta(days=1), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Difference:
    """One payment on which the gateway and the books do not agree, in minor units; `kind` is what moved."""

    kind: str
    charge_id: str
    currency: str
    gateway_minor: int
    books_minor: int
    detail: str


def reconcile(till: Till, since: datetime, until: datetime, progress: Progress = silent) -> list[Difference]:
    """Walk the gateway's balance lines of `[since, until)`; each difference is also told to a person.

    A payment is looked at as a whole, so that a refund of tonight is held against the capture of last week. What the
    books alone have is looked for too, but for the first day of the span, whose lines the span before has seen.
    """
    stages = Stages(progress, {"asking the gateway": 10, "comparing": 1})
    lines = list(
        _asked(till.gateway.list_balance(since, until), since, until, stages.begin("asking the gateway"))
    )
    with till.database.read() as tx:
        differences = list(_differences(tx, till.gateway.name, lines, stages.begin("comparing")))
        differences += _unseen(tx, lines, since + _MARGIN, until - _MOMENT)
        waiting = list(_without_ticket(tx))
    differences = [difference for difference in differences if not _is_older(till, difference)]
    now = till.clock.now()
    with till.database.write() as tx:
        ended = {
            difference.subject
            for difference in gateway_events.list_alerts(tx, resolved=True)
            if difference.resolved_by == _BY
        }
        for difference in differences:
            subject = f"{difference.charge_id}:{difference.kind}"
            gateway_events.raise_alert(tx, ALERT, subject, difference.detail, now, again=subject in ended)
        _put_away(
            tx,
            {line.charge_id for line in lines},
            {f"{difference.charge_id}:{difference.kind}" for difference in differences},
            now,
        )
    return [*differences, *waiting]


def _put_away(
    tx: Transaction, seen: Collection[str | None], differing: Collection[str], now: datetime
) -> None:
    """A difference of a payment that was looked at again and is none any more waits for nobody."""
    for one in gateway_events.list_alerts(tx):
        if one.kind == ALERT and one.subject not in differing and one.subject.rpartition(":")[0] in seen:
            gateway_events.resolve_alert_of(tx, ALERT, one.subject, _BY, now)


def _is_older(till: Till, one: Difference) -> bool:
    """Tell whether a difference is only that some of a payment's lines lie before the span: asked of the gateway itself."""
    if one.kind not in {"charge", "refund"}:
        return False
    try:
        charge = till.gateway.fetch(one.charge_id)
    except NotFound:
        return False
    whole = charge.captured_minor if one.kind == "charge" else -charge.refunded_minor
    return charge.amount.currency == one.currency and whole == one.books_minor


def _unseen(
    tx: Transaction, lines: Iterable[BalanceLine], since: datetime, until: datetime
) -> Iterator[Difference]:
    """List the movements of the books that the gateway's account has no line of: money that never went where we say it is."""
    known_lines = {(line.charge_id, line.kind) for line in lines}
    for line_kind, kinds in _BOOKED_FROM.items():
        for _, source_type, source_id, currency, amount in clearing.list_moved(tx, kinds, since, until):
            payment = _payment_of(tx, source_type, source_id)
            if payment is None or (payment.external_id, line_kind) in known_lines:
                continue
            detail = (
                f"payment {payment.id}: the books moved {Money(amount, currency)} ({line_kind}), "
                "the gateway's account has no such line"
            )
            yield Difference(
                kind=line_kind,
                charge_id=payment.external_id or payment.id,
                currency=currency,
                gateway_minor=0,
                books_minor=amount,
                detail=detail,
            )


def _payment_of(tx: Transaction, source_type: str, source_id: str) -> Payment | None:
    """The payment that an entry of the clearing account is about."""
    if source_type == "payment":
        return orders.find_payment(tx, source_id)
    made = orders.find_refund(tx, source_id)
    return orders.find_payment(tx, made.payment_id) if made is not None and made.payment_id else None


def _without_ticket(tx: Transaction) -> Iterator[Difference]:
    """Orders whose money the gateway has and the books have, for which nobody has a ticket yet."""
    for waiting in undelivered.list_undelivered(tx):
        for payment in orders.list_payments(tx, waiting.order_id):
            if payment.state == "captured":
                detail = f"order {waiting.order_id} is paid and has no ticket after {waiting.tries} tries: {waiting.detail}"
                yield Difference(
                    kind="paid_without_ticket",
                    charge_id=payment.external_id or payment.id,
                    currency=payment.currency,
                    gateway_minor=payment.amount_minor,
                    books_minor=payment.amount_minor,
                    detail=detail,
                )


def _asked(lines: Iterable[BalanceLine], since: datetime, until: datetime, far: Far) -> Iterator[BalanceLine]:
    """Pass the gateway's lines on; they come newest first, so their times say how much is left to ask for."""
    whole = max(1, int((until - since).total_seconds()))
    for line in lines:
        far(int((until - line.at).total_seconds()), whole)
        yield line


def _differences(
    tx: Transaction, gateway: str, lines: Iterable[BalanceLine], far: Far
) -> Iterable[Difference]:
    moved: dict[tuple[str, str, str], int] = defaultdict(int)
    fees: dict[str, int] = defaultdict(int)
    outside: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line.charge_id is not None and line.kind in _ENTRIES:
            # A dispute takes its fee with it, and the books say both in one entry.
            fee_with_it = line.fee_minor if line.kind == "dispute" else 0
            moved[line.charge_id, line.kind, line.amount.currency] += line.amount.minor - fee_with_it
            fees[line.charge_id] += line.fee_minor if line.kind == "charge" else 0
            outside[line.charge_id].append(line.source)
    sums = sorted(moved.items())
    for (charge_id, kind, currency), amount in told(sums, far, len(sums), every=100):
        payment = orders.find_payment_of(tx, gateway, charge_id)
        if payment is None:
            detail = f"the gateway has {Money(amount, currency)} ({kind}) of {charge_id}, which is no payment of ours"
            yield Difference(
                kind=kind,
                charge_id=charge_id,
                currency=currency,
                gateway_minor=amount,
                books_minor=0,
                detail=detail,
            )
            continue
        sources = [*_sources(tx, payment.id), *outside[charge_id]]
        booked = clearing.sum_clearing(tx, sources, _ENTRIES[kind], currency)
        if booked != amount:
            detail = (
                f"payment {payment.id}: the gateway moved {Money(amount, currency)} ({kind}), "
                f"the books say {Money(booked, currency)}"
            )
            if currency != payment.currency:
                detail += f"; the payment was in {payment.currency}: have the gateway settle in its currency"
            yield Difference(
                kind=kind,
                charge_id=charge_id,
                currency=currency,
                gateway_minor=amount,
                books_minor=booked,
                detail=detail,
            )
        if kind == "charge" and currency == payment.currency and payment.fee_minor != fees[charge_id]:
            kept, known = Money(fees[charge_id], currency), Money(payment.fee_minor, currency)
            detail = f"payment {payment.id}: the gateway kept {kept}, the books say {known}"
            yield Difference(
                kind="fee",
                charge_id=charge_id,
                currency=currency,
                gateway_minor=-fees[charge_id],
                books_minor=-payment.fee_minor,
                detail=detail,
            )


def _sources(tx: Transaction, payment_id: str) -> list[str]:
    """The ids under which something of a payment may be booked: its own, its refunds', its disputes'.

    After an exchange a payment also gives money back for the orders that have replaced its own.
    """
    refunds = [made.id for made in orders.list_refunds_of_payment(tx, payment_id)]
    disputes = [found.id for found in gateway_events.list_disputes(tx, [payment_id])]
    return [payment_id, *refunds, *disputes]
