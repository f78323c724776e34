"""Prove claims: each decision anew from its stored facts and rules, byte for byte, and its money against the books."""

from collections.abc import Iterator, Sequence

from ticketing.books import accounts
from ticketing.claims.settling import mark_of
from ticketing.db import Database, Transaction
from ticketing.db.books import entries
from ticketing.db.books.entries import KeptEntry
from ticketing.db.documents import canonical
from ticketing.db.patience import take_time
from ticketing.db.rights import claims, payouts
from ticketing.db.rights.claims import Claim
from ticketing.db.rights.payouts import Payout
from ticketing.db.sale import orders
from ticketing.db.sale.orders import Refund
from ticketing.errors import InvalidRequest
from ticketing.rights import BadTable, decide, decision_document, facts_document, kept_rules, read_facts

_PAGE = 500
_OWED = frozenset({"needs_account", "paying", "paid"})
# One that the bank sent back later is owed again, and a person is told.
_SENT = frozenset({"confirmed", "failed"})
# The transfers whose refunds are confirmed, and the source of their entries.
_PAYS = frozenset({"released", "paid"})
PAYOUT = "claim_payout"
_AMOUNTS = frozenset({"proposed", "contested", "decided", "needs_account", "paying", "paid"})


def verify_claims(database: Database, region: str) -> tuple[int, list[str]]:
    """Check every claim of a region; answers how many, and every fault with the claim that has it."""
    count, faults, after = 0, [], ""
    with database.read() as tx:
        take_time(tx)
        while page := claims.list_of_region(tx, region, after, _PAGE):
            count, after = count + len(page), page[-1].id
            faults += [f"claim {claim.id}: {fault}" for claim in page for fault in _faults(tx, claim)]
        booked = set(entries.list_sources(tx, region, "compensation"))
        faults += [f"compensation is booked for {one}, which is no claim" for one in _strangers(tx, booked)]
    return count, faults


def _strangers(tx: Transaction, booked: set[str]) -> list[str]:
    return sorted(one for one in booked if claims.find_claim(tx, one) is None)


def _faults(tx: Transaction, claim: Claim) -> Iterator[str]:
    yield from _decision_faults(tx, claim)
    steps = claims.list_steps(tx, claim.id)
    if not steps or steps[-1].state != claim.state:
        yield f"it is {claim.state}, and its steps do not say so"
    yield from _money_faults(tx, claim)


def _decision_faults(tx: Transaction, claim: Claim) -> Iterator[str]:
    text = claims.find_rules(tx, claim.rule_version)
    if text is None:
        yield f"the rules {claim.rule_version} are not kept"
        return
    try:
        facts = read_facts(claims.stored(claim.facts))
        rules = kept_rules(text, facts.on)
    except (InvalidRequest, BadTable, ValueError) as error:
        yield f"it cannot be decided anew: {error}"
        return
    if rules.version != claim.rule_version:
        yield f"the rules that are kept as {claim.rule_version} are {rules.version}"
    if canonical(facts_document(facts)) != claim.facts:
        yield "its facts are not written as they are read"
    decision = decide(facts, rules)
    if canonical(decision_document(decision)) != claim.decision:
        yield f"decided anew it differs in {_differing(claim.decision, decision_document(decision))}"
    due = decision.compensation.minor if decision.compensation is not None else 0
    if claim.state in _AMOUNTS and claim.amount_minor != due:
        yield f"{claim.amount_minor} minor units are paid, {due} are due"
    if (facts.price.minor, facts.price.currency) != (claim.price_minor, claim.currency):
        yield "its price is not that of its facts"


def _differing(before: str, after: dict[str, object]) -> str:
    known = claims.stored(before)
    if not isinstance(known, dict):
        return "everything"
    names = sorted({*known, *after})
    return (
        ", ".join(name for name in names if canonical(known.get(name)) != canonical(after.get(name)))
        or "form"
    )


def _money_faults(tx: Transaction, claim: Claim) -> Iterator[str]:
    """Hold what is paid against the entry that bears it and the refunds that pay it."""
    booked = [
        entry for entry in entries.list_entries_of(tx, "claim", claim.id) if entry.kind == "compensation"
    ]
    refunds = [
        refund for refund in orders.list_refunds(tx, claim.order_id) if refund.document.claim == claim.id
    ]
    if claim.state in _OWED:
        yield from _owed_faults(claim, booked, refunds)
        yield from _payout_faults(tx, claim, refunds)
    elif booked or refunds:
        yield f"it is {claim.state}, and money was booked or sent for it"


def _owed_faults(claim: Claim, booked: Sequence[KeptEntry], refunds: Sequence[Refund]) -> Iterator[str]:
    wanted = [
        (accounts.operator_payable(claim.operator, claim.currency).id, claim.amount_minor or 0),
        (accounts.refund_payable(claim.currency).id, -(claim.amount_minor or 0)),
    ]
    if [sorted(entry.lines) for entry in booked] != [sorted(wanted)]:
        yield f"{claim.amount_minor} minor units are owed by {claim.operator}, and the books say otherwise"
    if sum(refund.amount_minor for refund in refunds) != claim.amount_minor:
        yield "its refunds do not sum to what is owed"
    if claim.state == "paid" and any(refund.state not in _SENT for refund in refunds):
        yield "it is paid, and a refund of it is not"


def _payout_faults(tx: Transaction, claim: Claim, refunds: Sequence[Refund]) -> Iterator[str]:
    """Hold each transfer against its entries and the refunds that it has confirmed."""
    for part in payouts.list_of_claim(tx, claim.id):
        booked = {entry.kind: sorted(entry.lines) for entry in entries.list_entries_of(tx, PAYOUT, part.id)}
        if booked != _payout_lines(part):
            yield f"its transfer {part.id} is {part.state}, and the books say otherwise"
        paid = sum(
            one.amount_minor
            for one in refunds
            if one.state == "confirmed" and one.external_id == mark_of(part.id, one)
        )
        if paid != (part.amount_minor if part.state in _PAYS else 0):
            yield f"its transfer {part.id} is {part.state}, and {paid} minor units of its refunds say they are paid by it"


def _payout_lines(part: Payout) -> dict[str, list[tuple[str, int]]]:
    """The entries that a transfer has in its state, with their lines."""
    owed, on_its_way = (
        accounts.refund_payable(part.currency).id,
        accounts.refund_transfer(part.currency).id,
    )
    lines: dict[str, list[tuple[str, int]]] = {}
    if part.state in {*_PAYS, "returned"}:
        lines["compensation_sent"] = sorted([(owed, part.amount_minor), (on_its_way, -part.amount_minor)])
    if part.state == "returned":
        lines["compensation_returned"] = sorted([(owed, -part.amount_minor), (on_its_way, part.amount_minor)])
    return lines
