"""One operator's price is written out: by its tariff, its own offer, a claim, company or a pass, and several of them as one."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tariffs.agreements import Run
from tariffs.companions import Rule
from tariffs.eligibility import Eligibility
from tariffs.fares.result import FareItem, FarePrice
from tariffs.money import Money
from tariffs.own_parts import by_claim, by_company, by_offer, by_pass, by_tariff, one_after_the_other
from tariffs.parts import Bought, OfferedFare, Part, Unpriced
from tariffs.passes import HeldPass, Scope

UNTIL = datetime(2026, 3, 11, 6, 30, 5, tzinfo=UTC)
DAY = date(2026, 3, 4)
TRAM = Run(
    operator="tll",
    legs=(3, 4, 5),
    networks=frozenset({None}),
    from_areas=frozenset(),
    to_areas=frozenset(),
    modes=frozenset({"tram"}),
    ends=("a", "b"),
    metres=1000,
    departure_seconds=0,
    arrival_seconds=600,
    first_day=DAY,
    last_day=DAY,
)


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def item(minor: int, *legs: int) -> FareItem:
    return FareItem("hour", "An hour", "adult", "card", euros(minor), legs, "one ride")


def bought(minor: int = 200, *legs: int, **more: Any) -> Bought:
    known: dict[str, Any] = {
        "seller": "tll",
        "fare_product_id": "hour",
        "rider_category_id": "adult",
        "fare_media_id": "card",
        "price": euros(minor),
        "legs": legs or (3,),
        "because": "one ride",
    }
    return Bought(**(known | more))


def part(cost: int = 200, **more: Any) -> Part:
    known: dict[str, Any] = {
        "currency": "EUR",
        "bought": (bought(cost, 3), bought(0, 4, 5)),
        "gross": (("tll", cost),),
        "rule": "own fare",
        "derivation": ({"reason": "leg"},),
    }
    return Part(cost=cost, **(known | more))


def step(reason: str, legs: list[int], rule: tuple[str | None, int, str], **more: Any) -> dict[str, Any]:
    file, row, identity = rule
    return {
        "step": 0,
        "legs": legs,
        "rule": {"file": file, "row": row, "id": identity},
        "currency": "EUR",
        "reason": reason,
        "alternatives": [],
        **more,
    }


class TestTariff:
    """By the operator's own tariff."""

    @staticmethod
    def found(*items: FareItem) -> FarePrice:
        return FarePrice(None, None, None, items, (), ({"reason": "leg", "legs": [0, 2]},))

    def test_legs_are_numbered_in_the_whole_journey(self) -> None:
        made = by_tariff(TRAM, self.found(item(200, 0), item(150, 1, 2)), euros(350))

        assert made == Part(
            cost=350,
            currency="EUR",
            bought=(bought(200, 3), bought(150, 4, 5)),
            gross=(("tll", 350),),
            rule="own fare",
            derivation=({"reason": "leg", "legs": [3, 5]},),
        )

    def test_transfers_that_take_off_more_than_all_are_made_up_for(self) -> None:
        made = by_tariff(TRAM, self.found(item(200, 0), item(-250, 1)), euros(0))

        clamp = bought(
            50,
            3,
            4,
            5,
            fare_product_id="clamp",
            rider_category_id=None,
            fare_media_id=None,
            because="a chain of transfers below zero counts as zero",
        )
        assert made.bought == (bought(200, 3), bought(-250, 4), clamp)
        assert (made.cost, made.gross) == (0, (("tll", 0),))


def test_an_operators_own_offer_is_its_price_until_it_dies() -> None:
    offer = OfferedFare(
        id="o-1",
        operator="ferry",
        legs=(1, 2),
        rider="adult",
        fare_class="saver",
        price=euros(1900),
        valid_until=UNTIL,
    )

    assert by_offer(offer) == Part(
        cost=1900,
        currency="EUR",
        bought=(
            Bought(
                seller="ferry",
                fare_product_id="saver",
                rider_category_id=None,
                fare_media_id=None,
                price=euros(1900),
                legs=(1, 2),
                because="the operator's own offer saver, until 2026-03-11T06:30:05+0000",
            ),
        ),
        gross=(("ferry", 1900),),
        rule="own offer",
        derivation=(
            step(
                "offer", [1, 2], (None, 0, "o-1"), product="saver", amount="19.00", before=None, after="19.00"
            ),
        ),
        expires_at=UNTIL,
    )


CLAIM = Eligibility(
    line=7,
    claim="resident",
    issuer="https://id.example",
    operator="tll",
    rider="free",
    valid_from=date.min,
    valid_to=date.max,
    bearer=None,
)
COMPANY = Rule(
    id="kids",
    line=4,
    operator="tll",
    rider="child",
    beside=("adult", "senior"),
    per_companion=None,
    required=False,
    priced_as="free",
)
OTHERS = [(Unpriced("unknown_fare"), None), (part(300, currency="SEK"), None), (part(300), "3.00")]


class TestClaim:
    """By what somebody has proven."""

    @pytest.mark.parametrize(("ordinary", "before"), OTHERS)
    def test_the_price_says_by_which_proof_and_instead_of_what(
        self, ordinary: Part | Unpriced, before: str | None
    ) -> None:
        made = by_claim(part(50), ordinary, CLAIM, "sha256:x")

        because = "entitled as resident, proven by https://id.example; one ride"
        entitled = step(
            "eligibility",
            [3, 4, 5],
            ("eligibility.csv", 7, "resident"),
            product="free",
            amount="0.50",
            before=before,
            after="0.50",
            proof="sha256:x",
        )
        assert made == part(
            50,
            bought=(bought(50, 3, because=because), bought(0, 4, 5, because=because)),
            rule="own fare, resident",
            derivation=({"reason": "leg"}, entitled),
        )

    @pytest.mark.parametrize(
        ("ordinary", "gross"),
        [
            (part(300), (("tll", 300), ("funder:city", -250))),
            (part(51), (("tll", 51), ("funder:city", -1))),
            (part(50), (("tll", 50),)),
            (part(40), (("tll", 50),)),
            (Unpriced("unknown_fare"), (("tll", 50),)),
        ],
    )
    def test_an_authority_pays_what_it_costs_less_and_the_operator_has_its_ordinary_price(
        self, ordinary: Part | Unpriced, gross: tuple[tuple[str, int], ...]
    ) -> None:
        assert by_claim(part(50), ordinary, replace(CLAIM, bearer="funder:city"), "x").gross == gross
        assert by_claim(part(50), ordinary, CLAIM, "x").gross == (("tll", 50),)


@pytest.mark.parametrize(("ordinary", "before"), OTHERS)
def test_the_price_in_company_says_beside_whom_and_instead_of_what(
    ordinary: Part | Unpriced, before: str | None
) -> None:
    made = by_company(part(50), ordinary, COMPANY)

    because = "travels beside adult or senior, kids; one ride"
    company = step(
        "company",
        [3, 4, 5],
        ("companions.csv", 4, "kids"),
        product="free",
        amount="0.50",
        before=before,
        after="0.50",
    )
    assert made == part(
        50,
        bought=(bought(50, 3, because=because), bought(0, 4, 5, because=because)),
        rule="own fare, kids",
        derivation=({"reason": "leg"}, company),
    )


def test_a_pass_pays_for_the_rides_that_it_covers() -> None:
    held = HeldPass(
        ticket="tick-1",
        product="week",
        scope=Scope(frozenset({"tll"})),
        valid_from=UNTIL,
        valid_until=UNTIL,
        uses_left=None,
    )

    assert by_pass(TRAM, held, (3, 5), "EUR") == Part(
        cost=0,
        currency="EUR",
        bought=(
            bought(
                0,
                3,
                5,
                fare_product_id="week",
                rider_category_id=None,
                fare_media_id=None,
                because="covered by week, valid until 2026-03-11T06:30:05Z",
                held_ticket="tick-1",
            ),
        ),
        gross=(("tll", 0),),
        rule="pass week",
        derivation=(
            step(
                "pass",
                [3, 5],
                ("passes.json", 0, "tick-1"),
                product="week",
                amount="0.00",
                before=None,
                after="0.00",
            ),
        ),
    )


class TestTogether:
    """Several parts of one run."""

    def test_they_are_one_part_in_their_order_and_a_rule_is_named_once(self) -> None:
        first, second, third = part(200), part(0, rule="pass week", gross=(("tll", 0),)), part(100)

        assert one_after_the_other([first, second, third]) == Part(
            cost=300,
            currency="EUR",
            bought=(*first.bought, *second.bought, *third.bought),
            gross=(("tll", 200), ("tll", 0), ("tll", 100)),
            rule="own fare; pass week",
            derivation=({"reason": "leg"},) * 3,
        )

    def test_what_costs_nothing_is_in_any_currency(self) -> None:
        free = part(0, currency="SEK")

        for parts, currency in (([free, part(200)], "EUR"), ([free, part(0)], "SEK")):
            made = one_after_the_other(parts)
            assert isinstance(made, Part)
            assert made.currency == currency

    def test_two_currencies_are_no_price(self) -> None:
        assert one_after_the_other([part(200), part(100, currency="SEK")]) == Unpriced("mixed_currencies")
