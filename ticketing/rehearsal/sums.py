"""Check the sums over all journeys, each a pure function: one sentence for each thing that is wrong."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ticketing.rehearsal.facts import Facts

_RULED_ON = "claim_waits "


def money_is_accounted_for(facts: Facts) -> list[str]:
    """Check that the gateway's takings less its refunds are the money of operators, tax offices and the scheme.

    Compensation for a delay goes back over the payment and lessens no share: its operator owes it.
    """
    faults = []
    for currency in sorted({*facts.captured, *facts.shares}):
        kept = facts.captured[currency] - facts.refunded[currency] + facts.compensated[currency]
        parts = facts.net[currency] + facts.owed[currency] + facts.fee[currency]
        if kept != parts:
            faults.append(
                f"{currency}: paid - refunded is {kept}, shares + VAT + fee are {parts} (minor units)"
            )
        if facts.vat[currency] != facts.owed[currency]:
            faults.append(
                f"{currency}: shares keep {facts.vat[currency]} for VAT, states get {facts.owed[currency]}"
            )
    return faults


def entries_balance(facts: Facts) -> list[str]:
    """Every entry of the books sums to zero in each currency."""
    return [f"entry {line} does not balance" for line in facts.unbalanced]


def paid_means_ticketed(facts: Facts) -> list[str]:
    """No order whose money was captured is without tickets."""
    return [f"order {line} is paid and has no ticket" for line in facts.paid_without_ticket]


def nothing_hangs(facts: Facts) -> list[str]:
    """Every order, refund and place at an operator has come to its end, and nothing waits for a person.

    But for claims: nobody reports the arrival of a departure that a rehearsal has disturbed, so a person rules on them.
    """
    return [
        *(f"order {line} has not come to its end" for line in facts.hanging_orders),
        *(f"refund {line} was not paid back" for line in facts.hanging_refunds),
        *(f"place {line} at an operator hangs" for line in facts.hanging_bookings),
        *(f"an alert waits: {line}" for line in facts.alerts if not line.startswith(_RULED_ON)),
    ]


def positions_are_zero_sum(run: Mapping[str, Any]) -> list[str]:
    """The positions of a month sum to zero in each currency."""
    totals: dict[str, Decimal] = {}
    for row in run["positions"]:
        totals[row["currency"]] = totals.get(row["currency"], Decimal(0)) + Decimal(row["amount"])
    return [f"{run['period']}: positions make {sum_} {name}" for name, sum_ in sorted(totals.items()) if sum_]


def payments_settle_positions(run: Mapping[str, Any]) -> list[str]:
    """Check that every position is paid exactly; a converted one is paid in the other currency.

    The scheme stands on the other side of each conversion.
    """
    moved: Counter[tuple[str, str]] = Counter()
    for row in run["payments"]:
        moved[row["to"], row["currency"]] += _minor(row["amount"])
        moved[row["from"], row["currency"]] -= _minor(row["amount"])
    due: Counter[tuple[str, str]] = Counter()
    for row in run["positions"]:
        due[row["operator"], row["currency"]] += _minor(row["amount"])
    for row in run["conversions"]:
        for name, sign in (("from", -1), ("to", 1)):
            minor, currency = sign * _minor(row[name]["amount"]), row[name]["currency"]
            due[row["operator"], currency] += minor
            due["scheme", currency] -= minor
    return [
        f"{run['period']}: {party} has {due[party, currency]} {currency} and is paid {moved[party, currency]}"
        for party, currency in sorted({*due, *moved})
        if due[party, currency] != moved[party, currency]
    ]


def statements_say_the_run(
    run: Mapping[str, Any], statements: Mapping[str, Sequence[Mapping[str, str]]]
) -> list[str]:
    """The lines of a party's statement, as exported, sum to what the run says of its shares and of everything else."""
    due: Counter[tuple[str, str]] = Counter()
    for row in run["operators"]:
        due[row["operator"], row["currency"]] += _minor(row["net"])
    for row in run["other"]:
        due[row["operator"], row["currency"]] += _minor(row["amount"])
    faults = []
    for (party, currency), minor in sorted(due.items()):
        if party not in statements:
            faults.append(f"{run['period']}: no statement of {party}")
            continue
        total = sum(_minor(line["net"]) for line in statements[party] if line["currency"] == currency)
        if total != minor:
            faults.append(
                f"{run['period']}: {party} has {minor} {currency}, its statement says {total} (minor units)"
            )
    return faults


def files_pay_the_run(run: Mapping[str, Any], paid: Iterable[Mapping[str, str]]) -> list[str]:
    """The payment files of a run move what its payments say, in sum by currency."""
    files: Counter[str] = Counter()
    for row in paid:
        files[row["currency"]] += _minor(row["amount"])
    wanted: Counter[str] = Counter()
    for row in run["payments"]:
        wanted[row["currency"]] += _minor(row["amount"])
    return [
        f"{run['period']}: the run pays {wanted[name]} {name} and its files {files[name]} (minor units)"
        for name in sorted({*files, *wanted})
        if files[name] != wanted[name]
    ]


def offline_gates_decide_the_same(online: Sequence[str], offline: Sequence[Mapping[str, Any]]) -> list[str]:
    """A gate without a network, with the bundle of the moment, accepts and refuses as the gate online did."""
    if len(online) != len(offline):
        return [f"{len(online)} tickets were shown and {len(offline)} decided"]
    return [
        f"online {wanted}, offline {decided.get('decision')} ({decided.get('reason') or decided.get('detail')})"
        for wanted, decided in zip(online, offline, strict=True)
        if decided.get("decision") != wanted
    ]


def is_silent(what: str, code: int, output: str) -> list[str]:
    """A check of the books ends with 0."""
    return [] if code == 0 else [f"{what} ended with {code}: {' '.join(output.split())[:600]}"]


def _minor(amount: str) -> int:
    """An amount without its point; currencies are never mixed, so their digits do not matter."""
    return int(amount.replace(".", ""))
