"""What the owner of an account brings to a journey."""

from dataclasses import dataclass

from tariffs.party import ProvenClaim
from tariffs.passes import HeldPass


@dataclass(frozen=True, slots=True)
class Brought:
    """Proven claims and held passes of one person."""

    person_id: str
    claims: tuple[ProvenClaim, ...]
    passes: tuple[HeldPass, ...]
