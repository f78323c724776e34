"""Rides, fares and agreements of a small network, and a book that prices journeys over it."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tariffs.book import TariffBook, build_book
from tariffs.journey import Ride
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tariffs.result import JourneyPrice
from tests.tariffs.island import table

ZONE = ZoneInfo("Europe/Helsinki")
TAXES = table(
    "member_state,mode,scope,treatment,rate,valid_from,valid_to,source,verified",
    "FI,any,domestic,taxable,13.50,2026-01-01,,vero.fi,yes",
    "FI,any,international,zero,0.00,2000-01-01,,memory,no",
    "EE,any,domestic,taxable,24.00,2025-07-01,,memory,no",
    "EE,any,international,zero,0.00,2009-07-01,,memory,no",
    "XX,ship,international,outside,,2007-01-01,,memory,no",
)
START = datetime(2026, 3, 4, 8, 0, tzinfo=ZONE)


def fares(product: str, amount: str, rider: str = "adult") -> dict[str, str]:
    return {
        "rider_categories.txt": table("rider_category_id,is_default_fare_category", f"{rider},1"),
        "fare_products.txt": table(
            "fare_product_id,rider_category_id,amount,currency", f"{product},{rider},{amount},EUR"
        ),
        "fare_leg_rules.txt": table("fare_product_id", product),
    }


def agreement(**changes: Any) -> dict[str, Any]:
    return {
        "id": "gulf-link",
        "kind": "through_fare",
        "version": 3,
        "parties": ["hsl", "ferry", "tll"],
        "valid_from": "2026-01-01",
        "valid_to": None,
        "pattern": [{"operator": "hsl"}, {"operator": "ferry"}, {"operator": "tll"}],
        "max_connection_seconds": [7200, 5400],
        "prices": [{"rider": "adult", "sale_channel": None, "amount": "32.00", "currency": "EUR"}],
        "conditions": {"same_calendar_day": True, "refund": "as_strictest"},
        "apportionment": {"steps": [{"method": "standalone_fare"}]},
        "bearer": "pro_rata",
        **changes,
    }


def book(*agreements: dict[str, Any], ferry: str = "29.00", fee: int = 0) -> TariffBook:
    made, findings = build_book(
        feeds={"hsl": fares("ab", "3.20"), "ferry": fares("standard", ferry), "tll": fares("hour", "2.00")},
        agreement_documents=list(agreements),
        tax_text=TAXES,
        riders={"adult": {"hsl": "adult", "ferry": "adult", "tll": "adult"}},
        media={},
        fee_basis_points=fee,
    )
    assert made is not None, findings
    return made


def ride(operator: str, minutes: int, *distance: tuple[str, int], mode: str = "tram") -> Ride:
    departure = START + timedelta(minutes=minutes)
    return Ride(
        operator=operator,
        trip_id=f"t{minutes}",
        route_id="r",
        from_stop_id="a",
        to_stop_id="b",
        departure=departure,
        arrival=departure + timedelta(minutes=20),
        calls=("a", "b"),
        mode=mode,
        distance_m=distance,
    )


def gulf() -> list[Ride]:
    return [
        ride("hsl", 0, ("FI", 3000)),
        ride("ferry", 60, ("FI", 12000), ("XX", 45000), ("EE", 20000), mode="ferry"),
        ride("tll", 140, ("EE", 4000)),
    ]


def priced(tariff: TariffBook, rides: list[Ride] | None = None) -> JourneyPrice:
    return price_journey(tariff, rides or gulf(), [Passenger("anna", "adult")])
