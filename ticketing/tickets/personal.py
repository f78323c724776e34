"""Tickets that are personal by law: a salted hash of the holder's name, to compare with what staff are told, never to show.

The ticket carries the hash (`idh`), the issuer keeps the salt: whoever reads the code alone can try no names.
"""

import hashlib
import hmac
import secrets
import unicodedata

from ticketing.tickets.strict import encode_base64url

_SALT_BYTES = 16
_HASH_BYTES = 16


def new_salt() -> str:
    """A salt for one ticket."""
    return encode_base64url(secrets.token_bytes(_SALT_BYTES))


def holder_hash(salt: str, name: str) -> str:
    """The claim `idh`: the first 16 bytes of SHA-256 over the salt and the name as it is compared."""
    content = f"{salt}\n{spelled(name)}".encode()
    return encode_base64url(hashlib.sha256(content).digest()[:_HASH_BYTES])


def is_holder(salt: str, idh: str, name: str) -> bool:
    """Whether a name is the one that a ticket was made for."""
    return bool(spelled(name)) and hmac.compare_digest(holder_hash(salt, name), idh)


def spelled(name: str) -> str:
    """A name as it is compared: without case, accents, hyphens and the order of its parts."""
    plain = "".join(
        mark for mark in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(mark)
    )
    words = "".join(mark if mark.isalnum() else " " for mark in plain).split()
    return " ".join(sorted(words))
