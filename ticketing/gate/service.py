"""The gate online: read, decide, write. The unique row of a use decides who comes first."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate import sentences, words
from throughfare_gate.gate.decision import Bundle, Decision, Gate, Presented, Reading, Standing, decide
from throughfare_gate.gate.model import Extras
from throughfare_gate.gate.usage import Direction
from throughfare_gate.moments import written
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.claims import Proof
from ticketing.db import Transaction
from ticketing.db.documents import canonical, digest
from ticketing.db.gate import acceptances, presentations, scans
from ticketing.db.gate.acceptances import Written
from ticketing.db.gate.presentations import Asked, Earlier, HeldTicket, Known
from ticketing.db.gate.scans import Echo, Scan
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import UseClaim
from ticketing.db.ticket.uses import TicketUse
from ticketing.errors import Conflict
from ticketing.gate import late, ordered, sailings
from ticketing.gate.credentials import check_credential
from ticketing.gate.house import STATUS_BITS, Gatehouse
from ticketing.gate.projection import judge_again
from ticketing.gate.why import explained
from ticketing.tickets.regroup import Group, find_group, regroup

__all__ = ["Gatehouse", "Presentation", "knowledge", "validate"]

# A camera reads one screen many times a second.
_DEBOUNCE = timedelta(seconds=3)
# The row of the ticket is held, so the first try takes its use; the others are for a database that does not hold rows.
_TRIES = 100
_KNOWN_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """One ticket shown at one gate; `scan_id` is the device's own name for it.

    An enrolled device has a `name` and is one gate; a key may stand for many. `by_hand` is staff who have found
    the ticket without its code. `trip_id` or the planned `departure` name the sailing that is boarding.
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
    trip_id: str | None = None
    departure: datetime | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class _Case:
    """A presentation that has been read: its ticket, its proof, and the digest of what was sent."""

    shown: Presentation
    presented: Presented
    reading: Reading
    proof: Proof | None
    body: str


class _Row(Protocol):
    """The parts of a ticket's row that decide."""

    @property
    def status(self) -> str:
        """Valid, revoked or suspended."""

    @property
    def status_index(self) -> int:
        """The place in the status list that the newest text names."""


def validate(house: Gatehouse, shown: Presentation) -> dict[str, Any]:
    """Decide about a presentation and write it down; the same scan_id gets the same answer.

    Raises Conflict when a scan_id comes back with another body, NotAuthenticated or NotAllowed when the gate's key or
    device is no longer good at this very moment.
    """
    body = digest([shown.token, shown.leg, shown.stop_id, shown.device_ts.isoformat(), *more_of(shown)])
    case = _case(house, shown, body)  # signatures take their time before the database is asked to wait
    with house.database.write() as tx:
        return _settle(tx, house, case)


def more_of(shown: Presentation) -> list[str]:
    """The optional members of a presentation; without it the digest is that of earlier releases."""
    sailing = [f"trip {shown.trip_id}"] if shown.trip_id else []
    if shown.departure:
        sailing.append(f"departure {shown.departure.isoformat()}")
    return [*([shown.direction] if shown.direction else []), *sailing]


def validate_in(tx: Transaction, house: Gatehouse, shown: Presentation, body: str) -> dict[str, Any]:
    """The same inside a transaction that does more."""
    return _settle(tx, house, _case(house, shown, body))


def _case(house: Gatehouse, shown: Presentation, body: str) -> _Case:
    presented = Presented.scanned(shown.token)
    ring = house.keys.ring("ticket")
    guests = {giver for _, giver in house.givers(shown.operator)}
    reading = bundles.read_ticket(ring, presented.token, house.press.issuer, shown.operator, guests=guests)
    key = reading.claims.binding_key if reading.claims else None
    proof = bundles.read_proof(presented.proof, presented.token, key) if key and presented.proof else None
    return _Case(shown, presented, reading, proof, body)


def _settle(tx: Transaction, house: Gatehouse, case: _Case) -> dict[str, Any]:
    """Read, decide, write. The ticket's row is held: a refund, another gate or this very scan sent twice waits."""
    asked = _asked(case, house.clock.now())
    ticket, known = presentations.hold_and_read(tx, asked)
    group = _group(tx, house, asked.jti) if ticket is None and asked.jti else None
    now = house.clock.now()  # what waited for the row comes after what it waited for
    if group or (ticket and _is_judged_again(tx, house, case, now)):
        known = _known(tx, asked, group)
    bundle = _bundle(tx, house, case, ticket, group=group, now=now)
    opening = _opening(asked, ticket, group)
    taken = ordered.for_ticket(tx, case.reading.claims, case.shown.operator, now, opening, hold=True)
    for _ in range(_TRIES):
        check_credential(known.credential, now)
        earlier = _repeated(case, known) or _read_again(tx, case, known, now)
        if earlier:
            return earlier
        seen = ordered.memory(known.uses, known.proofs, asked.jti, case.shown.operator, taken)
        decision = decide(case.presented, bundle, seen, int(now.timestamp()), _gate(case.shown))
        decision = explained(tx, decision, case.reading, case.shown.operator, (ticket, group))
        answer = _answer(house, case.shown, decision, now)
        written_down = _write(tx, case, known, decision, answer=answer, now=now, group=group)
        if written_down == "stored":
            return answer
        if written_down == "repeated" and decision.admit:
            # Never while the ticket's row is held; nothing of this stays.
            raise Conflict("this scan_id is being answered; ask again")
        # Somebody was faster, or a code that names no ticket was sent twice at once: what is known now decides.
        if group and decision.admit:
            break  # some of its tickets may have been written, and nothing of this stays
        known = _known(tx, asked, group)
    raise Conflict("other gates are faster; present the ticket again")


def _bundle(
    tx: Transaction,
    house: Gatehouse,
    case: _Case,
    ticket: _Row | None,
    *,
    group: Group | None,
    now: datetime,
) -> Bundle:
    """Gather the facts about a presented ticket, but for its uses."""
    claims, jti, shown = case.reading.claims, case.reading.jti, case.shown
    return knowledge(
        house,
        shown.operator,
        case.reading,
        group.code if group else ticket,
        case.proof,
        extended=late.extended_until(tx, jti, claims.expires_at if claims else None, now),
        extras=sailings.for_ticket(tx, house, shown.operator, claims, shown.trip_id),
        under_way=_under_way(tx, case, jti, group, now),
    )


def _is_judged_again(tx: Transaction, house: Gatehouse, case: _Case, now: datetime) -> bool:
    """Tell whether the uses of a carnet have been judged anew, before they are counted."""
    claims = case.reading.claims
    return claims is not None and claims.uses is not None and judge_again(tx, claims.jti, house.rules, now)


def _opening(asked: Asked, ticket: HeldTicket | None, group: Group | None) -> list[str]:
    """The tickets that are shown and behind which a pass may stand."""
    if group:
        return [one.jti for one in group.members]
    return [str(asked.jti)] if ticket and ticket.has_pass else []


def _group(tx: Transaction, house: Gatehouse, jti: str) -> Group | None:
    """The group whose code was shown, with the rows of its tickets held.

    The previous release changes tickets and knows no codes: one whose tickets are not what it says is replaced first.
    """
    group = find_group(tx, jti, lock=True)
    if group is None or group.code.status == "revoked":
        return group
    if all(one.status == group.code.status for one in group.members):
        return group
    regroup(tx, house.press, group.code.order_id, house.clock.now())
    return find_group(tx, jti)


def _known(tx: Transaction, asked: Asked, group: Group | None) -> Known:
    if group is None:
        return presentations.read_known(tx, asked)
    return presentations.read_known_of_group(tx, asked, [one.jti for one in group.members])


def _under_way(
    tx: Transaction, case: _Case, jti: str | None, group: Group | None, now: datetime
) -> Mapping[str, int]:
    """Until when staff may let in what is shown by hand although it has ended, by its number."""
    if not case.shown.by_hand or jti is None:
        return {}
    held = group.members[0] if group else tickets.find_ticket(tx, jti)
    until = late.under_way_until(tx, held, now)
    return {jti: next(iter(until.values()))} if until else {}


def knowledge(
    house: Gatehouse,
    operator: str,
    reading: Reading,
    ticket: _Row | None,
    proof: Proof | None = None,
    *,
    extended: Mapping[str, int] | None = None,
    extras: Extras | None = None,
    under_way: Mapping[str, int] | None = None,
) -> Bundle:
    """The server's own knowledge of one ticket, and of the proof shown with it, in the shape of a bundle: always fresh.

    A text that is not the ticket's newest, because it has moved to another phone, is revoked. `extended` says until when
    it is good beyond its end, and `under_way` until when staff may let it in (`late.py`), `extras` what is known of its sailing (`sailings.py`).
    """
    moment = int(house.clock.now().timestamp())
    status = STATUS_BITS[ticket.status] if ticket else status_list.INVALID
    if ticket and reading.claims and reading.claims.status.idx != ticket.status_index:
        status = status_list.INVALID
    standing = Standing(status, moment, moment + _KNOWN_SECONDS)
    return Bundle(
        issuer=house.press.issuer,
        operator="",
        issued_at=moment,
        expires_at=moment + _KNOWN_SECONDS,
        rules=house.rules,
        policy=house.policy(operator),
        read=lambda *_: reading,  # ticket and proof have been read already
        read_proof=lambda *_: proof,
        status_of=lambda *_: standing,
        words=sentences,
        offsets=house.offsets(operator, house.clock.now()),
        extended=extended or {},
        under_way=under_way or {},
        extras=extras or Extras(categories=house.categories),
    )


def _asked(case: _Case, now: datetime) -> Asked:
    shown = case.shown
    return Asked(
        gate_key_id=shown.gate_key_id,
        scan_id=shown.scan_id,
        is_device=shown.name is not None,
        jti=case.reading.jti,
        nonce=case.proof.nonce if case.proof else None,
        since=now - _DEBOUNCE,
        is_by_hand=shown.by_hand,
    )


def _repeated(case: _Case, known: Known) -> dict[str, Any] | None:
    """The answer that this scan_id got before; raises Conflict for another presentation under it."""
    if known.same is None:
        return None
    if known.same.body_hash != case.body:
        raise Conflict("this scan_id was used before for another presentation")
    return _again(case, known.same)


def _read_again(tx: Transaction, case: _Case, known: Known, now: datetime) -> dict[str, Any] | None:
    """The answer of three seconds ago, when one device reads one screen again: it is one scan.

    A key without a device may stand for many gates, and there the second presentation may be a copy; by hand and without a
    stop it is one person who has pressed twice.
    """
    shown, first = case.shown, known.recent
    is_one = shown.name is not None or (shown.by_hand and shown.stop_id is None)
    if not is_one or first is None:
        return None
    if first.leg != (shown.leg if shown.leg is not None else first.leg):
        return None
    scans.add_echo(tx, Echo(shown.gate_key_id, shown.scan_id, case.body, first.scan_id, now))
    return _again(case, first)


def _again(case: _Case, earlier: Earlier) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(earlier.answer)
    return {**answer, "scan_id": case.shown.scan_id}


def _gate(shown: Presentation) -> Gate:
    return Gate(
        operator=shown.operator,
        stop_id=shown.stop_id,
        leg=shown.leg,
        id=shown.name or shown.gate_key_id,
        zone=shown.zone,
        direction=cast("Direction | None", shown.direction),
        by_hand=shown.by_hand,
        trip_id=shown.trip_id,
        departure=int(shown.departure.timestamp()) if shown.departure else None,
    )


def _write(
    tx: Transaction,
    case: _Case,
    known: Known,
    decision: Decision,
    *,
    answer: dict[str, Any],
    now: datetime,
    group: Group | None,
) -> Written:
    """Write the scan down, and the lowest free use of the leg where it is let in: of each ticket of a group."""
    shown = case.shown
    scan = Scan(
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
        nonce=case.proof.nonce if case.proof else None,
        direction=shown.direction,
    )
    if not decision.admit:
        return acceptances.refuse(tx, scan)
    jti, leg = str(decision.jti), decision.leg or 0
    use_no = known.next_use_no(leg)
    used = [held.jti for held in group.members] if group else [jti]
    taken = [
        (
            UseClaim(
                jti=one,
                leg=leg,
                use_no=use_no,
                operator=shown.operator,
                gate_key_id=shown.gate_key_id,
                scan_id=shown.scan_id,
                stop_id=shown.stop_id,
                at=now,
            ),
            TicketUse(
                jti=one,
                gate_key_id=shown.gate_key_id,
                scan_id=shown.scan_id,
                leg=leg,
                operator=shown.operator,
                gate=shown.name or shown.stop_id,
                kind=decision.kind,
                at=now.replace(microsecond=0),
            ),
        )
        for one in used
    ]
    written_down = (
        acceptances.accept_group(tx, taken, scan) if group else acceptances.accept(tx, *taken[0], scan)
    )
    if written_down == "stored" and decision.nonce:
        scans.remember_proof(tx, jti, decision.nonce, now)
    return written_down


def _answer(house: Gatehouse, shown: Presentation, decision: Decision, now: datetime) -> dict[str, Any]:
    return {
        "scan_id": shown.scan_id,
        "decision": "accept" if decision.admit else "refuse",
        **words.told(decision, shown.language, house.names.at(shown.operator)),
        "leg": decision.leg,
        "jti": decision.jti,
        "decided_at": written(now),
    }
