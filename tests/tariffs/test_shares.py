"""An agreed price is shared step by step, and a discount borne: the rules at their edges."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.agreements.shares import Claim, Step, bear, share


def by(**parts: int) -> dict[str, Fraction]:
    return {name: Fraction(part) for name, part in parts.items()}


TRAM, FERRY = Claim("tram", 200, 100), Claim("ferry", 800, 400)
FARES = Step("standalone_fare")


class TestSteps:
    """The steps of a split."""

    def test_two_rides_of_an_operator_count_together_and_weigh_more_by_their_roots(self) -> None:
        rides = [Claim("tram", 100, 9), Claim("tram", 300, 16), Claim("ferry", 400, 25)]

        assert share(1000, rides, [FARES]) == {"tram": 500, "ferry": 500}
        assert share(1000, rides, [Step("distance")]) == {"tram": 500, "ferry": 500}
        assert share(1200, rides, [Step("sqrt_distance")]) == {"tram": 700, "ferry": 500}

    def test_roots_are_exact_to_four_digits_of_a_metre(self) -> None:
        """The roots of 2 and 3 metres are 1.4142 and 1.7320: with fewer digits the last cents would be others."""
        assert share(10_000_000, [Claim("a", 0, 2), Claim("b", 0, 3)], [Step("sqrt_distance")]) == {
            "a": 4_494_946,
            "b": 5_505_054,
        }

    @pytest.mark.parametrize("method", ["agreed_factor", "percent", "residual"])
    def test_factors_hold_whatever_was_ridden_and_nobody_else_gets_a_part(self, method: str) -> None:
        step = Step(method, by(tram=3, ferry=1, absent=96))  # type: ignore[arg-type]

        assert share(1000, [TRAM, FERRY, Claim("bus", 900, 900)], [step]) == {
            "tram": 750,
            "ferry": 250,
            "bus": 0,
        }

    @pytest.mark.parametrize("method", ["standalone_fare", "distance", "sqrt_distance", "residual"])
    def test_where_there_is_nothing_to_go_by_all_get_the_same(self, method: str) -> None:
        free = [Claim("tram", 0, 0), Claim("ferry", 0, 0)]

        assert share(1000, free, [Step(method)]) == {"tram": 500, "ferry": 500}  # type: ignore[arg-type]

    def test_a_fixed_amount_is_for_those_who_rode(self) -> None:
        steps = [Step("fixed_first", by(bus=900, tram=300)), Step("residual", by(ferry=1))]

        assert share(1000, [TRAM, FERRY], steps) == {"tram": 300, "ferry": 700}

    def test_a_guarantee_is_for_those_who_rode(self) -> None:
        steps = [Step("min_guarantee", by(bus=900, tram=300)), FARES]

        assert share(1000, [TRAM, FERRY], steps) == {"tram": 300, "ferry": 700}

    def test_several_steps_of_a_kind_add_their_operators_and_the_later_word_holds(self) -> None:
        steps = [
            Step("fixed_first", by(tram=100, ferry=100)),
            Step("fixed_first", by(tram=400)),
            Step("residual", by(ferry=1)),
        ]

        assert share(1000, [TRAM, FERRY], steps) == {"tram": 400, "ferry": 600}

    def test_nothing_comes_after_a_step_that_takes_everything(self) -> None:
        assert share(1000, [TRAM, FERRY], [FARES, Step("fixed_first", by(tram=900)), Step("distance")]) == {
            "tram": 200,
            "ferry": 800,
        }

    @pytest.mark.parametrize("steps", [[], [Step("fixed_first", by(tram=900))]])
    def test_steps_that_leave_something_over_are_refused(self, steps: list[Step]) -> None:
        with pytest.raises(ValueError, match=r"^the last step must be able to take everything$"):
            share(1000, [TRAM, FERRY], steps)


class TestGuarantees:
    """Lifting those who would get less than they were promised."""

    @pytest.mark.parametrize(
        ("floor", "tram"), [(199, 200), (200, 200), (201, 201), (1000, 1000), (1001, 1000)]
    )
    def test_who_is_below_a_guarantee_is_lifted_to_it_and_no_further(self, floor: int, tram: int) -> None:
        steps = [Step("min_guarantee", by(tram=floor)), FARES]

        assert share(1000, [TRAM, FERRY], steps) == {"tram": tram, "ferry": 1000 - tram}

    def test_who_falls_below_because_another_was_lifted_is_lifted_too(self) -> None:
        claims = [Claim("a", 100, 1), Claim("b", 400, 1), Claim("c", 500, 1)]
        steps = [Step("min_guarantee", by(a=400, b=350)), FARES]

        assert share(1000, claims, steps) == {"a": 400, "b": 350, "c": 250}

    def test_guarantees_that_are_more_than_all_of_it_are_scaled_down(self) -> None:
        steps = [Step("min_guarantee", by(tram=900, ferry=900)), FARES]

        assert share(1000, [TRAM, FERRY], steps) == {"tram": 500, "ferry": 500}
        third = [TRAM, FERRY, Claim("bus", 500, 1)]
        assert share(1000, third, [Step("min_guarantee", by(tram=900, ferry=600)), FARES]) == {
            "tram": 600,
            "ferry": 400,
            "bus": 0,
        }

    def test_guarantees_that_are_exactly_all_of_it_leave_nothing_to_the_others(self) -> None:
        claims = [Claim("a", 100, 1), Claim("b", 100, 1), Claim("c", 800, 1)]
        steps = [Step("min_guarantee", by(a=600, b=400)), FARES]

        assert share(1000, claims, steps) == {"a": 600, "b": 400, "c": 0}

    def test_a_guarantee_that_is_just_met_changes_nobodys_part(self) -> None:
        """The first of two small parts has the spare cent; shared without it, the other one would get a cent."""
        claims = [Claim("a", 1, 1), Claim("b", 1, 1), Claim("c", 6, 1)]

        assert share(5, claims, [Step("min_guarantee", by(a=1)), FARES]) == {"a": 1, "b": 0, "c": 4}

    def test_who_is_left_with_nothing_by_the_guarantees_of_others_has_their_own_all_the_same(self) -> None:
        claims = [Claim("a", 100, 1), Claim("b", 100, 1), Claim("c", 800, 1)]
        steps = [Step("min_guarantee", by(a=600, b=400, c=250)), FARES]

        assert share(1000, claims, steps) == {"a": 480, "b": 320, "c": 200}

    def test_where_everybody_is_lifted_the_rest_follows_the_guarantees(self) -> None:
        """Two guarantees of 100 and 300 share as 1 and 3, since no party takes the rest."""
        claims = [Claim("a", 1, 1), Claim("b", 999, 1)]
        steps = [Step("min_guarantee", by(a=100, b=950)), FARES]

        assert share(1000, claims, steps) == {"a": 95, "b": 905}

    def test_the_others_keep_what_they_were_promised_first(self) -> None:
        claims = [Claim("a", 0, 1), Claim("b", 0, 1), Claim("c", 100, 1)]
        steps = [Step("fixed_first", by(a=50, b=300)), Step("min_guarantee", by(a=200)), FARES]

        assert share(1000, claims, steps) == {"a": 200, "b": 300, "c": 500}


SHARES = {"tram": 200, "ferry": 800}


class TestBearers:
    """Taking a discount off the shares."""

    def test_without_a_bearer_everybody_bears_it_by_their_share(self) -> None:
        for bearers in ((), ("pro_rata",), ("pro_rata", "seller")):
            assert bear(SHARES, 100, bearers) == {"tram": 180, "ferry": 720}

    def test_a_seller_or_a_funder_bears_all_that_is_left(self) -> None:
        assert bear(SHARES, 100, ("seller", "funder:city")) == {
            "tram": 200,
            "ferry": 800,
            "seller": -100,
        }
        assert bear(SHARES, 100, ("funder:city", "seller")) == {
            "tram": 200,
            "ferry": 800,
            "funder:city": -100,
        }

    def test_a_seller_who_already_bears_something_bears_more(self) -> None:
        assert bear({"tram": 200, "seller": -50}, 100, ("seller",)) == {"tram": 200, "seller": -150}

    @pytest.mark.parametrize(("discount", "tram", "seller"), [(199, 1, None), (200, 0, None), (201, 0, -1)])
    def test_an_operator_bears_at_most_what_it_gets(
        self, discount: int, tram: int, seller: int | None
    ) -> None:
        found = bear(SHARES, discount, ("operator:tram", "seller"))

        assert found == {"tram": tram, "ferry": 800} | ({} if seller is None else {"seller": seller})

    def test_an_operator_that_gets_nothing_bears_nothing(self) -> None:
        assert bear({"tram": -50, "ferry": 800}, 100, ("operator:tram", "operator:ferry")) == {
            "tram": -50,
            "ferry": 700,
        }
        assert bear({"ferry": 800}, 100, ("operator:bus", "seller")) == {
            "ferry": 800,
            "bus": 0,
            "seller": -100,
        }

    def test_what_the_named_operators_cannot_bear_is_borne_by_all_who_have_something_left(self) -> None:
        shares = {"tram": 200, "ferry": 600, "bus": 200, "seller": -10, "none": 0}

        assert bear(shares, 300, ("operator:tram",)) == {
            "tram": 0,
            "ferry": 525,
            "bus": 175,
            "seller": -10,
            "none": 0,
        }

    def test_a_part_of_a_cent_is_something_left(self) -> None:
        assert bear({"tram": 1, "ferry": 1}, 2, ()) == {"tram": 0, "ferry": 0}

    def test_an_operators_id_may_hold_a_colon(self) -> None:
        assert bear({"fi:hsl": 200, "ferry": 800}, 100, ("operator:fi:hsl",)) == {"fi:hsl": 100, "ferry": 800}

    def test_no_discount_changes_nothing_and_the_shares_that_came_in_stay_as_they_are(self) -> None:
        shares = dict(SHARES)

        assert bear(shares, 0, ("seller", "operator:tram")) == shares
        bear(shares, 100, ("operator:tram",))
        assert shares == SHARES


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 5000), min_size=1),
    st.integers(0, 5000),
    st.lists(st.sampled_from(["seller", "funder:x", "operator:a", "operator:b", "pro_rata"]), max_size=4),
)
def test_what_is_borne_is_the_discount_and_nobody_falls_below_nothing(
    shares: dict[str, int], wanted: int, bearers: list[str]
) -> None:
    discount = min(wanted, sum(shares.values()))

    borne = bear(shares, discount, bearers)

    assert sum(borne.values()) == sum(shares.values()) - discount
    assert all(part >= 0 for name, part in borne.items() if name not in {"seller", "funder:x"})


@given(
    st.integers(0, 10_000),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 999)), min_size=1, max_size=5),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 3000), max_size=3),
)
def test_guarantees_are_kept_wherever_they_fit(
    amount: int, rides: list[tuple[str, int]], floors: dict[str, int]
) -> None:
    claims = [Claim(name, fare, 1) for name, fare in rides]
    present = {name: floor for name, floor in floors.items() if name in {one.operator for one in claims}}
    steps = [Step("min_guarantee", {name: Fraction(part) for name, part in floors.items()}), FARES]

    shares = share(amount, claims, steps)

    assert sum(shares.values()) == amount
    if sum(present.values()) <= amount and len(present) < len(shares):
        lifted = {name for name, floor in present.items() if shares[name] <= floor}
        able = {one.operator for one in claims if one.standalone} - lifted
        assert not able or all(shares[name] >= floor for name, floor in present.items())
