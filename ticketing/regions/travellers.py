"""Travellers as JSON, with what they bring to a price: an offer keeps it, and a quote counts on the same again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tariffs.caps import Tap
from tariffs.money import Money
from tariffs.party import Passenger, ProvenClaim
from tariffs.passes import HeldPass, Scope
from ticketing.db.ticket.tickets import Ticket

# The longest window of a cap is a month.
COUNTED = timedelta(days=32)


def to_json(passenger: Passenger) -> dict[str, Any]:
    """Write a traveller; what they do not bring is left out."""
    document: dict[str, Any] = {"ref": passenger.ref, "rider": passenger.rider}
    if passenger.claims:
        document["claims"] = [
            {"claim": one.claim, "valid_until": one.valid_until.isoformat(), "proof": one.proof}
            for one in passenger.claims
        ]
    if passenger.passes:
        document["passes"] = [_pass_to_json(one) for one in passenger.passes]
    if passenger.paid:
        document["paid"] = [tap_to_json(tap) for tap in passenger.paid]
    return document


def from_json(document: Mapping[str, Any]) -> Passenger:
    """Read what `to_json` wrote."""
    claims = tuple(
        ProvenClaim(one["claim"], date.fromisoformat(one["valid_until"]), one["proof"])
        for one in document.get("claims", [])
    )
    passes = tuple(_pass_from_json(one) for one in document.get("passes", []))
    paid = tuple(tap_from_json(one) for one in document.get("paid", []))
    return Passenger(document["ref"], document["rider"], claims, passes, paid)


def tap_to_json(tap: Tap) -> dict[str, Any]:
    """Write a ride that caps count."""
    return {
        "id": tap.id,
        "at": tap.at.isoformat(),
        "zone": str(tap.at.tzinfo),
        "amount_minor": tap.price.minor,
        "currency": tap.price.currency,
        "network": tap.network,
        "rider": tap.rider,
        "medium": tap.medium,
        "operator": tap.operator,
    }


def tap_from_json(document: Mapping[str, Any]) -> Tap:
    """Read what `tap_to_json` wrote."""
    return Tap(
        id=document["id"],
        at=datetime.fromisoformat(document["at"]).astimezone(ZoneInfo(document["zone"])),
        price=Money(document["amount_minor"], document["currency"]),
        network=document["network"],
        rider=document["rider"],
        medium=document["medium"],
        operator=document["operator"],
    )


def ridden(rides: Iterable[tuple[Ticket, Mapping[str, Any]]]) -> Iterator[Tap]:
    """The owner's own rides that caps count, of tickets with their quotes: without legs that were given back."""
    for ticket, quote in rides:
        passenger = next(one for one in quote["passengers"] if one["ref"] == ticket.passenger_ref)
        gone = {leg["departure"] for leg in ticket.document["legs"] if "given_back_at" in leg}
        for document in passenger.get("taps", ()):
            tap = tap_from_json(document)
            if ticket.passenger_ref == quote.get("holder_ref") and not any(
                datetime.fromisoformat(departure) == tap.at for departure in gone
            ):
                yield replace(tap, id=f"{ticket.jti} {tap.id}")


def scope_to_json(scope: Scope) -> dict[str, Any]:
    """Write where a pass is good."""
    return {
        "operators": sorted(scope.operators),
        "networks": sorted(scope.networks),
        "areas": sorted(scope.areas),
        "directions": [list(pair) for pair in scope.directions],
    }


def scope_from_json(document: Mapping[str, Any]) -> Scope:
    """Read what `scope_to_json` wrote."""
    return Scope(
        frozenset(document["operators"]),
        frozenset(document["networks"]),
        frozenset(document["areas"]),
        tuple((pair[0], pair[1]) for pair in document["directions"]),
    )


def _pass_to_json(held: HeldPass) -> dict[str, Any]:
    return {
        "ticket": held.ticket,
        "product": held.product,
        "scope": scope_to_json(held.scope),
        "valid_from": held.valid_from.isoformat(),
        "valid_until": held.valid_until.isoformat(),
        "uses_left": held.uses_left,
        **({"rider": held.rider} if held.rider else {}),
        **({"shared": True} if held.shared else {}),
    }


def _pass_from_json(document: Mapping[str, Any]) -> HeldPass:
    start, until = (datetime.fromisoformat(document[name]) for name in ("valid_from", "valid_until"))
    scope = scope_from_json(document["scope"])
    return HeldPass(
        ticket=document["ticket"],
        product=document["product"],
        scope=scope,
        valid_from=start,
        valid_until=until,
        uses_left=document["uses_left"],
        rider=document.get("rider"),
        shared=document.get("shared", False),
    )
