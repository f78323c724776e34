"""Frozen documents of tickets and quotes that no shop has sold, for tests that put rows straight into the database."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tariffs.journey import Ride
from tariffs.party import Passenger
from ticketing.db import Database
from ticketing.db.documents import canonical
from ticketing.db.tables import books as books_tables
from ticketing.db.tables import sale as tables
from ticketing.frozen import (
    Leg,
    PricedPassenger,
    PriceShare,
    PriceTax,
    QuoteDocument,
    Stop,
    read_quote,
    read_refund,
    read_run,
    read_ticket,
    write_quote,
    write_refund,
    write_run,
    write_ticket,
)

_KEPT: tuple[tuple[sa.Table, Callable[[object], Any], Callable[[Any], object]], ...] = (
    (tables.quote, read_quote, write_quote),
    (tables.ticket, read_ticket, write_ticket),
    (tables.refund, read_refund, write_refund),
    (books_tables.run, read_run, write_run),
)
AT = datetime(2026, 9, 14, 12, tzinfo=UTC)


def leg(operator: str, **more: Any) -> Leg:
    """A ride of an operator from A to B."""
    known: dict[str, Any] = {
        "mode": "tram",
        "operator": operator,
        "operator_name": "",
        "line": "1",
        "headsign": "",
        "trip_id": "",
        "start": Stop("a", "A", 0.0, 0.0, "EE"),
        "end": Stop("b", "B", 0.0, 0.0, "EE"),
        "departure": AT,
        "arrival": AT + timedelta(hours=1),
        "time_zone": "UTC",
        "arrival_time_zone": "UTC",
        "distance_m": 5000,
        "check_in_until": None,
        "live_departure": None,
        "live_arrival": None,
        "alerts": (),
        "wheelchair": "unknown",
    }
    return Leg(**(known | more))


def ride(operator: str, **more: Any) -> Ride:
    """The same ride as it is priced."""
    known: dict[str, Any] = {
        "operator": operator,
        "trip_id": "",
        "route_id": "1",
        "from_stop_id": "a",
        "to_stop_id": "b",
        "departure": AT,
        "arrival": AT + timedelta(hours=1),
        "calls": ("a", "b"),
        "mode": "tram",
        "distance_m": (("EE", 5000),),
    }
    return Ride(**(known | more))


def promise(ref: str, shares: Iterable[PriceShare], taxes: Iterable[PriceTax]) -> PricedPassenger:
    """A price for one adult with its shares and taxes; the rules that it names do not exist."""
    parts = tuple(shares)
    return PricedPassenger(
        passenger=Passenger(ref, "adult"),
        total_minor=sum(share.gross_minor for share in parts),
        items=(),
        shares=parts,
        taxes=tuple(taxes),
        derivation=(),
    )


def quoted(passengers: Iterable[PricedPassenger] = (), **more: Any) -> QuoteDocument:
    """A quote of these passengers without rides."""
    known: dict[str, Any] = {"product": "through", "rides": (), "legs": (), "tax_unverified": False}
    return QuoteDocument(passengers=tuple(passengers), **(known | more))


def differing(database: Database) -> list[str]:
    """Name the stored documents that are not written again as they were read, byte for byte."""
    with database.read() as tx:
        return [
            f"{table.name} {canonical(write(read(json.loads(text))))} was {text}"
            for table, read, write in _KEPT
            for text in tx.execute(sa.select(table.c.document)).scalars()
            if canonical(write(read(json.loads(text)))) != text
        ]
