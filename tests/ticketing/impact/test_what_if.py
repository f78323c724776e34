"""Two tariffs compared by the journeys of a month: passengers by pair of zones, and each operator. Pure."""

from hypothesis import given
from hypothesis import strategies as st

from ticketing.impact.comparing import Priced, compare
from ticketing.impact.picture import Mark, Spot, draw, steps_of

AB, BA = ("x:A", "x:B"), ("x:B", "x:A")


def priced(minor: int | None, currency: str = "EUR", **shares: int) -> Priced:
    return Priced(minor, currency, shares)


def test_a_rise_is_paid_by_each_journey_and_reaches_the_operators() -> None:
    old = {AB: priced(300, bus=200, ship=100), BA: priced(300, bus=200, ship=100)}
    new = {AB: priced(340, bus=220, ship=120), BA: priced(280, bus=180, ship=100)}

    effect = compare({AB: 100, BA: 50}, old, new, "EUR")

    assert [(one.origin, one.all_minor) for one in effect.pairs] == [("x:A", 4_000), ("x:B", -1_000)]
    assert effect.passengers_minor == 3_000
    assert effect.operators == {"bus": 1_000, "ship": 2_000}
    assert (effect.more, effect.less, effect.same) == (100, 50, 0)


def test_a_pair_without_a_price_in_one_tariff_is_in_no_sum() -> None:
    effect = compare({AB: 100, BA: 50}, {AB: priced(300, bus=300)}, {AB: priced(None), BA: priced(1)}, "EUR")

    assert effect.pairs == ()
    assert effect.uncounted == (AB, BA)


def test_prices_in_another_currency_are_not_compared() -> None:
    effect = compare({AB: 100}, {AB: priced(300, bus=300)}, {AB: priced(300, "SEK", bus=300)}, "EUR")

    assert effect.uncounted == (AB,)


_SHARES = st.dictionaries(st.sampled_from(["bus", "ship", "tram"]), st.integers(-500, 5_000), min_size=1)


@given(
    st.dictionaries(st.tuples(st.sampled_from("ABC"), st.sampled_from("ABC")), st.integers(1, 500)), st.data()
)
def test_all_that_passengers_pay_more_is_all_that_parties_get_more(
    flows: dict[tuple[str, str], int], data: st.DataObject
) -> None:
    def tariff() -> dict[tuple[str, str], Priced]:
        shares = {pair: data.draw(_SHARES) for pair in flows}
        return {pair: Priced(sum(parts.values()), "EUR", parts) for pair, parts in shares.items()}

    effect = compare(flows, tariff(), tariff(), "EUR")

    assert effect.passengers_minor == sum(effect.operators.values())
    assert effect.more + effect.less + effect.same == sum(flows.values())


def test_figures_become_five_widths_by_the_largest() -> None:
    assert steps_of([100, 81, 20, 1, 0, -100]) == [5, 5, 1, 1, 1, 5]
    assert steps_of([0, 0]) == [1, 1]
    assert steps_of([]) == []


def test_a_name_is_text_and_never_markup() -> None:
    spots = {"a": Spot("a", "<b>&", 60.0, 25.0), "b": Spot("b", '"B"', 60.2, 25.2)}

    picture = draw(spots, [Mark("a", "b", 3, "journeys", "<i>")], {}, title="<t>", about="<a>")

    assert "<b>" not in picture
    assert "<i>" not in picture
    assert "&lt;b&gt;&amp;" in picture


def test_a_region_without_places_has_no_picture() -> None:
    assert draw({}, [], {}, title="t", about="a") == ""
