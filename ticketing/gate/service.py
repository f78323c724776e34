"""The gate online: read, decide, write. The unique row of a use decides who comes first."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ticketing.clock import Clock, written
from ticketing.db import Database, Transaction, scans, tickets
from ticketing.db.documents import canonical, digest
from ticketing.db.scans import Scan
from ticketing.db.tickets import Use as UseRow
from ticketing.errors import Conflict, NotFound
from ticketing.gate import bundle as bundles
from ticketing.gate.decision import Bundle, Decision, Gate, Policy, Presented, ProductRule, Seen, Use, decide
from ticketing.gate.words import passenger_sees
from ticketing.tickets import status_list
from ticketing.tickets.issue import Press
from ticketing.tickets.jws import Signer
from ticketing.tickets.keys import KeyStore, Kind

# One ticket for the whole way: each leg once, paper allowed, no second gate within a minute.
RULES = {"through": ProductRule(binding="optional", passback_seconds=60)}
_PROOF_MEMORY = timedelta(seconds=90)
_STATUS_BITS = {
    "valid": status_list.VALID,
    "revoked": status_list.INVALID,
    "suspended": status_list.SUSPENDED,
}


@dataclass(frozen=True, slots=True)
class Gatehouse:
    """What the gates' room needs. `accept_demo` lets tickets pass that pretended money has paid."""

    database: Database
    clock: Clock
    keys: KeyStore
    press: Press
    accept_demo: bool


@dataclass(frozen=True, slots=True)
class Presentation:
    """One ticket shown at one gate; `scan_id` is the device's own name for it."""

    gate_key_id: str
    operator: str
    scan_id: str
    token: str
    leg: int | None
    stop_id: str | None
    device_ts: datetime


@dataclass(frozen=True, slots=True)
class SignedBundle:
    """A bundle with the tag of its content."""

    token: str
    etag: str


def validate(house: Gatehouse, shown: Presentation) -> dict[str, Any]:
    """Decide about a presentation and write it down; the same scan_id gets the same answer.

    Raises Conflict when a scan_id comes back with another body.
    """
    body = digest([shown.token, shown.leg, shown.stop_id, shown.device_ts.isoformat()])
    with house.database.write() as tx:
        earlier = scans.find_scan(tx, shown.gate_key_id, shown.scan_id)
        return _repeated(earlier, body) if earlier else _decide(tx, house, shown, body)


def bundle(house: Gatehouse, operator: str) -> SignedBundle:
    """Sign what an operator's gates need for the next 24 hours."""
    now = house.clock.now()
    with house.database.read() as tx:
        lists = tickets.live_lists(tx, now)
        used = tickets.list_uses_of_operator(tx, operator, now)
    facts = bundles.Facts(
        issuer=house.press.issuer,
        operator=operator,
        version=int(now.timestamp()),
        ticket_keys=house.keys.ring("ticket"),
        status_keys=house.keys.ring("status"),
        removed=house.keys.removed("ticket"),
        lists=[status_list_token(house, list_id, now) for list_id in lists],
        rules=RULES,
        uses=[Use(use.jti, use.leg, int(use.at.timestamp()), use.stop_id) for use in used],
        policy=_policy(house),
    )
    etag = digest([[use.jti, use.leg, use.at] for use in facts.uses] + [_revoked(house, name, now) for name in lists]
                  + [sorted(facts.ticket_keys), now.strftime("%Y-%m-%dT%H")])  # fmt: skip
    return SignedBundle(bundles.sign(Signer(*house.keys.signer_key("bundle")), facts, now), etag)


def jwks(house: Gatehouse, kind: Kind) -> dict[str, Any]:
    """The public keys that verify one kind of token."""
    return house.keys.jwks(kind)


def status_list_of(house: Gatehouse, list_id: str) -> str:
    """A signed status list; raises NotFound for one that no live ticket points to."""
    now = house.clock.now()
    with house.database.read() as tx:
        if not tickets.has_list(tx, list_id):
            raise NotFound("there is no such status list")
    return status_list_token(house, list_id, now)


def status_list_token(house: Gatehouse, list_id: str, now: datetime) -> str:
    """Sign the state of one status list."""
    signer = Signer(*house.keys.signer_key("status"))
    bits = {index: _STATUS_BITS[status] for index, status in _revoked(house, list_id, now)}
    return status_list.sign(signer, house.press.status_uri(list_id), bits, now)


def _revoked(house: Gatehouse, list_id: str, now: datetime) -> list[tuple[int, str]]:
    with house.database.read() as tx:
        return sorted(tickets.statuses(tx, list_id, now).items())


def _repeated(earlier: Scan, body: str) -> dict[str, Any]:
    """The answer that this scan_id got before; raises Conflict for another presentation under it."""
    if earlier.body_hash != body:
        raise Conflict("this scan_id was used before for another presentation")
    answer: dict[str, Any] = json.loads(earlier.answer)
    return answer


def _decide(tx: Transaction, house: Gatehouse, shown: Presentation, body: str) -> dict[str, Any]:
    now = house.clock.now()
    presented = Presented.scanned(shown.token)
    gate = Gate(shown.operator, shown.stop_id, shown.leg, shown.gate_key_id)
    reading = bundles.read_ticket(
        house.keys.ring("ticket"), presented.token, house.press.issuer, shown.operator
    )
    jti = reading.jti
    # The ticket's row is held: a refund, another gate or this very scan sent twice waits for the answer.
    ticket = tickets.find_ticket(tx, jti, lock=True) if jti else None
    known = scans.find_scan(tx, shown.gate_key_id, shown.scan_id)
    if known:
        return _repeated(known, body)
    status = _STATUS_BITS[ticket.status] if ticket else status_list.INVALID
    knowledge = replace(_online(house, now, status), read=lambda *_: reading)
    while True:
        used = tickets.list_uses(tx, jti) if jti else []
        decision = decide(presented, knowledge, _seen(tx, used, jti, presented), int(now.timestamp()), gate)
        if not decision.admit or _claim(tx, decision, shown, used, now):
            break
    if decision.admit and decision.nonce and decision.jti:
        scans.remember_proof(tx, decision.jti, decision.nonce, now, _PROOF_MEMORY)
    answer = _answer(shown, decision, now)
    stored = scans.insert_scan(
        tx,
        Scan(
            gate_key_id=shown.gate_key_id,
            scan_id=shown.scan_id,
            operator=shown.operator,
            body_hash=body,
            jti=decision.jti,
            leg=decision.leg,
            stop_id=shown.stop_id,
            decision=answer["decision"],
            reason=decision.reason,
            answer=canonical(answer),
            device_ts=shown.device_ts,
            received_at=now,
        ),
    )
    if not stored:  # a code that names no ticket, sent twice at once: the first answer stands
        first = scans.find_scan(tx, shown.gate_key_id, shown.scan_id)
        return _repeated(first, body) if first else answer
    return answer


def _online(house: Gatehouse, now: datetime, status: int) -> Bundle:
    """The server's own knowledge in the shape of a bundle: always fresh."""
    moment = int(now.timestamp())
    assembled = bundles.assemble(
        issuer=house.press.issuer,
        operator="",
        times=(moment, moment + 60),
        ring=house.keys.ring("ticket"),
        lists=[],
        rules=RULES,
        policy=_policy(house),
    )
    return bundles.with_status(assembled, status, moment)


def _seen(tx: Transaction, used: list[UseRow], jti: str | None, presented: Presented) -> Seen:
    uses = [Use(use.jti, use.leg, int(use.at.timestamp()), use.stop_id or use.gate_key_id) for use in used]
    proofs = scans.list_proofs(tx, jti) if jti and presented.proof else []
    return Seen(uses, frozenset((jti or "", nonce) for nonce in proofs))


def _claim(
    tx: Transaction, decision: Decision, shown: Presentation, used: list[UseRow], now: datetime
) -> bool:
    """Take the lowest free use of the leg; False when somebody was faster."""
    leg = decision.leg or 0
    number = 1 + max((use.use_no for use in used if use.leg == leg), default=0)
    row = UseRow(
        str(decision.jti), leg, number, shown.operator, shown.gate_key_id, shown.scan_id, shown.stop_id, now
    )
    return tickets.claim_use(tx, row)


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


def _policy(house: Gatehouse) -> Policy:
    return Policy(accept_demo=house.accept_demo)
