"""Say what a search tells in four languages, from one file (`words.json`)."""

import json
from pathlib import Path
from typing import Any

_SAID: dict[str, Any] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
_ENGLISH = "en"


def why(
    reason: str, language: str, *, operator: str | None = None, rider: str = "", rule: str | None = None
) -> str:
    """Why a way has no price; one without a sentence of its own tells its code."""
    known = reason if reason in _SAID["why"] else "other"
    whose = operator or _of(_SAID["somebody"], language)
    return _of(_SAID["why"][known], language, reason=reason, operator=whose, rider=rider, rule=rule)


def none(code: str, language: str, **values: object) -> str:
    """Why there is no way."""
    return _of(_SAID["none"][code], language, **values)


def passed_over(language: str, **values: object) -> str:
    """Why a pass that somebody holds does not count."""
    return _of(_SAID["passed_over"], language, **values)


def _of(said: dict[str, str], language: str, **values: object) -> str:
    return said.get(language, said[_ENGLISH]).format(**values)
