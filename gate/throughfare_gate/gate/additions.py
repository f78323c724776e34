"""The members that format 2 of a bundle adds, each checked before a gate decides by it; unknown names refuse the bundle.

Boarding hours, sailings and delays are of today; `waivers` and `issuers` have their checks, so that the first ones to come
find gates that understand them.
"""

from collections.abc import Mapping
from typing import Any

from throughfare_gate.gate.document import MAX_LEG, BadBundle, known, require, rows, texts, whole
from throughfare_gate.gate.model import (
    Allow,
    Boarding,
    Called,
    Delay,
    Extras,
    ForeignIssuer,
    Ordered,
    OrderedRide,
    Waiver,
)
from throughfare_gate.tickets.claims import whole_minute
from throughfare_gate.tickets.jwk import BadKey, load_jwks

FORMAT = 2
LONGEST_OPENING_SECONDS = 24 * 3600
LONGEST_CLOSING_SECONDS = 6 * 3600
_MAX_TIME = 1 << 40
_YEAR_SECONDS = 366 * 24 * 3600
_TRIPLE, _PAIR, _DELAY_PARTS, _RIDE_PARTS = 3, 2, 5, 6
_MAX_STROKES = 1 << 20
_BOARDING, _MAY_BE_ABSENT = frozenset({"opens_seconds"}), frozenset({"closes_seconds"})
_WAIVER = frozenset({"event", "trips", "accept", "until"})
# Where it is there, a waiver is for these tickets alone.
_OF_TICKETS = frozenset({"tickets"})
_ISSUER = frozenset({"iss", "keys", "status_keys", "lists", "removed", "allow", "since", "until"})
_ALLOW = frozenset({"operators", "products", "legs", "max_seconds"})


def document(extras: Extras) -> dict[str, Any]:
    """Write the members as `extras_of` reads them. Foreign issuers are written by nobody yet."""
    return {
        "format": FORMAT,
        "boarding": {
            product: {"opens_seconds": rule.opens_seconds, "closes_seconds": rule.closes_seconds}
            for product, rule in extras.boarding.items()
        },
        "sailings": [[trip, *call] for trip, calls in extras.sailings.items() for call in calls],
        "delays": [[*called, *_written(delay)] for called, delay in extras.delays.items()],
        "waivers": list(map(_waiver_document, extras.waivers)),
        "issuers": [],
        "categories": dict(extras.categories),
    }


def extras_of(payload: Mapping[str, Any]) -> Extras:
    """Read what format 2 adds, nothing of format 1; raises BadBundle."""
    if "format" not in payload:
        return Extras()
    require(payload["format"] == FORMAT and type(payload["format"]) is int, "format", "2")
    sailings: dict[str, list[tuple[str, int]]] = {}
    for at, row in enumerate(rows(payload["sailings"], "sailings", _TRIPLE)):
        trip, stop, departure = _called(row, f"sailings[{at}]")
        sailings.setdefault(trip, []).append((stop, departure))
    categories = payload["categories"]
    require(isinstance(categories, dict), "categories", "an object")
    texts(list(categories.values()), "categories")
    return Extras(
        boarding=_boarding(payload["boarding"]),
        sailings={trip: tuple(calls) for trip, calls in sailings.items()},
        delays=dict(
            _delay(row, f"delays[{at}]")
            for at, row in enumerate(rows(payload["delays"], "delays", _DELAY_PARTS))
        ),
        waivers=tuple(
            _waiver(one, f"waivers[{at}]") for at, one in enumerate(_list(payload["waivers"], "waivers"))
        ),
        issuers=_issuers(payload),
        categories=categories,
    )


def _waiver_document(waiver: Waiver) -> dict[str, object]:
    written: dict[str, object] = {
        "event": waiver.event,
        "trips": sorted(map(list, waiver.trips)),
        "accept": list(waiver.accept),
        "until": waiver.until,
    }
    if waiver.tickets is not None:
        written["tickets"] = sorted(waiver.tickets)
    return written


def _written(delay: Delay) -> list[Any]:
    """Write the departure, and the arrivals by stop of a sailing that is not cancelled."""
    return [delay.departs_at, None if delay.cancelled else [list(pair) for pair in delay.arrivals.items()]]


def ordered_document(ordered: Mapping[str, Ordered]) -> list[Any]:
    """Write what orders took of passes as `ordered_of` reads it."""
    return [
        [jti, taken.strokes, list(map(_ordered_ride, taken.rides))] for jti, taken in sorted(ordered.items())
    ]


def _ordered_ride(ride: OrderedRide) -> list[Any]:
    return [ride.ticket, ride.leg, ride.departs, ride.arrives, ride.starts, ride.ends]


def ordered_of(payload: Mapping[str, Any]) -> dict[str, Ordered]:
    """Read what orders took of passes, nothing of format 1; raises BadBundle."""
    ordered = {}
    for at, (jti, strokes, rides) in enumerate(rows(payload.get("ordered", []), "ordered", _TRIPLE)):
        path = f"ordered[{at}]"
        require(isinstance(jti, str), path, "a ticket, a number and its rides")
        ordered[jti] = Ordered(
            whole(strokes, path, 0, _MAX_STROKES),
            tuple(_ride(row, path) for row in rows(rides, path, _RIDE_PARTS)),
        )
    return ordered


def _ride(row: list[Any], path: str) -> OrderedRide:
    ticket, leg, *times = row
    require(isinstance(ticket, str), path, "rides that begin with a ticket")
    departs, arrives, starts, ends = (whole(moment, path, 0, _MAX_TIME) for moment in times)
    return OrderedRide(
        ticket=ticket,
        leg=whole(leg, path, 0, MAX_LEG),
        departs=departs,
        arrives=arrives,
        starts=starts,
        ends=ends,
    )


def boarding_rule(value: Any, path: str) -> Boarding:
    """Read how a product is taken on board; raises BadBundle."""
    _object(value, _BOARDING, path, optional=_MAY_BE_ABSENT)
    closes = value.get("closes_seconds", Boarding(0).closes_seconds)
    return Boarding(
        whole(value["opens_seconds"], f"{path}.opens_seconds", 0, LONGEST_OPENING_SECONDS),
        whole(closes, f"{path}.closes_seconds", 0, LONGEST_CLOSING_SECONDS),
    )


def _boarding(value: Any) -> dict[str, Boarding]:
    require(isinstance(value, dict), "boarding", "an object")
    return {product: boarding_rule(rule, f"boarding.{product}") for product, rule in value.items()}


def _called(row: list[Any], path: str) -> Called:
    """Two names and a planned departure."""
    first, second, departure = row
    require(isinstance(first, str) and isinstance(second, str), path, "two texts and a time")
    return first, second, whole_minute(whole(departure, path, 0, _MAX_TIME))


def _delay(row: list[Any], path: str) -> tuple[Called, Delay]:
    departs_at, arrivals = row[_TRIPLE:]
    if departs_at is not None:
        whole(departs_at, path, 0, _MAX_TIME)
    if arrivals is None:
        return _called(row[:_TRIPLE], path), Delay(departs_at, cancelled=True)
    late = {}
    for stop, seconds in rows(arrivals, path, _PAIR):
        require(isinstance(stop, str), path, "a stop and its seconds")
        late[stop] = whole(seconds, path, 0, _YEAR_SECONDS)
    return _called(row[:_TRIPLE], path), Delay(departs_at, late)


def _waiver(value: Any, path: str) -> Waiver:
    _object(value, _WAIVER, path, optional=_OF_TICKETS)
    event, accept = value["event"], texts(value["accept"], f"{path}.accept")
    require(isinstance(event, str) and event != "", f"{path}.event", "a text")
    require(len(accept) == _PAIR, f"{path}.accept", "an operator, and a trip or any")
    trips = rows(value["trips"], f"{path}.trips", _TRIPLE)
    return Waiver(
        event,
        frozenset(_called(row, f"{path}.trips[{at}]") for at, row in enumerate(trips)),
        (accept[0], accept[1]),
        whole(value["until"], f"{path}.until", 1, _MAX_TIME),
        _tickets(value["tickets"], f"{path}.tickets") if "tickets" in value else None,
    )


def _tickets(value: Any, path: str) -> frozenset[str]:
    """Read the tickets that a waiver is for: a list of nobody would be a mistake."""
    named = texts(value, path)
    require(len(named) > 0, path, "at least one ticket")
    return frozenset(named)


def _issuers(payload: Mapping[str, Any]) -> tuple[ForeignIssuer, ...]:
    found = [_issuer(one, f"issuers[{at}]") for at, one in enumerate(_list(payload["issuers"], "issuers"))]
    names = [payload["iss"], *(one.issuer for one in found)]
    require(len(set(names)) == len(names), "issuers", "each there once, and not the own one")
    return tuple(found)


def _issuer(value: Any, path: str) -> ForeignIssuer:
    """One foreign scheme; its status lists are read by its own keys when a gate begins to decide by them."""
    _object(value, _ISSUER, path)
    require(isinstance(value["iss"], str) and value["iss"] != "", f"{path}.iss", "a text")
    texts(value["lists"], f"{path}.lists")
    since, until = (whole(value[name], f"{path}.{name}", 1, _MAX_TIME) for name in ("since", "until"))
    require(since < until, f"{path}.until", "later than since")
    try:
        kids = frozenset(load_jwks({"keys": value["keys"]}))
        load_jwks({"keys": value["status_keys"]})
    except BadKey as error:
        raise BadBundle(f"{path}.keys: {error}") from None
    return ForeignIssuer(
        issuer=value["iss"],
        kids=kids,
        removed=texts(value["removed"], f"{path}.removed"),
        allow=_allow(value["allow"], f"{path}.allow"),
        since=since,
        until=until,
    )


def _allow(value: Any, path: str) -> Allow:
    _object(value, _ALLOW, path)
    legs = []
    for at, row in enumerate(rows(value["legs"], f"{path}.legs", _TRIPLE)):
        legs.append(tuple(texts(row, f"{path}.legs[{at}]")))
    return Allow(
        operators=texts(value["operators"], f"{path}.operators"),
        products=texts(value["products"], f"{path}.products"),
        legs=tuple((leg[0], leg[1], leg[2]) for leg in legs),
        max_seconds=whole(value["max_seconds"], f"{path}.max_seconds", 1, _YEAR_SECONDS),
    )


def _list(value: Any, path: str) -> list[Any]:
    require(isinstance(value, list), path, "a list")
    return list(value)


def _object(value: Any, names: frozenset[str], path: str, *, optional: frozenset[str] = frozenset()) -> None:
    """Check that a value is an object with all of these members, and no others but the optional ones."""
    require(isinstance(value, dict), path, "an object")
    known(value, names | optional, f"{path}.")
    missing = sorted(names - set(value))
    require(not missing, f"{path}.{missing[0] if missing else ''}", "there")
