"""Money as integer minor units with an ISO 4217 code: parse, format, add; never a float."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

# ISO 4217 minor-unit exponents; a currency that is not listed has two decimals (ISO 4217, table A.1).
_EXPONENTS = {
    "BHD": 3, "BIF": 0, "CLF": 4, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0,
    "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0,
    "UYW": 4, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "XXX": 0,
}  # fmt: skip
# The other currencies that somebody pays with (ISO 4217, table A.1): no funds, metals, tests or codes for none.
_TWO_DECIMALS = frozenset({
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC",
    "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL",
    "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD",
    "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA",
    "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO",
    "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR",
    "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL",
    "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VED", "VES",
    "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
})  # fmt: skip
_NO_TENDER = frozenset({"CLF", "UYI", "UYW", "XXX"})
_CODE = re.compile(r"[A-Z]{3}")
_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_MAX_DIGITS = 15  # keeps every amount inside a signed 64-bit column, sums included


class MoneyError(ValueError):
    """An amount or a currency code that is not money."""


def exponent(currency: str) -> int:
    """Digits after the decimal point of a currency (ISO 4217); raises MoneyError for a code that is none."""
    if not isinstance(currency, str) or not _CODE.fullmatch(currency):
        raise MoneyError(f"{currency!r} is not an ISO 4217 currency code")
    return _EXPONENTS.get(currency, 2)


def is_currency(code: str) -> bool:
    """Tell whether ISO 4217 knows this code as money that somebody pays with: what came from a bank is held against it."""
    return code in _TWO_DECIMALS or (code in _EXPONENTS and code not in _NO_TENDER)


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units of `currency`; adding two currencies is a TypeError."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    @property
    def text(self) -> str:
        """The amount as a decimal string with exactly the currency's digits: `"3.20"`."""
        return written(self.minor, self.currency)

    def as_dict(self) -> dict[str, str]:
        """The JSON form of the command-line contracts: `{"amount": "3.20", "currency": "EUR"}`."""
        return {"amount": self.text, "currency": self.currency}

    def _same(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise TypeError(f"{other!r} is not Money")
        if other.currency != self.currency:
            raise TypeError(f"{self.currency} and {other.currency} do not add up")
        return other.minor


@lru_cache(maxsize=1 << 16)
def written(minor: int, currency: str) -> str:
    """Minor units as a decimal string; remembered, because a derivation writes few amounts many times."""
    digits = exponent(currency)
    sign = "-" if minor < 0 else ""
    whole = str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else f"{sign}{whole}"


def parse(amount: str, currency: str) -> Money:
    """Read a decimal string with exactly the currency's digits; raises MoneyError naming what is wrong.

    `-0` and its longer forms read as zero. Exponents, signs other than a leading minus, leading zeros and
    missing or spare decimals are refused: a price with the wrong digits is a wrong price.
    """
    digits = exponent(currency)
    match = _DECIMAL.fullmatch(amount) if isinstance(amount, str) else None
    if not match:
        raise MoneyError(f"{amount!r} is not a decimal amount")
    sign, whole, decimals = match[1], match[2], match[3] or ""
    if len(decimals) != digits:
        raise MoneyError(f"{amount!r} needs exactly {digits} decimals in {currency}")
    if len(whole) + digits > _MAX_DIGITS:
        raise MoneyError(f"{amount[:20]!r} is too large")
    minor = int(whole + decimals)
    return Money(-minor if sign else minor, currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Sum amounts that are all in `currency` (a TypeError otherwise); the empty sum is zero."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result


def half_up(value: Fraction) -> int:
    """Round half away from zero: the only rounding of a single amount in the project."""
    doubled = 2 * abs(value.numerator) + value.denominator
    magnitude = doubled // (2 * value.denominator)
    return -magnitude if value < 0 else magnitude
