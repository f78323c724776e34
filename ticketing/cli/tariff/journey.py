"""`throughfare tariff journey`: a whole journey by a region's tariff book, as a clerk or an auditor asks for it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from tariffs.caps import Tap
from tariffs.journey import Ride
from tariffs.money import Money, MoneyError, parse
from tariffs.parts import OfferedFare
from tariffs.party import Passenger, ProvenClaim
from tariffs.passes import HeldPass, on_sale
from tariffs.pricing import price_journey
from tariffs.result import PassengerPrice
from tariffs.words import LANGUAGES, explain
from ticketing.errors import Fault, InvalidRequest
from ticketing.frozen import PricedPassenger
from ticketing.quote import show
from ticketing.regions import Region
from ticketing.regions.rides import find_ride

_MOST = 30


class _Strict(Schema):
    class Meta:
        """Marshmallow's options."""

        unknown = RAISE


class _Amount(_Strict):
    amount = fields.String(required=True)
    currency = fields.String(required=True)


class _RideSchema(_Strict):
    operator = fields.String(required=True)
    route_id = fields.String(required=True)
    from_stop_id = fields.String(required=True)
    to_stop_id = fields.String(required=True)
    departure = fields.DateTime(required=True)
    arrival = fields.DateTime(required=True)


class _ClaimSchema(_Strict):
    claim = fields.String(required=True)
    valid_until = fields.Date(required=True)
    proof = fields.String(required=True)


class _PassSchema(_Strict):
    ticket = fields.String(required=True)
    product = fields.String(required=True)
    start = fields.AwareDateTime(required=True)
    uses_left = fields.Integer(strict=True, validate=validate.Range(0, 999))


class _PaidSchema(_Amount):
    id = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    operator = fields.String(required=True)
    network = fields.String(load_default="")


class _PassengerSchema(_Strict):
    ref = fields.String(required=True)
    rider_category = fields.String(load_default="adult")
    claims = fields.List(fields.Nested(_ClaimSchema), load_default=list)
    passes = fields.List(fields.Nested(_PassSchema), load_default=list)
    paid = fields.List(fields.Nested(_PaidSchema), load_default=list)


class _OfferSchema(_Amount):
    id = fields.String(required=True)
    operator = fields.String(required=True)
    legs = fields.List(fields.Integer(strict=True), required=True, validate=validate.Length(1, _MOST))
    rider_category = fields.String(load_default="adult")
    fare_class = fields.String(required=True)
    valid_until = fields.AwareDateTime(required=True)


class _JourneySchema(_Strict):
    rides = fields.List(fields.Nested(_RideSchema), required=True, validate=validate.Length(1, 12))
    passengers = fields.List(
        fields.Nested(_PassengerSchema), required=True, validate=validate.Length(1, _MOST)
    )
    offers = fields.List(fields.Nested(_OfferSchema), load_default=list, validate=validate.Length(0, _MOST))
    channel = fields.String(load_default=None, allow_none=True)
    language = fields.String(load_default="en", validate=validate.OneOf(LANGUAGES))
    at = fields.AwareDateTime(load_default=None, allow_none=True)


def answer(region: Region, document: Any) -> dict[str, Any]:
    """Price the journey of a request; raises InvalidRequest with every fault and its path.

    What is proven, held and paid is taken as the request says: this is a calculation, nothing is sold.
    """
    try:
        wanted: dict[str, Any] = _JourneySchema().load(document)
    except ValidationError as error:
        raise _refused(list(_faults(error.messages, ""))) from None
    faults: list[Fault] = []
    rides = [_ride(region, row, f"rides[{at}]", faults) for at, row in enumerate(wanted["rides"])]
    passengers = [
        _passenger(region, row, f"passengers[{at}]", faults) for at, row in enumerate(wanted["passengers"])
    ]
    offers = [_offer(row, f"offers[{at}]", faults) for at, row in enumerate(wanted["offers"])]
    if faults:
        raise _refused(faults)
    priced = price_journey(
        region.book,
        [ride for ride in rides if ride],
        passengers,
        channel=wanted["channel"],
        at=wanted["at"],
        offers=[offer for offer in offers if offer],
    )
    return {
        "total": priced.total.as_dict() if priced.total else None,
        "reason": priced.reason,
        "expires_at": priced.expires_at.isoformat() if priced.expires_at else None,
        "tariff_version": priced.tariff_version,
        "passengers": [
            {
                **_shown(price, price.total, wanted["language"]),
                "reason": None,
            }
            if price.total
            else {
                "ref": price.passenger.ref,
                "total": None,
                "reason": price.reason,
                "derivation": list(price.derivation),
            }
            for price in priced.passengers
        ],
    }


def _ride(region: Region, row: Mapping[str, Any], path: str, faults: list[Fault]) -> Ride | None:
    timetable = region.data.timetables.get(row["operator"])
    if timetable is None:
        faults.append(Fault(f"{path}.operator", f"{row['operator']!r} is not an operator of this region"))
        return None
    for name in ("from_stop_id", "to_stop_id"):
        if row[name] not in timetable.stops:
            faults.append(Fault(f"{path}.{name}", f"{row[name]!r} is not a stop of {row['operator']}"))
            return None
    if row["route_id"] not in timetable.routes:
        faults.append(Fault(f"{path}.route_id", f"{row['route_id']!r} is not a route of {row['operator']}"))
        return None
    ends, times = (row["from_stop_id"], row["to_stop_id"]), (row["departure"], row["arrival"])
    ride = find_ride(region.data, row["operator"], row["route_id"], ends, times)
    if ride is None:
        faults.append(Fault(path, f"{row['route_id']} does not run from {ends[0]} to {ends[1]}"))
    elif ride.arrival < ride.departure:
        faults.append(Fault(f"{path}.arrival", "lies before the departure"))
    return ride


def _passenger(region: Region, row: Mapping[str, Any], path: str, faults: list[Fault]) -> Passenger:
    if row["rider_category"] not in region.data.riders:
        faults.append(Fault(f"{path}.rider_category", f"must be one of {', '.join(region.data.riders)}"))
    passes = [_pass(region, held, f"{path}.passes[{at}]", faults) for at, held in enumerate(row["passes"])]
    paid = [
        _tap(region, tap, row["rider_category"], f"{path}.paid[{at}]", faults)
        for at, tap in enumerate(row["paid"])
    ]
    return Passenger(
        row["ref"],
        row["rider_category"],
        tuple(ProvenClaim(claim["claim"], claim["valid_until"], claim["proof"]) for claim in row["claims"]),
        tuple(held for held in passes if held),
        tuple(tap for tap in paid if tap),
    )


def _pass(region: Region, row: Mapping[str, Any], path: str, faults: list[Fault]) -> HeldPass | None:
    product = on_sale(region.book.passes, row["start"].date()).get(row["product"])
    if product is None:
        faults.append(Fault(f"{path}.product", f"{row['product']!r} is not sold on {row['start'].date()}"))
        return None
    held = product.held(row["ticket"], row["start"], _zone(region, min(product.scope.operators)))
    return (
        replace(held, uses_left=row["uses_left"])
        if "uses_left" in row and held.uses_left is not None
        else held
    )


def _tap(region: Region, row: Mapping[str, Any], rider: str, path: str, faults: list[Fault]) -> Tap | None:
    amount = _money(row, path, faults)
    if row["operator"] not in region.data.operators:
        faults.append(Fault(f"{path}.operator", f"{row['operator']!r} is not an operator of this region"))
        return None
    at: datetime = row["at"].astimezone(_zone(region, row["operator"]))
    medium = region.book.media.get(row["operator"]) or ""
    if amount is None:
        return None
    return Tap(
        id=row["id"],
        at=at,
        price=amount,
        network=row["network"],
        rider=rider,
        medium=medium,
        operator=row["operator"],
    )


def _zone(region: Region, operator: str) -> ZoneInfo:
    return ZoneInfo(region.data.timetables[operator].timezone)


def _offer(row: Mapping[str, Any], path: str, faults: list[Fault]) -> OfferedFare | None:
    price = _money(row, path, faults)
    if price is None:
        return None
    return OfferedFare(
        id=row["id"],
        operator=row["operator"],
        legs=tuple(row["legs"]),
        rider=row["rider_category"],
        fare_class=row["fare_class"],
        price=price,
        valid_until=row["valid_until"],
    )


def _money(row: Mapping[str, Any], path: str, faults: list[Fault]) -> Money | None:
    try:
        return parse(row["amount"], row["currency"])
    except MoneyError as error:
        faults.append(Fault(f"{path}.amount", str(error)))
        return None


def _faults(messages: Any, path: str) -> list[Fault]:
    """Marshmallow's nested messages as faults with their paths."""
    if isinstance(messages, Mapping):
        found: list[Fault] = []
        for name, inner in messages.items():
            found += _faults(inner, path if name == "_schema" else path + _step(name, path))
        return found
    return [Fault(path, str(message)) for message in messages]


def _step(name: object, path: str) -> str:
    """Write one step of a path after the steps before it."""
    if isinstance(name, int):
        return f"[{name}]"
    return f".{name}" if path else str(name)


def _shown(price: PassengerPrice, total: Money, language: str) -> dict[str, Any]:
    return show.passenger(PricedPassenger.of(price), total.currency, explain(price.derivation, language))


def _refused(faults: list[Fault]) -> InvalidRequest:
    return InvalidRequest("; ".join(f"{fault.path}: {fault.message}" for fault in faults[:3]), faults)
