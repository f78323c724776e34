"""Say the words of receipts and refunds in four languages, from one file that apps read too (`words.json`)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("words.json")
_SAID: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
LANGUAGES: tuple[str, ...] = tuple(_SAID["languages"])
_OTHER_MODE = "other"


def word(name: str, language: str, **values: object) -> str:
    """A word of a receipt, with its values put in; an unknown language reads as English."""
    return _of("receipt", name, language).format(**values)


def mode(name: str, language: str) -> str:
    """Name a means of travel as people call it; one without a word is a ride."""
    known = name if name in _SAID["modes"] else _OTHER_MODE
    return _of("modes", known, language)


def refund_state(name: str, language: str) -> str:
    """Name the state of a refund in words."""
    return _of("refund_states", name, language)


def reason(code: str, values: Mapping[str, object], language: str) -> str:
    """The sentence for a reason of a refund, with its values put in."""
    return _of("refunds", code, language).format(**values)


def part(name: str, language: str, **values: object) -> str:
    """Say a value of a reason: how long before departure, which rides, why one is not carried."""
    return _of("parts", name, language).format(**values)


def _of(section: str, name: str, language: str) -> str:
    said: dict[str, str] = _SAID[section][name]
    return said.get(language) or said[LANGUAGES[0]]
