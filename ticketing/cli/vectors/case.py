"""Hold one case of the vectors, and write the parts that many of them share."""

from collections.abc import Mapping
from datetime import UTC, datetime

from throughfare_gate.tickets.claims import bound_to
from ticketing.cli.vectors.signing import JTI, NOW, URI, ticket

# Its name, the bundle's name, the members of the request that are not the usual ones, the reason and the ticket's identity.
Request = Mapping[str, object]
Row = tuple[str, str, Request, str, str | None]
OPERATOR = "tlt"
USUAL: Request = {
    "proof": None,
    "gate": {"operator": OPERATOR, "stop_id": None, "leg": None},
    "at": NOW,
    "seen": [],
    "proofs": [],
}


def use(
    ago: int, leg: int = 0, gate: str | None = "g0", kind: str = "ride", jti: str = JTI
) -> Mapping[str, object]:
    """Write a use so many seconds ago."""
    plain = {"jti": jti, "leg": leg, "ts": NOW - ago, "gate": gate}
    return plain if kind == "ride" else {**plain, "kind": kind}


def way(direction: str) -> Request:
    """Write a gate that leads in or out."""
    return {"operator": OPERATOR, "direction": direction}


def place(index: int, uri: str = URI) -> Mapping[str, object]:
    """Write the claim that places a ticket in a status list."""
    return {"status": {"status_list": {"idx": index, "uri": uri}}}


def own_legs() -> Mapping[str, object]:
    """Write the claims of a ticket with two legs of this operator."""
    return {"l": [["tlt", "a", "b"], ["tlt", "b", "c"]], "aud": ["tlt"]}


def bound_leg(departure: int, *legs: list[str]) -> str:
    """Sign a ticket whose first leg is bound to a departure."""
    return ticket(l=[["tlt", "a", "b", bound_to(departure)], *legs], aud=["tlt", *(leg[0] for leg in legs)])


def boarding(at: int = 0, **named: object) -> Request:
    """Write a gate where a sailing boards, so many seconds from now."""
    return {"gate": {"operator": OPERATOR, "stop_id": "a", **named}, "at": NOW + at}


def whole(request: Request) -> Request:
    """Complete a request with the usual members, and write its time as the contract wants it (RFC 3339)."""
    complete = {**USUAL, **request}
    moment = complete["at"]
    if isinstance(moment, int):
        complete["at"] = datetime.fromtimestamp(moment, UTC).isoformat()
    return complete
