"""Say the sentences of a gate in four languages, from one file that other gates and apps read too (`sentences.json`).

A sentence is chosen by a reason or the code of a note, and filled with the values of the decision. Nothing is read after
the start.
"""

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from throughfare_gate.gate.model import Note, Values

FILE = Path(__file__).with_name("sentences.json")
# A sentence taken apart once: its words with places, and how the value of which name is written in each.
_Sentence = tuple[str, tuple[tuple[Callable[[Any], str], str], ...]]

_PLACE = re.compile(r"\{(\w+)\}")
_MINUTE, _HOUR_MINUTES = 60, 60
_INSTANTS = ("departure", "boarding", "opens", "closed")
_HOURS = ("until",)
_NOT_VALID = "not_valid"
_NONE: Values = {}


def duration(seconds: int) -> str:
    """A length of time as people read it: `1 h 43 min`, `12 min`, `40 s`."""
    minutes, rest = divmod(abs(seconds), _MINUTE)
    if minutes >= _HOUR_MINUTES:
        return f"{minutes // _HOUR_MINUTES} h {minutes % _HOUR_MINUTES} min"
    return f"{minutes} min" if minutes else f"{rest} s"


def _moment(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M}"


def _hour(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%H:%M}"


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


class MissingLanguage(ValueError):
    """A sentence of the file that a language lacks; the message names both."""


def _whole(name: str, variant: Mapping[str, str]) -> Mapping[str, str]:
    """The same words; raises MissingLanguage where a language has none."""
    for tag in LANGUAGES:
        if tag not in variant:
            raise MissingLanguage(f"{FILE.name}: {name} is not said in {tag}")
    return variant


def _apart(name: str, variant: Mapping[str, str]) -> dict[str, _Sentence]:
    """A sentence in each language."""
    whole = _whole(name, variant)
    return {tag: _sentence(whole[tag]) for tag in LANGUAGES}


def _sentence(text: str) -> _Sentence:
    names = _PLACE.findall(text)
    return _PLACE.sub("%s", text.replace("%", "%%")), tuple((_writer(name), name) for name in names)


def _writer(name: str) -> Callable[[Any], str]:
    if name.endswith("seconds"):
        return duration
    if name in _HOURS:
        return _hour
    return _moment if name in _INSTANTS else _plain


def _needs(variant: Mapping[str, str]) -> frozenset[str]:
    named = [variant["if"]] if "if" in variant else []
    return frozenset([*_PLACE.findall(variant.get(LANGUAGES[0], "")), *named])


def _wholes(part: str, texts: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    return {name: _whole(f"{part}.{name}", words) for name, words in texts.items()}


def _variants(
    reason: str, variants: Iterable[Mapping[str, str]]
) -> list[tuple[frozenset[str], dict[str, _Sentence]]]:
    """The sentences for one reason, each with the values that it needs."""
    return [(_needs(variant), _apart(f"staff.{reason}", variant)) for variant in variants]


_SAID: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
LANGUAGES: tuple[str, ...] = tuple(_SAID["languages"])
_PASSENGER, _CATEGORIES, _SCREEN = (
    _wholes(part, _SAID[part]) for part in ("passenger", "categories", "screen")
)
_NOTES = {code: _apart(f"notes.{code}", variant) for code, variant in _SAID["notes"].items()}
_STAFF = {reason: _variants(reason, variants) for reason, variants in _SAID["staff"].items()}


def passenger(reason: str, language: str = LANGUAGES[0], values: Values = _NONE) -> str:
    """The words for a passenger; forged and broken codes are told no more than that they are not valid."""
    closer = next((f"{reason}.{name}" for name in values if f"{reason}.{name}" in _PASSENGER), reason)
    return _PASSENGER.get(closer, _PASSENGER[_NOT_VALID])[language]


def staff(reason: str, values: Values, language: str = LANGUAGES[0]) -> str:
    """The sentence for staff about a refusal, as full as its values allow."""
    return _filled(_chosen(reason, tuple(values))[language], values)


@functools.cache
def _chosen(reason: str, names: tuple[str, ...]) -> dict[str, _Sentence]:
    """The first sentence of a reason whose values are all there; there are as many as reasons have values."""
    return next(sentence for needs, sentence in _STAFF[reason] if needs <= set(names))


def attention(notes: Sequence[Note], language: str = LANGUAGES[0]) -> str | None:
    """Write the hint for staff about a ticket that is good; None where there is nothing to look at."""
    if not notes:
        return None
    return ", ".join([_filled(_NOTES[note_of(code, values)][language], values) for code, values in notes])


def note_of(code: str, values: Values) -> str:
    """The sentence of a note: a ticket for a bicycle, a car, a cabin or a dog is in no fare category, and says what it is for."""
    closer = f"{code}.{values.get(code)}"
    return closer if closer in _NOTES else code


def category(name: str, language: str = LANGUAGES[0]) -> str:
    """Name a usual fare category as people call it; any other by its own name."""
    said = _CATEGORIES.get(name)
    return said[language] if said else name


def screen(name: str, language: str = LANGUAGES[0]) -> str:
    """The words of a kiosk's screen while nobody is there."""
    return _SCREEN[name][language]


def instant(moment: int, offset: int) -> str:
    """A moment by a clock that is so many seconds east of UTC, as RFC 3339 writes it."""
    return datetime.fromtimestamp(moment, UTC).astimezone(timezone(timedelta(seconds=offset))).isoformat()


def _filled(sentence: _Sentence, values: Values) -> str:
    words, places = sentence
    written = [write(values[name]) for write, name in places]
    if len(places) > 1:
        written = _said_once(written, [name for _, name in places])
    return words % tuple(written)


def _said_once(written: list[str], names: Sequence[str]) -> list[str]:
    """The same with each day named once: of a second instant of the day the hour is enough."""
    days: set[str] = set()
    shorter = []
    for text, name in zip(written, names, strict=True):
        day, _, hour = text.partition(" ")
        shorter.append(hour if name in _INSTANTS and day in days else text)
        days.add(day)
    return shorter
