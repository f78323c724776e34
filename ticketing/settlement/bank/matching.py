"""Match the bank's lines with what is expected, and say of every other line why it does not match. Pure."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Literal

from tariffs.money import Money
from ticketing.db.settlement.bank import BankLine
from ticketing.settlement.bank.camt_entries import DIFFERENCE, FEE
from ticketing.settlement.payout import LETTERS, bare

Kind = Literal["payment", "receipt", "payout"]
Verdict = Literal["matched", "fee", "wrong_amount", "not_sent", "paid_before", "looks_like", "unknown"]
# Verdicts that need no person.
CERTAIN = ("matched", "fee")
# A reference of at least so many letters and digits is also known within other words, or broken by spaces.
_SURE_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A movement that the books of a region wait for; `amount_minor` is negative for money that leaves.

    A line within `window_days` of `due`, before or after it, may be this movement. `comes_back`: a transfer that the bank may
    return, with the reference under which it left; nobody waits for that. `aliases` are other forms of the reference,
    `batch` names the file with which the payment went, `note` what the bank has said of it (refused, returned).
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
    aliases: tuple[str, ...] = ()
    batch: str = ""
    note: str = ""

    @property
    def key(self) -> tuple[str, bool]:
        """The reference and the way of the money: a transfer that comes back keeps its reference."""
        return self.reference, self.amount_minor > 0


@dataclass(frozen=True, slots=True)
class Finding:
    """The finding about one line of the bank; `batch` are the payments that it settles together."""

    line: BankLine
    verdict: Verdict
    because: str
    expected: Expected | None = None
    batch: tuple[Expected, ...] = ()

    @property
    def home(self) -> str:
        """The region whose movement the line is for certain, or the one that keeps it."""
        if self.verdict == "matched" and self.batch:
            return self.batch[0].region
        return self.expected.region if self.verdict == "matched" and self.expected else self.line.region


def match(lines: Sequence[BankLine], expected: Sequence[Expected]) -> list[Finding]:
    """Judge every line: the reference decides; without one, amount, day and name together are a proposal for a person.

    Two lines never settle one expectation: the second is told as paid before.
    """
    by_reference = _by_reference(expected)
    by_batch: dict[str, list[Expected]] = defaultdict(list)
    for wanted in expected:
        if wanted.batch:
            by_batch[bare(wanted.batch)].append(wanted)
    taken = {wanted.key for wanted in expected if not wanted.open}
    findings = []
    for line in lines:
        finding = _judged(line, expected, by_reference, by_batch, taken)
        if finding.verdict == "matched":
            taken.update(wanted.key for wanted in finding.batch or (finding.expected,) if wanted)
        findings.append(finding)
    return findings


def _judged(
    line: BankLine,
    expected: Sequence[Expected],
    by_reference: Mapping[tuple[str, bool], Expected],
    by_batch: Mapping[str, Sequence[Expected]],
    taken: set[tuple[str, bool]],
) -> Finding:
    """Judge one line: what the bank says that it is, then its batch, its reference, and its looks."""
    if line.part == FEE:
        return Finding(line, "fee", f"{line.remittance} {line.bank_reference}".strip())
    if line.part == DIFFERENCE:
        return Finding(line, "unknown", line.remittance)
    batch = [wanted for name in line.batch.split() for wanted in by_batch.get(bare(name), ())]
    if batch:
        return _of_batch(line, [wanted for wanted in batch if wanted.open and wanted.key not in taken])
    wanted = _referred(line, by_reference)
    return _of_reference(line, wanted, taken) if wanted else _of_looks(line, expected, taken)


def _by_reference(expected: Iterable[Expected]) -> dict[tuple[str, bool], Expected]:
    """Every form of every reference, each way of the money; what is open goes before what is settled."""
    forms: dict[tuple[str, bool], Expected] = {}
    for wanted in sorted(expected, key=lambda movement: movement.open):
        for form in (wanted.reference, *wanted.aliases):
            forms[bare(form), wanted.amount_minor > 0] = wanted
    return forms


def _of_batch(line: BankLine, batch: Sequence[Expected]) -> Finding:
    """Judge a line that the bank books for a file of payments: number and sum must be those that are still open."""
    open_ones = [wanted for wanted in batch if wanted.currency == line.currency and wanted.amount_minor < 0]
    if not open_ones:
        because = f"every payment of the file {line.batch} is settled already: this is a second time"
        return Finding(line, "paid_before", because)
    total = Money(sum(wanted.amount_minor for wanted in open_ones), line.currency)
    if total.minor != line.amount_minor or line.batch_count not in {0, len(open_ones)}:
        count = f"{line.batch_count} of " if line.batch_count else ""
        because = (
            f"the file {line.batch}: {len(open_ones)} payments of {total} are open, "
            f"{count}{Money(line.amount_minor, line.currency)} booked"
        )
        return Finding(line, "wrong_amount", because)
    if not all(wanted.sent for wanted in open_ones):
        return Finding(line, "not_sent", "the run is exported and not marked as sent: mark it first")
    because = f"{len(open_ones)} payments of the file {line.batch}"
    return Finding(line, "matched", because, None, tuple(open_ones))


def referred(lines: Iterable[BankLine], expected: Sequence[Expected]) -> list[Expected]:
    """List the movements that lines name by a reference, whatever their amounts."""
    by_reference = _by_reference(expected)
    named = (_referred(line, by_reference) for line in lines)
    return [wanted for wanted in named if wanted]


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


def _referred(line: BankLine, by_reference: Mapping[tuple[str, bool], Expected]) -> Expected | None:
    """Find the movement that a line names, the one that goes the line's way first.

    Banks change capitals, cut a reference at the end of a line and put their own tags before it (`EREF+`): so all is
    compared by letters and digits, word by word, then anywhere within the words.
    """
    came_in = line.amount_minor > 0
    words = f"{line.structured} {line.remittance}".replace(",", " ").replace(";", " ").split()
    plain = [bare(word.rpartition("+")[2]) for word in (line.end_to_end_id, *words)]
    within = [bare(line.end_to_end_id), bare(line.structured), bare(line.remittance)]
    lengths = sorted({len(form) for form, _ in by_reference if len(form) >= _SURE_LENGTH}, reverse=True)
    pieces = (piece for text in within for piece in _pieces(text, lengths))
    for word in chain(plain, pieces):
        # A Finnish bank may write a reference with zeros before it.
        for form in (word, word.lstrip("0")):
            named = by_reference.get((form, came_in)) or by_reference.get((form, not came_in))
            if named is not None:
                return named
    return None


def _pieces(text: str, lengths: Iterable[int]) -> Iterator[str]:
    """Every part of a text that has one of some lengths, the longest first."""
    for length in lengths:
        for at in range(len(text) - length + 1):
            yield text[at : at + length]


def _of_reference(line: BankLine, wanted: Expected, taken: set[tuple[str, bool]]) -> Finding:
    if wanted.key in taken:
        because = f"{wanted.reference} is settled already: this is a second time"
        if wanted.comes_back:
            because = f"{wanted.reference} comes back, and no payment of it stands: this is a second time"
        return Finding(line, "paid_before", because, wanted)
    if (line.currency, line.amount_minor) != (wanted.currency, wanted.amount_minor):
        because = (
            f"{wanted.reference} of {wanted.party or wanted.name}: "
            f"{Money(wanted.amount_minor, wanted.currency)} expected, {Money(line.amount_minor, line.currency)} booked"
        )
        return Finding(line, "wrong_amount", because, wanted)
    if not wanted.sent:
        return Finding(line, "not_sent", "the run is exported and not marked as sent: mark it first", wanted)
    because = f"reference {wanted.reference}"
    if wanted.comes_back or line.return_reason:
        because += f", returned: {line.return_reason or 'the bank gives no reason'}"
    return Finding(line, "matched", because, wanted)


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
