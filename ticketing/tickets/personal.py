"""Tickets that are personal by law: a salted hash of the holder's name, to compare with what staff are told, never to show.

The ticket carries the hash (`idh`), the issuer keeps the salt: whoever reads the code alone can try no names. Names are
compared as the readable zone of a passport spells them (ICAO 9303, part 3, section 6), and a second spelling of one letter is
the same letter: Mägi, MAEGI and Magi are one name.
"""

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterator
from itertools import combinations
from typing import Literal

from throughfare_gate.tickets.strict import encode_base64url

_SALT_BYTES = 16
_HASH_BYTES = 16
Likeness = Literal["same", "close", "other"]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# A name that is compared letter by letter is no longer than the zone of a passport.
_LONGEST_TRIED = 44
_SHORTEST_WORDS = 2
# ICAO 9303-3, tables 6-A and 6-B, where decomposing does not tell: Latin letters, then Cyrillic ones.
_TRANSLITERATED = str.maketrans(
    {
        "æ": "ae",
        "ø": "oe",
        "œ": "oe",
        "å": "aa",
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ı": "i",
        "ĸ": "q",
        "ŋ": "n",
        "ŧ": "t",
        "ĳ": "ij",
        "ñ": "n",
        "а": "a",
        "б": "b",
        "в": "v",
        "г": "g",
        "д": "d",
        "е": "e",
        "ё": "e",
        "ж": "zh",
        "з": "z",
        "и": "i",
        "й": "i",
        "к": "k",
        "л": "l",
        "м": "m",
        "н": "n",
        "о": "o",
        "п": "p",
        "р": "r",
        "с": "s",
        "т": "t",
        "у": "u",
        "ф": "f",
        "х": "kh",
        "ц": "ts",
        "ч": "ch",
        "ш": "sh",
        "щ": "shch",
        "ъ": "ie",
        "ы": "y",
        "ь": "",
        "э": "e",
        "ю": "iu",
        "я": "ia",
        "є": "ie",
        "і": "i",
        "ї": "i",
        "ґ": "g",
    }
)
# Passports omit these; a hyphen is a space there.
_OMITTED = dict.fromkeys(map(ord, "'’‘`´ʼʹ."))
# Two spellings of one letter come to one: AA, AE and A; OE and O; UE, UXX and U.
_FOLDED = (("uxx", "u"), ("nxx", "n"), ("aa", "a"), ("ae", "a"), ("oe", "o"), ("ue", "u"))


def new_salt() -> str:
    """A salt for one ticket."""
    return encode_base64url(secrets.token_bytes(_SALT_BYTES))


def holder_hash(salt: str, name: str) -> str:
    """The claim `idh`: the first 16 bytes of SHA-256 over the salt and the name as it is compared."""
    return _hashed(salt, spelled(name))


def is_holder(salt: str, idh: str, name: str) -> bool:
    """Tell whether a name is the one that a ticket was made for."""
    return likeness(salt, idh, name) == "same"


def likeness(salt: str, idh: str, name: str) -> Likeness:
    """Tell whether a name is the holder's: `same`; `close` by one letter, or with a name more than the ticket has; `other`.

    Only the hash is known, so `close` is found by trying what is close to the name that is told.
    """
    plain = spelled(name)
    if not plain:
        return "other"
    if any(hmac.compare_digest(_hashed(salt, one), idh) for one in (plain, _spelled_before(name))):
        return "same"
    near = any(hmac.compare_digest(_hashed(salt, one), idh) for one in _near(plain))
    return "close" if near else "other"


def spelled(name: str) -> str:
    """A name as it is compared: in plain letters, without case, accents, apostrophes, hyphens and the order of its parts."""
    latin = unicodedata.normalize("NFC", name).casefold().translate(_OMITTED).translate(_TRANSLITERATED)
    words = _words(latin)
    for long, short in _FOLDED:
        words = [word.replace(long, short) for word in words]
    return " ".join(sorted(words))


def _spelled_before(name: str) -> str:
    """A name as tickets were made for it until accents were transliterated: they live for as long as a year's pass."""
    return " ".join(sorted(_words(name.casefold())))


def _words(text: str) -> list[str]:
    """The words of a text without accents."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return "".join(mark if mark.isalnum() else " " for mark in plain).split()


def _near(plain: str) -> Iterator[str]:
    """The names that lack some of the words of one, and those that differ from it in one letter or two that are swapped."""
    words = plain.split()
    for count in range(_SHORTEST_WORDS, min(len(words), 6)):
        yield from (" ".join(some) for some in combinations(words, count))
    if len(plain) > _LONGEST_TRIED:
        return
    for place, word in enumerate(words):
        others = words[:place] + words[place + 1 :]
        yield from (" ".join(sorted([*others, other])) for other in _misspelled(word))


def _misspelled(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        yield from (head + letter + tail for letter in _LETTERS)


def _hashed(salt: str, plain: str) -> str:
    content = f"{salt}\n{plain}".encode()
    return encode_base64url(hashlib.sha256(content).digest()[:_HASH_BYTES])
