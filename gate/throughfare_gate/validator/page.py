"""Lay out a kiosk's page: a large mark, the passenger's sentence, and the staff's sentence small below. Pure.

A page is a list of rows, each exactly as wide as the terminal; `PIXEL` stands where the mark is painted.
"""

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from throughfare_gate.validator import letters

Mood = Literal["ready", "accept", "look", "refuse", "closed"]
PIXEL = "█"
_TICK = ("......#", ".....##", "#...##.", "##.##..", ".###...", "..#....")
_CROSS = ("##..##", "######", ".####.", ".####.", "######", "##..##")
_CODE = ("#######", "#.....#", "#.###.#", "#.###.#", "#.....#", "#######")
_BAR = (".####.", "######", "#....#", "#....#", "######", ".####.")
_MARKS = {"ready": _CODE, "accept": _TICK, "look": _TICK, "refuse": _CROSS, "closed": _BAR}
# A cell of a terminal is about twice as high as wide.
_PIXEL_COLUMNS = 2
_SCALES = (3, 2, 1)
_SMALL_ROWS, _LARGE_LINES = 3, 2
_MORE = " ..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the kiosk: how it looks, and the words for the passenger (lines), for staff, and about the gate itself."""

    mood: Mood
    passenger: str
    staff: str = ""
    note: str = ""


def rows(page: Page, columns: int, height: int) -> list[str]:
    """Lay a page out for a terminal; what does not fit becomes smaller, the passenger's sentence last."""
    small = _small(page, columns)[: max(0, height - 3)]
    room = height - len(small)
    large = _large(page, columns, room)[:room]
    above = (room - len(large)) // 2
    lines = [*[""] * above, *large, *[""] * (room - len(large) - above), *small]
    return [line[:columns].center(columns) for line in lines]


def _large(page: Page, columns: int, height: int) -> list[str]:
    """The mark above the passenger's sentence: in large letters where a mark has room beside them, else in plain ones."""
    first, *more = [_plain(line.upper()) for line in page.passenger.split("\n")]
    plain = [row for line in more for row in _spaced(line, columns)]
    for title in (_drawn(first, columns), _spaced(first, columns)):
        words = [*title, *([""] if plain and len(title) > 1 else []), *plain]
        mark = _mark(page.mood, columns, height - len(words) - 1) if title else []
        if mark:
            return [*mark, "", *words]
    return [*_spaced(first, columns), *plain]


def _drawn(words: str, columns: int) -> list[str]:
    """Words in large letters, in two lines at the most; nothing where they are too wide, or have letters that nobody drew."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer) <= columns:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > _LARGE_LINES or any(not 0 < _width(line) <= columns for line in lines):
        return []
    painted = [_painted(letters.drawn(line), 1) for line in lines]
    return [row for number, line in enumerate(painted) for row in ([""] if number else []) + line]


def _width(line: str) -> int:
    """The columns of a line in large letters; 0 for one that cannot be drawn."""
    pattern = letters.drawn(line)
    return len(pattern[0]) * _PIXEL_COLUMNS if pattern else 0


def _spaced(words: str, columns: int) -> list[str]:
    """Words in plain letters, spaced where there is room."""
    spaced = "   ".join(" ".join(word) for word in words.split())
    return [spaced] if len(spaced) <= columns - 2 else textwrap.wrap(words, max(1, columns - 2))


def _mark(mood: Mood, columns: int, height: int) -> list[str]:
    """The mark as large as there is room for, none where there is not enough."""
    pattern = _MARKS[mood]
    for scale in _SCALES:
        if len(pattern) * scale <= height and len(pattern[0]) * scale * _PIXEL_COLUMNS <= columns:
            return _painted(pattern, scale)
    return []


def _painted(pattern: Sequence[str], scale: int) -> list[str]:
    wide = scale * _PIXEL_COLUMNS
    drawn = [_painted_row(row, wide) for row in pattern]
    return [row for row in drawn for _ in range(scale)]


def _painted_row(row: str, wide: int) -> str:
    return "".join((PIXEL if one == "#" else " ") * wide for one in row)


def _small(page: Page, columns: int) -> list[str]:
    """The staff's sentence and the note, some rows at the most."""
    width = max(len(_MORE), columns - 2)
    staff = textwrap.wrap(_plain(page.staff), width, max_lines=_SMALL_ROWS, placeholder=_MORE)
    note = textwrap.wrap(_plain(page.note), width, max_lines=1, placeholder=_MORE)
    return [*staff, *note]


def _plain(text: str) -> str:
    """Text of which every character takes one column, and none commands the terminal."""
    written = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(one if _takes_one_column(one) else "?" for one in written)


def _takes_one_column(one: str) -> bool:
    is_narrow = unicodedata.east_asian_width(one) not in {"W", "F"} and not unicodedata.combining(one)
    return one.isprintable() and is_narrow and one != PIXEL
