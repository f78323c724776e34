"""Strict JSON: no repeated names, no NaN or Infinity, no nesting without end, and no fractions where they are not wanted.

Each check reads the text once, so that the worst text costs a few times what a plain one of its size does.
"""

import json
import re
from typing import Any

MAX_DEPTH = 64
_SHOWN = 64
# A text as a whole, also one that is not ended, or one mark of structure.
_MARKS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


class NotStrict(ValueError):
    """The text is not what it should be; the message says why."""


def loads(text: str | bytes, *, fractions: bool = True, nul: bool = True) -> Any:
    """Read one JSON value; raises NotStrict.

    Without `fractions` a number must be a whole one; without `nul` no text may hold U+0000.
    """
    decoder = _ANY_NUMBER if fractions else _WHOLE_NUMBERS
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        _refuse_depth(decoded)
        document = decoder.decode(decoded)
        _refuse_half_surrogates(text, document)
        if not nul:
            _refuse_nul(text, document)
    except RecursionError:
        raise NotStrict("nested too deeply") from None
    except NotStrict:
        raise
    except ValueError as error:
        raise NotStrict(f"not JSON: {error}") from None
    return document


def _refuse_depth(text: str) -> None:
    """Refuse what is nested deeper than any document of ours, before anything is built of it."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _MARKS.finditer(text):
        mark = bracket[0]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotStrict(f"nested too deeply: more than {MAX_DEPTH} levels")
        elif mark in "]}":
            depth -= 1


def _refuse_half_surrogates(text: str | bytes, found: Any) -> None:
    """Refuse what JSON's escapes can say and UTF-8 cannot; looked for only where such an escape stands."""
    escape = b"\\ud" if isinstance(text, bytes) else "\\ud"
    if escape not in text.lower():  # type: ignore[operator]
        return
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotStrict("half of a surrogate pair") from None


def _refuse_nul(text: str | bytes, found: Any) -> None:
    """Refuse U+0000, which no name, id or text has and PostgreSQL cannot store; it can only come as an escape."""
    escape = b"\\u0000" if isinstance(text, bytes) else "\\u0000"
    if escape in text and _has_nul(found):  # type: ignore[operator]
        raise NotStrict("the character U+0000")


def _has_nul(found: Any) -> bool:
    if isinstance(found, str):
        return "\x00" in found
    if isinstance(found, dict):
        return any(_has_nul(name) or _has_nul(value) for name, value in found.items())
    return isinstance(found, list) and any(map(_has_nul, found))


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise NotStrict(f"the name {repeated[:_SHOWN]!r} is repeated")
    return found


def _refuse(value: str) -> Any:
    raise NotStrict(f"{value[:20]} is not allowed")


# Built once: a gate reads a ticket in the time that building one takes.
_ANY_NUMBER = json.JSONDecoder(object_pairs_hook=_no_repeats, parse_constant=_refuse)
_WHOLE_NUMBERS = json.JSONDecoder(object_pairs_hook=_no_repeats, parse_constant=_refuse, parse_float=_refuse)
