"""The texts of the console, all in `texts/<language>.json`: a key is the same in each; what one lacks reads English."""

import functools
import json
from pathlib import Path

_FOLDER = Path(__file__).parent / "texts"
LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


@functools.cache
def texts(language: str) -> dict[str, str]:
    """Every text of a language by its key."""
    found: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return found


def text(key: str, language: str = "en", **values: object) -> str:
    """A text in a language with its values put in; raises KeyError for a key that English does not know."""
    known = texts(language) if language in LANGUAGES else {}
    return (known.get(key) or texts("en")[key]).format(**values)


def named(kind: str, value: str, language: str = "en") -> str:
    """A word of a fixed list (states, verdicts, ways); one that has no text yet is shown as it is."""
    key = f"{kind}.{value}"
    return text(key, language) if has(key) else value.replace("_", " ")


def has(key: str) -> bool:
    """Tell whether there is a text of this key."""
    return key in texts("en")
