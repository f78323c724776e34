"""A gate that reads codes as they are, without signatures: what it decides about values that a test lays out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from throughfare_gate.gate import sentences
from throughfare_gate.gate.decision import (
    Bundle,
    Decision,
    Gate,
    Policy,
    Presented,
    ProductRule,
    Reading,
    Seen,
    Use,
)
from throughfare_gate.gate.decision import decide as decided
from throughfare_gate.gate.model import Memory, Standing
from throughfare_gate.tickets.claims import Leg, Proof, Status, TicketClaims

HOUR = 3600
DAY = 24 * HOUR
# A whole minute, as departures have.
NOW = 30_000_000 * 60
JTI = "A" * 22
CODE, KEY = "code", {"x": "phone"}
NEW = Standing(0, NOW - 60, NOW + 9 * DAY)
GATE = Gate(operator="tlt")
TICKET = TicketClaims(
    issuer="issuer",
    audience=("tlt", "hsl"),
    jti=JTI,
    issued_at=NOW - HOUR,
    not_before=NOW - HOUR,
    expires_at=NOW + HOUR,
    product="through",
    legs=(Leg("tlt", "a", "b", None), Leg("hsl", "c", "d", None)),
    passengers=1,
    uses_per_leg=1,
    uses=None,
    category=None,
    status=Status("list", 5),
    binding_key=None,
    demo=False,
)


def ticket(**changes: Any) -> TicketClaims:
    """A good ticket for a ride of the tram and one of another operator."""
    return replace(TICKET, **changes)


def rides(*ends: str, operator: str = "tlt", **more: Any) -> tuple[Leg, ...]:
    """Legs of an operator from their ends: `ab` is a ride from a to b."""
    return tuple(Leg(operator, start, end, None, **more) for start, end in ends)


def knowing(
    rule: ProductRule | None = None,
    standing: Standing | None = NEW,
    proof: Proof | None = None,
    **changes: Any,
) -> Bundle:
    """Make the knowledge of a gate: a product's rule, its list's word on the ticket, and a phone's proof."""

    def status_of(uri: str, index: int) -> Standing | None:
        return standing if (uri, index) == TICKET.status else None

    def read_proof(shown: str, token: str, key: Mapping[str, str]) -> Proof | None:
        return proof if (shown, token, key) == ("proof", CODE, KEY) else None

    base = Bundle(
        issuer="issuer",
        operator="tlt",
        issued_at=NOW - 60,
        expires_at=NOW + 9 * DAY,
        rules={"through": rule or ProductRule()},
        policy=Policy(),
        read=lambda *_: Reading("malformed", None),
        read_proof=read_proof,
        status_of=status_of,
        words=sentences,
    )
    return replace(base, **changes)


def decide(
    shown: TicketClaims | Reading,
    known: Bundle | None = None,
    *,
    at: int = 0,
    gate: Gate = GATE,
    seen: Memory | None = None,
    proof: str | None = None,
) -> Decision:
    """Decide about a code, so many seconds `at` from now; it is read for the gate's issuer and operator alone."""
    bundle = known or knowing()

    def read(code: str, issuer: str, operator: str) -> Reading:
        if (code, issuer, operator) != (CODE, "issuer", gate.operator):
            return Reading("malformed", None)
        return shown if isinstance(shown, Reading) else Reading(None, shown)

    bundle = replace(bundle, read=read)
    return decided(Presented(CODE, proof), bundle, seen or Seen(), NOW + at, gate)


def used(ago: int = 600, leg: int = 0, gate: str | None = "g0", kind: Any = "ride", jti: str = JTI) -> Use:
    """A use so many seconds ago."""
    return Use(jti, leg, NOW - ago, gate, kind)
