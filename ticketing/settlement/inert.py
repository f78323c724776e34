"""Text from outside that nothing runs: no formula for a spreadsheet (security checklist, line 51), no escape for a terminal."""

import csv
import io
from collections.abc import Iterable

_STARTS = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%"}


def inert(cell: str | int) -> str | int:
    """Keep a text from being read as a formula; amounts stay numbers."""
    if isinstance(cell, str):
        cell = cell.replace("\x00", "")
        if cell.lstrip(" ")[:1] in _STARTS and not is_amount(cell):
            return f"'{cell}"
    return cell


def plain(text: str, limit: int = 160) -> str:
    """Text on one line of a terminal: what is no letter, digit, sign or space (escapes, line ends, marks that turn the writing) is told as `?`."""
    told = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return told if len(told) <= limit else f"{told[: limit - 1]}…"


def is_amount(cell: str) -> bool:
    """Tell whether the text is a plain decimal number."""
    digits = cell.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()


def row(cells: Iterable[str | int]) -> str:
    """One line of CSV (RFC 4180)."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([inert(cell) for cell in cells])
    return buffer.getvalue()
