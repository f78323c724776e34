"""What the owner of an account brings to a journey."""

from dataclasses import dataclass

from tariffs.caps import Tap
from tariffs.party import ProvenClaim
from tariffs.passes import HeldPass


@dataclass(frozen=True, slots=True)
class Brought:
    """Proven claims, held passes and paid rides of one person."""

    person_id: str
    claims: tuple[ProvenClaim, ...]
    passes: tuple[HeldPass, ...]
    paid: tuple[Tap, ...] = ()
