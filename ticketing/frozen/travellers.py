"""Travellers as documents keep them, with what they bring to a price: a quote counts on the same again."""

from datetime import date

from tariffs.caps import Tap
from tariffs.money import Money, MoneyError, exponent
from tariffs.party import Passenger, ProvenClaim
from tariffs.passes import HeldPass, Scope
from ticketing.frozen.fields import (
    Document,
    Unreadable,
    document,
    items,
    moment,
    part,
    rows_or_none,
    text,
    text_or_none,
    texts,
    truth,
    whole,
    whole_or_none,
)
from ticketing.frozen.rides import zoned

TRAVELLER = frozenset({"ref", "rider", "claims", "passes", "paid"})
_CLAIM = frozenset({"claim", "valid_until", "proof"})
_TAP = frozenset({"id", "at", "zone", "amount_minor", "currency", "network", "rider", "medium", "operator"})
_SCOPE = frozenset({"operators", "networks", "areas", "directions"})
_HELD = frozenset(
    {
        "ticket",
        "product",
        "scope",
        "valid_from",
        "valid_until",
        "uses_left",
        "rider",
        "shared",
    }
)


def traveller(found: Document) -> Passenger:
    """Read a traveller among the other fields of a document that is known already."""
    return Passenger(
        text(found, "ref"),
        text(found, "rider"),
        rows_or_none(found, "claims", _claim),
        rows_or_none(found, "passes", _held),
        rows_or_none(found, "paid", read_tap),
    )


def write_traveller(passenger: Passenger) -> dict[str, object]:
    """Write a traveller; what they do not bring is left out."""
    written: dict[str, object] = {"ref": passenger.ref, "rider": passenger.rider}
    if passenger.claims:
        written["claims"] = [
            {"claim": one.claim, "valid_until": one.valid_until.isoformat(), "proof": one.proof}
            for one in passenger.claims
        ]
    if passenger.passes:
        written["passes"] = [_written_pass(one) for one in passenger.passes]
    if passenger.paid:
        written["paid"] = [write_tap(tap) for tap in passenger.paid]
    return written


def read_tap(raw: object) -> Tap:
    """Read a ride that caps count."""
    tap = document(raw, _TAP)
    currency = text(tap, "currency")
    try:
        exponent(currency)
    except MoneyError as error:
        raise Unreadable("currency", str(error)) from None
    return Tap(
        id=text(tap, "id"),
        at=zoned(tap, "at", "zone"),
        price=Money(whole(tap, "amount_minor"), currency),
        network=text(tap, "network"),
        rider=text(tap, "rider"),
        medium=text(tap, "medium"),
        operator=text(tap, "operator"),
    )


def write_tap(tap: Tap) -> dict[str, object]:
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


def read_scope(found: object) -> Scope:
    """Read where a pass is good."""
    scope = document(found, _SCOPE)
    return Scope(
        frozenset(texts(scope, "operators")),
        frozenset(texts(scope, "networks")),
        frozenset(texts(scope, "areas")),
        tuple(_direction(one, at) for at, one in enumerate(items(scope, "directions"))),
    )


def write_scope(scope: Scope) -> dict[str, object]:
    """Write where a pass is good."""
    return {
        "operators": sorted(scope.operators),
        "networks": sorted(scope.networks),
        "areas": sorted(scope.areas),
        "directions": [list(pair) for pair in scope.directions],
    }


def _direction(found: object, at: int) -> tuple[str, str]:
    match found:
        case [str(start), str(end)]:
            return start, end
    raise Unreadable(f"directions[{at}]", "must be two areas")


def _claim(found: object) -> ProvenClaim:
    claim = document(found, _CLAIM)
    try:
        last = date.fromisoformat(text(claim, "valid_until"))
    except ValueError:
        raise Unreadable("valid_until", "must be a day") from None
    return ProvenClaim(text(claim, "claim"), last, text(claim, "proof"))


def _held(raw: object) -> HeldPass:
    held = document(raw, _HELD)
    return HeldPass(
        ticket=text(held, "ticket"),
        product=text(held, "product"),
        scope=part(held, "scope", read_scope),
        valid_from=moment(held, "valid_from"),
        valid_until=moment(held, "valid_until"),
        uses_left=whole_or_none(held, "uses_left"),
        rider=text_or_none(held, "rider"),
        shared=truth(held, "shared") if "shared" in held else False,
    )


def _written_pass(held: HeldPass) -> dict[str, object]:
    return {
        "ticket": held.ticket,
        "product": held.product,
        "scope": write_scope(held.scope),
        "valid_from": held.valid_from.isoformat(),
        "valid_until": held.valid_until.isoformat(),
        "uses_left": held.uses_left,
        **({"rider": held.rider} if held.rider else {}),
        **({"shared": True} if held.shared else {}),
    }
