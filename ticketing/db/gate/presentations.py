"""A presentation at a gate online: what is read before the decision, in two statements that are built once.

A gate is a hot path: building a statement costs more than running it, and on PostgreSQL each is a round trip.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import sqlalchemy as sa
from psycopg import Pipeline
from sqlalchemy.dialects import postgresql

from ticketing.db.engine import Transaction
from ticketing.db.prepared import Prepared
from ticketing.db.rows import fetch
from ticketing.db.tables.devices import gate_device
from ticketing.db.tables.gates import proof_seen, scan, scan_echo, ticket_use, use_claim
from ticketing.db.tables.sale import api_key, ticket
from ticketing.db.tables.types import Instant, Int64
from ticketing.db.ticket.tickets import PASS_BEHIND
from ticketing.db.ticket.uses import TicketUse


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """The parts of a ticket's row that a gate needs, held until the transaction ends; `has_pass` where a pass pays for a ride of it."""

    status: str
    status_index: int
    has_pass: bool


@dataclass(frozen=True, slots=True)
class Credential:
    """Until when the gate that calls may call; None is for ever."""

    is_device: bool
    revoked_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A scan that was answered before: its id, the digest of what was sent, its leg and the answer."""

    scan_id: str
    body_hash: str
    leg: int | None
    answer: str


@dataclass(frozen=True, slots=True)
class Known:
    """The known facts about a ticket and about one scan of it, read in one moment.

    `taken` are the pairs (leg, use_no) of the uses that were taken online, `same` the scan of this very id (or the
    one that it echoed), `recent` the newest of the same code at the same gate.
    """

    credential: Credential | None
    uses: list[TicketUse]
    taken: set[tuple[int, int]]
    proofs: list[str]
    same: Earlier | None
    recent: Earlier | None

    def next_use_no(self, leg: int) -> int:
        """The lowest number that no use of a leg has taken after all the others."""
        return 1 + max((number for at, number in self.taken if at == leg), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question of a gate: the scan, the ticket, the proof, and the time since when a repeat is the same scan.

    By hand a key, too, may have repeated a scan.
    """

    gate_key_id: str
    scan_id: str
    is_device: bool
    jti: str | None
    nonce: str | None
    since: datetime
    is_by_hand: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """The values of the statements."""
        jti, nonce = self.jti or "", self.nonce or ""
        return {
            "gate": self.gate_key_id,
            "scan": self.scan_id,
            "jti": jti,
            "nonce": nonce,
            "since": self.since,
        }

    @property
    def kind(self) -> tuple[bool, bool]:
        """The kind of reading that is needed."""
        return self.is_device, self.nonce is not None


def hold_and_read(tx: Transaction, asked: Asked) -> tuple[HeldTicket | None, Known]:
    """Hold the ticket's row until the transaction ends, then read what is known: what others have committed is seen.

    On PostgreSQL both go to the server at once, and are still two statements, each with its own view of the rows.
    """
    if tx.dialect.name == "postgresql" and Pipeline.is_supported() and not asked.is_by_hand:
        return _in_one_trip(tx, asked)
    rows = _HOLD_NOW.rows(tx, {"jti": asked.jti}) if asked.jti else []
    return HeldTicket(*rows[0]) if rows else None, read_known(tx, asked)


def read_known(tx: Transaction, asked: Asked) -> Known:
    """Read what is known of a ticket and of a scan."""
    known = _known_of(map(_Row._make, _KNOWN_NOW[asked.kind].rows(tx, asked.values)))
    if asked.is_device or not asked.is_by_hand:
        return known
    repeated = _known_of(tx.execute(_REPEATED, asked.values))
    return replace(known, same=known.same or repeated.same, recent=repeated.recent)


def read_known_of_group(tx: Transaction, asked: Asked, members: Sequence[str]) -> Known:
    """Read what is known of a group's code and of a scan: what any of its tickets has used, the code has.

    One scan that let all of them in is one use of the code.
    """
    known = read_known(tx, asked)
    used = fetch(tx, sa.select(ticket_use).where(ticket_use.c.jti.in_(list(members))), TicketUse)
    once = {(use.gate_key_id, use.scan_id, use.leg): replace(use, jti=asked.jti or "") for use in used}
    claims = sa.select(use_claim.c.leg, use_claim.c.use_no).where(use_claim.c.jti.in_(list(members)))
    return replace(
        known,
        uses=sorted(once.values(), key=lambda use: (use.at, use.scan_id)),
        taken={(row.leg, row.use_no) for row in tx.execute(claims)},
    )


def _in_one_trip(tx: Transaction, asked: Asked) -> tuple[HeldTicket | None, Known]:
    driver: Any = tx.connection.driver_connection
    (hold, _), (query, constants) = _HOLD_TEXT, _KNOWN_TEXTS[asked.kind]
    with driver.cursor() as held, driver.cursor() as known:
        try:
            with driver.pipeline():
                held.execute(hold, {"jti": asked.jti or ""}, prepare=True)
                known.execute(query, {**constants, **asked.values}, prepare=True)
            row = held.fetchone()
            known_now = _known_of(map(_Row._make, known))
        except psycopg.Error as error:  # as SQLAlchemy would have said it
            raise sa.exc.DBAPIError.instance(query, None, error, psycopg.Error, dialect=tx.dialect) from error
    return None if row is None else HeldTicket(*row), known_now


def _known_of(rows: Iterable[Any]) -> Known:
    parts: dict[str, list[Any]] = {what: [] for what in _PARTS}
    for row in rows:
        parts[row.what].append(row)
    uses = [
        TicketUse(
            jti=row.jti,
            gate_key_id=row.gate_key_id,
            scan_id=row.scan_id,
            leg=row.leg,
            operator=row.operator,
            gate=row.place,
            kind=row.word,
            at=row.at,
        )
        for row in parts["use"]
    ]
    return Known(
        credential=_credential(parts["key"] or parts["device"]),
        uses=sorted(uses, key=lambda use: (use.at, use.scan_id)),
        taken={(row.leg, row.number) for row in parts["claim"]},
        proofs=[row.word for row in parts["proof"]],
        same=_earlier(parts["scan"] or parts["echo"]),
        recent=_earlier(parts["recent"]),
    )


class _Row(NamedTuple):
    """A row of what is known; `what` says of which kind, and which of the others mean anything."""

    what: str
    jti: str
    gate_key_id: str
    scan_id: str
    leg: int
    operator: str
    place: str | None
    word: str
    at: datetime
    until: datetime | None
    number: int
    text: str


_HOLD = (
    sa.select(ticket.c.status, ticket.c.status_index, sa.exists().where(PASS_BEHIND).correlate(ticket))
    .where(ticket.c.jti == sa.bindparam("jti", type_=sa.Text()))
    .with_for_update()
)

_COLUMNS: dict[str, Any] = {
    "jti": sa.Text(), "gate_key_id": sa.Text(), "scan_id": sa.Text(), "leg": Int64, "operator": sa.Text(),
    "place": sa.Text(), "word": sa.Text(), "at": Instant(), "until": Instant(), "number": Int64, "text": sa.Text(),
}  # fmt: skip


def _part(what: str, **given: Any) -> sa.Select[Any]:
    """One kind of row, with nothing in the columns that are not its own."""
    shown = [given.get(name, sa.cast(sa.null(), _COLUMNS[name])).label(name) for name in _Row._fields[1:]]
    return sa.select(sa.literal(what, sa.Text()).label("what"), *shown)


def _known() -> dict[str, sa.Select[Any]]:
    gate, scan_id, jti = (sa.bindparam(name, type_=sa.Text()) for name in ("gate", "scan", "jti"))
    nonce, since = sa.bindparam("nonce", type_=sa.Text()), sa.bindparam("since", type_=Instant())
    use, claim, echo, proof = ticket_use.c, use_claim.c, scan_echo.c, proof_seen.c
    first, newest = scan.alias("first"), _newest(gate, jti, nonce, since).subquery()
    return {
        "use": _part(
            "use",
            jti=use.jti,
            gate_key_id=use.gate_key_id,
            scan_id=use.scan_id,
            leg=use.leg,
            operator=use.operator,
            place=use.gate,
            word=use.kind,
            at=use.at,
        ).where(use.jti == jti),
        "claim": _part("claim", leg=claim.leg, number=claim.use_no).where(claim.jti == jti),
        "proof": _part("proof", word=proof.nonce).where(proof.jti == jti),
        "key": _part("key", at=api_key.c.revoked_at, until=api_key.c.expires_at).where(api_key.c.id == gate),
        "device": _part("device", at=gate_device.c.revoked_at).where(gate_device.c.id == gate),
        "scan": _part(
            "scan", scan_id=scan.c.scan_id, leg=scan.c.leg, word=scan.c.body_hash, text=scan.c.answer
        ).where(scan.c.gate_key_id == gate, scan.c.scan_id == scan_id),
        "echo": _part(
            "echo", scan_id=echo.first_scan_id, leg=first.c.leg, word=echo.body_hash, text=first.c.answer
        ).where(
            echo.gate_key_id == gate,
            echo.scan_id == scan_id,
            first.c.gate_key_id == gate,
            first.c.scan_id == echo.first_scan_id,
        ),
        "recent": _part(
            "recent",
            scan_id=newest.c.scan_id,
            leg=newest.c.leg,
            word=newest.c.body_hash,
            text=newest.c.answer,
        ),
    }


def _newest(gate: Any, jti: Any, nonce: Any, since: Any) -> sa.Select[Any]:
    """The newest scan of a ticket with the same proof at a gate, or with the one before of a phone that was let in."""
    same = sa.func.coalesce(scan.c.nonce, "") == nonce
    # A phone shows a new code every 15 seconds: the camera may read both of one passenger.
    renewed = sa.and_(nonce != "", scan.c.nonce.is_not(None), scan.c.decision == "accept")
    return (
        sa.select(scan.c.scan_id, scan.c.leg, scan.c.body_hash, scan.c.answer)
        .where(scan.c.jti == jti, scan.c.gate_key_id == gate, scan.c.received_at >= since)
        .where(sa.or_(same, renewed))
        .order_by(scan.c.received_at.desc(), scan.c.scan_id.desc())
        .limit(1)
    )


_PARTS = _known()


def _query(*, of_device: bool, with_proof: bool) -> sa.CompoundSelect[Any]:
    parts = (
        part for name, part in _PARTS.items() if _is_asked(name, of_device=of_device, with_proof=with_proof)
    )
    return sa.union_all(*parts)


def _is_asked(name: str, *, of_device: bool, with_proof: bool) -> bool:
    """Tell whether a part can have rows: only a device's scan echoes another, only a ticket with a proof has proofs."""
    if name in {"device", "echo", "recent"}:
        return of_device
    if name == "key":
        return not of_device
    return with_proof or name != "proof"


# A part that is not asked costs nothing.
_KNOWN = {
    (of_device, with_proof): _query(of_device=of_device, with_proof=with_proof)
    for of_device in (False, True)
    for with_proof in (False, True)
}

_REPEATED = sa.union_all(_PARTS["echo"], _PARTS["recent"])


def _credential(rows: Sequence[Any]) -> Credential | None:
    return Credential(rows[0].what == "device", rows[0].at, rows[0].until) if rows else None


def _earlier(rows: Sequence[Any]) -> Earlier | None:
    return Earlier(rows[0].scan_id, rows[0].word, rows[0].leg, rows[0].text) if rows else None


def _text_of(statement: Any) -> tuple[str, dict[str, Any]]:
    """A statement as PostgreSQL's driver takes it, with the constants in it."""
    dialect: Any = postgresql.psycopg.dialect
    made = statement.compile(dialect=dialect())
    return str(made), {name: value for name, value in made.params.items() if value is not None}


_HOLD_NOW = Prepared(_HOLD)
_KNOWN_NOW = {kind: Prepared(statement) for kind, statement in _KNOWN.items()}
_HOLD_TEXT = _text_of(_HOLD)
_KNOWN_TEXTS = {kind: _text_of(statement) for kind, statement in _KNOWN.items()}
