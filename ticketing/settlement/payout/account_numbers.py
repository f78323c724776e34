"""Account numbers that are no IBAN: bankgiro, plusgiro and the national numbers (BBAN) of Sweden and Denmark. Pure.

A number is kept as `bankgiro:50501055`, `plusgiro:41789`, `bban:SE50001234567` or `bban:DK00400440116243`, so that
nothing takes it for an IBAN.
"""

import re

from ticketing.errors import InvalidRequest
from ticketing.settlement.payout.iban import checked_iban

_GIRO = {"bankgiro": (7, 8, "SE"), "plusgiro": (2, 8, "SE")}
_BBAN = {"SE": re.compile(r"\d{8,15}", re.ASCII), "DK": re.compile(r"\d{14}", re.ASCII)}
# The member id of each kind of giro in the Swedish clearing (SESBA).
CLEARING = {"bankgiro": "9900", "plusgiro": "9960"}


def checked_account(text: str, field: str = "iban") -> str:
    """An IBAN, or one of the other numbers as it is kept; raises InvalidRequest for what is none."""
    kind, sign, rest = text.strip().partition(":")
    if not sign:
        return checked_iban(text, field)
    kind = kind.strip().casefold()
    digits = "".join(letter for letter in rest.upper() if letter.isalnum())
    if kind in _GIRO:
        least, most, _ = _GIRO[kind]
        if not (digits.isascii() and digits.isdigit() and least <= len(digits) <= most and _is_luhn(digits)):
            raise InvalidRequest.at(
                field, f"this is no {kind}: {least} to {most} digits, the last one a check digit (Luhn)"
            )
        return f"{kind}:{digits}"
    country = digits[:2]
    if kind != "bban" or country not in _BBAN:
        raise InvalidRequest.at(field, "must be an IBAN, bankgiro:…, plusgiro:…, bban:SE… or bban:DK…")
    if not _BBAN[country].fullmatch(digits[2:]):
        known = (
            "registration number and account, 14 digits" if country == "DK" else "clearing number and account"
        )
        raise InvalidRequest.at(field, f"this is no account number of {country}: {known}")
    return f"bban:{digits}"


def country_of(account: str) -> str:
    """The country of an account number as it is kept."""
    kind, sign, rest = account.partition(":")
    if not sign:
        return account[:2]
    return rest[:2] if kind == "bban" else _GIRO[kind][2]


def takes(account: str, currency: str) -> bool:
    """Tell whether a domestic payment in kronor reaches an account."""
    return country_of(account) == {"SEK": "SE", "DKK": "DK"}.get(currency)


def forms_of(account: str) -> list[str]:
    """The forms in which a bank may name an account, as capitals and digits: the IBAN and the national number in it."""
    plain = "".join(sign for sign in account.rpartition(":")[2].upper() if sign.isalnum())
    if account.startswith("bban:"):
        return [plain[2:], plain]
    return [plain] if ":" in account else [plain, plain[4:]]


def _is_luhn(digits: str) -> bool:
    total = 0
    for at, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + at % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004  the sum of two digits
    return total % 10 == 0
