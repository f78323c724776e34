"""Read an amount that a person types: with the marks of any of our languages, whole or with a digit too few. Pure.

A point or a comma before at most the currency's digits is the decimal mark; spaces, and the other mark before three digits,
set thousands apart. `1,234` alone is an amount to one reader and another to the next, so it is refused.
"""

import re

from tariffs.money import Money, MoneyError, exponent, parse
from ticketing.console.words import text
from ticketing.errors import InvalidRequest

_MINUS = re.compile("[\u2212\u2013\u2012]")
_GROUPED = re.compile(r"(-?)(\d{1,3}(?:([.,])\d{3})*|\d+)(?:([.,])(\d+))?")


def read_amount(name: str, given: str, currency: str, tongue: str) -> Money:
    """Read an amount of a currency; raises InvalidRequest at the field, in the reader's language."""
    try:
        return _read(given, currency)
    except MoneyError:
        raise InvalidRequest.at(name, text("amount_needed", tongue)) from None


def _read(given: str, currency: str) -> Money:
    plain = _MINUS.sub("-", "".join(given.split())).upper()
    if currency == "EUR":
        plain = plain.replace("€", currency)
    match = _GROUPED.fullmatch(plain.removeprefix(currency).removesuffix(currency))
    if match is None:
        raise MoneyError(f"{given[:40]!r} is no amount")
    sign, whole, thousands, mark, decimals = match.groups(default="")
    digits = exponent(currency)
    if len(decimals) > digits or (thousands and mark in {"", thousands}):
        raise MoneyError(f"{given[:40]!r} may be two amounts")
    whole = re.sub("[.,]", "", whole).lstrip("0") or "0"
    decimals = decimals.ljust(digits, "0")
    return parse(f"{sign}{whole}.{decimals}" if digits else f"{sign}{whole}", currency)
