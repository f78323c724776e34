"""Company as data: who travels only beside somebody, and who pays less for it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tariffs import companions
from tariffs.findings import Finding
from tariffs.money import Money
from tariffs.parts import OfferedFare
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tests.tariffs.company import HEADER, ONE_FREE
from tests.tariffs.island import table
from tests.tariffs.parties import TRAM, WEEK, tariff


def prices(text: str, *riders: str) -> list[int | None]:
    """Price each of a party on one tram."""
    party = [Passenger(f"p{at}", rider) for at, rider in enumerate(riders)]
    found = price_journey(tariff(companions_text=text), TRAM, party)
    return [one.total.minor if one.total else None for one in found.passengers]


@pytest.mark.parametrize(
    ("riders", "expected"),
    [
        (("child",), [100]),
        (("adult", "child"), [200, 0]),
        (("child", "adult", "child"), [0, 200, 100]),
        (("adult", "adult", "child", "child", "child"), [200, 200, 0, 0, 100]),
    ],
)
def test_so_many_children_for_each_adult_cost_nothing(riders: tuple[str, ...], expected: list[int]) -> None:
    assert prices(ONE_FREE, *riders) == expected


def test_a_rule_holds_within_its_days_and_with_its_operator() -> None:
    over = table(HEADER, "one-free,tll,child,adult,1,0,free,,2020-12-31")
    other = table(HEADER, "one-free,hsl,child,adult,1,1,,,")

    assert prices(over, "adult", "child") == prices(other, "child", "adult")[::-1] == [200, 100]


def test_nobody_travels_without_the_company_that_is_required() -> None:
    needed = table(HEADER, "beside-adults,tll,child,adult,1,1,,,")
    (rule,), _ = companions.load(needed, ["tll"], ["adult", "child"])

    assert prices(needed, "adult", "child", "child") == [200, 100, None]
    assert companions.lonely([rule], "tll", date(2026, 10, 1), ["adult", "child", "child"]) == (2, rule)
    assert companions.lonely([rule], "hsl", date(2026, 10, 1), ["child"]) is None


def test_a_pass_and_an_own_offer_ask_for_the_company_that_is_required_too() -> None:
    book = tariff(companions_text=table(HEADER, "beside-adults,tll,child,adult,1,1,,,"))
    start = TRAM[0].departure
    offer = OfferedFare(
        id="o",
        operator="tll",
        legs=(0,),
        rider="child",
        fare_class="saver",
        price=Money(50, "EUR"),
        valid_until=start,
    )
    child = Passenger("c", "child", passes=(replace(WEEK, rider="child"),))

    def reasons(*party: Passenger, **more: Any) -> list[str | None]:
        return [one.reason for one in price_journey(book, TRAM, party, **more).passengers]

    before = start - timedelta(hours=1)
    assert reasons(child) == ["needs_company"]
    assert reasons(child, Passenger("a", "adult")) == [None, None]
    assert reasons(replace(child, passes=()), at=before, offers=[offer]) == ["needs_company"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("r,nobody,child,adult,1,1,,,", "operator"),
        ("r,tll,giant,adult,1,1,,,", "rider_category"),
        ("r,tll,child,ghost,1,1,,,", "beside"),
        ("r,tll,child,adult child,1,1,,,", "beside"),
        ("r,tll,child,adult,0,1,,,", "per_companion"),
        ("r,tll,child,adult,1,maybe,,,", "required"),
        ("r,tll,child,adult,1,0,,,", "priced_as"),
        ("r,tll,child,adult,1,1,,2026-02-01,2026-01-01", "valid_to"),
    ],
)
def test_a_fault_is_named_by_its_field(row: str, field: str) -> None:
    _, findings = companions.load(table(HEADER, row), ["tll"], ["adult", "child"])

    assert field in {found.field for found in findings}


def test_a_rule_has_its_name_for_itself() -> None:
    _, findings = companions.load(
        table(HEADER, *["r,tll,child,adult,1,1,,,"] * 2), ["tll"], ["adult", "child"]
    )

    assert [(found.field, found.code) for found in findings] == [("rule_id", "duplicate_key")]


def test_a_price_that_nobody_could_pay_is_a_fault() -> None:
    rules, _ = companions.load(ONE_FREE, ["tll"], ["adult", "child"])

    found: list[Finding] = companions.unknown_prices(rules, {"tll": {"adult", "child"}})

    assert [one.field for one in found] == ["priced_as"]
