"""The documents of `throughfare tariff price` and `apportion`: read strictly, answered as the contract says."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tariffs import apportion as split
from tariffs.fares.calls import Calls
from tariffs.fares.feed import Feed
from tariffs.fares.legs import FareLeg
from tariffs.fares.price import price as price_legs
from tariffs.fares.result import MAX_LEGS, FarePrice
from tariffs.money import Money, MoneyError, exponent, parse
from tariffs.table import zone_name
from ticketing.errors import Fault, InvalidRequest

_LEG_KEYS = (
    "network_id",
    "route_id",
    "from_stop_id",
    "to_stop_id",
    "from_areas",
    "to_areas",
    "areas_travelled",
    "departure",
    "arrival",
    "timezone",
)
_TEXTS = ("network_id", "route_id", "from_stop_id", "to_stop_id", "timezone")
_AREAS = ("from_areas", "to_areas", "areas_travelled")
_METHODS = ("weights", "sqrt_weights", "fixed_then_weights")
_WEIGHT = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
MAX_PARTIES = 10_000


@dataclass(frozen=True, slots=True)
class FareRequest:
    """A request of `tariff price`, filled in from the feed where the leg says nothing.

    Without a rider it is the feed's default rider category, and any, the cheapest, where the feed names none.
    """

    legs: tuple[FareLeg, ...]
    rider: str | None
    medium: str | None

    @classmethod
    def parse(cls, document: Any, feed: Feed, calls: Calls | None = None) -> "FareRequest":
        """Read the request; raises InvalidRequest with every fault and its path. `calls` tell the stops that a ride passes."""
        faults: list[Fault] = []
        if not isinstance(document, dict):
            raise InvalidRequest("the request is not an object", [Fault("", "must be an object")])
        _refuse_unknown(document, ("legs", "rider_category_id", "fare_media_id"), "", faults)
        rider = _text(document, "rider_category_id", "", faults)
        medium = _text(document, "fare_media_id", "", faults)
        rows = document.get("legs")
        if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_LEGS:
            faults.append(Fault("legs", f"must be a list of 1 to {MAX_LEGS} legs"))
            rows = []
        read = [_leg(row, f"legs[{at}]", feed, faults) for at, row in enumerate(rows)]
        legs = [_with_calls(leg, calls) for leg in read if leg]
        _raise(faults)
        return cls(tuple(legs), rider or feed.default_rider, medium)


def price(feed: Feed, request: FareRequest) -> dict[str, Any]:
    """Answer `tariff price`."""
    return _as_dict(price_legs(feed, request.legs, request.rider, request.medium))


def apportion(document: Any) -> dict[str, Any]:
    """Answer `tariff apportion`; raises InvalidRequest with every fault and its path."""
    faults: list[Fault] = []
    if not isinstance(document, dict):
        raise InvalidRequest("the request is not an object", [Fault("", "must be an object")])
    _refuse_unknown(document, ("total", "method", "parties"), "", faults)
    method = document.get("method")
    if method not in _METHODS:
        faults.append(Fault("method", f"must be one of {', '.join(_METHODS)}"))
    total = _money(document.get("total"), faults)
    rows = document.get("parties")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_PARTIES:
        faults.append(Fault("parties", f"must be a list of 1 to {MAX_PARTIES} parties"))
        rows = []
    weights: dict[str, Fraction] = {}
    fixed: dict[str, int] = {}
    for at, row in enumerate(rows):
        _party(row, f"parties[{at}]", method == "fixed_then_weights", total, (weights, fixed, faults))
    if weights and not any(weights.values()) and not faults:
        faults.append(Fault("parties", "the weights are all 0"))
    _raise(faults)
    if total is None:
        raise AssertionError("a missing total is a fault")
    if method == "fixed_then_weights":
        shares = split.fixed_then_weights(total.minor, fixed, weights)
    else:
        shares = (split.by_square_roots if method == "sqrt_weights" else split.by_weights)(
            total.minor, weights
        )
    return {
        "shares": [
            {"operator": operator, "amount": Money(amount, total.currency).text}
            for operator, amount in shares.items()
        ],
        "sum": Money(sum(shares.values()), total.currency).as_dict(),
    }


def _leg(row: Any, path: str, feed: Feed, faults: list[Fault]) -> FareLeg | None:
    if not isinstance(row, dict):
        faults.append(Fault(path, "must be an object"))
        return None
    before = len(faults)
    _refuse_unknown(row, _LEG_KEYS, f"{path}.", faults)
    text = {name: _text(row, name, f"{path}.", faults) for name in _TEXTS}
    areas = {name: _area_list(row, name, path, faults) for name in _AREAS}
    zone = text["timezone"]
    if zone is not None:
        try:
            zone_name(zone)
        except ValueError:
            faults.append(Fault(f"{path}.timezone", f"{zone!r} is not an IANA time zone"))
            zone = None
    origin, destination = text["from_stop_id"], text["to_stop_id"]
    departure = _moment(row, "departure", path, zone or feed.timezone_of(origin), faults)
    arrival = _moment(row, "arrival", path, zone or feed.timezone_of(destination), faults)
    if departure is None or arrival is None or len(faults) > before:
        return None
    if arrival < departure:
        faults.append(Fault(f"{path}.arrival", "must not be before the departure"))
        return None
    network = text["network_id"]
    if network is None and text["route_id"] is not None:
        network = feed.route_networks.get(text["route_id"])
    from_areas, to_areas = (
        _filled(areas["from_areas"], feed, origin),
        _filled(areas["to_areas"], feed, destination),
    )
    travelled = areas["areas_travelled"]
    return FareLeg(
        network=network,
        from_areas=from_areas,
        to_areas=to_areas,
        areas=travelled if travelled is not None else _called_at(feed, origin, destination),
        departure=departure,
        arrival=arrival,
        from_stop=origin,
        to_stop=destination,
        route=text["route_id"],
        calls=tuple(filter(None, (origin, destination))),
    )


def _with_calls(leg: FareLeg, calls: Calls | None) -> FareLeg:
    """A leg with every stop that it calls at, where its feed's trips tell."""
    if calls is None or not (leg.route and leg.from_stop and leg.to_stop):
        return leg
    at = leg.departure.hour * 3600 + leg.departure.minute * 60 + leg.departure.second
    return replace(leg, calls=calls.between(leg.route, leg.from_stop, leg.to_stop, at) or leg.calls)


def _filled(given: frozenset[str] | None, feed: Feed, stop: str | None) -> frozenset[str]:
    """Explicit areas win; else those of a stop that the feed knows."""
    if given is not None:
        return given
    return feed.areas_of(stop) if stop is not None else frozenset()


def _called_at(feed: Feed, origin: str | None, destination: str | None) -> frozenset[str]:
    """The areas of the calls that are known: of stops of the feed. Explicit end areas are not calls."""
    if origin is None or destination is None:
        return frozenset()
    return feed.areas_of(origin) | feed.areas_of(destination)


def _area_list(row: Mapping[str, Any], name: str, path: str, faults: list[Fault]) -> frozenset[str] | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(area, str) for area in value):
        faults.append(Fault(f"{path}.{name}", "must be a list of area ids"))
        return None
    return frozenset(value)


def _moment(
    row: Mapping[str, Any], name: str, path: str, zone: str | None, faults: list[Fault]
) -> datetime | None:
    """Read an ISO 8601 time; a naive one is on the wall clock of the zone, UTC where none is known."""
    value = row.get(name)
    where = f"{path}.{name}"
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        faults.append(Fault(where, "must be a time like 2026-03-04T10:00:00"))
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        faults.append(Fault(where, f"{value!r} is not a time that exists"))
        return None
    local = ZoneInfo(zone or "UTC")
    return read.replace(tzinfo=local) if read.tzinfo is None else read.astimezone(local)


def _party(
    row: Any,
    path: str,
    takes_fixed: bool,
    total: Money | None,
    into: tuple[dict[str, Fraction], dict[str, int], list[Fault]],
) -> None:
    weights, fixed, faults = into
    if not isinstance(row, dict):
        faults.append(Fault(path, "must be an object"))
        return
    keys = ("operator", "weight", "fixed") if takes_fixed else ("operator", "weight")
    _refuse_unknown(row, keys, f"{path}.", faults)
    operator = row.get("operator")
    if not isinstance(operator, str) or not operator:
        faults.append(Fault(f"{path}.operator", "must be a text that is not empty"))
        return
    if operator in weights:
        faults.append(Fault(f"{path}.operator", f"{operator!r} is listed twice"))
        return
    weight = row.get("weight", "0" if takes_fixed else None)
    if not isinstance(weight, str) or not _WEIGHT.fullmatch(weight):
        faults.append(Fault(f"{path}.weight", "must be a decimal string, 0 or more"))
        weight = "0"
    weights[operator] = Fraction(weight)
    if row.get("fixed") is not None and takes_fixed and total is not None:
        try:
            amount = parse(row["fixed"], total.currency)
        except MoneyError as error:
            faults.append(Fault(f"{path}.fixed", str(error)))
            return
        if amount.minor < 0:
            faults.append(Fault(f"{path}.fixed", "must not be negative"))
            return
        fixed[operator] = amount.minor


def _money(value: Any, faults: list[Fault]) -> Money | None:
    if not isinstance(value, dict):
        faults.append(Fault("total", "must be an object with amount and currency"))
        return None
    _refuse_unknown(value, ("amount", "currency"), "total.", faults)
    try:
        exponent(value.get("currency", ""))
    except MoneyError as error:
        faults.append(Fault("total.currency", str(error)))
        return None
    try:
        return parse(value.get("amount", ""), value["currency"])
    except MoneyError as error:
        faults.append(Fault("total.amount", str(error)))
        return None


def _text(row: Mapping[str, Any], name: str, prefix: str, faults: list[Fault]) -> str | None:
    value = row.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        faults.append(Fault(f"{prefix}{name}", "must be a text that is not empty, or null"))
        return None
    return value


def _refuse_unknown(row: Mapping[str, Any], keys: Iterable[str], prefix: str, faults: list[Fault]) -> None:
    faults.extend(Fault(f"{prefix}{name}", "unknown key") for name in row if name not in keys)


def _raise(faults: list[Fault]) -> None:
    if faults:
        raise InvalidRequest("; ".join(f"{fault.path}: {fault.message}" for fault in faults[:3]), faults)


def _as_dict(price: FarePrice) -> dict[str, Any]:
    return {
        "total": price.total.as_dict() if price.total else None,
        "reason": price.reason,
        "items": [
            {
                "fare_product_id": item.product,
                "rider_category_id": item.rider,
                "fare_media_id": item.medium,
                **item.price.as_dict(),
                "legs": list(item.legs),
                "because": item.because,
            }
            for item in price.items
        ],
        "legs": [
            {
                "index": leg.leg,
                "effective_leg": leg.effective_leg,
                "leg_group_id": leg.group,
                "fare_product_ids": list(leg.products),
            }
            for leg in price.legs
        ],
    }
