"""Splitting money at its edges: ties, remainders, weights without a root, and parts that go back one after another."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.apportion import by_square_roots, by_weights, fixed_then_weights, reverse


def weights(**parts: int) -> dict[str, Fraction]:
    return {name: Fraction(part) for name, part in parts.items()}


def test_weights_may_be_parts_of_anything_and_whole_numbers() -> None:
    thirds = {"a": Fraction(1, 3), "b": Fraction(1, 6), "c": Fraction(1, 2)}

    assert by_weights(600, thirds) == {"a": 200, "b": 100, "c": 300}
    assert by_weights(600, {"a": 2, "b": 1, "c": 3}) == {"a": 200, "b": 100, "c": 300}


def test_each_of_several_spare_cents_goes_to_another() -> None:
    """Of 100 over six a cent each goes to the four lower names, whatever their order."""
    expected = {"a": 17, "b": 17, "c": 17, "d": 17, "e": 16, "f": 16}

    assert by_weights(100, dict.fromkeys("fedcba", 1)) == expected


def test_the_larger_remainder_wins_over_the_lower_name() -> None:
    assert by_weights(10, {"a": 1, "b": 2}) == {"a": 3, "b": 7}
    assert by_weights(1, {"a": 1, "b": 2}) == {"a": 0, "b": 1}
    assert by_weights(-1, {"a": 1, "b": 2}) == {"a": 0, "b": -1}


def test_who_weighs_nothing_gets_nothing() -> None:
    assert by_weights(7, {"a": 0, "b": 3, "c": 3}) == {"a": 0, "b": 4, "c": 3}


def test_nothing_is_split_among_nobody() -> None:
    assert by_weights(0, {}) == {}
    assert by_weights(0, {"a": 3}) == {"a": 0}
    with pytest.raises(ValueError, match=r"^the weights are all 0$"):
        by_weights(-1, {})


def test_roots_are_exact_to_four_digits_after_the_point() -> None:
    assert by_square_roots(10_000_000, {"a": Fraction(2), "b": Fraction(3)}) == {
        "a": 4_494_946,
        "b": 5_505_054,
    }


@pytest.mark.parametrize("size", [1, 3, 5, 8, 9, 10, 11, 16])
def test_very_small_weights_are_split_as_large_ones_are(size: int) -> None:
    small = {"a": Fraction(1, 10**size), "b": Fraction(9, 10**size), "none": Fraction(0)}

    shares = by_square_roots(400, small)

    assert (sum(shares.values()), shares["none"]) == (400, 0)
    assert abs(shares["a"] - 100) <= (0 if size % 2 == 0 else 1)


def test_a_root_of_exactly_one_is_no_vanishing_one() -> None:
    """At a hundred-millionth the root is 1 of the scale: nothing is taken a hundredfold, and 3 counts as 1."""
    least = {"a": Fraction(1, 10**8), "b": Fraction(3, 10**8)}
    below = {"a": Fraction(1, 10**8) - Fraction(1, 10**12), "b": Fraction(3, 10**8)}

    assert by_square_roots(200, least) == {"a": 100, "b": 100}
    assert by_square_roots(200, below) == {"a": 69, "b": 131}


class TestFixed:
    """Fixed amounts first."""

    def test_what_is_left_after_them_is_split_by_weights(self) -> None:
        assert fixed_then_weights(1000, {"a": 300, "b": 100}, weights(a=1, b=2)) == {"a": 500, "b": 500}
        assert fixed_then_weights(1000, {}, weights(a=1, b=3)) == {"a": 250, "b": 750}

    def test_exactly_the_whole_leaves_nothing(self) -> None:
        assert fixed_then_weights(400, {"a": 300, "b": 100}, weights(a=0, b=1)) == {"a": 300, "b": 100}
        assert fixed_then_weights(400, {"a": 300, "b": 100}, weights(a=0, b=0)) == {"a": 300, "b": 100}
        assert fixed_then_weights(-400, {"a": 300, "b": 100}, weights(a=0, b=0)) == {"a": -300, "b": -100}

    def test_too_large_ones_are_scaled_down_also_below_nothing(self) -> None:
        assert fixed_then_weights(-100, {"a": 300, "b": 100}, weights(a=1, b=1)) == {"a": -75, "b": -25}
        assert fixed_then_weights(399, {"a": 300, "b": 100}, weights(a=1, b=1, c=1)) == {
            "a": 299,
            "b": 100,
            "c": 0,
        }

    def test_nothing_at_all_is_split_as_nothing(self) -> None:
        assert fixed_then_weights(0, {}, weights(a=1, b=1)) == {"a": 0, "b": 0}

    def test_a_rest_that_nobody_may_have_is_refused(self) -> None:
        with pytest.raises(ValueError, match="all 0"):
            fixed_then_weights(401, {"a": 300, "b": 100}, weights(a=0, b=0))


class TestReverse:
    """Parts that go back."""

    def test_each_goes_back_by_its_weight(self) -> None:
        assert reverse({"a": 300, "b": 700}, weights(a=3, b=7), 100) == {"a": 30, "b": 70}

    def test_all_or_nothing_goes_back_whole(self) -> None:
        booked = {"a": 299, "b": 701}

        assert reverse(booked, weights(a=3, b=7), 0) == {"a": 0, "b": 0}
        assert reverse(booked, weights(a=3, b=7), 1000) == booked

    @pytest.mark.parametrize("amount", [-1, 1001])
    def test_neither_less_than_nothing_nor_more_than_is_booked_goes_back(self, amount: int) -> None:
        with pytest.raises(ValueError, match=rf"^{amount} of 1000 cannot go back$"):
            reverse({"a": 300, "b": 700}, weights(a=3, b=7), amount)

    def test_a_spare_cent_stays_with_whom_it_is_missing_most_and_of_equals_the_lower_name(self) -> None:
        assert reverse({"b": 50, "a": 51}, weights(b=1, a=1), 50) == {"b": 25, "a": 25}
        assert reverse({"b": 50, "a": 50}, weights(b=1, a=1), 49) == {"b": 25, "a": 24}
        assert reverse({"a": 33, "b": 67}, weights(a=1, b=2), 50) == {"a": 16, "b": 34}

    def test_who_has_gone_back_already_goes_back_no_further(self) -> None:
        """Since a is booked no more, b has all that stays."""
        assert reverse({"a": 0, "b": 70}, weights(a=1, b=1), 10) == {"a": 0, "b": 10}
        assert reverse({"a": 10, "b": 70}, weights(a=1, b=1), 10) == {"a": 0, "b": 10}

    def test_without_weights_the_cents_stay_one_by_one_with_the_lower_names(self) -> None:
        assert reverse({"b": 2, "a": 2}, weights(a=0, b=0), 1) == {"b": 1, "a": 0}


@given(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 500), st.integers(0, 9)), min_size=1),
    st.integers(0, 2000),
)
def test_what_stays_is_as_near_to_its_weight_as_what_was_booked_allows(
    parts: dict[str, tuple[int, int]], wanted: int
) -> None:
    booked = {name: part for name, (part, _) in parts.items()}
    amount = min(wanted, sum(booked.values()))
    shares = {name: Fraction(weight) for name, (_, weight) in parts.items()}

    back = reverse(booked, shares, amount)

    stays = {name: booked[name] - part for name, part in back.items()}
    whole = sum(shares.values())
    assert sum(back.values()) == amount
    if whole:
        exact = {name: sum(stays.values()) * weight / whole for name, weight in shares.items()}
        assert all(stays[name] >= min(booked[name], int(exact[name])) for name in booked)
        # Nobody keeps a cent more than another who is further below what it should keep and has it.
        over = [stays[name] - 1 - exact[name] for name in booked if stays[name] > exact[name]]
        below = [stays[name] - exact[name] for name, part in booked.items() if stays[name] < part]
        assert all(rich <= poor for rich in over for poor in below)
