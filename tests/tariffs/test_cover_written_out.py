"""A price by an agreement or under a cap says all of itself: tickets, derivation, rule, expiry, and shares."""

from datetime import timedelta
from typing import Any

import pytest

from tariffs.book import TariffBook
from tariffs.caps import Tap
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.parts import Bought, OfferedFare
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tariffs.result import PassengerPrice
from tests.tariffs.island import table
from tests.tariffs.journeys import START, agreement, gulf, ride
from tests.tariffs.parties import RESIDENT, TLL, WEEK, resident, tariff


def adult(amount: str, **more: Any) -> dict[str, Any]:
    return {"rider": "adult", "sale_channel": None, "amount": amount, "currency": "EUR", **more}


def priced(book: TariffBook, rides: list[Ride] | None = None, **brought: Any) -> PassengerPrice:
    anna = price_journey(book, rides or gulf(), [Passenger("anna", "adult", **brought)]).passengers[0]
    assert anna.total is not None
    assert sum(share.gross for share in anna.shares) == anna.total.minor
    assert sum(item.price.minor for item in anna.bought) == anna.total.minor
    return anna


def shares(found: PassengerPrice) -> dict[str, int]:
    return {share.operator: share.gross for share in found.shares}


def ticket_of(identity: str, minor: int, legs: tuple[int, ...], because: str) -> Bought:
    return Bought(
        seller=identity,
        fare_product_id=identity,
        rider_category_id=None,
        fare_media_id=None,
        price=Money(minor, "EUR"),
        legs=legs,
        because=because,
    )


def step_of(identity: str, minor: int, before: int, legs: list[int], why_not: str) -> dict[str, Any]:
    amount, apart = Money(minor, "EUR").text, Money(before, "EUR").text
    return {
        "step": len(legs) + 1,
        "legs": legs,
        "rule": {"file": "agreements.json", "row": 1, "id": f"{identity} v3"},
        "product": identity,
        "amount": amount,
        "currency": "EUR",
        "before": apart,
        "after": amount,
        "reason": "agreement",
        "alternatives": [{"product": "singles", "amount": apart, "why_not": why_not}],
    }


def test_a_through_fare_is_one_ticket_that_says_what_it_is_instead_of() -> None:
    steps = [
        {"method": "fixed_first", "by_operator": {"tll": "1.00"}, "currency": "EUR"},
        {"method": "standalone_fare"},
    ]
    found = priced(tariff(agreement(apportionment={"steps": steps})))

    because = "agreement gulf-link v3: 32.00 EUR instead of 34.20 EUR bought apart"
    assert found.bought == (ticket_of("gulf-link", 3200, (0, 1, 2), because),)
    assert found.derivation[-1] == step_of("gulf-link", 3200, 3420, [0, 1, 2], "dearer")
    assert [step["legs"] for step in found.derivation] == [[0], [1], [2], [0, 1, 2]]
    rule = "agreement gulf-link v3, fixed_first, standalone_fare"
    assert {share.rule for share in found.shares} == {rule}


def test_a_compulsory_agreement_says_so() -> None:
    forced = agreement(prices=[adult("40.00")], conditions={"compulsory": True})

    found = priced(tariff(forced))

    assert found.derivation[-1] == step_of("gulf-link", 4000, 3420, [0, 1, 2], "the agreement is compulsory")


@pytest.mark.parametrize("amount", ["34.20", "34.21"])
def test_an_agreement_that_is_not_cheaper_leaves_the_tickets_as_they_are(amount: str) -> None:
    found = priced(tariff(agreement(prices=[adult(amount)])))

    assert [item.fare_product_id for item in found.bought] == ["ab", "standard", "hour"]


def test_a_supplement_is_one_more_ticket_behind_the_operators_own() -> None:
    extra = agreement(
        id="cabin",
        kind="supplement",
        parties=["ferry"],
        pattern=[{"operator": "ferry"}],
        max_connection_seconds=[],
        prices=[adult("5.00")],
    )

    found = priced(tariff(extra))

    assert [item.fare_product_id for item in found.bought] == ["ab", "standard", "cabin", "hour"]
    assert found.bought[2] == ticket_of("cabin", 500, (1,), "supplement cabin v3")
    assert shares(found) == {"hsl": 320, "ferry": 3400, "tll": 200}


def test_a_share_of_income_leaves_tickets_and_price_alone() -> None:
    joint = agreement(
        kind="revenue_share",
        parties=["hsl", "tll"],
        pattern=[{"operator": "hsl"}],
        max_connection_seconds=[],
        apportionment={"steps": [{"method": "percent", "by_operator": {"hsl": "75", "tll": "25"}}]},
    )
    del joint["prices"]

    found = priced(tariff(joint), gulf()[:1])

    assert [item.fare_product_id for item in found.bought] == ["ab"]
    assert shares(found) == {"hsl": 240, "tll": 80}


class TestChoice:
    """Of covers that cost the same."""

    @staticmethod
    def pair(identity: str, *operators: str, amount: str, **more: Any) -> dict[str, Any]:
        return agreement(
            id=identity,
            parties=list(operators),
            pattern=[{"operator": one} for one in operators],
            max_connection_seconds=[7200] * (len(operators) - 1),
            prices=[adult(amount)],
            **more,
        )

    def names(self, *rules: dict[str, Any]) -> list[str]:
        return [item.fare_product_id for item in priced(tariff(*rules)).bought]

    def test_the_cheaper_one_is_taken_whatever_its_priority(self) -> None:
        cheap = self.pair("cheap", "hsl", "ferry", "tll", amount="30.00")
        dear = self.pair("dear", "hsl", "ferry", "tll", amount="30.01", priority=9)

        assert self.names(dear, cheap) == ["cheap"]

    def test_then_the_one_of_the_higher_priority(self) -> None:
        one = self.pair("b-one", "hsl", "ferry", "tll", amount="30.00", priority=1)
        two = self.pair("a-two", "hsl", "ferry", "tll", amount="30.00", priority=2)

        assert self.names(one, two) == self.names(two, one) == ["a-two"]

    def test_then_the_one_with_fewer_tickets(self) -> None:
        whole = self.pair("whole", "hsl", "ferry", "tll", amount="32.00")
        south = self.pair("first", "ferry", "tll", amount="28.80")

        assert self.names(whole, south) == self.names(south, whole) == ["whole"]

    def test_then_the_one_whose_names_come_first(self) -> None:
        south = self.pair("south", "ferry", "tll", amount="29.00")
        north = self.pair("north", "hsl", "ferry", amount="30.20")

        assert self.names(south, north) == self.names(north, south) == ["ab", "south"]


def test_the_last_ride_of_a_compulsory_stretch_is_not_bought_alone_and_the_others_may_be() -> None:
    forced = TestChoice.pair("forced", "ferry", "tll", amount="60.00", conditions={"compulsory": True})
    whole = TestChoice.pair("whole", "hsl", "ferry", "tll", amount="34.00")

    assert [item.fare_product_id for item in priced(tariff(forced)).bought] == ["ab", "forced"]
    assert [item.fare_product_id for item in priced(tariff(forced, whole)).bought] == ["whole"]


def test_the_first_offer_that_dies_ends_the_price() -> None:
    def offer(identity: str, minutes: int, *legs: int, operator: str = "hsl") -> OfferedFare:
        return OfferedFare(
            id=identity,
            operator=operator,
            legs=legs,
            rider="adult",
            fare_class="saver",
            price=Money(100, "EUR"),
            valid_until=START - timedelta(minutes=minutes),
        )

    offers = (offer("late", 5, 0), offer("early", 9, 2, operator="tll"))
    book = tariff(agreement(prices=[adult("20.00")]))

    found = price_journey(
        book, gulf(), [Passenger("anna", "adult")], at=START - timedelta(hours=1), offers=offers
    )

    assert [item.fare_product_id for item in found.passengers[0].bought] == ["gulf-link"]
    assert found.expires_at == START - timedelta(minutes=9)


CAPS = table(
    "cap_id,operators,window,amount,currency",
    "day,tll,calendar_day,3.00,EUR",
    "sea,ferry,calendar_day,9.00,EUR",
)


class TestCapped:
    """Rides under a cap."""

    @staticmethod
    def paid(*minor: int, operator: str = "tll") -> tuple[Tap, ...]:
        return tuple(
            Tap(
                id=f"p{at}",
                at=START - timedelta(minutes=9 - at),
                price=Money(one, "EUR"),
                network="",
                rider="adult",
                medium="",
                operator=operator,
            )
            for at, one in enumerate(minor)
        )

    def test_a_ride_at_what_is_left_of_a_cap_says_so_in_its_ticket_its_step_and_its_rule(self) -> None:
        found = priced(tariff(caps_text=CAPS), gulf()[2:], paid=self.paid(200))

        (bought,) = found.bought
        assert bought.price == Money(100, "EUR")
        assert bought.because.endswith("; capped by day: 1.00 EUR instead of 2.00 EUR")
        assert found.derivation[-1] == {
            "step": 2,
            "legs": [0],
            "rule": {"file": "caps.csv", "row": 0, "id": "day"},
            "product": "day",
            "amount": "1.00",
            "currency": "EUR",
            "before": "2.00",
            "after": "1.00",
            "reason": "cap",
            "alternatives": [],
        }
        assert [(share.operator, share.gross, share.rule) for share in found.shares] == [
            ("tll", 100, "own fare, cap day")
        ]

    def test_a_ride_within_a_cap_is_as_without_it(self) -> None:
        within = priced(tariff(caps_text=CAPS), gulf()[2:], paid=self.paid(100))
        without = priced(tariff(), gulf()[2:])

        assert (within.bought, within.derivation) == (without.bought, without.derivation)

    def test_rides_of_others_are_not_capped(self) -> None:
        found = priced(tariff(caps_text=CAPS), gulf()[:1], paid=self.paid(200, 200))

        assert found.total == Money(320, "EUR")

    def test_a_ride_that_is_paid_up_costs_nothing(self) -> None:
        found = priced(tariff(caps_text=CAPS), gulf()[2:], paid=self.paid(200, 100))

        assert (found.total, shares(found)) == (Money(0, "EUR"), {"tll": 0})

    def test_a_cap_may_make_an_agreement_the_dearer_way(self) -> None:
        """Through costs 33.00; apart 34.20, of which the cap takes 2.00."""
        through = agreement(prices=[adult("33.00")])

        assert [
            item.fare_product_id
            for item in priced(tariff(through, caps_text=CAPS), paid=self.paid(300)).bought
        ] == [
            "ab",
            "standard",
            "hour",
        ]

    def test_an_agreement_leaves_the_cap_to_the_rides_behind_it(self) -> None:
        """The first tram is part of the through fare, so only the other two count."""
        through = agreement(prices=[adult("10.00")])
        rides = [
            *gulf(),
            ride("hsl", 200, ("FI", 5)),
            ride("tll", 240, ("EE", 4000)),
            ride("hsl", 270, ("FI", 5)),
            ride("tll", 300, ("EE", 4000)),
        ]

        found = priced(tariff(through, caps_text=CAPS), rides)

        assert [item.price.minor for item in found.bought] == [1000, 320, 200, 320, 100]

    def test_several_tickets_of_a_run_are_lowered_by_their_prices(self) -> None:
        """Two tickets of the ferry, 20.00 and 10.00, under a cap of 9.00: 6.00 and 3.00."""
        boats = {
            "fare_products.txt": table(
                "fare_product_id,amount,currency", "long,20.00,EUR", "short,10.00,EUR"
            ),
            "networks.txt": table("network_id", "far", "near"),
            "route_networks.txt": table("network_id,route_id", "far,r", "near,near"),
            "fare_leg_rules.txt": table("network_id,fare_product_id", "far,long", "near,short"),
        }
        short = ride("ferry", 60, ("EE", 5), mode="ferry")
        rides = [
            ride("ferry", 0, ("FI", 5), mode="ferry"),
            Ride(**{name: getattr(short, name) for name in short.__slots__} | {"route_id": "near"}),
        ]

        found = priced(tariff(caps_text=CAPS, feeds={"ferry": boats}), rides)

        assert [(item.fare_product_id, item.price.minor) for item in found.bought] == [
            ("long", 600),
            ("short", 300),
        ]


def test_what_was_entitled_keeps_its_funder_under_an_agreement() -> None:
    funded = RESIDENT.replace("2013-01-01,,", "2013-01-01,,funder:city")
    dear = {**TLL}
    book = tariff(agreement(prices=[adult("20.00")]), eligibility_text=funded, feeds={"tll": dear})

    found = priced(book, claims=(resident(),))

    assert found.total == Money(2000, "EUR")


def test_a_pass_is_free_also_beside_an_agreement() -> None:
    found = priced(tariff(agreement(prices=[adult("33.00")])), passes=(WEEK,))

    assert found.total == Money(3220, "EUR")
