"""Passwords: argon2id with its library's current parameters, long enough, and as slow for nobody as for somebody."""

import functools
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ticketing.errors import InvalidRequest

SHORTEST, LONGEST = 10, 128

_HASHER = PasswordHasher()


def check(password: str) -> str:
    """The password in one Unicode form (NFKC), as two keyboards would type it; raises InvalidRequest."""
    folded = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(folded) <= LONGEST:
        raise InvalidRequest.at("password", f"between {SHORTEST} and {LONGEST} characters")
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


@functools.cache
def _nobodys() -> str:
    """A hash that no password has: looking it up costs what looking up a real one costs."""
    return _HASHER.hash("\x00nobody's password")
