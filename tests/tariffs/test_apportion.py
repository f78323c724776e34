"""Splitting money: the parts are the whole, ties are settled by name, and a refund is a mirror."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.apportion import by_square_roots, by_weights, fixed_then_weights, reverse

NAMES = st.sampled_from(["a", "b", "c", "d", "e", "f"])
WEIGHTS = st.dictionaries(NAMES, st.fractions(0, 1000, max_denominator=100), min_size=1).filter(
    lambda weights: any(weights.values())
)
TOTALS = st.integers(-(10**9), 10**9)


def weights(**parts: int) -> dict[str, Fraction]:
    return {name: Fraction(part) for name, part in parts.items()}


def test_the_spare_cents_go_to_the_largest_remainders() -> None:
    assert by_weights(1000, weights(a=7, b=5, c=3)) == {"a": 467, "b": 333, "c": 200}
    assert by_weights(3200, weights(tram=320, ferry=2900, tallinn=200)) == {
        "tram": 299,
        "ferry": 2714,
        "tallinn": 187,
    }


def test_ties_go_to_the_lower_name_and_a_negative_total_mirrors() -> None:
    assert by_weights(101, weights(b=1, a=1)) == {"a": 51, "b": 50}
    assert by_weights(-101, weights(b=1, a=1)) == {"a": -51, "b": -50}


def test_square_roots_flatten_the_weights() -> None:
    assert by_square_roots(300, weights(a=4, b=16)) == {"a": 100, "b": 200}


def test_the_root_of_a_very_small_weight_does_not_vanish() -> None:
    tiny = {"a": Fraction(1, 10**12), "b": Fraction(4, 10**12)}

    assert by_square_roots(300, tiny) == {"a": 100, "b": 200}


def test_fixed_amounts_come_first_and_are_scaled_down_when_too_large() -> None:
    assert fixed_then_weights(1000, {"a": 300}, weights(a=1, b=1)) == {"a": 650, "b": 350}
    assert fixed_then_weights(100, {"a": 300, "b": 100}, weights(a=1, b=1)) == {"a": 75, "b": 25}
    assert fixed_then_weights(-1000, {"a": 300}, weights(a=1, b=1)) == {"a": -650, "b": -350}


def test_weights_that_are_all_zero_split_nothing_but_nothing() -> None:
    assert by_weights(0, weights(a=0, b=0)) == {"a": 0, "b": 0}
    with pytest.raises(ValueError, match="all 0"):
        by_weights(1, weights(a=0))


@given(TOTALS, WEIGHTS)
def test_the_parts_sum_to_the_whole_within_a_cent_of_their_exact_share(
    total: int, parts: dict[str, Fraction]
) -> None:
    shares = by_weights(total, parts)

    assert sum(shares.values()) == total
    whole = sum(parts.values())
    assert all(abs(shares[name] - Fraction(total) * part / whole) < 1 for name, part in parts.items())
    assert by_weights(-total, parts) == {name: -share for name, share in shares.items()}
    assert by_weights(total, dict(reversed(parts.items()))) == shares


@given(st.integers(0, 10**7), WEIGHTS, st.lists(st.integers(0, 10**7), max_size=8))
def test_refunds_never_turn_a_part_and_end_at_zero(
    total: int, parts: dict[str, Fraction], refunds: list[int]
) -> None:
    booked = by_weights(total, parts)
    for wanted in [*refunds, total]:
        amount = min(wanted, sum(booked.values()))
        back = reverse(booked, parts, amount)
        assert sum(back.values()) == amount
        assert all(0 <= back[name] <= booked[name] for name in booked)
        booked = {name: part - back[name] for name, part in booked.items()}

    assert set(booked.values()) <= {0}


def test_the_alabama_paradox_raises_nobodys_part() -> None:
    parts = weights(a=6, b=6, c=2)
    booked = by_weights(11, parts)

    assert booked == {"a": 5, "b": 5, "c": 1}
    assert reverse(booked, parts, 1)["c"] == 0


def test_more_than_is_booked_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        reverse({"a": 5}, weights(a=1), 6)
