"""Make and check the references by which a payer names what is paid: RF (ISO 11649) over a Finnish viitenumero. Pure.

One number for all countries: a payer of any bank can enter the RF form, a Finnish or Estonian one also the national
form, which lies within it (Finance Finland, "Finnish reference number"; the same 7-3-1 rule in Estonia).
"""

import re

_RF = re.compile(r"RF\d\d[A-Z0-9]{1,21}", re.ASCII)
_NATIONAL = re.compile(r"\d{4,20}", re.ASCII)
_WEIGHTS = (7, 3, 1)
_MOD = 97
_CHECKED = 1


def bare(reference: str) -> str:
    """A reference as it is compared: capitals and digits without spaces and signs, whatever a bank made of it."""
    return "".join(sign for sign in reference.upper() if sign.isascii() and sign.isalnum())


def national(number: int) -> str:
    """The Finnish reference of a number: its digits and a check digit, weights 7, 3, 1 from the right."""
    digits = str(number)
    total = sum(int(digit) * _WEIGHTS[at % 3] for at, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def rf(reference: str) -> str:
    """The RF form of a reference of up to 21 letters and digits."""
    plain = bare(reference)
    return f"RF{98 - int(_in_digits(plain + 'RF00')) % _MOD:02}{plain}"


def is_rf(text: str) -> bool:
    """Tell whether a text is a valid RF reference, with or without spaces and in any case."""
    plain = "".join(text.split()).upper()
    if not _RF.fullmatch(plain) or not 2 <= int(plain[2:4]) <= _MOD + 1:  # noqa: PLR2004  check digits of ISO 7064
        return False
    return int(_in_digits(plain[4:] + plain[:4])) % _MOD == _CHECKED


def is_national(text: str) -> bool:
    """Tell whether a text is a valid Finnish reference; leading zeros are no part of it."""
    plain = "".join(text.split()).lstrip("0")
    return bool(_NATIONAL.fullmatch(plain)) and national(int(plain[:-1])) == plain


def grouped(reference: str) -> str:
    """A reference as it is printed: RF in fours from the left, a national one in fives from the right."""
    if reference.startswith("RF"):
        return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
    first = len(reference) % 5
    parts = [reference[:first], *(reference[at : at + 5] for at in range(first, len(reference), 5))]
    return " ".join(part for part in parts if part)


def _in_digits(text: str) -> str:
    return "".join(str(int(sign, 36)) for sign in text)
