"""Say the words of confirmations and forms in four languages, from one file (`words.json`)."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("words.json")
_SAID: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
LANGUAGES: tuple[str, ...] = tuple(_SAID["languages"])


def word(part: str, name: str, language: str, **values: object) -> str:
    """Write a word of a part of the file with its values; an unknown language reads as English."""
    said: dict[str, str] = _SAID[part][name]
    return (said.get(language) or said[LANGUAGES[0]]).format(**values)
