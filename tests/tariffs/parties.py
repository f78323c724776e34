"""Parties of several riders, and the products that are sold to them."""

from datetime import timedelta
from typing import Any

from tariffs import passes_reader
from tariffs.book import TariffBook, build_book
from tariffs.party import Passenger, ProvenClaim
from tariffs.passes import HeldPass, PassProduct, Scope
from tests.tariffs.island import table
from tests.tariffs.journeys import START, TAXES, fares, ride

RIDERS = {name: {"hsl": name, "ferry": name, "tll": name} for name in ("adult", "child")}
TLL = {
    "rider_categories.txt": table(
        "rider_category_id,is_default_fare_category", "adult,1", "child,0", "free,0", "family,0"
    ),
    "fare_products.txt": table(
        "fare_product_id,rider_category_id,amount,currency",
        "hour,adult,2.00,EUR",
        "hour,child,1.00,EUR",
        "resident,free,0.00,EUR",
        "family,family,3.50,EUR",
    ),
    "fare_leg_rules.txt": table("fare_product_id", "hour", "resident", "family"),
}
TRAM = [ride("tll", 0, ("EE", 4000))]
WEEK = HeldPass(
    ticket="tick-1",
    product="week",
    scope=Scope(frozenset({"tll"})),
    valid_from=START,
    valid_until=START + timedelta(days=7),
    uses_left=None,
)


def tariff(*agreements: dict[str, Any], feeds: dict[str, Any] | None = None, **more: Any) -> TariffBook:
    usual = {"hsl": fares("ab", "3.20"), "ferry": fares("standard", "29.00"), "tll": TLL}
    made, findings = build_book(
        feeds=usual | (feeds or {}),
        agreement_documents=list(agreements),
        tax_text=TAXES,
        riders=RIDERS,
        media={},
        fee_basis_points=0,
        **more,
    )
    assert made is not None, findings
    return made


def party(*riders: str) -> list[Passenger]:
    return [Passenger(f"p{at}", rider) for at, rider in enumerate(riders)]


THIRTY = {
    "id": "tll-30d",
    "kind": "pass",
    "version": 1,
    "names": {"en": "30 days"},
    "scope": {"operators": ["tll"]},
    "validity": {"unit": "days", "length": 30},
    "valid_from": "2026-01-01",
    "prices": [{"rider": "adult", "amount": "30.00", "currency": "EUR"}],
    "territories": [{"operator": "tll", "member_state": "EE", "mode": "tram", "metres": 1}],
    "apportionment": {"steps": [{"method": "percent", "by_operator": {"tll": "100"}}]},
}


def product(**changes: Any) -> PassProduct:
    found, findings = passes_reader.load([THIRTY | changes], ["tll", "hsl"], ["adult"])
    assert findings == []
    return found[0]


RESIDENT = table(
    "claim,issuer,operator,rider_category,valid_from,valid_to,bearer",
    "resident,https://id.example,tll,free,2013-01-01,,",
)


def resident(days: int = 0) -> ProvenClaim:
    return ProvenClaim("resident", START.date() + timedelta(days=days), "sha256:abc")


CAPS = table(
    "cap_id,operators,networks,rider,medium,window,window_arg,amount,currency,party_scope",
    "day,tll,,,,service_day,04:00,5.50,EUR,holder",
)
