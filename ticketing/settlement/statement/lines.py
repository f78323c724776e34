"""The lines of one operator's statement: its shares ticket by ticket, then what other entries owe it.

Every form of a statement is made from these lines and prints the run's digest, so all forms show the same totals.
"""

import json
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tariffs.agreements.shares import FUNDER
from tariffs.money import Money
from ticketing.books import accounts
from ticketing.books.settling import OWN_KINDS
from ticketing.db import Transaction
from ticketing.db.books import audit, month_books
from ticketing.db.books.books import Account
from ticketing.db.books.month_books import OtherLine, ShareLine
from ticketing.db.patience import take_time
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, NotFound
from ticketing.frozen import Leg, TicketDocument, read_ticket
from ticketing.settlement.month import ALLOCATED
from ticketing.settlement.office import Office

LEAST_OF_AN_ID = 8
AMOUNTS = ("gross_minor", "vat_minor", "fee_minor", "net_minor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: `id` finds its row in the books, `journey` says which rides, `rule` which agreement gave the share.

    `is_exchange` marks the lines of a ticket that replaced another one; `party_name` is what its ticket calls the party,
    `day`, `lines` and `route` are of the rides with the party; a ticket without rides has none.
    """

    id: str
    booked_at: str
    kind: str
    ticket: str
    journey: str
    seq: int
    rule: str
    original_period: str
    currency: str
    gross_minor: int
    vat_minor: int
    fee_minor: int
    net_minor: int
    is_exchange: bool = False
    party_name: str = ""
    day: str = ""
    lines: str = ""
    route: str = ""


@dataclass(slots=True)
class Sums:
    """Sum lines in a currency, in minor units."""

    gross_minor: int = 0
    vat_minor: int = 0
    fee_minor: int = 0
    net_minor: int = 0

    def add(self, gross: int, vat: int, fee: int, net: int) -> None:
        """Add a line."""
        self.gross_minor += gross
        self.vat_minor += vat
        self.fee_minor += fee
        self.net_minor += net


@dataclass(slots=True)
class Foot:
    """The amounts of a party in a currency that were carried in, are carried on, and are paid now."""

    opening: Money | None = None
    from_period: str = ""
    carried: Money | None = None
    position: Money | None = None

    @property
    def owes(self) -> bool:
        """True where it is the party that pays."""
        return self.position is not None and self.position.minor < 0


def parties(run: Run) -> list[str]:
    """Everybody who has a statement in a run."""
    known = run.dataset
    shares = {line.operator for line in known.operators}
    others = {line.operator for line in known.other}
    opened = {line.operator for line in known.opening}
    return sorted(shares | others | opened | {line.operator for line in known.carried})


def count(run: Run, party: str) -> int:
    """About how many lines a party has: its shares, and what the run sums of other entries."""
    shares = [line.lines for line in run.dataset.operators if line.operator == party]
    others = [line for line in run.dataset.other if line.operator == party]
    return sum(shares) + len(others)


def lines_like(
    tx: Transaction,
    part: str,
    *,
    region: str | None = None,
    period: str | None = None,
    operator: str | None = None,
) -> list[tuple[str, str, str]]:
    """The line whose id ends so, or begins so, as (month, operator, id), once for each operator whose statement has it.

    Ids begin with their time, so that lines of one hour begin alike, and their last characters tell them apart. Raises
    NotFound, naming how many, when several lines fit; nothing is looked for by less than eight characters.
    """
    if len(part) < LEAST_OF_AN_ID:
        return []
    among: dict[str, Any] = {
        "region": region,
        "period_id": period,
        "operator": operator,
        "without": ALLOCATED,
        "own_kinds": OWN_KINDS,
    }
    begins = audit.find_lines_like(tx, part, ends=False, **among)
    if len({line_id for _, _, line_id in begins}) == 1:
        return begins
    lines = audit.find_lines_like(tx, part, ends=True, **among) or begins
    many = len({line_id for _, _, line_id in lines})
    if many > 1:
        raise NotFound(f"{many} lines have an id like {part}: give more of its end")
    return lines


def stream(office: Office, run: Run, party: str) -> Generator[Line, None, None]:
    """Yield a party's lines of a run, in bounded memory; raises NotFound for a party without a statement.

    At the end the lines must sum to what the run says, or Conflict is raised: no output differs from the run.
    """
    if party not in parties(run):
        raise NotFound(f"the run {run.id} has no statement of {party}")
    return _stream(office, run, party)


def page(office: Office, run: Run, party: str, *, after: str = "", limit: int = 50) -> tuple[list[Line], str]:
    """A page of a party's share lines behind a line, and the id to go on from ("" at the end); raises NotFound."""
    if party not in parties(run):
        raise NotFound(f"the run {run.id} has no statement of {party}")
    with office.database.read() as tx:
        found = month_books.page_statement(tx, run.region, run.period, party, after=after, limit=limit + 1)
    shown = [_of_share(share, party) for share in found[:limit]]
    return shown, shown[-1].id if len(found) > limit else ""


def others(office: Office, run: Run, party: str, limit: int = 200) -> list[Line]:
    """The first of a party's lines that no ticket stands behind: pools, guarantees, corrections, compensation."""
    with (
        office.database.read() as tx,
        closing(
            month_books.stream_others(
                tx, run.region, run.period, _account(party), without=ALLOCATED, own_kinds=OWN_KINDS
            )
        ) as rows,
    ):
        return [_of_entry(other) for other in islice(rows, limit)]


def totals(run: Run, party: str) -> dict[str, Sums]:
    """Gross, VAT, fee and net of a party by currency, as the run has them."""
    sums: dict[str, Sums] = {}
    for line in run.dataset.operators:
        if line.operator == party:
            sums.setdefault(line.gross.currency, Sums()).add(
                line.gross.minor, line.vat.minor, line.fee.minor, line.net.minor
            )
    for other in run.dataset.other:
        if other.operator == party:
            minor = other.amount.minor
            sums.setdefault(other.amount.currency, Sums()).add(minor, 0, 0, minor)
    return sums


def foot(run: Run, party: str) -> dict[str, Foot]:
    """By currency: what was carried in, what is carried on, and what is paid now."""
    feet: dict[str, Foot] = {}
    for opening in run.dataset.opening:
        if opening.operator == party:
            ends = feet.setdefault(opening.amount.currency, Foot())
            ends.opening, ends.from_period = opening.amount, opening.from_period
    for line in run.dataset.carried:
        if line.operator == party:
            feet.setdefault(line.amount.currency, Foot()).carried = line.amount
    for line in run.dataset.positions:
        if line.operator == party:
            feet.setdefault(line.amount.currency, Foot()).position = line.amount
    return feet


def _stream(office: Office, run: Run, party: str) -> Generator[Line, None, None]:
    sums: dict[str, Sums] = {}
    with office.database.read() as tx:
        take_time(tx)
        # Closed before the transaction ends, also when a reader leaves half way.
        with closing(month_books.stream_statement(tx, run.region, run.period, party)) as shares:
            for share in shares:
                yield _counted(sums, _of_share(share, party))
        with closing(
            month_books.stream_others(
                tx, run.region, run.period, _account(party), without=ALLOCATED, own_kinds=OWN_KINDS
            )
        ) as others:
            for other in others:
                yield _counted(sums, _of_entry(other))
    if sums != totals(run, party):
        raise Conflict(f"the lines of {party} do not sum to what the run {run.id} says")


def _account(party: str) -> Account:
    """Choose the account of a party's other lines: an authority owes, an operator is owed."""
    if party.startswith(FUNDER):
        return accounts.funder_receivable(party.removeprefix(FUNDER), "")
    return accounts.operator_payable(party, "")


def _counted(sums: dict[str, Sums], line: Line) -> Line:
    sums.setdefault(line.currency, Sums()).add(
        line.gross_minor, line.vat_minor, line.fee_minor, line.net_minor
    )
    return line


def _of_share(share: ShareLine, party: str) -> Line:
    document = read_ticket(json.loads(share.document))
    return Line(
        id=share.id,
        booked_at=share.booked_at.isoformat(timespec="seconds"),
        kind=share.kind,
        ticket=share.ticket_jti,
        journey=journey_of(document.legs),
        seq=share.seq,
        rule=share.rule,
        original_period=share.original_period,
        currency=share.currency,
        gross_minor=share.gross_minor,
        vat_minor=share.vat_minor,
        fee_minor=share.fee_minor,
        net_minor=share.net_minor,
        is_exchange=document.exchange_of is not None,
        party_name=_name_of(document, party),
        **_rides_with(document, party),
    )


def _of_entry(other: OtherLine) -> Line:
    why = ", ".join(f"{name} {_told(value)}" for name, value in json.loads(other.note).items())
    return Line(
        id=other.id,
        booked_at=other.booked_at.isoformat(timespec="seconds"),
        kind=other.kind,
        ticket=other.source_id,
        journey="",
        seq=0,
        rule=why,
        original_period=other.original_period,
        currency=other.currency,
        gross_minor=other.amount_minor,
        vat_minor=0,
        fee_minor=0,
        net_minor=other.amount_minor,
    )


def _name_of(document: TicketDocument, party: str) -> str:
    """Name a party as a ticket does: frozen with the ticket, so that a statement reads the same whenever it is written."""
    return next(
        (leg.operator_name for leg in document.legs if leg.operator == party and leg.operator_name), ""
    )


def _rides_with(document: TicketDocument, party: str) -> dict[str, str]:
    """The day, the lines and the ends of a ticket's rides with a party."""
    rides = [leg for leg in document.legs if leg.operator == party]
    if not rides:
        return {}
    return {
        "day": f"{rides[0].departure.date()}",
        "lines": " + ".join(leg.line for leg in rides),
        "route": f"{rides[0].start.name} - {rides[-1].end.name}",
    }


def journey_of(legs: Sequence[Leg]) -> str:
    """The rides of a ticket in words: day, where from and to, with whom."""
    if not legs:
        return ""
    ways = " > ".join(map(_ride, legs))
    return f"{legs[0].departure.date()} {legs[0].start.name} - {legs[-1].end.name} ({ways})"


def _ride(leg: Leg) -> str:
    """Name a ride by operator and line; a line that begins with the operator's name says it once."""
    name = leg.operator_name or leg.operator
    return leg.line if leg.line.startswith(name) else f"{name} {leg.line}"


def amounts(line: Line) -> list[str]:
    """The four amounts of a line as decimal strings."""
    return [Money(getattr(line, name), line.currency).text for name in AMOUNTS]


def _told(value: Any) -> str:
    return (
        " ".join(f"{name}:{count}" for name, count in value.items())
        if isinstance(value, dict)
        else str(value)
    )
