"""Bind the tickets of an order to their holders: the phones that show them, the names that make them personal.

Decided when the order is placed, because a ticket is never signed for somebody else first. A name becomes a salted
hash at once and is kept nowhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

from throughfare_gate.tickets.jwk import BadKey, phone_key
from throughfare_gate.tickets.products import ProductRule
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.order_holders import Holder
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Fault, InvalidRequest
from ticketing.tickets import personal
from ticketing.tickets.own import payload_of


@dataclass(frozen=True, slots=True)
class PhoneOf:
    """The public key (JWK, P-256) of one passenger's phone."""

    passenger: str
    key: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NameOf:
    """The name of one passenger, as it stands in their document."""

    passenger: str
    name: str


N = TypeVar("N", PhoneOf, NameOf)
T = TypeVar("T")


def holders_for(
    quote: Quote,
    rule: ProductRule,
    phones: Sequence[PhoneOf],
    names: Sequence[NameOf],
    exchanged: Mapping[str, Holder] = MappingProxyType({}),
) -> dict[str, Holder]:
    """The holder of each passenger's ticket, where one is named.

    Who exchanges a ticket keeps its phone and its name unless others are named (`exchanged`). Raises InvalidRequest for a stranger, a key that
    must not be used, an empty name, a product whose tickets are not bound, or one whose tickets must be and are not.
    """
    refs = [passenger.ref for passenger in quote.document.passengers]
    faults: list[Fault] = []
    keys = _keys(refs, rule, phones, exchanged, faults)
    hashed = _each("names", names, refs, faults, lambda one: _hashed(one.name))
    if faults:
        raise InvalidRequest(faults[0].message, faults)
    kept = {ref: one for ref, one in exchanged.items() if one.idh and ref in refs}
    return {
        ref: replace((kept | hashed).get(ref, Holder()), jwk=keys.get(ref))
        for ref in refs
        if ref in keys or ref in kept or ref in hashed
    }


def held_by(ticket: Ticket, salt: str | None) -> Holder:
    """Return the present holder of a ticket."""
    payload = payload_of(ticket.token)
    bound, idh = payload.get("cnf"), payload.get("idh")
    return Holder(bound["jwk"] if bound else None, salt, idh if salt else None)


def _keys(
    refs: Sequence[str],
    rule: ProductRule,
    phones: Sequence[PhoneOf],
    exchanged: Mapping[str, Holder],
    faults: list[Fault],
) -> dict[str, Mapping[str, str]]:
    keys: dict[str, Mapping[str, str]] = _each("phones", phones, refs, faults, lambda one: phone_key(one.key))
    if phones and rule.binding == "none":
        faults.append(Fault("phones", "tickets of this product are not bound to a phone"))
    if rule.binding != "none":
        keys = {ref: one.jwk for ref, one in exchanged.items() if one.jwk and ref in refs} | keys
    without = [ref for ref in refs if ref not in keys]
    if rule.binding == "required" and without and not faults:
        faults.append(
            Fault("phones", f"tickets of this product are bound to a phone; {without[0]!r} has none")
        )
    return keys


def _each(
    path: str, named: Sequence[N], refs: Sequence[str], faults: list[Fault], read: Callable[[N], T]
) -> dict[str, T]:
    """Read the rows about passengers, each passenger at most once; faults name the row and the field."""
    by_ref: dict[str, T] = {}
    for at, row in enumerate(named):
        if row.passenger not in refs or row.passenger in by_ref:
            faults.append(
                Fault(f"{path}[{at}].passenger", f"{row.passenger!r} is no passenger, or named twice")
            )
            continue
        try:
            by_ref[row.passenger] = read(row)
        except BadKey as error:
            faults.append(Fault(f"{path}[{at}].key", str(error)))
        except ValueError as error:
            faults.append(Fault(f"{path}[{at}].name", str(error)))
    return by_ref


def _hashed(name: str) -> Holder:
    if not personal.spelled(name):
        raise ValueError("a name has letters")
    salt = personal.new_salt()
    return Holder(salt=salt, idh=personal.holder_hash(salt, name))
