"""The gate online: read, decide, write. The unique row of a use decides who comes first."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from ticketing.clock import written
from ticketing.db import Transaction, scans, tickets, uses
from ticketing.db.documents import canonical, digest
from ticketing.db.scans import Echo, Scan
from ticketing.db.tickets import Ticket, UseClaim
from ticketing.db.uses import TicketUse
from ticketing.errors import Conflict
from ticketing.gate import bundle as bundles
from ticketing.gate.decision import Bundle, Decision, Gate, Presented, Reading, Seen, Use, decide
from ticketing.gate.house import STATUS_BITS, Gatehouse
from ticketing.gate.usage import Direction, Kind
from ticketing.gate.words import passenger_sees
from ticketing.tickets import status_list

__all__ = ["Gatehouse", "Presentation", "knowledge", "validate"]

_PROOF_MEMORY = timedelta(seconds=90)
# A camera reads one screen many times a second.
_DEBOUNCE = timedelta(seconds=3)
# The row of the ticket is held, so the first try takes its use; the others are for a database that does not hold rows.
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Presentation:
    """One ticket shown at one gate; `scan_id` is the device's own name for it.

    An enrolled device has a `name` and is one gate; a key may stand for many. `by_hand` is staff who have found
    the ticket without its code.
    """

    gate_key_id: str
    operator: str
    scan_id: str
    token: str
    leg: int | None
    stop_id: str | None
    device_ts: datetime
    name: str | None = None
    zone: str | None = None
    direction: str | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """A presentation that has been read, with its ticket's row and the digest of what was sent."""

    presented: Presented
    reading: Reading
    ticket: Ticket | None
    body: str


def validate(house: Gatehouse, shown: Presentation) -> dict[str, Any]:
    """Decide about a presentation and write it down; the same scan_id gets the same answer.

    Raises Conflict when a scan_id comes back with another body.
    """
    more = [shown.direction] if shown.direction else []
    body = digest([shown.token, shown.leg, shown.stop_id, shown.device_ts.isoformat(), *more])
    with house.database.write() as tx:
        return validate_in(tx, house, shown, body)


def validate_in(tx: Transaction, house: Gatehouse, shown: Presentation, body: str) -> dict[str, Any]:
    """The same inside a transaction that does more."""
    presented = Presented.scanned(shown.token)
    ring = house.keys.ring("ticket")
    reading = bundles.read_ticket(ring, presented.token, house.press.issuer, shown.operator)
    # The ticket's row is held: a refund, another gate or this very scan sent twice waits for the answer.
    ticket = tickets.find_ticket(tx, reading.jti, lock=True) if reading.jti else None
    known = _repeated(tx, shown, body) or _read_again(
        tx, shown, reading, presented, body=body, now=house.clock.now()
    )
    return known or _decide(tx, house, shown, _Case(presented, reading, ticket, body))


def knowledge(house: Gatehouse, operator: str, reading: Reading, ticket: Ticket | None) -> Bundle:
    """The server's own knowledge of one ticket in the shape of a bundle: always fresh.

    A text that is not the ticket's newest, because it has moved to another phone, is revoked.
    """
    moment = int(house.clock.now().timestamp())
    status = STATUS_BITS[ticket.status] if ticket else status_list.INVALID
    if ticket and reading.claims and reading.claims.status.idx != ticket.status_index:
        status = status_list.INVALID
    assembled = bundles.assemble(
        issuer=house.press.issuer,
        operator="",
        times=(moment, moment + 60),
        ring={},  # the ticket has been read already
        lists=[],
        rules=house.rules,
        policy=house.policy(operator),
    )
    known = bundles.with_status(assembled, status, moment)
    return replace(known, read=lambda *_: reading, offsets=house.offsets(operator, house.clock.now()))


def memory(tx: Transaction, used: list[TicketUse], jti: str | None, shown: Presented, operator: str) -> Seen:
    """What is remembered of a ticket; where another operator saw it stays unsaid."""
    known = [
        Use(
            use.jti, use.leg, int(use.at.timestamp()),
            (use.gate or use.gate_key_id) if use.operator == operator else None,
            cast("Kind", use.kind),
        )
        for use in used
    ]  # fmt: skip
    proofs = scans.list_proofs(tx, jti) if jti and shown.proof else []
    return Seen(known, frozenset((jti or "", nonce) for nonce in proofs))


def _repeated(tx: Transaction, shown: Presentation, body: str) -> dict[str, Any] | None:
    """The answer that this scan_id got before; raises Conflict for another presentation under it."""
    earlier = scans.find_scan(tx, shown.gate_key_id, shown.scan_id)
    known = earlier.body_hash if earlier else None
    if earlier is None:
        if shown.name is None:
            return None  # only a device's scan can be the echo of another
        echo = scans.find_echo(tx, shown.gate_key_id, shown.scan_id)
        if echo is None:
            return None
        known, earlier = echo.body_hash, scans.find_scan(tx, shown.gate_key_id, echo.first_scan_id)
    if known != body or earlier is None:
        raise Conflict("this scan_id was used before for another presentation")
    answer: dict[str, Any] = json.loads(earlier.answer)
    return {**answer, "scan_id": shown.scan_id}


def _decide(tx: Transaction, house: Gatehouse, shown: Presentation, case: _Case) -> dict[str, Any]:
    now = house.clock.now()
    presented, reading, jti = case.presented, case.reading, case.reading.jti
    gate = Gate(
        shown.operator, shown.stop_id, shown.leg, shown.name or shown.gate_key_id, shown.zone,
        cast("Direction | None", shown.direction), by_hand=shown.by_hand,
    )  # fmt: skip
    bundle = knowledge(house, shown.operator, reading, case.ticket)
    for _ in range(_TRIES):
        used = uses.list_uses(tx, jti) if jti else []
        seen = memory(tx, used, jti, presented, shown.operator)
        decision = decide(presented, bundle, seen, int(now.timestamp()), gate)
        if not decision.admit or _claim(tx, decision, shown, used, now):
            break
    else:
        raise Conflict("other gates are faster; present the ticket again")
    if decision.admit and decision.nonce and decision.jti:
        scans.remember_proof(tx, decision.jti, decision.nonce, now, _PROOF_MEMORY)
    answer = _answer(shown, decision, now)
    stored = scans.insert_scan(
        tx,
        Scan(
            gate_key_id=shown.gate_key_id,
            scan_id=shown.scan_id,
            operator=shown.operator,
            body_hash=case.body,
            jti=decision.jti,
            leg=decision.leg,
            stop_id=shown.stop_id,
            decision=answer["decision"],
            reason=decision.reason,
            answer=canonical(answer),
            device_ts=shown.device_ts,
            received_at=now,
            nonce=_nonce(reading, presented),
            direction=shown.direction,
        ),
    )
    # A code that names no ticket, sent twice at once: the first answer stands.
    return answer if stored else _repeated(tx, shown, case.body) or answer


def _read_again(
    tx: Transaction, shown: Presentation, reading: Reading, presented: Presented, *, body: str, now: datetime
) -> dict[str, Any] | None:
    """The answer of three seconds ago, when one device reads one screen again: it is one scan.

    A key without a device may stand for many gates, and there the second presentation may be a copy.
    """
    if shown.name is None or reading.jti is None:
        return None
    nonce = _nonce(reading, presented)
    first = scans.find_recent(tx, shown.gate_key_id, reading.jti, nonce, now - _DEBOUNCE)
    if first is None or first.leg != (shown.leg if shown.leg is not None else first.leg):
        return None
    scans.add_echo(tx, Echo(shown.gate_key_id, shown.scan_id, body, first.scan_id, now))
    answer: dict[str, Any] = json.loads(first.answer)
    return {**answer, "scan_id": shown.scan_id}


def _nonce(reading: Reading, presented: Presented) -> str | None:
    """The nonce of a genuine proof."""
    key = reading.claims.binding_key if reading.claims else None
    proof = bundles.read_proof(presented.proof, presented.token, key) if key and presented.proof else None
    return proof.nonce if proof else None


def _claim(
    tx: Transaction, decision: Decision, shown: Presentation, used: list[TicketUse], now: datetime
) -> bool:
    """Take the lowest free use of the leg and write it down; False when somebody was faster."""
    jti, leg = str(decision.jti), decision.leg or 0
    taken = [claim.use_no for claim in tickets.list_claims(tx, jti) if claim.leg == leg]
    claim = UseClaim(
        jti, leg, 1 + max(taken, default=0), shown.operator, shown.gate_key_id, shown.scan_id, shown.stop_id, now
    )  # fmt: skip
    if not tickets.claim_use(tx, claim):
        return False
    use = TicketUse(
        jti, shown.gate_key_id, shown.scan_id, leg, shown.operator, shown.name or shown.stop_id, decision.kind,
        now.replace(microsecond=0),
    )  # fmt: skip
    uses.put_uses(tx, jti, used, [*used, use], now)
    return True


def _answer(shown: Presentation, decision: Decision, now: datetime) -> dict[str, Any]:
    return {
        "scan_id": shown.scan_id,
        "decision": "accept" if decision.admit else "refuse",
        "reason": decision.reason,
        "attention": decision.attention,
        "passenger_sees": passenger_sees(decision),
        "staff_sees": decision.staff,
        "leg": decision.leg,
        "jti": decision.jti,
        "decided_at": written(now),
    }
