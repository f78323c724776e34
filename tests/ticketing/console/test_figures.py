"""Numbers, days and months of the console are written as the reader's language writes them."""

import pytest

from ticketing.console import figures


@pytest.mark.parametrize(
    ("tongue", "amount", "negative", "rate"),
    [
        ("en", "1,784.96 EUR", "-0.05 EUR", "25.5 %"),
        ("fi", "1 784,96 EUR", "-0,05 EUR", "25,5 %"),
        ("et", "1 784,96 EUR", "-0,05 EUR", "25,5 %"),
        ("sv", "1 784,96 EUR", "-0,05 EUR", "25,5 %"),
    ],
)
def test_an_amount_has_the_marks_of_its_language(tongue: str, amount: str, negative: str, rate: str) -> None:
    def plain(text: str) -> str:
        return text.replace("\u00a0", " ").replace("\u202f", " ")

    assert plain(figures.amount("1784.96", "EUR", tongue)) == amount
    assert plain(figures.amount("-0.05", "EUR", tongue)) == negative
    assert plain(figures.percent(2550, tongue)) == rate


def test_an_amount_keeps_its_digits_and_a_word_stays() -> None:
    assert figures.plain("12345", "en") == "12,345"
    assert figures.plain("5.010", "fi") == "5,010"
    assert figures.plain("none", "fi") == "none"


@pytest.mark.parametrize(
    ("tongue", "day", "month"),
    [
        ("en", "2026-09-03", "September 2026"),
        ("fi", "3.9.2026", "syyskuu 2026"),
        ("et", "3.9.2026", "september 2026"),
        ("sv", "2026-09-03", "september 2026"),
    ],
)
def test_a_day_and_a_month_are_those_of_the_language(tongue: str, day: str, month: str) -> None:
    assert figures.day("2026-09-03T12:00:00+00:00", tongue) == day
    assert figures.month("2026-09", tongue) == month
    assert figures.month("no month", tongue) == "no month"


def test_a_part_of_nothing_is_a_dash() -> None:
    assert figures.share(1, 0, "en") == "–"
    assert figures.share(1, 8, "en").replace("\u00a0", " ") == "12.5 %"
