"""Passwords: argon2id with its library's current parameters, long enough, not among the commonest, more than words of this place.

Unknown accounts take as long to check as known ones.
"""

import functools
import hashlib
import itertools
import json
import string
import unicodedata
from collections.abc import Iterable
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ticketing.errors import InvalidRequest

SHORTEST, LONGEST = 10, 128

_FEW_LETTERS, _TOO_LONG_TO_GUESS = 2, 40
_SHORTEST_WORD = 4
_DIGEST_DIGITS = 8
_AROUND_A_WORD = string.digits + string.punctuation + " "
_HASHER = PasswordHasher()


def check(password: str, words: Iterable[str] = ()) -> str:
    """The password in one Unicode form (NFKC), as two keyboards would type it; raises InvalidRequest.

    `words` are those that a stranger would try here first: without them it still has its shortest length.
    """
    folded = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(folded) <= LONGEST:
        raise InvalidRequest.at("password", f"between {SHORTEST} and {LONGEST} characters")
    if _is_common(folded.casefold()):
        raise InvalidRequest.at(
            "password", "this is one of the commonest passwords; a sentence of your own is easy to keep"
        )
    if len(_without(folded.casefold(), words)) < SHORTEST:
        raise InvalidRequest.at(
            "password", "without the names of this service, its operators and your address it is too short"
        )
    return folded


def words_of(names: Iterable[str]) -> frozenset[str]:
    """The words of names and addresses, in small letters; those of three letters and fewer are in every sentence."""
    parted = "".join(letter if letter.isalnum() else " " for letter in " ".join(names).casefold()).split()
    return frozenset(word for word in parted if len(word) >= _SHORTEST_WORD and not word.isdigit())


def hash_of(password: str) -> str:
    """The hash to store (argon2id, its parameters inside), of the password in its one Unicode form."""
    return _HASHER.hash(unicodedata.normalize("NFKC", password))


def matches(stored: str | None, password: str) -> bool:
    """Tell whether a password is the stored one; without a stored one it takes as long, and is not."""
    try:
        return (
            _HASHER.verify(stored or _nobodys(), unicodedata.normalize("NFKC", password))
            and stored is not None
        )
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _is_common(folded: str) -> bool:
    """Tell whether a password is among those that were stolen most often, is one of them twice, or is one run of keys.

    NIST SP 800-63B-4, section 3.1.1.2, asks for such a list; this one leaves no machine.
    """
    half, odd = divmod(len(folded), 2)
    is_run = len({ord(after) - ord(before) for before, after in itertools.pairwise(folded)}) == 1
    if len(folded) < _TOO_LONG_TO_GUESS and (is_run or len(set(folded)) <= _FEW_LETTERS):
        return True
    is_twice = not odd and folded[:half] == folded[half:] and folded[:half] in _common()
    # A word of the list with figures or signs behind it is guessed right after the word itself.
    plain = folded.strip(_AROUND_A_WORD)
    return is_twice or folded in _common() or plain in _common() or _digest(folded) in _common_long()


def _without(folded: str, words: Iterable[str]) -> str:
    """The rest of a password without some words, the longest of which go first."""
    for word in sorted(words, key=len, reverse=True):
        folded = folded.replace(word, "")
    return folded


@functools.cache
def _common() -> frozenset[str]:
    """The commonest of any length, as zxcvbn has them."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415  a megabyte that only new passwords need

    return frozenset(FREQUENCY_LISTS["passwords"])


@functools.cache
def _common_long() -> frozenset[str]:
    """The digests of the commonest that are long enough here, of which zxcvbn has a thousand (ASVS V6.2.4)."""
    listed = json.loads((files("ticketing.identity") / "common_passwords.json").read_text(encoding="utf-8"))
    return frozenset(one for row in listed["digests"] for one in row.split())


def _digest(folded: str) -> str:
    return hashlib.sha256(folded.encode()).hexdigest()[:_DIGEST_DIGITS]


@functools.cache
def _nobodys() -> str:
    """A hash that no password has: looking it up costs what looking up a real one costs."""
    return _HASHER.hash("\x00nobody's password")
