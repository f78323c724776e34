"""A bundle and a gate of the tram, and what that gate decides."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.ticketing.tickets.mint import NOW, RING, SIGNER, URI
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import Facts
from throughfare_gate.gate.decision import (
    Bundle,
    Decision,
    Gate,
    Policy,
    Presented,
    ProductRule,
    Seen,
    decide,
)
from throughfare_gate.tickets import status_list

TLT = Gate(operator="tlt", stop_id="09005-1", id="g1")
AT = datetime.fromtimestamp(NOW, UTC)


def facts(statuses: dict[int, int] | None = None, **changes: Any) -> Facts:
    base = Facts(
        issuer="throughfare.eu",
        operator="tlt",
        version=1,
        ticket_keys=RING,
        status_keys=RING,
        removed=[],
        lists=[status_list.sign(SIGNER, URI, statuses or {}, AT)],
        rules={"through": ProductRule()},
        uses=[],
        policy=Policy(),
    )
    return replace(base, **changes)


def bundle(statuses: dict[int, int] | None = None, **changes: Any) -> Bundle:
    return bundles.read(bundles.sign(SIGNER, facts(statuses, **changes), AT), RING, "tlt")[0]


def judge(
    token: str, held: Bundle | None = None, *, now: int = NOW, gate: Gate = TLT, seen: Seen | None = None
) -> Decision:
    return decide(Presented.scanned(token), held or bundle(), seen or Seen(), now, gate)
