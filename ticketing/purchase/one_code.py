"""Decide whether one code can stand for the people of an order, and who holds it, when the order is placed.

One person carries it, so one phone and one name at most. The tickets behind it are bound to that phone too: a code that is
dissolved later becomes no weaker by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from operators.place_kinds import FOOT, kind_of
from throughfare_gate.tickets.products import ProductRule
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.order_holders import Holder
from ticketing.errors import Fault, InvalidRequest
from ticketing.frozen import PricedPassenger
from ticketing.purchase.holders import NameOf, PhoneOf, holders_for
from ticketing.tickets.group import FEWEST, MOST


def holders_of_group(
    quote: Quote,
    rule: ProductRule,
    phones: Sequence[PhoneOf],
    names: Sequence[NameOf],
    exchanged: Mapping[str, Holder] = MappingProxyType({}),
) -> dict[str, Holder]:
    """The holders of tickets for which one code will stand, as `holders_for` gives them for tickets of their own.

    Raises InvalidRequest where one code cannot stand for them, and for more than one phone or name.
    """
    faults = _faults(quote, phones, names)
    if faults:
        raise InvalidRequest(faults[0].message, faults)
    everybody = [passenger.ref for passenger in quote.document.passengers]
    carried = {one.passenger for one in phones} <= set(everybody)
    shared = [PhoneOf(ref, phones[0].key) for ref in everybody] if phones and carried else phones
    found = holders_for(quote, rule, shared, names, exchanged)
    return _on_one_phone(found, everybody)


def _faults(quote: Quote, phones: Sequence[PhoneOf], names: Sequence[NameOf]) -> list[Fault]:
    people = _people(quote)
    faults = []
    if quote.document.season is not None:
        faults.append(Fault("code", "a pass is one person's; a group code is for tickets of one journey"))
    elif not FEWEST <= len(people) <= MOST:
        faults.append(
            Fault("code", f"a group code is for {FEWEST} to {MOST} people; this order is for {len(people)}")
        )
    paid = [one.ref for one in people if _rides_on_pass(one)]
    if paid:
        faults.append(
            Fault("code", f"a pass or carnet pays rides of {paid[0]}; a group code is only for tickets")
        )
    carriers = {one.passenger for one in phones} | {one.passenger for one in names}
    for path, named in (("phones", phones), ("names", names)):
        if len(named) > 1:
            faults.append(Fault(f"{path}[1].passenger", "one person carries the code of a group; name one"))
    if not faults and len(carriers) > 1:
        faults.append(
            Fault("names[0].passenger", "give the name of the person who carries the code on their phone")
        )
    return faults


def _rides_on_pass(person: PricedPassenger) -> bool:
    return any(item.held_ticket for item in person.items)


def _on_one_phone(holders: Mapping[str, Holder], refs: Sequence[str]) -> dict[str, Holder]:
    """Bind all tickets to the one phone that holds any of them; those of an exchange may bring several."""
    keys = {tuple(sorted(one.jwk.items())): one.jwk for one in holders.values() if one.jwk}
    if len(keys) > 1:
        raise InvalidRequest.at(
            "phones", "the tickets to be exchanged are on several phones; name the one for the group"
        )
    if sum(one.idh is not None for one in holders.values()) > 1:
        raise InvalidRequest.at(
            "names", "tickets of several names cannot have one code; name the person who carries it"
        )
    key = next(iter(keys.values()), None)
    if key is None:
        return dict(holders)
    return {ref: replace(holders.get(ref, Holder()), jwk=key) for ref in refs}


def _people(quote: Quote) -> list[PricedPassenger]:
    return [one for one in quote.document.passengers if kind_of(one.rider) == FOOT]
