"""Bring the uses of tickets to what the facts about them say; the same facts give the same uses in any order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast

from throughfare_gate.tickets.claims import NOBODY, BadClaims
from throughfare_gate.tickets.products import ProductRule
from ticketing.clock import from_posix
from ticketing.db import Transaction
from ticketing.db.gate import devices, scan_facts
from ticketing.db.gate.scan_facts import ScanFact
from ticketing.db.gate.scans import Scan
from ticketing.db.sale import held_passes
from ticketing.db.ticket import group_codes, tickets, uses
from ticketing.db.ticket.tickets import Ticket
from ticketing.db.ticket.uses import DoubleUse, TicketUse
from ticketing.gate.hosts import Continuations, Hosted, hosted
from ticketing.gate.judgment import Fact, Judged, Terms, judge
from ticketing.tickets.own import of_own

_NO_AGREEMENTS: Continuations = MappingProxyType({})
# The answers to a scan with several results, the gravest last.
_GRAVE = ("revoked_unknown", "revoked_known", "double_use", "conflicting_body")


@dataclass(frozen=True, slots=True)
class Told:
    """A fact with who told it: the gate's key, its own id of the scan, its operator, when it was received, its stop where it said one."""

    fact: Fact
    gate_key_id: str
    scan_id: str
    operator: str
    received_at: datetime
    stop_id: str | None = None


@dataclass(frozen=True, slots=True)
class Judgment:
    """The judged facts about some tickets; `told` by (scan id, body) of its facts.

    `hosted` are the legs whose passengers other operators have carried on.
    """

    by_ticket: Mapping[str, tuple[Judged, ...]]
    told: Mapping[tuple[str, str], Told]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hosted: Hosted = frozenset()

    def is_ride_of(self, ticket: Ticket, leg: int, operator: str) -> bool:
        """Tell whether a leg is an operator's, or was carried on by it; a gate learns nothing about the other legs."""
        return (ticket.jti, leg, operator) in self.hosted or is_leg_of(ticket, leg, operator)

    def of(self, fact: Fact) -> Judged:
        """The judgment of one fact; of a scan of a group's code the gravest of what it came to for its tickets."""
        tickets = self.groups.get(fact.jti, (fact.jti,))
        entries = (entry for jti in tickets for entry in self.by_ticket[jti])
        judged = [
            entry for entry in entries if (entry.fact.scan_id, entry.fact.body) == (fact.scan_id, fact.body)
        ]
        return max(judged, key=lambda entry: _GRAVE.index(entry.verdict) if entry.verdict in _GRAVE else -1)


def judge_tickets(
    tx: Transaction,
    held: Mapping[str, Ticket],
    jtis: Collection[str],
    rules: Mapping[str, ProductRule],
    continuations: Continuations = _NO_AGREEMENTS,
) -> Judgment:
    """Judge everything that is known about some tickets, told online or later; of a group's code, about its tickets.

    A scan of a code is a scan of each of its tickets, whatever has become of the code: so it does not matter when it is told.
    """
    groups = group_codes.list_concerned(tx, jtis)
    jtis = sorted(
        {*jtis, *(jti for code in groups.keys() & set(jtis) for jti in groups[code])} - groups.keys()
    )
    apart = [each for entry in _everything(tx, {*jtis, *groups}) for each in _apart(entry, groups)]
    terms = {jti: _terms(tx, held[jti], rules) for jti in jtis if jti in held}
    by_ticket: dict[str, list[Judged]] = {jti: [] for jti in jtis}
    for entry in judge([entry.fact for entry in apart], terms):
        if entry.fact.jti in by_ticket:
            by_ticket[entry.fact.jti].append(entry)
    return Judgment(
        {jti: tuple(entries) for jti, entries in by_ticket.items()},
        {(entry.fact.scan_id, entry.fact.body): entry for entry in apart},
        groups,
        hosted(
            tx,
            continuations,
            held,
            ((one.fact.jti, one.fact.leg, one.operator, one.fact.at) for one in apart),
        ),
    )


def _apart(entry: Told, groups: Mapping[str, tuple[str, ...]]) -> list[Told]:
    """Divide a scan into one for each ticket that its code stands for."""
    code = entry.fact.jti
    if code not in groups:
        return [entry]
    return [replace(entry, fact=replace(entry.fact, jti=jti, shown=code)) for jti in groups[code]]


def reconcile(tx: Transaction, held: Mapping[str, Ticket], judgment: Judgment, now: datetime) -> None:
    """Write the judged uses and double uses of the known tickets; those of others wait for their ticket."""
    names = devices.names(tx)
    known = [jti for jti in judgment.by_ticket if jti in held]
    uses_before, doubles_before = defaultdict(list), defaultdict(list)
    for use in uses.list_uses_of(tx, known):
        uses_before[use.jti].append(use)
    for double in uses.list_double_uses(tx, known):
        doubles_before[double.jti].append(double)
    for jti in known:
        entries = [entry for entry in judgment.by_ticket[jti] if _rides_with(held[jti], judgment, entry)]
        uses.put_uses(
            tx,
            jti,
            uses_before[jti],
            [
                _use(judgment, entry, names)
                for entry in entries
                if entry.verdict in {"ride", "transfer", "check_out"}
            ],
            now,
        )
        doubles = [
            _double(judgment, entry, entry.repeats, names, now)
            for entry in entries
            if entry.verdict == "double_use" and entry.repeats is not None
        ]
        uses.put_double_uses(tx, doubles_before[jti], doubles)


def judge_again(tx: Transaction, jti: str, rules: Mapping[str, ProductRule], now: datetime) -> bool:
    """Judge a carnet anew that was used too often, as a gate has told: an order may have given strokes back since.

    The same facts so give the same uses, whatever came first. Answers whether there was anything to judge.
    """
    if not uses.list_double_uses(tx, [jti]):
        return False
    held = tickets.find_tickets(tx, [jti])
    reconcile(tx, held, judge_tickets(tx, held, [jti], rules), now)
    return True


def _terms(tx: Transaction, ticket: Ticket, rules: Mapping[str, ProductRule]) -> Terms:
    """Read the terms of a ticket; those of a carnet are less the uses that orders took."""
    terms = terms_of(ticket, rules)
    return terms if terms.uses is None else replace(terms, ordered=held_passes.count_uses(tx, ticket.jti))


def terms_of(ticket: Ticket, rules: Mapping[str, ProductRule]) -> Terms:
    """Read the allowance of a ticket as it was signed."""
    revoked = int(ticket.revoked_at.timestamp()) if ticket.revoked_at else None
    try:
        claims = of_own(ticket.token)
    except BadClaims:  # a row that was never signed by us has the plainest terms
        return Terms(revoked_at=revoked)
    rule = rules.get(claims.product, ProductRule())
    operators = tuple(_operator_of(ticket, at, leg.operator) for at, leg in enumerate(claims.legs))
    gone = {
        at: int(leg.given_back_at.timestamp())
        for at, leg in enumerate(ticket.document.legs)
        if leg.given_back_at is not None
    }
    return Terms(
        uses_per_leg=claims.uses_per_leg,
        uses=claims.uses,
        revoked_at=revoked,
        rule=rule,
        operators=operators,
        given_back=gone,
    )


def uploaded(row: ScanFact) -> Told:
    """An uploaded fact; the gate is part of its name, so no gate can contradict the scan of another."""
    fact = Fact(
        scan_id=f"{row.gate_key_id}/{row.scan_id}",
        device=row.gate_key_id,
        jti=row.jti,
        leg=row.leg,
        device_ts=row.device_ts,
        clock_offset=row.clock_offset,
        admitted=row.decision == "accept",
        uploaded=True,
        list_issued_at=row.bundle_version,
        direction=cast("Any", row.direction),
        is_flagged=bool(row.is_flagged),
    )
    return Told(fact, row.gate_key_id, row.scan_id, row.operator, row.received_at)


def answered(rows: Iterable[Scan]) -> list[Told]:
    """The facts of online answers that name a leg; their time is the server's."""
    return [
        Told(
            fact=Fact(
                scan_id=f"{row.gate_key_id}/{row.scan_id}",
                device=row.gate_key_id,
                jti=row.jti,
                leg=row.leg,
                device_ts=int(row.device_ts.timestamp()),
                clock_offset=int(row.received_at.timestamp()) - int(row.device_ts.timestamp()),
                admitted=row.decision == "accept",
                uploaded=False,
                direction=cast("Any", row.direction),
            ),
            gate_key_id=row.gate_key_id,
            scan_id=row.scan_id,
            operator=row.operator,
            received_at=row.received_at,
            stop_id=row.stop_id,
        )
        for row in rows
        if row.jti is not None and row.leg is not None
    ]


def is_leg_of(ticket: Ticket, leg: int, operator: str) -> bool:
    """Tell whether a leg is this operator's; a gate learns nothing about the legs of others."""
    try:
        legs = of_own(ticket.token).legs
    except BadClaims:
        return False
    return leg < len(legs) and _operator_of(ticket, leg, legs[leg].operator) == operator


def _operator_of(ticket: Ticket, leg: int, signed: str) -> str:
    """Name the operator of a leg, also where it was given back and the signed ticket no longer says."""
    if signed != NOBODY:
        return signed
    return ticket.document.legs[leg].operator


def _everything(tx: Transaction, jtis: Collection[str]) -> list[Told]:
    """Every fact about some tickets, and every other wording of the scans among them."""
    entries = [
        *map(uploaded, scan_facts.list_facts(tx, jtis)),
        *answered(scan_facts.list_online_scans(tx, jtis)),
    ]
    gates, scan_ids = {entry.gate_key_id for entry in entries}, {entry.scan_id for entry in entries}
    wordings = [
        *map(uploaded, scan_facts.list_facts_of_scans(tx, gates, scan_ids)),
        *answered(scan_facts.list_online_scans_of(tx, gates, scan_ids)),
    ]
    return list(dict.fromkeys([*entries, *wordings]))


def _rides_with(ticket: Ticket, judgment: Judgment, entry: Judged) -> bool:
    told = judgment.told[entry.fact.scan_id, entry.fact.body]
    return judgment.is_ride_of(ticket, entry.fact.leg, told.operator)


def _use(judgment: Judgment, entry: Judged, names: Mapping[str, str]) -> TicketUse:
    use = judgment.told[entry.fact.scan_id, entry.fact.body]
    return TicketUse(
        jti=entry.fact.jti,
        gate_key_id=use.gate_key_id,
        scan_id=use.scan_id,
        leg=entry.leg,
        operator=use.operator,
        gate=names.get(use.gate_key_id, use.stop_id),
        kind=entry.kind,
        at=_moment(entry.fact),
    )


def _double(
    judgment: Judgment, entry: Judged, first: Fact, names: Mapping[str, str], now: datetime
) -> DoubleUse:
    second = judgment.told[entry.fact.scan_id, entry.fact.body]
    repeated = judgment.told[first.scan_id, first.body]
    return DoubleUse(
        gate_key_id=second.gate_key_id,
        scan_id=second.scan_id,
        jti=entry.fact.jti,
        leg=entry.fact.leg,
        operator=second.operator,
        first_operator=repeated.operator,
        first_gate=names.get(repeated.gate_key_id, repeated.gate_key_id),
        second_gate=names.get(second.gate_key_id, second.gate_key_id),
        gap_seconds=entry.gap_seconds or 0,
        at=_moment(entry.fact),
        found_at=now,
    )


def _moment(fact: Fact) -> datetime:
    return from_posix(fact.at)
