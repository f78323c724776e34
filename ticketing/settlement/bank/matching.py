"""Match the bank's lines with what is expected, and say of every other line why it does not match. Pure."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tariffs.money import Money
from ticketing.db.settlement.bank import BankLine
from ticketing.settlement.payout import LETTERS

Kind = Literal["payment", "receipt", "payout"]
Verdict = Literal["matched", "wrong_amount", "not_sent", "paid_before", "looks_like", "unknown"]
# Verdicts that need no person.
CERTAIN = ("matched",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A movement that the books of a region wait for; `amount_minor` is negative for money that leaves.

    A line within `window_days` of `due`, before or after it, may be this movement. `comes_back`: a transfer that the bank may
    return, with the reference under which it left; nobody waits for that.
    """

    region: str
    kind: Kind
    reference: str
    run_id: str | None
    party: str | None
    name: str
    amount_minor: int
    currency: str
    due: date
    window_days: int
    open: bool = True
    sent: bool = True
    comes_back: bool = False

    @property
    def key(self) -> tuple[str, bool]:
        """The reference and the way of the money: a transfer that comes back keeps its reference."""
        return self.reference, self.amount_minor > 0


@dataclass(frozen=True, slots=True)
class Finding:
    """The finding about one line of the bank."""

    line: BankLine
    verdict: Verdict
    because: str
    expected: Expected | None = None


def match(lines: Sequence[BankLine], expected: Sequence[Expected]) -> list[Finding]:
    """Judge every line: the reference decides; without one, amount, day and name together are a proposal for a person.

    Two lines never settle one expectation: the second is told as paid before.
    """
    by_reference = {wanted.key: wanted for wanted in expected}
    taken = {wanted.key for wanted in expected if not wanted.open}
    findings = []
    for line in lines:
        wanted = _referred(line, by_reference)
        finding = _of_reference(line, wanted, taken) if wanted else _of_looks(line, expected, taken)
        if finding.verdict == "matched" and wanted:
            taken.add(wanted.key)
        findings.append(finding)
    return findings


def missing(findings: Iterable[Finding], expected: Iterable[Expected]) -> list[Expected]:
    """List the payments that were sent or are due, and are on no line of the bank."""
    seen = {
        finding.expected.key
        for finding in findings
        if finding.expected and finding.verdict in {"matched", "wrong_amount", "not_sent"}
    }
    return [
        wanted
        for wanted in expected
        if wanted.open and wanted.sent and not wanted.comes_back and wanted.key not in seen
    ]


def _referred(line: BankLine, by_reference: dict[tuple[str, bool], Expected]) -> Expected | None:
    """Find the movement that a line names, the one that goes the line's way first."""
    words = line.remittance.replace(",", " ").replace(";", " ").split()
    came_in = line.amount_minor > 0
    keys = ((word, way) for word in (line.end_to_end_id, *words) for way in (came_in, not came_in))
    return next((by_reference[key] for key in keys if key in by_reference), None)


def _of_reference(line: BankLine, wanted: Expected, taken: set[tuple[str, bool]]) -> Finding:
    if wanted.key in taken:
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


def _of_looks(line: BankLine, expected: Sequence[Expected], taken: set[tuple[str, bool]]) -> Finding:
    alike = [
        wanted
        for wanted in expected
        if wanted.key not in taken
        and not wanted.comes_back
        and (wanted.currency, wanted.amount_minor) == (line.currency, line.amount_minor)
    ]
    agreed = {wanted.reference: (_is_about(line, wanted), _is_named(line, wanted)) for wanted in alike}
    best = [wanted for wanted in alike if all(agreed[wanted.reference])]
    if len(best) == 1:
        look = f"amount, day (due {best[0].due}) and name ({best[0].name}) as {best[0].reference}"
        return Finding(line, "looks_like", f"no reference of ours; {look}: a person decides", best[0])
    return Finding(line, "unknown", f"no reference of ours; {_why_not(alike, agreed, len(best))}")


def _why_not(alike: list[Expected], agreed: dict[str, tuple[bool, bool]], best: int) -> str:
    """Why nothing is proposed, with what agrees where only one movement has the amount."""
    if not alike:
        return "nothing of this amount is expected"
    if best:
        return f"{best} expected movements have this amount, about this day and of this name"
    if len(alike) > 1:
        return f"{len(alike)} expected movements have this amount, none of them day and name too"
    (wanted,) = alike
    day, name = agreed[wanted.reference]
    missing = " and ".join(part for part, agrees in (("day", day), ("name", name)) if not agrees)
    agreeing = " and ".join(
        part for part, agrees in (("amount", True), ("day", day), ("name", name)) if agrees
    )
    return f"{agreeing} as {wanted.reference} (due {wanted.due}), but not the {missing}"


def _is_about(line: BankLine, wanted: Expected) -> bool:
    told = line.booking_date or line.value_date
    return bool(told) and abs((date.fromisoformat(told) - wanted.due).days) <= wanted.window_days


def _is_named(line: BankLine, wanted: Expected) -> bool:
    """Tell whether the expected name is among what the bank says of the other party, by words."""
    name = folded(wanted.name)
    return bool(name) and f" {name} " in f" {folded(line.counterparty)} "


def folded(name: str) -> str:
    """A name's words without case, accents and signs: banks change all of these on the way."""
    bare = unicodedata.normalize("NFKD", name.translate(LETTERS).casefold())
    letters = (letter for letter in bare if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())
