"""A small invented tariff that tests build feeds from."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tariffs.fares.feed import Feed, load
from tariffs.fares.legs import FareLeg

TALLINN = ZoneInfo("Europe/Tallinn")


def table(*rows: str) -> str:
    """A CSV text from its lines."""
    return "\n".join(rows) + "\n"


PRODUCTS = table(
    "fare_product_id,amount,currency",
    "city,2.00,EUR",
    "coast,5.00,EUR",
    "off,-0.50,EUR",
    "link,1.20,EUR",
)
NETWORKS = table("network_id", "city", "coast", "hill")
CITY_COAST = table("leg_group_id,network_id,fare_product_id", "city,city,city", "coast,coast,coast")


def feed(**files: str) -> Feed:
    """Load a tariff that must be without fault; `fare_products="..."` is the file `fare_products.txt`."""
    texts = {f"{name}.txt": text for name, text in {"networks": NETWORKS, **files}.items()}
    loaded, findings = load(texts)
    assert loaded is not None, findings
    return loaded


def leg(network: str | None, departure: str, arrival: str | None = None, **more: Any) -> FareLeg:
    """A ride of 13 October 2026; `departure` and `arrival` are local times like `10:05`."""
    return FareLeg(
        network=network,
        from_areas=frozenset(more.pop("from_areas", ())),
        to_areas=frozenset(more.pop("to_areas", ())),
        areas=frozenset(more.pop("areas", ())),
        departure=at(departure),
        arrival=at(arrival or departure),
        **more,
    )


def at(clock: str, day: int = 13) -> datetime:
    """A local moment of October 2026."""
    hour, minute = clock.split(":")
    return datetime(2026, 10, day, int(hour), int(minute), tzinfo=TALLINN)
