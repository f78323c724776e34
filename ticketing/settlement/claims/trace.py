"""Follow a ticket's money: the price and its reasons, the shares and their rule, the entries, the taps at the gates."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tariffs.money import Money
from throughfare_gate.moments import written
from ticketing.db.books import audit, entries
from ticketing.db.books.audit import AllocationRow, Story
from ticketing.db.books.books import Share, Tax
from ticketing.db.books.entries import KeptEntry
from ticketing.db.settlement import disputes, runs
from ticketing.db.settlement.runs import Run
from ticketing.db.ticket import group_codes
from ticketing.errors import NotFound
from ticketing.settlement import statement
from ticketing.settlement.claims import show
from ticketing.settlement.claims.disputes import Case, get_case
from ticketing.settlement.office import Office
from ticketing.settlement.statement import journey_of

_WHOLE_BP = 10_000
# A cent of rounding on a small share is no rule.
_ROUNDING_BP = 100
_AMOUNTS = ("gross_minor", "vat_minor", "fee_minor", "net_minor")


@dataclass(frozen=True, slots=True)
class TicketTrace:
    """The parts of a ticket's money: its price, shares and VAT, the entries, the taps."""

    ticket: str
    story: Story

    @property
    def journey(self) -> str:
        """Its rides in words."""
        return journey_of(self.story.legs)

    @property
    def price(self) -> list[str]:
        """Why each thing that was bought costs what it does."""
        return [item.because for item in self.story.promise.items] if self.story.promise else []

    @property
    def derivation(self) -> Sequence[Mapping[str, Any] | str]:
        """The steps of its price; the first quotes told them in sentences."""
        promise = self.story.promise
        return (promise.derivation or promise.told) if promise else ()

    def vat_above_rate(self, line_id: str) -> int | None:
        """The VAT of a line in basis points of its price without VAT, where that is above every rate of its ticket.

        A ticket's VAT is right for its rides as a whole; the sharing rule parts it with the price, so that a line may
        bear more than its own rides would, and another one less. None where the rates are not in the trace.
        """
        row = next((kept.row for kept in self.story.shares if kept.id == line_id), None)
        if row is None or not self.story.taxes or row.gross_minor == row.vat_minor:
            return None
        share = row.vat_minor * _WHOLE_BP // (row.gross_minor - row.vat_minor)
        highest = max(kept.row.rate_bp for kept in self.story.taxes)
        return share if share > highest + _ROUNDING_BP else None

    def as_dict(self) -> dict[str, object]:
        """The trace as JSON."""
        return {
            "ticket": self.ticket,
            "journey": self.journey,
            "issued_at": written(self.story.issued_at),
            "order": self.story.order,
            "quote": self.story.quote,
            "tariff_version": self.story.tariff_version,
            "price": self.price,
            "derivation": list(self.derivation),
            "shares": [_plain(row) for row in self.story.shares],
            "taxes": [_plain(row) for row in self.story.taxes],
            "entries": [
                {
                    "entry": entry.id,
                    "period": entry.period,
                    "kind": entry.kind,
                    "hash": entry.hash,
                    "postings": postings_of(entry),
                }
                for entry in self.story.entries
            ],
            "taps": [
                {
                    "at": written(tap.at),
                    "operator": tap.operator,
                    "leg": tap.leg,
                    "stop": tap.stop_id,
                    "kind": tap.kind,
                    "gate": tap.gate,
                    "scan": tap.scan_id,
                }
                for tap in self.story.uses
            ],
        }


@dataclass(frozen=True, slots=True)
class Followed:
    """The subject of a line of a statement or a dispute: a ticket's trace, or an entry without one.

    `line` is empty where a ticket was asked for. Of a `dispute` comes its trail and the entry of its correction.
    """

    line: str = ""
    trace: TicketTrace | None = None
    entry: KeptEntry | None = None
    dispute: Case | None = None
    correction: tuple[KeptEntry, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """All of it as JSON."""
        disputed = {"dispute": show.case(self.dispute)} if self.dispute else {}
        corrected = {"correction": list(map(_of_entry, self.correction))} if self.dispute else {}
        entry = {"entry": _of_entry(self.entry) if self.entry else None}
        return {
            **({"line": self.line} if self.line else {}),
            **disputed,
            **corrected,
            **(self.trace.as_dict() if self.trace else entry),
        }


def trace(office: Office, jti: str, operator: str | None = None) -> TicketTrace:
    """Trace a ticket's money; raises NotFound.

    With an operator, what belongs to others is left out: their shares, postings and taps, and the tax offices'.
    """
    with office.database.read() as tx:
        story = audit.find_story(tx, jti)
        members = group_codes.members_of(tx, jti) if story is None and operator is None else []
    if members:
        raise NotFound(
            f"{jti} is the code of a group, which has no money of its own: trace {', '.join(members)}"
        )
    if story is None:
        raise NotFound(f"no ticket {jti}")
    return TicketTrace(jti, story if operator is None else _own(story, operator))


def follow(office: Office, wanted: str) -> Followed:
    """Trace what a ticket, a line of a statement (the last eight characters of its id are enough) or a dispute is made of.

    A line of a ticket answers the ticket's story with the line's id; another line its entry. A dispute answers its
    trail, its correction's entry and the line that it is about. Raises NotFound.
    """
    with office.database.read() as tx:
        if audit.find_story(tx, wanted) is not None:
            return Followed(trace=trace(office, wanted))
        dispute = disputes.find_dispute(tx, wanted)
        booked: list[KeptEntry] = []
        if dispute is not None:
            run = runs.find_run(tx, dispute.run_id)
            booked = entries.list_entries_of(tx, "dispute", dispute.id)
            lines = [(run.period if run else "", dispute.operator, dispute.line_id)]
        else:
            lines = statement.lines_like(tx, wanted)
        if not lines:
            raise NotFound(f"no ticket {wanted}, and no line or dispute of this id")
        month, _, line_id = lines[0]
        share = audit.find_ticket_of_share(tx, month, line_id)
        entry = None if share else entries.find_entry(tx, month, line_id)
    return Followed(
        line_id,
        trace(office, share[0]) if share else None,
        entry,
        get_case(office, dispute.id) if dispute else None,
        tuple(booked),
    )


def postings_of(entry: KeptEntry) -> list[str]:
    """The postings of an entry in words: account and amount."""
    return [f"{line.account_id} {Money(line.amount_minor, line.currency).text}" for line in entry.postings]


def _of_entry(entry: KeptEntry) -> dict[str, object]:
    return {
        "entry": entry.id,
        "period": entry.period,
        "kind": entry.kind,
        "hash": entry.hash,
        "original_period": entry.original_period,
        "note": entry.note,
        "postings": postings_of(entry),
    }


def explain(
    office: Office, run: Run, party: str, line_id: str, operator: str | None = None
) -> Mapping[str, object]:
    """Why a line of a statement has its amount: the ticket's story, or the entry with its note and postings.

    Raises NotFound for a line that is not in the party's statement of this run. `operator` as in `trace`.
    """
    with office.database.read() as tx:
        share = audit.find_ticket_of_share(tx, run.period, line_id)
        entry = entries.find_entry(tx, run.period, line_id) if share is None else None
    if share is not None and share[1] == party:
        traced = trace(office, share[0], operator)
        story, vat_share = traced.as_dict(), traced.vat_above_rate(line_id)
        return {"line": line_id, "entry": None, "story": story, "vat_share": vat_share}
    line = next(
        (one for one in statement.other_lines(office, run, party, limit=100_000) if one.id == line_id), None
    )
    if entry is None or line is None:
        raise NotFound(f"the statement of {party} has no line {line_id}")
    mine = entry if operator is None else _own_postings(entry, operator)
    shown = {
        **_of_entry(mine),
        "why": line.rule,
        "net": Money(line.net_minor, line.currency),
    }
    return {"line": line_id, "entry": shown, "story": None}


def find_lines(
    office: Office, region: str, wanted: str, operator: str | None = None
) -> list[tuple[str, str, str]]:
    """The lines of a ticket, the one whose id begins so, or the one of a dispute: (month, operator, line).

    With an operator, its own only. Raises NotFound, naming how many, where several lines begin so.
    """
    with office.database.read() as tx:
        rows = audit.find_shares(tx, region, wanted)
        dispute = None if rows else disputes.find_dispute(tx, wanted)
        run = runs.find_run(tx, dispute.run_id) if dispute else None
        if dispute and run and run.region == region:
            rows = [(run.period, dispute.operator, dispute.line_id)]
        if not rows:
            rows = statement.lines_like(tx, wanted, region=region, operator=operator)
    return [one for one in rows if operator in {None, one[1]}]


def _own(story: Story, operator: str) -> Story:
    mine = [_own_postings(entry, operator) for entry in story.entries]
    return replace(
        story,
        shares=tuple(row for row in story.shares if row.row.operator == operator),
        uses=tuple(use for use in story.uses if use.operator == operator),
        taxes=(),
        entries=tuple(entry for entry in mine if entry.postings),
    )


def _own_postings(entry: KeptEntry, operator: str) -> KeptEntry:
    kept = tuple(line for line in entry.postings if line.account_id.split(":")[1:2] == [operator])
    return replace(entry, postings=kept)


def _plain(kept: AllocationRow[Share] | AllocationRow[Tax]) -> dict[str, object]:
    """A row as it lies in the books, with its amounts as decimal strings."""
    row = kept.row
    shown: dict[str, object] = {
        "period": kept.period,
        "id": kept.id,
        "original_period": kept.original_period,
        "booked_at": written(kept.booked_at),
    }
    for name, value in asdict(row).items():
        if name in _AMOUNTS:
            shown[name.removesuffix("_minor")] = Money(value, row.currency).text
        else:
            shown[name] = value
    return shown
