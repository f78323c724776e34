"""The price of a leg: what its passenger has paid for its operator's part of it, never more."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.documents import leg
from ticketing.claims.worth import paid_for_leg
from ticketing.frozen import LeftPrice, PriceItem, PriceShare


def item(amount: int, *legs: int) -> PriceItem:
    return PriceItem(
        seller="s",
        fare_product_id="p",
        rider_category_id=None,
        fare_media_id=None,
        amount_minor=amount,
        legs=legs,
        because="",
    )


def price(shares: dict[str, int], items: Sequence[PriceItem] = ()) -> LeftPrice:
    parts = tuple(PriceShare(name, gross, 0, 0, gross, "") for name, gross in shares.items())
    return LeftPrice((), tuple(items), sum(shares.values()), parts, ())


def test_an_operator_of_one_leg_has_its_gross_share() -> None:
    legs = [leg("tlt"), leg("eckero")]

    assert paid_for_leg(price({"tlt": 200, "eckero": 1600}), legs, 1) == 1600


def test_a_discount_that_somebody_else_bears_was_not_paid() -> None:
    legs = [leg("tlt"), leg("eckero")]
    discounted = price({"tlt": 200, "eckero": 1800, "seller:": -500})

    assert [paid_for_leg(discounted, legs, at) for at in (0, 1)] == [150, 1350]


def test_what_a_pass_has_paid_for_is_worth_nothing() -> None:
    assert paid_for_leg(price({"tlt": 0}, [item(0, 0)]), [leg("tlt")], 0) == 0
    assert paid_for_leg(price({"tlt": 500, "funder:tallinn": -500}), [leg("tlt")], 0) == 0


def test_two_legs_of_an_operator_share_its_money_by_what_was_bought_for_each() -> None:
    legs = [leg("rail"), leg("rail"), leg("rail", distance_m=15_000)]
    bought = price({"rail": 1000}, [item(600, 0), item(400, 1, 2)])

    assert [paid_for_leg(bought, legs, at) for at in (0, 1, 2)] == [600, 100, 300]


@given(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=5),
    st.dictionaries(st.sampled_from(["a", "b", "c", "seller:"]), st.integers(-5_000, 10_000)),
    st.lists(st.tuples(st.integers(0, 5_000), st.sets(st.integers(0, 4), min_size=1)), max_size=4),
    st.lists(st.integers(0, 50_000), min_size=5, max_size=5),
)
def test_all_legs_together_are_worth_no_more_than_the_price(
    operators: list[str], shares: dict[str, int], bought: list[tuple[int, set[int]]], metres: list[int]
) -> None:
    legs = [leg(name, distance_m=metres[at]) for at, name in enumerate(operators)]
    items = [
        item(amount, *sorted(at for at in places if at < len(legs)))
        for amount, places in bought
        if min(places) < len(legs)
    ]
    paid = price(shares, items)

    worth = [paid_for_leg(paid, legs, at) for at in range(len(legs))]

    assert all(one >= 0 for one in worth)
    assert sum(worth) <= max(0, paid.total_minor)
