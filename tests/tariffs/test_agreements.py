"""Each kind of agreement: its price, who gets what of it, and what it may not say."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.agreements.shares import Claim, Step, share
from tariffs.book import TariffBook, build_book
from tariffs.findings import errors
from tariffs.journey import Ride
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tariffs.result import PassengerPrice
from tests.tariffs.journeys import TAXES, agreement, book, fares, gulf, priced, ride

EVERYBODY = {"apportionment": {"steps": [{"method": "standalone_fare"}]}}


def rule(kind: str, **changes: Any) -> dict[str, Any]:
    """An agreement of a kind with only what the kind needs."""
    base = agreement(kind=kind, conditions={}, **changes)
    return {name: value for name, value in base.items() if value is not ...}


def adult(amount: str, **more: Any) -> dict[str, Any]:
    return {"rider": "adult", "sale_channel": None, "amount": amount, "currency": "EUR", **more}


def paid(tariff: TariffBook, rides: list[Ride] | None = None) -> tuple[str, dict[str, int]]:
    anna: PassengerPrice = priced(tariff, rides).passengers[0]
    assert anna.total is not None
    assert sum(part.gross for part in anna.shares) == anna.total.minor
    assert sum(row.gross for row in anna.taxes) == anna.total.minor
    return anna.total.text, {part.operator: part.gross for part in anna.shares}


def test_a_through_fare_may_be_a_percentage_of_the_sum() -> None:
    assert paid(book(rule("through_fare", prices=[], percent=90))) == (
        "30.78",
        {"hsl": 288, "ferry": 2610, "tll": 180},
    )


def test_an_add_on_makes_the_city_cheaper_on_a_ferry_ticket() -> None:
    pattern = [
        {"operator": "hsl", "add_on": True},
        {"operator": "ferry"},
        {"operator": "tll", "add_on": True},
    ]

    fixed = paid(book(rule("add_on", pattern=pattern, prices=[adult("2.60")])))
    half = paid(book(rule("add_on", pattern=pattern, prices=[], percent=50)))

    assert fixed == ("31.60", {"hsl": 160, "ferry": 2900, "tll": 100})
    assert half == fixed


def test_within_a_window_the_dearest_fare_is_paid_once() -> None:
    window = rule(
        "highest_fare_window", pattern=..., max_connection_seconds=..., prices=..., window_seconds=8400
    )

    assert paid(book(window)) == ("29.00", {"hsl": 271, "ferry": 2459, "tll": 170})
    late = [*gulf()[:2], ride("tll", 141, ("EE", 4000))]
    assert paid(book(window), late)[0] == "31.00"


def test_at_a_border_point_each_side_keeps_its_own_price() -> None:
    sides = [adult("1.20", operator="hsl"), adult("1.70", operator="tll")]
    border = rule(
        "border_point",
        parties=["hsl", "tll"],
        pattern=[{"operator": "hsl"}],
        max_connection_seconds=[],
        prices=sides,
    )

    assert paid(book(border), gulf()[:1]) == ("2.90", {"hsl": 120, "tll": 170})


def test_in_a_border_zone_only_its_own_price_holds_even_a_dearer_one() -> None:
    zone = rule(
        "border_zone",
        pattern=[{"operator": "hsl", "stops": ["a", "b"]}],
        max_connection_seconds=[],
        prices=[adult("4.00")],
    )

    assert paid(book(zone), gulf()[:1])[0] == "4.00"
    elsewhere = {**zone, "pattern": [{"operator": "hsl", "stops": ["a", "c"]}]}
    assert paid(book(elsewhere), gulf()[:1])[0] == "3.20"


def test_a_one_sided_tariff_reaches_over_the_border_and_pays_the_other_side_by_agreement() -> None:
    steps = {
        "steps": [
            {"method": "fixed_first", "by_operator": {"tll": "1.10"}, "currency": "EUR"},
            {"method": "residual", "by_operator": {"hsl": "1"}},
        ]
    }
    reach = rule(
        "one_sided",
        parties=["hsl", "tll"],
        pattern=[{"operator": "tll"}],
        max_connection_seconds=[],
        prices=[adult("1.50")],
        apportionment=steps,
    )

    assert paid(book(reach), gulf()[2:]) == ("1.50", {"hsl": 40, "tll": 110})


def test_a_revenue_share_changes_nothing_but_who_gets_it() -> None:
    steps = {"steps": [{"method": "percent", "by_operator": {"hsl": "50", "tll": "50"}}]}
    joint = rule(
        "revenue_share",
        parties=["hsl", "tll"],
        pattern=[{"operator": "hsl"}],
        max_connection_seconds=[],
        prices=...,
        apportionment=steps,
    )

    text, shares = paid(book(joint), gulf()[:1])
    anna = priced(book(joint), gulf()[:1]).passengers[0]

    assert (text, shares) == ("3.20", {"hsl": 160, "tll": 160})
    assert anna.bought[0].fare_product_id == "ab"


def _line_share(identity: str, hsl: str, tll: str, **more: Any) -> dict[str, Any]:
    steps = {"steps": [{"method": "percent", "by_operator": {"hsl": hsl, "tll": tll}}]}
    return rule(
        "revenue_share",
        id=identity,
        parties=["hsl", "tll"],
        pattern=[{"operator": "hsl"}],
        max_connection_seconds=[],
        prices=...,
        apportionment=steps,
        **more,
    )


@pytest.mark.parametrize("turned", [False, True])
def test_of_agreements_that_cost_the_same_the_higher_priority_is_taken(turned: bool) -> None:
    general, special = _line_share("line", "50", "50"), _line_share("special", "25", "75", priority=5)
    in_order = [special, general] if turned else [general, special]

    assert paid(book(*in_order), gulf()[:1]) == ("3.20", {"hsl": 80, "tll": 240})


def test_a_higher_priority_makes_nothing_dearer() -> None:
    dear = rule("through_fare", id="dear", prices=[adult("33.00")], priority=9)
    cheap = rule("through_fare", id="cheap", prices=[adult("30.00")])

    assert paid(book(dear, cheap))[0] == "30.00"


def test_two_shares_of_the_same_rides_without_a_priority_are_a_fault() -> None:
    _, findings = build_book(
        feeds={"hsl": fares("ab", "3.20"), "ferry": fares("standard", "29.00"), "tll": fares("hour", "2.00")},
        agreement_documents=[
            _line_share("one", "50", "50"),
            _line_share("other", "25", "75"),
            _line_share("wrong", "1", "99", priority=1.5),
        ],
        tax_text=TAXES,
        riders={"adult": {"hsl": "adult"}},
        media={},
        fee_basis_points=0,
    )

    assert [(one.row, one.field, one.code) for one in errors(findings)] == [
        (2, "priority", "ambiguous"),
        (3, "priority", "invalid_value"),
    ]


def test_a_supplement_is_owed_on_top() -> None:
    extra = rule(
        "supplement",
        pattern=[{"operator": "ferry"}],
        max_connection_seconds=[],
        prices=[adult("5.00")],
        parties=["ferry"],
    )

    assert paid(book(extra))[0] == "39.20"
    items = priced(book(extra)).passengers[0].bought
    assert [item.price.text for item in items] == ["3.20", "29.00", "5.00", "2.00"]


def test_the_cheapest_cover_of_overlapping_agreements_is_found() -> None:
    first = rule(
        "through_fare",
        id="north",
        pattern=[{"operator": "hsl"}, {"operator": "ferry"}],
        max_connection_seconds=[7200],
        prices=[adult("30.00")],
    )
    second = rule(
        "through_fare",
        id="south",
        pattern=[{"operator": "ferry"}, {"operator": "tll"}],
        max_connection_seconds=[7200],
        prices=[adult("27.50")],
    )

    assert paid(book(first, second))[0] == "30.70"
    assert paid(book(first, second, agreement()))[0] == "30.70"


def test_a_price_of_the_sale_channel_comes_before_the_one_for_all() -> None:
    prices = [adult("32.00"), adult("31.00", sale_channel="FI")]
    tariff = book(agreement(prices=prices))

    def total(channel: str | None) -> str:
        found = price_journey(tariff, gulf(), [Passenger("anna", "adult")], channel=channel).total
        assert found is not None
        return found.text

    assert [total(None), total("EE"), total("FI")] == ["32.00", "32.00", "31.00"]


@given(st.integers(2000, 4000), st.booleans())
def test_another_agreement_never_raises_a_price(amount: int, window: bool) -> None:
    one = agreement(prices=[adult(f"{amount // 100}.{amount % 100:02}")])
    more = rule(
        "highest_fare_window",
        id="w",
        pattern=...,
        max_connection_seconds=...,
        prices=...,
        window_seconds=8400,
    )

    before = priced(book(one)).total
    after = priced(book(one, *([more] if window else []))).total

    assert before is not None
    assert after is not None
    assert after.minor <= before.minor <= 3420


CLAIMS = [Claim("a", 200, 100), Claim("b", 800, 400), Claim("a", 0, 300)]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([Step("standalone_fare")], {"a": 200, "b": 800}),
        ([Step("distance")], {"a": 500, "b": 500}),
        ([Step("sqrt_distance")], {"a": 577, "b": 423}),
        ([Step("agreed_factor", {"a": Fraction(3), "b": Fraction(1)})], {"a": 750, "b": 250}),
        ([Step("fixed_first", {"b": Fraction(100)}), Step("distance")], {"a": 450, "b": 550}),
        ([Step("fixed_first", {"b": Fraction(2000)}), Step("distance")], {"a": 0, "b": 1000}),
        ([Step("min_guarantee", {"a": Fraction(300)}), Step("standalone_fare")], {"a": 300, "b": 700}),
        (
            [
                Step("fixed_first", {"b": Fraction(400)}),
                Step("min_guarantee", {"a": Fraction(300)}),
                Step("standalone_fare"),
            ],
            {"a": 300, "b": 700},
        ),
        ([Step("residual", {"b": Fraction(1)})], {"a": 0, "b": 1000}),
    ],
)
def test_the_steps_of_a_split(steps: list[Step], expected: dict[str, int]) -> None:
    assert share(1000, CLAIMS, steps) == expected


def test_what_is_promised_first_stays_promised_when_a_guarantee_lifts_somebody() -> None:
    claims = [Claim("a", 100, 1), Claim("b", 800, 1), Claim("c", 100, 1)]
    steps = [
        Step("fixed_first", {"a": Fraction(500)}),
        Step("min_guarantee", {"c": Fraction(300)}),
        Step("standalone_fare"),
    ]

    assert share(1000, claims, steps) == {"a": 522, "b": 178, "c": 300}


@given(
    st.integers(0, 10**6),
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 999), st.integers(0, 99_999)), min_size=1, max_size=5
    ),
    st.sampled_from(["standalone_fare", "distance", "sqrt_distance"]),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 5000), max_size=3),
    st.sampled_from(["fixed_first", "min_guarantee"]),
)
def test_whatever_the_steps_the_parts_are_the_whole(
    amount: int, rides: list[tuple[str, int, int]], last: Any, promised: dict[str, int], first: Any
) -> None:
    claims = [Claim(*parts) for parts in rides]
    steps = [Step(first, {name: Fraction(part) for name, part in promised.items()}), Step(last)]

    shares = share(amount, claims, steps)

    assert sum(shares.values()) == amount
    assert all(part >= 0 for part in shares.values())


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (rule("highest_fare_window", pattern=..., max_connection_seconds=..., prices=...), "window_seconds"),
        (rule("highest_fare_window", pattern=..., max_connection_seconds=..., window_seconds=60), "prices"),
        (rule("border_point"), "prices"),
        (rule("add_on"), "pattern"),
        (rule("supplement", prices=[]), "prices"),
        (rule("through_fare", bearer="funder"), "bearer"),
        (rule("through_fare", percent=101), "percent"),
        (rule("through_fare", parties=["x"]), "parties[0]"),
        (rule("through_fare", parties=["tll", "hsl"]), "pattern[1].operator"),
        (
            rule(
                "through_fare",
                apportionment={
                    "steps": [{"method": "fixed_first", "by_operator": {"hsl": "1.00"}, "currency": "EUR"}]
                },
            ),
            "apportionment",
        ),
        (
            rule(
                "through_fare", apportionment={"steps": [{"method": "percent", "by_operator": {"hsl": "50"}}]}
            ),
            "apportionment.steps[0].by_operator",
        ),
        (
            rule(
                "through_fare",
                apportionment={"steps": [{"method": "standalone_fare", "by_operator": {"hsl": "5"}}]},
            ),
            "apportionment.steps[0].by_operator",
        ),
        (
            rule(
                "through_fare",
                apportionment={"steps": [{"method": "agreed_factor", "by_operator": {"hsl": "-5"}}]},
            ),
            "apportionment.steps[0].by_operator",
        ),
    ],
)
def test_what_a_kind_may_not_say_is_named(document: dict[str, Any], field: str) -> None:
    made, findings = build_book(
        feeds={"hsl": fares("ab", "3.20"), "ferry": fares("s", "29.00"), "tll": fares("h", "2.00")},
        agreement_documents=[document],
        tax_text=TAXES,
        riders={"adult": {"hsl": "adult", "ferry": "adult", "tll": "adult"}},
        media={},
        fee_basis_points=0,
    )

    assert made is None
    assert field in {fault.field for fault in errors(findings)}


@pytest.mark.parametrize(
    ("bearer", "gross"),
    [
        ("pro_rata", {"hsl": 299, "ferry": 2714, "tll": 187}),
        ("seller", {"hsl": 320, "ferry": 2900, "tll": 200, "seller": -220}),
        ("funder:city", {"hsl": 320, "ferry": 2900, "tll": 200, "funder:city": -220}),
        ("operator:ferry", {"hsl": 320, "ferry": 2680, "tll": 200}),
        (["operator:tll", "seller"], {"hsl": 320, "ferry": 2900, "tll": 0, "seller": -20}),
        (["operator:tll"], {"hsl": 318, "ferry": 2882, "tll": 0}),
    ],
)
def test_a_discount_is_taken_from_whoever_bears_it(bearer: Any, gross: dict[str, int]) -> None:
    assert paid(book(agreement(bearer=bearer))) == ("32.00", gross)


@pytest.mark.parametrize(("way_back", "price"), [(300, "50.00"), (540, "50.00"), (541, "64.40")])
def test_a_return_trip_is_a_through_fare_within_its_time(way_back: int, price: str) -> None:
    there_and_back = rule(
        "through_fare",
        parties=["hsl", "ferry"],
        pattern=[{"operator": "ferry"}, {"operator": "hsl"}],
        max_connection_seconds=[7200],
        return_within_seconds=36_000,
        prices=[adult("50.00")],
    )
    out = [
        ride("ferry", 0, ("FI", 5), mode="ferry"),
        replace(ride("hsl", 60, ("FI", 3)), from_stop_id="b", to_stop_id="c"),
    ]
    home = [
        replace(ride("hsl", way_back, ("FI", 3)), from_stop_id="c", to_stop_id="b"),
        ride("ferry", way_back + 60, ("FI", 5), mode="ferry"),
    ]

    assert paid(book(there_and_back), [*out, *home])[0] == price


def test_a_way_out_alone_is_no_return_trip() -> None:
    day_trip = rule(
        "through_fare",
        parties=["ferry"],
        pattern=[{"operator": "ferry"}],
        max_connection_seconds=[],
        return_within_seconds=36_000,
        prices=[adult("10.00")],
    )

    assert paid(book(day_trip), [ride("ferry", 0, ("FI", 5), mode="ferry")])[0] == "29.00"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bearer": "nobody"}, "bearer"),
        ({"bearer": "operator:mars"}, "bearer"),
        ({"bearer": []}, "bearer"),
        ({"return_within_seconds": 0}, "return_within_seconds"),
        ({"kind": "border_zone", "return_within_seconds": 5}, "return_within_seconds"),
    ],
)
def test_a_fault_of_a_bearer_or_a_way_back_is_named(change: dict[str, Any], field: str) -> None:
    _, findings = build_book(
        feeds={"hsl": fares("ab", "3.20"), "ferry": fares("s", "29.00"), "tll": fares("h", "2.00")},
        agreement_documents=[agreement(**change)],
        tax_text=TAXES,
        riders={"adult": {"hsl": "adult", "ferry": "adult", "tll": "adult"}},
        media={},
        fee_basis_points=0,
    )

    assert field in {fault.field for fault in errors(findings)}
