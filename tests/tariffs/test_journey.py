"""Pricing over several operators: the worked example of the gulf, and what must always hold."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs import taxes
from tariffs.book import build_book
from tariffs.excluded import Excluded, rides_without_price
from tariffs.findings import errors
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tariffs.words import explain
from tests.tariffs.island import table
from tests.tariffs.journeys import TAXES, agreement, book, fares, gulf, priced, ride


def test_the_through_fare_is_shared_and_taxed_to_the_cent() -> None:
    found = priced(book(agreement()))
    anna = found.passengers[0]

    assert found.total is not None
    assert found.total.text == "32.00"
    assert {share.operator: share.gross for share in anna.shares} == {"hsl": 299, "ferry": 2714, "tll": 187}
    assert [(row.key.member_state, row.key.mode, row.gross, row.vat) for row in anna.taxes] == [
        ("EE", "ferry", 762, 0),
        ("EE", "tram", 153, 30),
        ("FI", "ferry", 457, 0),
        ("FI", "tram", 114, 14),
        ("XX", "ferry", 1714, 0),
    ]
    assert {share.operator: share.vat for share in anna.shares} == {"hsl": 14, "ferry": 0, "tll": 30}
    assert anna.derivation[-1]["reason"] == "agreement"


def test_a_dearer_agreement_is_not_applied_unless_it_is_compulsory() -> None:
    dear = {"prices": [{"rider": "adult", "sale_channel": None, "amount": "40.00", "currency": "EUR"}]}

    assert priced(book(agreement(**dear))).total == priced(book()).total
    forced = priced(book(agreement(**dear, conditions={"compulsory": True})))
    assert forced.total is not None
    assert forced.total.text == "40.00"


@pytest.mark.parametrize(
    "change",
    [
        {"valid_from": "2026-03-05"},
        {"valid_to": "2026-03-03"},
        {"max_connection_seconds": [2399, 5400]},
        {"conditions": {"weekdays": [4]}},
        {"pattern": [{"operator": "tll"}, {"operator": "ferry"}, {"operator": "hsl"}]},
        {"pattern": [{"operator": "hsl", "network": "other"}, {"operator": "ferry"}, {"operator": "tll"}]},
        {"pattern": [{"operator": "hsl", "mode": "bus"}, {"operator": "ferry"}, {"operator": "tll"}]},
    ],
)
def test_an_agreement_holds_only_on_its_days_its_way_and_in_time(change: dict[str, Any]) -> None:
    assert priced(book(agreement(**change))).total == priced(book()).total


def test_the_edges_of_an_agreement_are_inside() -> None:
    exact = agreement(valid_from="2026-03-04", valid_to="2026-03-04", max_connection_seconds=[2400, 3600])

    found = priced(book(exact)).total

    assert found is not None
    assert found.text == "32.00"


def test_an_unknown_leg_blocks_the_whole() -> None:
    unknown = book(agreement())
    stranger = price_journey(unknown, gulf(), [Passenger("rex", "dog")])

    assert (stranger.total, stranger.reason) == (None, "unknown_fare")


def test_a_stretch_without_a_tax_row_is_not_sold() -> None:
    rides = [*gulf()[:1], ride("ferry", 60, ("SE", 5))]

    assert priced(book(), rides).reason == "unknown_tax"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "magic"}, "kind"),
        ({"version": 0}, "version"),
        ({"id": ""}, "id"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_to": "2025-01-01"}, "valid_to"),
        ({"pattern": []}, "pattern"),
        ({"max_connection_seconds": [1]}, "max_connection_seconds"),
        ({"pattern": [{"operator": "x"}] * 3}, "pattern[0].operator"),
        ({"prices": []}, "prices"),
        ({"prices": [{"rider": "adult", "amount": "1", "currency": "EUR"}]}, "prices[0].amount"),
        ({"prices": [{"rider": "dog", "amount": "1.00", "currency": "EUR"}]}, "prices[0].rider"),
        ({"apportionment": {"steps": [{"method": "magic"}]}}, "apportionment"),
        ({"discount": 5}, "discount"),
        ({"conditions": {"weekdays": [0]}}, "conditions.weekdays"),
    ],
)
def test_a_fault_of_an_agreement_is_named(change: dict[str, Any], field: str) -> None:
    made, findings = build_book(
        feeds={"hsl": fares("ab", "3.20"), "ferry": fares("s", "29.00"), "tll": fares("h", "2.00")},
        agreement_documents=[agreement(**change)],
        tax_text=TAXES,
        riders={"adult": {"hsl": "adult", "ferry": "adult", "tll": "adult"}},
        media={},
        fee_basis_points=0,
    )

    assert made is None
    assert field in {fault.field for fault in errors(findings)}


@given(st.integers(0, 9999), st.integers(0, 1000), st.lists(st.integers(1, 100_000), min_size=5, max_size=5))
def test_shares_taxes_and_fees_are_the_price_to_the_cent(ferry: int, fee: int, metres: list[int]) -> None:
    rides = [
        ride("hsl", 0, ("FI", metres[0])),
        ride("ferry", 60, ("FI", metres[1]), ("XX", metres[2]), ("EE", metres[3]), mode="ferry"),
        ride("tll", 140, ("EE", metres[4])),
    ]

    anna = priced(book(agreement(), ferry=f"{ferry // 100}.{ferry % 100:02}", fee=fee), rides).passengers[0]

    assert anna.total is not None
    assert sum(share.gross for share in anna.shares) == anna.total.minor
    assert sum(row.gross for row in anna.taxes) == anna.total.minor
    assert sum(share.vat for share in anna.shares) == sum(row.vat for row in anna.taxes)
    assert sum(share.net + share.vat + share.fee for share in anna.shares) == anna.total.minor
    assert sum(item.price.minor for item in anna.bought) == anna.total.minor
    assert anna.total.minor <= 320 + ferry + 200


def test_the_version_follows_the_content() -> None:
    assert book().version == book().version
    assert book().version != book(ferry="29.01").version
    assert json.dumps(priced(book()).passengers[0].derivation)


def test_rates_change_with_the_day_of_travel() -> None:
    text = table(
        "member_state,mode,scope,treatment,rate,valid_from,valid_to,source,verified",
        "FI,any,domestic,taxable,14.00,2025-01-01,2025-12-31,x,yes",
        "FI,any,domestic,taxable,13.50,2026-01-01,,x,yes",
    )
    rates, findings = taxes.load(text)

    def rate(day: date) -> int:
        return rates.key_of(
            taxes.Stretch(operator="hsl", member_state="FI", mode="tram", scope="domestic", metres=1, day=day)
        ).rate_bp

    assert findings == []
    assert [rate(date(2025, 12, 31)), rate(date(2026, 1, 1))] == [1400, 1350]
    with pytest.raises(taxes.UnknownTax):
        rate(date(2024, 1, 1))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("FI,any,domestic,taxable,,2026-01-01,,x,yes", "missing_value"),
        ("FI,any,domestic,zero,5.00,2026-01-01,,x,yes", "forbidden_value"),
        ("FI,any,lunar,zero,,2026-01-01,,x,yes", "invalid_enum"),
        ("FI,any,domestic,magic,,2026-01-01,,x,yes", "invalid_enum"),
        ("FI,any,domestic,taxable,9.999,2026-01-01,,x,yes", "invalid_rate"),
        ("FI,any,domestic,zero,,now,,x,yes", "invalid_date"),
        ("FI,any,domestic,zero,,2026-01-01,,x,perhaps", "invalid_enum"),
        (TAXES.splitlines()[1], "overlapping_rates"),
    ],
)
def test_a_fault_of_a_tax_row_is_named(row: str, code: str) -> None:
    _, findings = taxes.load(TAXES + row + "\n")

    assert code in {fault.code for fault in findings}


def test_no_agreement_and_no_run_reaches_over_a_ride_that_is_not_sold() -> None:
    direct = agreement(
        pattern=[{"operator": "hsl"}, {"operator": "tll"}],
        parties=["hsl", "tll"],
        max_connection_seconds=[86_400],
        prices=[{"rider": "adult", "sale_channel": None, "amount": "4.00", "currency": "EUR"}],
    )
    sold = [ride("hsl", 0, ("FI", 3000)), ride("tll", 200, ("EE", 4000))]
    without = Excluded(
        leg=1,
        before=1,
        operator="ferry",
        operator_name="Ferry",
        from_name="Quay",
        to_name="Pier",
        departure=sold[0].departure.isoformat(),
    )

    over = price_journey(book(direct), sold, [Passenger("anna", "adult")])
    part = price_journey(book(direct), sold, [Passenger("anna", "adult")], excluded=[without])
    twice = price_journey(
        book(), [sold[0], sold[0]], [Passenger("anna", "adult")], excluded=[replace(without, operator="tll")]
    )

    assert [item.fare_product_id for item in over.passengers[0].bought] == ["gulf-link"]
    assert [item.fare_product_id for item in part.passengers[0].bought] == ["ab", "hour"]
    assert [item.legs for item in twice.passengers[0].bought] == [(0,), (1,)]
    assert [(step["step"], step["reason"]) for step in part.passengers[0].derivation] == [
        (1, "excluded"),
        (2, "leg_rule"),
        (3, "leg_rule"),
    ]
    assert explain(part.passengers[0].derivation, "en")[0] == (
        "Without the ride Quay - Pier, 08:00: Ferry has no price here; buy it from Ferry."
    )


def test_only_a_ride_that_is_sold_to_nobody_is_left_out() -> None:
    rides = [ride("hsl", 0, ("FI", 3000)), ride("ferry", 60, ("FI", 9000)), ride("tll", 200, ("EE", 4000))]

    assert rides_without_price(book(), rides) == set()
    assert rides_without_price(
        replace(book(), riders={"adult": {"hsl": "adult", "tll": "adult"}}), rides
    ) == {1}
