"""Say in the reader's language what the service says in English: errors, reasons of steps, verdicts of the bank, notes of entries.

The rooms speak one English for the API, the command line and the books, and much of it is kept in facts that nobody edits.
A sentence is known here by its shape (`sentences.json`): its values are read out, written as the reader writes them, and
put into the reader's sentence. One that is not known stays English, with its amounts and days in the reader's marks.
"""

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path

from ticketing.console import figures
from ticketing.console.names import party_name
from ticketing.console.words import named

_FILE = Path(__file__).parent / "sentences.json"
_LONGEST = 2000
_PLACE = re.compile(r"\{([a-z]+)(\d*)\}")
# The values that a sentence may have, by the name of their place.
_SHAPES = {
    "money": r"-?\d+(?:\.\d+)? [A-Z]{3}",
    "day": r"\d{4}-\d\d-\d\d",
    "month": r"\d{4}-\d\d",
    "count": r"\d+",
    "code": r"\S+",
    "party": r"[\w:.-]+",
    "parties": r"[\w:.-]+(?:, [\w:.-]+)*",
    "run": "[a-z]+",
    "dispute": "[a-z]+",
    "way": "[a-z_]+",
    "payment": "[a-z_]+",
    "passkind": "pass|carnet|return",
    "words": ".+?",
    "said": ".+?",
    "perhaps": ".*?",
}
_AMOUNT = re.compile(rf"(?<![\w.-])(?:{_SHAPES['money']})\b")
_DAY = re.compile(rf"\b{_SHAPES['day']}\b")


@functools.cache
def known() -> dict[str, dict[str, str]]:
    """Every sentence by its English shape, with its translations by language."""
    read: dict[str, dict[str, str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return read


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The shapes as patterns: those with more words of their own come first."""
    ordered = sorted(known(), key=lambda shape: -len(_PLACE.sub("", shape)))
    return [(re.compile(_pattern(shape), re.DOTALL), shape) for shape in ordered]


def _pattern(shape: str) -> str:
    parts = _PLACE.split(shape)
    literals, kinds, numbers = parts[0::3], parts[1::3], parts[2::3]
    places = [f"(?P<{kind}{number}>{_SHAPES[kind]})" for kind, number in zip(kinds, numbers, strict=True)]
    pattern = re.escape(literals[0])
    for place, literal in zip(places, literals[1:], strict=True):
        pattern += place + re.escape(literal)
    return pattern


def say(sentence: str, tongue: str) -> str:
    """A sentence of the service in the language of the reader."""
    if tongue == "en" or not sentence or len(sentence) > _LONGEST:
        return sentence
    for pattern, shape in _patterns():
        match = pattern.fullmatch(sentence)
        said = known()[shape].get(tongue) if match else None
        if match and said:
            values = {name: _value(name, value, tongue) for name, value in match.groupdict().items()}
            return said.format(**values)
    parts = sentence.split("; ")
    if len(parts) > 1:
        return "; ".join(say(part, tongue) for part in parts)
    return _with_marks(sentence, tongue)


def _with_marks(sentence: str, tongue: str) -> str:
    """An English sentence with amounts and days as the reader writes them."""
    told = _AMOUNT.sub(lambda match: _money(match[0], tongue), sentence)
    return _DAY.sub(lambda match: _day(match[0], tongue), told)


def _money(value: str, tongue: str) -> str:
    amount, _, currency = value.partition(" ")
    return figures.amount(amount, currency, tongue)


def _day(value: str, tongue: str) -> str:
    try:
        return figures.day(value, tongue)
    except ValueError:
        return value


def _parties(value: str, tongue: str) -> str:
    return ", ".join(party_name(party, tongue) for party in value.split(", "))


_WRITTEN: dict[str, Callable[[str, str], str]] = {
    "money": _money,
    "day": _day,
    "month": figures.month,
    "party": party_name,
    "parties": _parties,
    "run": lambda value, tongue: named("run", value, tongue),
    "dispute": lambda value, tongue: named("dispute", value, tongue),
    "way": lambda value, tongue: named("way", value, tongue),
    "payment": lambda value, tongue: named("payment_state", value, tongue),
    "passkind": lambda value, tongue: named("pass_kind", value, tongue),
    "said": say,
    "perhaps": say,
}


def _value(name: str, value: str, tongue: str) -> str:
    written = _WRITTEN.get(name.rstrip("0123456789"))
    return written(value, tongue) if written else value
