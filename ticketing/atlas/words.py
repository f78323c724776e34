"""The texts of the map in four languages, and figures as their readers write them."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel.numbers import format_currency, format_decimal

from tariffs.money import Money

LANGUAGES = ("en", "et", "fi", "sv")
_TONNE, _KILO = 1_000_000, 1_000


@cache
def _texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("texts.json").read_text("utf-8"))
    return texts


def chosen(asked: str, preferred: str | None) -> str:
    """The language of the address where it names one of ours, else the reader's, else English."""
    return asked if asked in LANGUAGES else preferred or LANGUAGES[0]


def of(language: str) -> dict[str, str]:
    """All texts of a language."""
    return _texts()[language]


def names() -> dict[str, str]:
    """Name each language in itself."""
    return {language: _texts()[language]["name"] for language in LANGUAGES}


def number(value: int | None, language: str) -> str:
    """Write a count; one that is withheld or not known in words."""
    return of(language)["withheld"] if value is None else format_decimal(value, locale=language)


def money(amount: Money, language: str) -> str:
    """Write an amount."""
    return str(format_currency(Decimal(amount.text), amount.currency, locale=language))


def mass(grams: int | None, language: str, *, at_least: bool = False) -> str:
    """Write grams as kilograms or tonnes with one digit, with "at least" where some are missing; unknown ones in words."""
    if grams is None:
        return of(language)["unknown"]
    unit, part = ("t", _TONNE) if grams >= _TONNE else ("kg", _KILO)
    amount = f"{format_decimal(round(grams / part, 1), locale=language)} {unit}"
    return of(language)["at_least"].format(amount=amount) if at_least else amount
