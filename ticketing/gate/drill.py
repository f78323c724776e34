"""Drill a stolen signing key on a copy: how long until every gate refuses the thief's tickets, and whom it costs a ride.

The gates are simulated in this process: each fetches the bundle that the service makes, in its own rhythm, and decides by it.
"""

import random
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.additions import FORMAT
from throughfare_gate.gate.decision import Bundle, Gate, Presented, Seen, decide
from throughfare_gate.tickets.claims import TYP
from throughfare_gate.tickets.jwk import Algorithm, load_jwks
from throughfare_gate.tickets.jws import Signer, header_of
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.gate.house import Gatehouse
from ticketing.gate.publish import prepare, refresh_seconds
from ticketing.gate.reissue import reissue
from ticketing.tickets.issue import TicketOrder, status_list_of, ticket_payload

_THIEFS = 5
_PATIENCE_SECONDS = 120.0
_LAST_PLACE = 2**20 - 1


@dataclass(slots=True, kw_only=True)
class Drill:
    """The outcome: seconds are counted from the moment at which somebody withdraws the key."""

    kid: str
    gates: int
    refresh_seconds: int
    tickets: int
    thiefs_tickets_passed_before: bool = False
    refused_by_the_first_gate: float | None = None
    refused_by_every_gate: float | None = None
    gates_that_still_pass: int = 0
    reissued: int = 0
    reissue_complete: float | None = None
    honest_looked_at: int = 0
    honest_refused: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """True where the key is worth nothing any more, and nobody honest lost by it."""
        refused = self.thiefs_tickets_passed_before and self.gates_that_still_pass == 0
        return refused and not self.honest_refused and self.reissue_complete is not None

    def as_json(self) -> dict[str, Any]:
        """The outcome as a document."""
        told = {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }
        return {**told, "is_well": self.is_well}


@dataclass(slots=True)
class _Door:
    """A simulated gate: its operator, the bundle that it holds, and when it asks again."""

    operator: str
    held: Bundle
    due: float
    refused_at: float | None = None


def drill(
    house: Gatehouse,
    operators: Sequence[str],
    gates: int,
    *,
    looked_at: int = 200,
    say: Callable[[str], None] = lambda _: None,
) -> Drill:
    """Steal the active key of tickets of this house, which must be a copy, withdraw it, and watch gates and holders."""
    kid, private = house.keys.signer_key("ticket")
    pause = refresh_seconds(gates)
    doors = [_door(house, operators[at % len(operators)], random.uniform(0, pause)) for at in range(gates)]
    stolen = {operator: _thiefs(house, Signer(kid, private), operator) for operator in operators}
    sample = _honest(house, kid, house.keys.ring("ticket")[kid].algorithm, looked_at)
    seen = Drill(kid=kid, gates=gates, refresh_seconds=pause, tickets=len(sample))
    answers = {_reason(house, door, token) for door in doors for token in stolen[door.operator]}
    seen.thiefs_tickets_passed_before = bool(answers) and answers <= {"ok", "ok_attention"}
    say(
        f"{gates} gates hold bundles; to a thief's tickets under {kid} they say: {', '.join(sorted(answers))}"
    )
    before = {
        (held.jti, door.operator): _reason(house, door, held.token)
        for held in sample
        for door in _one_each(doors)
    }
    began = time.monotonic()
    house.keys.compromise(kid, house.clock.now())
    say("the key is withdrawn")
    signing = threading.Thread(target=_reissue, args=(house, kid, seen, began), daemon=True)
    signing.start()
    _until_refused(house, doors, stolen, pause, began)
    signing.join(_PATIENCE_SECONDS)
    refused = [door.refused_at for door in doors if door.refused_at is not None]
    seen.gates_that_still_pass = gates - len(refused)
    if refused:
        seen.refused_by_the_first_gate, seen.refused_by_every_gate = min(refused), max(refused)
    _look_at_holders(house, _one_each(doors), before, seen)
    return seen


def _door(house: Gatehouse, operator: str, due: float) -> _Door:
    return _Door(operator, _fetched(house, operator), due)


def _fetched(house: Gatehouse, operator: str) -> Bundle:
    token = prepare(house, operator, 0, FORMAT).sign()
    return bundles.read(token, load_jwks(house.keys.jwks("bundle")))[0]


def _thiefs(house: Gatehouse, signer: Signer, operator: str) -> list[str]:
    """Sign what a thief would: tickets in the form of ours, at places of the list that no ticket has."""
    now = house.clock.now()
    listed = status_list_of(now)
    tokens = []
    for number in range(_THIEFS):
        wanted = TicketOrder(
            jti=secrets.token_urlsafe(16),
            product="through",
            legs=((operator, "A", "B"),),
            passengers=1,
            category=None,
            issued_at=now - timedelta(minutes=1),
            not_before=now - timedelta(minutes=1),
            expires_at=now + timedelta(hours=2),
            status_list=listed,
            status_index=_LAST_PLACE - number,
        )
        payload = ticket_payload(
            wanted, house.press.issuer, house.press.status_uri(listed), demo=house.accept_demo
        )
        tokens.append(signer.sign(TYP, payload))
    return tokens


def _honest(house: Gatehouse, kid: str, algorithm: Algorithm, most: int) -> list[Ticket]:
    """Some tickets of honest holders that the key has signed."""
    with house.database.read() as tx:
        return tickets.list_signed_by(tx, header_of(kid, TYP, algorithm), "", house.clock.now(), most)


def _one_each(doors: Sequence[_Door]) -> list[_Door]:
    return list({door.operator: door for door in doors}.values())


def _reason(house: Gatehouse, door: _Door, token: str) -> str:
    now = int(house.clock.now().timestamp())
    return decide(Presented(token), door.held, Seen(), now, Gate(operator=door.operator)).reason


def _reissue(house: Gatehouse, kid: str, seen: Drill, began: float) -> None:
    seen.reissued = reissue(house.database, house.clock, house.keys, kid)
    seen.reissue_complete = time.monotonic() - began


def _until_refused(
    house: Gatehouse, doors: Sequence[_Door], stolen: dict[str, list[str]], pause: float, began: float
) -> None:
    """Let each gate ask in its rhythm until it refuses all that the thief has signed."""
    while any(door.refused_at is None for door in doors) and time.monotonic() - began < _PATIENCE_SECONDS:
        door = min((one for one in doors if one.refused_at is None), key=lambda one: one.due)
        time.sleep(max(0.0, door.due - (time.monotonic() - began)))
        door.held = _fetched(house, door.operator)
        door.due += pause
        if all(_reason(house, door, token) == "unknown_key" for token in stolen[door.operator]):
            door.refused_at = time.monotonic() - began


def _look_at_holders(
    house: Gatehouse, doors: Sequence[_Door], before: dict[tuple[str, str], str], seen: Drill
) -> None:
    """Show each ticket as its holder fetches it now: it must get the answer that it got before."""
    with house.database.read() as tx:
        held = {jti: tickets.find_ticket(tx, jti) for jti, _ in before}
    by_operator = {door.operator: door for door in doors}
    for (jti, operator), reason in before.items():
        ticket = held[jti]
        now = _reason(house, by_operator[operator], ticket.token) if ticket else "gone"
        seen.honest_looked_at += 1
        if now != reason:
            seen.honest_refused.append(f"{jti} at {operator}: {reason} before, {now} after")
