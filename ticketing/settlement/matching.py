"""Match the bank's lines with what is expected, and say of every other line why it does not match. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tariffs.money import Money
from ticketing.db.bank import BankLine

Kind = Literal["payment", "receipt", "payout"]
Verdict = Literal["matched", "wrong_amount", "not_sent", "paid_before", "looks_like", "unknown"]
# Verdicts that need no person.
CERTAIN = ("matched",)


@dataclass(frozen=True, slots=True)
class Expected:
    """A movement that the books of a region wait for; `amount_minor` is negative for money that leaves."""

    region: str
    kind: Kind
    reference: str
    run_id: str | None
    party: str | None
    name: str
    amount_minor: int
    currency: str
    open: bool = True
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of one line of the bank."""

    line: BankLine
    verdict: Verdict
    because: str
    expected: Expected | None = None


def match(lines: Sequence[BankLine], expected: Sequence[Expected]) -> list[Finding]:
    """Judge every line: the reference decides; without one, amount and name are a proposal for a person.

    Two lines never settle one expectation: the second is told as paid before.
    """
    by_reference = {wanted.reference: wanted for wanted in expected}
    taken = {wanted.reference for wanted in expected if not wanted.open}
    found = []
    for line in lines:
        wanted = _referred(line, by_reference)
        finding = _of_reference(line, wanted, taken) if wanted else _of_looks(line, expected, taken)
        if finding.verdict == "matched" and wanted:
            taken.add(wanted.reference)
        found.append(finding)
    return found


def missing(findings: Iterable[Finding], expected: Iterable[Expected]) -> list[Expected]:
    """What was sent or is due, and is on no line of the bank."""
    seen = {
        finding.expected.reference
        for finding in findings
        if finding.expected and finding.verdict in {"matched", "wrong_amount", "not_sent"}
    }
    return [wanted for wanted in expected if wanted.open and wanted.sent and wanted.reference not in seen]


def _referred(line: BankLine, by_reference: dict[str, Expected]) -> Expected | None:
    if line.end_to_end_id in by_reference:
        return by_reference[line.end_to_end_id]
    words = line.remittance.replace(",", " ").replace(";", " ").split()
    return next((by_reference[word] for word in words if word in by_reference), None)


def _of_reference(line: BankLine, wanted: Expected, taken: set[str]) -> Finding:
    if wanted.reference in taken:
        return Finding(
            line, "paid_before", f"{wanted.reference} is settled already: this is a second time", wanted
        )
    if (line.currency, line.amount_minor) != (wanted.currency, wanted.amount_minor):
        because = (
            f"{wanted.reference} of {wanted.party or wanted.name}: "
            f"{Money(wanted.amount_minor, wanted.currency)} expected, {Money(line.amount_minor, line.currency)} booked"
        )
        return Finding(line, "wrong_amount", because, wanted)
    if not wanted.sent:
        return Finding(line, "not_sent", "the run is exported and not marked as sent: mark it first", wanted)
    return Finding(line, "matched", f"reference {wanted.reference}", wanted)


def _of_looks(line: BankLine, expected: Sequence[Expected], taken: set[str]) -> Finding:
    alike = [
        wanted for wanted in expected
        if wanted.reference not in taken
        and (wanted.currency, wanted.amount_minor) == (line.currency, line.amount_minor)
    ]  # fmt: skip
    named = [
        wanted for wanted in alike if wanted.name and wanted.name.casefold() in line.counterparty.casefold()
    ]
    best = named or alike
    if len(best) == 1:
        because = f"no reference of ours; amount{' and name' if named else ''} as {best[0].reference}: a person decides"
        return Finding(line, "looks_like", because, best[0])
    told = (
        f"{len(best)} expected movements have this amount" if best else "nothing of this amount is expected"
    )
    return Finding(line, "unknown", f"no reference of ours; {told}")
