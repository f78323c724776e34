"""Hold one presentation on its way through the checks of a gate, and what they find out."""

from dataclasses import dataclass, field
from typing import Literal

from throughfare_gate.gate.model import Bundle, Gate, Memory, Note, Presented, Values
from throughfare_gate.gate.usage import Kind, Use
from throughfare_gate.tickets.claims import TicketClaims

NO_LEG = -1
NONE: Values = {}
Refusal = tuple[str, Values]


@dataclass(slots=True, kw_only=True)
class Case:
    """One presentation on its way through the checks, and what they find out."""

    presented: Presented
    claims: TicketClaims
    bundle: Bundle
    seen: Memory
    now: int
    gate: Gate
    used: list[Use]
    leg: int = NO_LEG
    nonce: str | None = None
    kind: Kind | Literal["inspection"] = "ride"
    notes: list[Note] = field(default_factory=list)
