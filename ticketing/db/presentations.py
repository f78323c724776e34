"""A presentation at a gate online: what is read before the decision and written after it, each statement built once.

A gate is a hot path: building a statement costs more than running it, and on PostgreSQL each is a round trip.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ticketing.db.devices_tables import gate_device
from ticketing.db.engine import Transaction
from ticketing.db.gates_tables import scan_echo, ticket_use, use_change
from ticketing.db.rows import columns
from ticketing.db.scans import Scan
from ticketing.db.tables import api_key, proof_seen, scan, ticket, use_claim
from ticketing.db.tickets import UseClaim
from ticketing.db.types import Instant, Int64
from ticketing.db.uses import TicketUse

Written = Literal["stored", "repeated", "taken"]


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """What a gate needs of a ticket's row, which is held until the transaction ends."""

    status: str
    status_index: int


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
    """Everything that is known about a ticket and about one scan of it, read in one moment.

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


def hold_ticket(tx: Transaction, jti: str) -> HeldTicket | None:
    """Read a ticket's status and hold its row until the transaction ends."""
    row = tx.execute(_HOLD, {"jti": jti}).one_or_none()
    return None if row is None else HeldTicket(row.status, row.status_index)


def read_known(
    tx: Transaction,
    gate_key_id: str,
    scan_id: str,
    *,
    is_device: bool,
    jti: str | None,
    nonce: str | None,
    since: datetime,
) -> Known:
    """Read what is known of a ticket and of a scan, with the proof of this `nonce`; `recent` only since then."""
    values = {"gate": gate_key_id, "scan": scan_id, "jti": jti or "", "nonce": nonce or "", "since": since}
    found: dict[str, list[Any]] = {what: [] for what in _PARTS}
    for row in tx.execute(_KNOWN[is_device, nonce is not None], values):
        found[row.what].append(row)
    uses = [
        TicketUse(row.jti, row.gate_key_id, row.scan_id, row.leg, row.operator, row.place, row.word, row.at)
        for row in found["use"]
    ]
    return Known(
        credential=_credential(found["key"] or found["device"]),
        uses=sorted(uses, key=lambda use: (use.at, use.scan_id)),
        taken={(row.leg, row.number) for row in found["claim"]},
        proofs=[row.word for row in found["proof"]],
        same=_earlier(found["scan"] or found["echo"]),
        recent=_earlier(found["recent"]),
    )


def accept(tx: Transaction, claim: UseClaim, use: TicketUse, made: Scan) -> Written:
    """Take one use, write it down beside the others, tell its operator's gates with their next bundle, store the scan.

    The unique row of the claim decides: `taken` when somebody else has it, and then nothing is written. `repeated` when
    a scan of this id was stored in the meantime; the caller must roll back or answer as before.
    """
    values = {
        **{f"claim_{name}": value for name, value in columns(claim).items()},
        **{f"use_{name}": value for name, value in columns(use).items()},
        **{f"scan_{name}": value for name, value in columns(made).items()},
    }
    claimed, stored = (_accept_at_once if tx.dialect.name == "postgresql" else _accept_in_steps)(tx, values)
    return "taken" if not claimed else "stored" if stored else "repeated"


def refuse(tx: Transaction, made: Scan) -> Written:
    """Store a scan that used nothing."""
    values = {f"scan_{name}": value for name, value in columns(made).items()}
    return "stored" if tx.execute(_REFUSE[tx.dialect.name], values).rowcount == 1 else "repeated"


def _accept_in_steps(tx: Transaction, values: dict[str, Any]) -> tuple[bool, bool]:
    claim, use, change, scan_ = _STEPS
    if tx.execute(claim, values).rowcount != 1:
        return False, False
    tx.execute(use, values)
    tx.execute(change, values)
    return True, tx.execute(scan_, values).rowcount == 1


def _accept_at_once(tx: Transaction, values: dict[str, Any]) -> tuple[bool, bool]:
    """One round trip: what follows the claim is written only where the claim was."""
    claimed, stored = tx.execute(_AT_ONCE, values).one()
    return bool(claimed), bool(stored)


def _values(table: sa.Table, prefix: str, names: Iterable[str] | None = None) -> dict[str, Any]:
    return {
        name: sa.bindparam(f"{prefix}_{name}", type_=table.c[name].type)
        for name in (names or [column.name for column in table.c])
    }


_CHANGED = {name: sa.bindparam(f"scan_{source}", type_=use_change.c[name].type) for name, source in
            (("operator", "operator"), ("jti", "jti"), ("changed_at", "received_at"))}  # fmt: skip


def _marked(made: Any) -> Any:
    return made.on_conflict_do_update(
        index_elements=["operator", "jti"], set_={"changed_at": made.excluded.changed_at}
    )


def _once(insert: Any, table: sa.Table, prefix: str) -> Any:
    made = insert(table).values(_values(table, prefix)).on_conflict_do_nothing()
    return made.execution_options(preserve_rowcount=True)


_STEPS = (
    _once(sqlite.insert, use_claim, "claim"),
    sa.insert(ticket_use).values(_values(ticket_use, "use")),
    _marked(sqlite.insert(use_change).values(_CHANGED)),
    _once(sqlite.insert, scan, "scan"),
)
_REFUSE = {"sqlite": _STEPS[3], "postgresql": _once(postgresql.insert, scan, "scan")}


def _at_once() -> sa.Select[Any]:
    """PostgreSQL's INSERTs in one statement, each but the first fed by the claim's own row."""
    made = postgresql.insert(use_claim).values(_values(use_claim, "claim")).on_conflict_do_nothing()
    claimed = made.returning(use_claim.c.jti).cte("claimed")

    def fed(table: sa.Table, given: dict[str, Any]) -> Any:
        return postgresql.insert(table).from_select(
            list(given), sa.select(*given.values()).select_from(claimed)
        )

    used = fed(ticket_use, _values(ticket_use, "use")).returning(ticket_use.c.jti).cte("used")
    changed = _marked(fed(use_change, _CHANGED)).returning(use_change.c.jti).cte("changed")
    kept = fed(scan, _values(scan, "scan")).on_conflict_do_nothing().returning(scan.c.scan_id).cte("kept")
    counted = [sa.select(sa.func.count()).select_from(part).scalar_subquery() for part in (claimed, kept)]
    return sa.select(*counted).add_cte(used, changed)


_AT_ONCE = _at_once()

_HOLD = (
    sa.select(ticket.c.status, ticket.c.status_index)
    .where(ticket.c.jti == sa.bindparam("jti", type_=sa.Text()))
    .with_for_update()
)

_COLUMNS: dict[str, Any] = {
    "jti": sa.Text(), "gate_key_id": sa.Text(), "scan_id": sa.Text(), "leg": Int64, "operator": sa.Text(),
    "place": sa.Text(), "word": sa.Text(), "at": Instant(), "until": Instant(), "number": Int64, "text": sa.Text(),
}  # fmt: skip


def _part(what: str, **given: Any) -> sa.Select[Any]:
    """One kind of row, with nothing in the columns that are not its own."""
    shown = [given.get(name, sa.cast(sa.null(), kind)).label(name) for name, kind in _COLUMNS.items()]
    return sa.select(sa.literal(what, sa.Text()).label("what"), *shown)


def _known() -> dict[str, sa.Select[Any]]:
    gate, scan_id, jti = (sa.bindparam(name, type_=sa.Text()) for name in ("gate", "scan", "jti"))
    nonce, since = sa.bindparam("nonce", type_=sa.Text()), sa.bindparam("since", type_=Instant())
    use, claim, echo, proof = ticket_use.c, use_claim.c, scan_echo.c, proof_seen.c
    first, newest = scan.alias("first"), _newest(gate, jti, nonce, since).subquery()
    return {
        "use": _part(
            "use", jti=use.jti, gate_key_id=use.gate_key_id, scan_id=use.scan_id, leg=use.leg,
            operator=use.operator, place=use.gate, word=use.kind, at=use.at,
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
            echo.gate_key_id == gate, echo.scan_id == scan_id, first.c.gate_key_id == gate,
            first.c.scan_id == echo.first_scan_id,
        ),
        "recent": _part(
            "recent", scan_id=newest.c.scan_id, leg=newest.c.leg, word=newest.c.body_hash, text=newest.c.answer
        ),
    }  # fmt: skip


def _newest(gate: Any, jti: Any, nonce: Any, since: Any) -> sa.Select[Any]:
    """The newest scan of a ticket with the same proof at a gate."""
    return (
        sa.select(scan.c.scan_id, scan.c.leg, scan.c.body_hash, scan.c.answer)
        .where(scan.c.jti == jti, scan.c.gate_key_id == gate, scan.c.received_at >= since)
        .where(sa.func.coalesce(scan.c.nonce, "") == nonce)
        .order_by(scan.c.received_at.desc(), scan.c.scan_id.desc())
        .limit(1)
    )


_PARTS = _known()
# Only a device's scan can be the echo of another, and only a ticket with a proof has proofs: what is not asked costs nothing.
_KNOWN = {
    (of_device, with_proof): sa.union_all(*(
        part for what, part in _PARTS.items()
        if (of_device or what not in {"device", "echo", "recent"}) and (with_proof or what != "proof")
        and (not of_device or what != "key")
    ))
    for of_device in (False, True) for with_proof in (False, True)
}  # fmt: skip


def _credential(rows: Sequence[Any]) -> Credential | None:
    return Credential(rows[0].what == "device", rows[0].at, rows[0].until) if rows else None


def _earlier(rows: Sequence[Any]) -> Earlier | None:
    return Earlier(rows[0].scan_id, rows[0].word, rows[0].leg, rows[0].text) if rows else None
