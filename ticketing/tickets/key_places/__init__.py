"""The port behind which private keys lie: it makes a key, opens it to sign, and destroys it.

The index of keys, with their kinds and states, is the same for every place (`ticketing/tickets/keys.py`).
"""

from dataclasses import dataclass
from typing import Protocol

from throughfare_gate.tickets.jwk import Algorithm
from throughfare_gate.tickets.jws import PrivateKey


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that a place has made: its kid, the key, and the name under which the place has it (empty for a file)."""

    kid: str
    key: PrivateKey
    token_id: str = ""


class KeyPlace(Protocol):
    """A place of private keys. A key that lies there signs and tells its public half; it may refuse to be copied."""

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm of keys for which nobody has asked for another."""
        ...

    def make(self, kind: str, algorithm: Algorithm) -> NewKey:
        """Make a key and keep it; raises Misconfigured where the place cannot."""
        ...

    def open(self, kid: str, token_id: str) -> PrivateKey:
        """Open a key; raises Misconfigured where it is not there or is another one."""
        ...

    def destroy(self, kid: str, token_id: str) -> None:
        """Delete the private half, where it is still there."""
        ...
