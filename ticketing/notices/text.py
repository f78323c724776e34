"""Say the sentences of messages in four languages, from one file (`letters.json`)."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("letters.json")
_SAID: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
LANGUAGES: tuple[str, ...] = tuple(_SAID["languages"])
TEMPLATES: tuple[str, ...] = tuple(_SAID["mail"])


def subject(template: str, language: str, **values: object) -> str:
    """Write the subject of a message; an unknown language reads as English."""
    return _in(_SAID["mail"][template]["subject"], language).format(**values)


def body(template: str, language: str, **values: object) -> str:
    """Write the body of a message."""
    return _in(_SAID["mail"][template]["body"], language).format(**values)


def part(name: str, language: str, **values: object) -> str:
    """Write a part of a message: a leg, a journey, an order."""
    return _in(_SAID["parts"][name], language).format(**values)


def shortened(text: str, most: int) -> str:
    """Shorten a text to so many letters, with an ellipsis where something is left out."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _in(said: dict[str, str], language: str) -> str:
    return said.get(language) or said[LANGUAGES[0]]
