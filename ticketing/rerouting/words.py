"""Say an option in four languages, from one file (`words.json`)."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("words.json")
_SAID: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
LANGUAGES: tuple[str, ...] = tuple(_SAID["languages"])


def option(kind: str, language: str, **values: object) -> str:
    """Write the sentence for an option, with its values put in; an unknown language reads as English."""
    said: dict[str, str] = _SAID["options"][kind]
    return (said.get(language) or said[LANGUAGES[0]]).format(**values)
