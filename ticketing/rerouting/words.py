"""Say an option in four languages, from one file (`words.json`)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("words.json")
_SAID: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
LANGUAGES: tuple[str, ...] = tuple(_SAID["languages"])


def option(kind: str, language: str, **values: object) -> str:
    """Write the sentence for an option, with its values put in; an unknown language reads as English."""
    return _said("options", kind, language, values)


def note(code: str, language: str, **values: object) -> str:
    """Write the sentence for a note on a leg, as `option` does."""
    return _said("notes", code, language, values)


def _said(group: str, name: str, language: str, values: Mapping[str, object]) -> str:
    said: dict[str, str] = _SAID[group][name]
    return (said.get(language) or said[LANGUAGES[0]]).format(**values)
