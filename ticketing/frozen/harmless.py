"""Refuse identifiers of people in a text that leaves the deployment: addresses, numbers, tokens, forms of address. Pure.

A name that stands in a sentence without such a mark cannot be told from another word; the caller refuses the names that it knows.
"""

import re
import unicodedata

from ticketing.frozen.fields import Unreadable

# A day of these years: no birthday of anybody who travels alone.
_DAY = re.compile(r"(?<![\d-])20[2-9]\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\d-])")
_CLOCK = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(:\d{2})?(?![\d:])")
# An amount of a few millions.
_MILLIONS = re.compile(r"(?<![\d,])\d,\d{3},\d{3}(?![\d,])")
_TITLES = "Mr|Mrs|Ms|Miss|Dr|Herra|Rouva|Neiti|Hra|Rva|Härra|Proua|Preili|Hr|Pr|Herr|Fru|Fröken"
# Each pattern with the word by which a person is told what stands in the way.
_REFUSED = (
    (re.compile(r"@"), "an e-mail address or an account"),
    (re.compile(r"://|\bwww\."), "an address of a page"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}"), "a token"),
    (
        re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE),
        "an identifier",
    ),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b"), "an account number"),
    (re.compile(r"\+\d(?:[ .()/-]?\d){5,}"), "a telephone number"),
    # The end of a number is a comma or a semicolon with a space behind it, or the end of the line.
    (re.compile(r"(?<!\d)\d(?:(?:(?![,;]\s|\n)[\W_]){0,2}\d){6,}"), "a number of seven digits or more"),
    (re.compile(r"(?<!\d)\d(?:[\W_]{1,3}\d(?!\d)){6,}"), "a number of seven digits or more"),
    (re.compile(r"\b(?=[A-Za-z_-]*\d)(?=[0-9_-]*[A-Za-z])[A-Za-z0-9_-]{20,}"), "an identifier"),
    (re.compile(rf"\b(?i:{_TITLES})(?:\. *| +)[A-ZÀ-ÖØ-ÞĀ-Ž]"), "a person's name"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# Of Unicode: characters that nobody sees, such as a space without width, and those without a meaning.
_UNSEEN = frozenset({"Cf", "Cn", "Co", "Cs"})


def harm_in(text: str) -> str | None:
    """Name the first kind of identifier in a text, or None where there is none; days and times of day are allowed."""
    if _CONTROLS.search(text) or any(unicodedata.category(letter) in _UNSEEN for letter in text):
        return "a control character"
    # A wide or circled digit is a digit, a wide @ is an @.
    plain = unicodedata.normalize("NFKC", text)
    for allowed in (_DAY, _CLOCK, _MILLIONS):
        plain = allowed.sub(" ", plain)
    return next((word for pattern, word in _REFUSED if pattern.search(plain)), None)


def harmless(value: object, name: str, most: int, *, least: int = 0) -> str:
    """Read a text of a record; raises Unreadable that says what has to go."""
    if type(value) is not str:
        raise Unreadable(name, "must be a text")
    text = value.strip()
    if not least <= len(text) <= most:
        raise Unreadable(
            name, f"must have {least} to {most} characters" if least else f"has more than {most} characters"
        )
    harm = harm_in(text)
    if harm:
        raise Unreadable(name, f"holds {harm}: a record for others names no person, account or ticket")
    return text
