"""Issue a ticket: what was bought becomes claims, signed by the active ticket key."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from throughfare_gate.tickets import claims
from throughfare_gate.tickets.jws import Signer
from throughfare_gate.tickets.status_list import SIZE
from ticketing.tickets.keys import KeyStore

# All taken: hardly ever below four fifths (0.8 ** 24 is 0.5 %), soon above.
_TRIES = 24
_FURTHER = "bcdefghijklmnopqrstuvwxyz"
_LONG_LIFE = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOrder:
    """The content of a ticket to issue.

    `legs` are (operator, from stop, to stop), (operator, from, to, class) or (operator, `z:AB`), where the class may be
    `claims.bound_to` a departure; `category` is shown to staff, shortened.

    `binding_key` is the phone's public P-256 key (`kty`, `crv`, `x`, `y`) where the ticket is bound to it;
    `uses_per_leg` 0 is unlimited, `uses` limits the whole ticket (carnet). `holder_hash` is `personal.holder_hash`
    of a product that is personal by law; its salt stays with the issuer.
    """

    jti: str
    product: str
    legs: tuple[tuple[str, ...], ...]
    passengers: int
    category: str | None
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    status_list: str
    status_index: int
    uses_per_leg: int = 1
    uses: int | None = None
    binding_key: Mapping[str, str] | None = None
    holder_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """Prints tickets: the keys, who issues, where the status lists are, whether the money is pretended.

    `bound` are the pairs of operator and product whose tickets are good for one departure only.
    """

    keys: KeyStore
    issuer: str
    public_url: str
    demo: bool
    bound: frozenset[tuple[str, str]] = frozenset()

    def status_uri(self, list_id: str) -> str:
        """Return the address of a status list."""
        return f"{self.public_url}/s/{list_id}"

    def sign(self, order: TicketOrder) -> str:
        """Sign one ticket; raises BadClaims as `check` does."""
        kid, key = self.keys.signer_key("ticket")
        return Signer(kid, key).sign(claims.TYP, self.check(order))

    def check(self, order: TicketOrder) -> dict[str, Any]:
        """Write the claims of a ticket; raises BadClaims for what a gate would refuse, which is never issued."""
        payload = ticket_payload(order, self.issuer, self.status_uri(order.status_list), demo=self.demo)
        claims.parse(payload)
        return payload

    def sign_anew(self, payload: dict[str, Any], place: tuple[str, int]) -> str:
        """Sign a ticket whose claims have changed, at another place of the status lists (list and index)."""
        status = {"status_list": {"idx": place[1], "uri": self.status_uri(place[0])}}
        made = {**payload, "status": status}
        claims.parse(made)  # what a gate would refuse is never issued
        return Signer(*self.keys.signer_key("ticket")).sign(claims.TYP, made)


def ticket_payload(order: TicketOrder, issuer: str, status_uri: str, *, demo: bool) -> dict[str, Any]:
    """Write the claims of a ticket. Pure.

    `demo` marks a ticket that pretended money has paid: beyond the claims every ticket may have, and refused
    by each gate whose policy does not accept it.
    """
    payload: dict[str, Any] = {
        "iss": issuer,
        "aud": list(dict.fromkeys(leg[0] for leg in order.legs)),
        "jti": order.jti,
        "iat": int(order.issued_at.timestamp()),
        "nbf": int(order.not_before.timestamp()),
        "exp": int(order.expires_at.timestamp()),
        "v": claims.VERSION,
        "p": order.product,
        "l": [list(leg) for leg in order.legs],
        "n": order.passengers,
        "status": {"status_list": {"idx": order.status_index, "uri": status_uri}},
    }
    if order.uses_per_leg != 1:
        payload["u"] = order.uses_per_leg
    if order.uses is not None:
        payload["c"] = order.uses
    if order.binding_key is not None:
        payload["cnf"] = {"jwk": dict(order.binding_key)}
    if order.holder_hash is not None:
        payload["idh"] = order.holder_hash
    if order.category:
        payload["cat"] = order.category
    if demo:
        payload["demo"] = True
    return payload


def status_list_of(moment: datetime, expires_at: datetime | None = None) -> str:
    """The list for tickets issued now: one a day (UTC), so that it closes when its tickets have expired.

    Tickets that live for longer than a fortnight share one list a month, so that gates need not hold hundreds.
    """
    if expires_at is not None and expires_at - moment > _LONG_LIFE:
        return f"m{moment.astimezone(UTC):%y%m}"
    return f"{moment.astimezone(UTC):%y%m%d}"


def coming_lists(moment: datetime) -> set[str]:
    """The lists of tickets that may be issued before a bundle of now has ended: its gate must hold them already."""
    begun = {
        status_list_of(day, day + life)
        for day in (moment, moment + timedelta(days=1))
        for life in (timedelta(), 2 * _LONG_LIFE)
    }
    return begun | {name + _FURTHER[0] for name in begun}


def choose_place(is_taken: Callable[[str, int], bool], first: str) -> tuple[str, int]:
    """Choose a random free place, so that a neighbour says nothing about order or volume: list and index.

    A list in which so many tries are taken is about four fifths full, and the next one is opened (`261013b`).
    """
    for name in (first, *(first + letter for letter in _FURTHER)):
        for _ in range(_TRIES):
            index = secrets.randbelow(SIZE)
            if not is_taken(name, index):
                return name, index
    raise RuntimeError("every status list of this day is full")
