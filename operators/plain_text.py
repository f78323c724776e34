"""Make the texts of operators plain: a name that turns the reading direction or carries control characters deceives its readers. Pure.

Texts of feeds reach mail, paper, terminals and pages of others. Ids stay as they are, because they have to match.
"""

import unicodedata

MOST_OF_NAME = 255
# Characters that set the direction of the text behind them (Unicode Bidirectional Algorithm, 2.1 to 2.5), and the mark of byte order.
_DROPPED = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"}
# Controls, ends of lines and of paragraphs.
_SPACES = {"Cc", "Zl", "Zp"}


def plain(text: str, most: int = MOST_OF_NAME) -> str:
    """Write a text in one line, of at most so many letters."""
    if text.isprintable():
        return text[:most]
    return " ".join("".join(map(_letter, text)).split())[:most]


def plain_lines(text: str, most: int) -> str:
    """Write a text of several lines, of at most so many letters."""
    return "\n".join(plain(line, most) for line in text.splitlines()).strip()[:most]


def _letter(letter: str) -> str:
    if letter in _DROPPED:
        return ""
    return " " if unicodedata.category(letter) in _SPACES else letter
