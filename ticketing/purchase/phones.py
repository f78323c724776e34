"""To which phones the tickets of an order will be bound: named with the order, checked against the product's rule. Pure.

Decided when the order is placed, because a ticket that is bound is never signed without its phone first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ticketing.db.offers import Quote
from ticketing.db.tickets import Ticket
from ticketing.errors import Fault, InvalidRequest
from ticketing.tickets.jwk import BadKey, phone_key
from ticketing.tickets.own import payload_of
from ticketing.tickets.products import ProductRule


@dataclass(frozen=True, slots=True)
class PhoneOf:
    """The public key (JWK, P-256) of one passenger's phone."""

    passenger: str
    key: Mapping[str, Any]


def keys_for(
    quote: Quote, rule: ProductRule, named: Sequence[PhoneOf], exchanged: Iterable[Ticket] = ()
) -> dict[str, dict[str, str]]:
    """The key of each passenger's phone, as tickets hold it.

    Who exchanges a ticket keeps its phone unless another is named. Raises InvalidRequest for a stranger, a key
    that must not be used, a product whose tickets are not bound, or one whose tickets must be and are not.
    """
    refs = [passenger["ref"] for passenger in quote.document["passengers"]]
    faults = []
    found: dict[str, dict[str, str]] = {}
    for at, one in enumerate(named):
        if one.passenger not in refs or one.passenger in found:
            faults.append(
                Fault(f"phones[{at}].passenger", f"{one.passenger!r} is no passenger, or named twice")
            )
            continue
        try:
            found[one.passenger] = phone_key(one.key)
        except BadKey as error:
            faults.append(Fault(f"phones[{at}].key", str(error)))
    if named and rule.binding == "none":
        faults.append(Fault("phones", "tickets of this product are not bound to a phone"))
    if rule.binding != "none":
        found = {ref: key for ref, key in _bound(exchanged).items() if ref in refs} | found
    without = [ref for ref in refs if ref not in found]
    if rule.binding == "required" and without and not faults:
        faults.append(
            Fault("phones", f"tickets of this product are bound to a phone; {without[0]!r} has none")
        )
    if faults:
        raise InvalidRequest(faults[0].message, faults)
    return found


def _bound(held: Iterable[Ticket]) -> dict[str, dict[str, str]]:
    """The phones that tickets are bound to now."""
    return {
        one.passenger_ref: bound["jwk"]
        for one in held
        if one.status == "valid" and (bound := payload_of(one.token).get("cnf"))
    }
