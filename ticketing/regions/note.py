"""Read the text that staff write for those who hold a ticket for a run: two short lines of plain text, in English and in others. Pure."""

import unicodedata
from collections.abc import Mapping

from ticketing.errors import InvalidRequest

LANGUAGES = ("en", "et", "fi", "sv")
MOST_LINES, MOST_LETTERS = 2, 120
_ENGLISH = "en"


def read_note(given: Mapping[str, str], prefix: str = "note_") -> dict[str, str]:
    """Read the texts by language; those that are empty are left out, and so may all be.

    Raises InvalidRequest that names the field, `prefix` and the language: an unknown language, no English beside another one, more than two
    lines of 120 letters, and whatever is no plain text (control characters, angle brackets).
    """
    note: dict[str, str] = {}
    for language, text in given.items():
        if language not in LANGUAGES:
            raise InvalidRequest.at(f"{prefix}{language}", f"the languages are {', '.join(LANGUAGES)}")
        lines = [" ".join(line.split()) for line in text.strip().splitlines()]
        if lines:
            _check(f"{prefix}{language}", lines)
            note[language] = "\n".join(lines)
    if note and _ENGLISH not in note:
        raise InvalidRequest.at(
            f"{prefix}{_ENGLISH}", "English is needed, for readers of all other languages"
        )
    return note


def in_language(note: Mapping[str, str], language: str) -> tuple[str, str] | None:
    """Choose the text for a reader, with the language that it is in: theirs or else English; None where there is none."""
    chosen = language if language in note else _ENGLISH
    return (note[chosen], chosen) if chosen in note else None


def _check(path: str, lines: list[str]) -> None:
    if len(lines) > MOST_LINES:
        raise InvalidRequest.at(path, f"at most {MOST_LINES} lines")
    if any(len(line) > MOST_LETTERS for line in lines):
        raise InvalidRequest.at(path, f"at most {MOST_LETTERS} letters a line")
    if any(_is_strange(letter) for line in lines for letter in line):
        raise InvalidRequest.at(path, "plain text only, without control characters, < and >")


def _is_strange(letter: str) -> bool:
    return letter in "<>" or unicodedata.category(letter).startswith("C")
