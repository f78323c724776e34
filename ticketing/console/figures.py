"""Numbers, amounts, days and months as the reader's language writes them. Pure; amounts are never floats.

English keeps days as 2026-09-30: its readers here come from everywhere, and read 03/04 in two ways.
"""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from tariffs.money import Money

_SPACE = "\u00a0"
_HUNDRED = 100


def amount(text: str, currency: str, tongue: str) -> str:
    """An amount from its decimal string, with its currency: 1 784,96 EUR."""
    return f"{plain(text, tongue)}{_SPACE}{currency}"


def of_money(money: Money, tongue: str) -> str:
    """An amount with its currency."""
    return amount(money.text, money.currency, tongue)


def plain(text: str, tongue: str) -> str:
    """A decimal string with the digits that it has; what is no number stays as it is."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    digits = len(text.partition(".")[2])
    return format_decimal(value, format="#,##0" + (f".{'0' * digits}" if digits else ""), locale=tongue)


def count(number: int, tongue: str) -> str:
    """A whole number, thousands apart."""
    return format_decimal(number, format="#,##0", locale=tongue)


def percent(basis_points: int, tongue: str) -> str:
    """A rate from its basis points: 25,5 %."""
    value = Decimal(basis_points) / _HUNDRED
    return f"{format_decimal(value, format='#,##0.##', locale=tongue)}{_SPACE}%"


def share(part: int, whole: int, tongue: str) -> str:
    """A part of a whole in percent, to a tenth; a dash where there is no whole."""
    if not whole:
        return "–"
    value = Decimal(part) * _HUNDRED / Decimal(whole)
    return f"{format_decimal(value, format='#,##0.0', locale=tongue)}{_SPACE}%"


def day(at: date | str, tongue: str) -> str:
    """A day."""
    known = date.fromisoformat(at[:10]) if isinstance(at, str) else at
    return f"{known:%Y-%m-%d}" if tongue == "en" else format_skeleton("yMd", known, locale=tongue)


def moment(at: datetime | str, tongue: str) -> str:
    """A day and a time, to the minute."""
    known = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{day(known.date(), tongue)} {known:%H:%M}"


def month(period: str, tongue: str) -> str:
    """A month from its name in the books: October 2026."""
    try:
        first = date.fromisoformat(f"{period}-01")
    except ValueError:
        return period
    return format_date(first, "LLLL y", locale=tongue)


def short_month(period: str, tongue: str) -> str:
    """A month as an axis has it: Oct, loka, okt."""
    words = Locale.parse(tongue).months["stand-alone"]["abbreviated"]
    return str(words[int(period[5:])])
