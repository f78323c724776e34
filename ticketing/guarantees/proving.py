"""Prove guarantees: each decision anew from its facts and the terms of its order, its money against the books, and the balance of the pool."""

from collections.abc import Iterator

from ticketing.books import accounts
from ticketing.books import guarantees as postings
from ticketing.db import Database, Transaction
from ticketing.db.books import entries
from ticketing.db.books.entries import KeptEntry
from ticketing.db.documents import canonical
from ticketing.db.patience import take_time
from ticketing.db.rights import claims, guarantees
from ticketing.db.rights.guarantees import GuaranteeCase
from ticketing.db.sale import orders
from ticketing.frozen import Unreadable, read_missed, write_guarantee_decision, write_missed
from ticketing.guarantees.decision import decide

_PAGE = 500
_POOL = "guarantee_pool:"
_CASE, _ORDER = "guarantee", "order"


def verify_guarantees(database: Database, region: str) -> tuple[int, list[str]]:
    """Check every case and every sold guarantee of a region; answers how many cases, and every fault with what has it."""
    count, faults, after = 0, [], ""
    with database.read() as tx:
        take_time(tx)
        while page := guarantees.list_of_region(tx, region, after, _PAGE):
            count, after = count + len(page), page[-1].id
            faults += [f"guarantee {case.id}: {fault}" for case in page for fault in _faults(tx, case)]
        faults += _fee_faults(tx, region)
    return count, faults


def _faults(tx: Transaction, case: GuaranteeCase) -> Iterator[str]:
    yield from _decision_faults(tx, case)
    booked = {entry.kind: entry.lines for entry in entries.list_entries_of(tx, _CASE, case.id)}
    if booked != _lines(case):
        yield "the books say otherwise"
    refunds = [one for one in orders.list_refunds(tx, case.order_id) if one.document.claim == case.id]
    if sum(one.amount_minor for one in refunds) != case.amount_minor:
        yield f"{case.amount_minor} minor units are owed, and its refunds do not sum to that"


def _decision_faults(tx: Transaction, case: GuaranteeCase) -> Iterator[str]:
    sold = orders.get_order(tx, case.order_id).guarantee
    if sold is None or not sold.covers(case.after_leg):
        yield "its order has bought no guarantee for this connection"
        return
    try:
        missed = read_missed(claims.stored(case.facts))
    except Unreadable as error:
        yield f"it cannot be decided anew: {error}"
        return
    decision = decide(sold, missed)
    if canonical(write_missed(missed)) != case.facts:
        yield "its facts are not written as they are read"
    if canonical(write_guarantee_decision(decision)) != case.decision:
        yield "decided anew it differs"
    if (decision.amount_minor, decision.recourse_minor) != (case.amount_minor, case.recourse_minor):
        yield "its amounts are not those of its decision"


def _lines(case: GuaranteeCase) -> dict[str, tuple[tuple[str, int], ...]]:
    """The entries that a case has, with their lines."""
    pool = accounts.guarantee_pool(case.currency).id
    owed = accounts.refund_payable(case.currency).id
    operator = accounts.operator_payable(case.operator, case.currency).id
    wanted: dict[str, tuple[tuple[str, int], ...]] = {}
    if case.amount_minor:
        wanted[postings.PAID] = tuple(sorted([(pool, case.amount_minor), (owed, -case.amount_minor)]))
    if case.recourse_minor:
        lines = [(operator, case.recourse_minor), (pool, -case.recourse_minor)]
        wanted[postings.RECOURSE] = tuple(sorted(lines))
    return wanted


def _fee_faults(tx: Transaction, region: str) -> Iterator[str]:
    """Hold each fee in the pool against the guarantee of its order."""
    booked = set(entries.list_sources(tx, region, postings.SOLD))
    for order_id in sorted(booked):
        sold = orders.get_order(tx, order_id).guarantee
        fees = [one for one in entries.list_entries_of(tx, _ORDER, order_id) if one.kind == postings.SOLD]
        if sold is None:
            yield f"order {order_id} has paid for a guarantee, and has none"
        elif [_into_pool(one) for one in fees] != [sold.fee_minor]:
            yield f"the fee of the guarantee of order {order_id} is {sold.fee_minor} minor units, and the books say otherwise"


def _into_pool(entry: KeptEntry) -> int:
    return -sum(amount for account, amount in entry.lines if account.startswith(_POOL))
