"""Passwords: argon2id with its library's current parameters, long enough, not among the commonest.

Unknown accounts take as long to check as known ones.
"""

import functools
import itertools
import string
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ticketing.errors import InvalidRequest

SHORTEST, LONGEST = 10, 128

_FEW_LETTERS, _TOO_LONG_TO_GUESS = 2, 40
_AROUND_A_WORD = string.digits + string.punctuation + " "
_HASHER = PasswordHasher()


def check(password: str) -> str:
    """The password in one Unicode form (NFKC), as two keyboards would type it; raises InvalidRequest."""
    folded = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(folded) <= LONGEST:
        raise InvalidRequest.at("password", f"between {SHORTEST} and {LONGEST} characters")
    if _is_common(folded.casefold()):
        raise InvalidRequest.at(
            "password", "this is one of the commonest passwords; a sentence of your own is easy to keep"
        )
    return folded


def hash_of(password: str) -> str:
    """The hash to store (argon2id, its parameters inside)."""
    return _HASHER.hash(password)


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

    NIST SP 800-63B-4, section 3.1.1.2, asks for such a list; this one is that of zxcvbn, and leaves no machine.
    """
    half, odd = divmod(len(folded), 2)
    is_run = len({ord(after) - ord(before) for before, after in itertools.pairwise(folded)}) == 1
    if len(folded) < _TOO_LONG_TO_GUESS and (is_run or len(set(folded)) <= _FEW_LETTERS):
        return True
    is_twice = not odd and folded[:half] == folded[half:] and folded[:half] in _common()
    # A word of the list with figures or signs behind it is guessed right after the word itself.
    return is_twice or folded in _common() or folded.strip(_AROUND_A_WORD) in _common()


@functools.cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415  a megabyte that only new passwords need

    return frozenset(FREQUENCY_LISTS["passwords"])


@functools.cache
def _nobodys() -> str:
    """A hash that no password has: looking it up costs what looking up a real one costs."""
    return _HASHER.hash("\x00nobody's password")
