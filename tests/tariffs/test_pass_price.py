"""A pass has its price, the VAT of its operators' territories, and its shares."""

from datetime import date
from typing import Any

import pytest

from tariffs.book import build_book
from tariffs.findings import errors
from tariffs.party import Passenger
from tariffs.pass_price import price_pass
from tariffs.result import PassengerPrice
from tests.tariffs.journeys import TAXES, fares
from tests.tariffs.parties import RIDERS, THIRTY, TLL, product, tariff

BOTH: dict[str, Any] = {
    "id": "gulf-30d",
    "scope": {"operators": ["tll", "hsl"]},
    "prices": [{"rider": "adult", "amount": "90.00", "currency": "EUR"}],
    "territories": [
        {"operator": "tll", "member_state": "EE", "mode": "tram", "metres": 1},
        {"operator": "hsl", "member_state": "FI", "mode": "tram", "metres": 2},
    ],
    "apportionment": {"steps": [{"method": "percent", "by_operator": {"tll": "25", "hsl": "75"}}]},
}


def priced(rider: str = "adult", day: date = date(2026, 3, 1), **changes: Any) -> PassengerPrice:
    return price_pass(tariff(), product(**{**BOTH, **changes}), Passenger("anna", rider), day=day)


def test_a_pass_is_taxed_where_its_operators_run_and_shared_by_its_own_steps() -> None:
    found = priced()

    assert found.total is not None
    assert [(row.key.member_state, row.gross) for row in found.taxes] == [("EE", 3000), ("FI", 6000)]
    assert {share.operator: share.gross for share in found.shares} == {"hsl": 6750, "tll": 2250}
    assert sum(share.vat for share in found.shares) == sum(row.vat for row in found.taxes) > 0
    assert found.derivation[0]["reason"] == "sale"


def test_without_agreed_parts_the_metres_decide() -> None:
    found = priced(apportionment={"steps": [{"method": "distance"}]})

    assert {share.operator: share.gross for share in found.shares} == {"hsl": 6000, "tll": 3000}


def test_a_rider_category_without_a_price_is_unknown_and_not_free() -> None:
    found = priced(rider="child")

    assert (found.total, found.reason) == (None, "unknown_fare")


def test_a_pass_in_a_state_without_tax_row_is_not_sold() -> None:
    abroad = [{"operator": "tll", "member_state": "LV", "mode": "tram", "metres": 1}]

    found = priced(
        scope={"operators": ["tll"]}, territories=abroad, apportionment={"steps": [{"method": "distance"}]}
    )

    assert (found.total, found.reason) == (None, "unknown_tax")


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        ({"areas": ["Z9"]}, "scope.areas"),
        ({"networks": ["moon"]}, "scope.networks"),
        ({"directions": [["Z8", "Z9"], ["Z9", "Z8"]]}, "scope.directions"),
    ],
)
def test_an_area_or_network_that_no_tariff_of_its_operators_knows_is_a_fault(
    scope: dict[str, Any], field: str
) -> None:
    document = {**THIRTY, "scope": {"operators": ["tll"], **scope}}

    made, findings = build_book(
        feeds={"hsl": fares("ab", "3.20"), "ferry": fares("standard", "29.00"), "tll": TLL},
        agreement_documents=[],
        tax_text=TAXES,
        riders=RIDERS,
        media={},
        fee_basis_points=0,
        pass_documents=[document],
    )

    assert made is None
    assert field in {fault.field for fault in errors(findings)}
