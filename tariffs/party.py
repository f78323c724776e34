"""Describe the party: its passengers, their proven claims, their passes, and their payments of today."""

from dataclasses import dataclass, field
from datetime import date

from tariffs.caps import Tap
from tariffs.passes import HeldPass


@dataclass(frozen=True, slots=True)
class ProvenClaim:
    """A claim that somebody trusted has signed: `valid_until` is its last day, `proof` a hash of the document."""

    claim: str
    valid_until: date
    proof: str


@dataclass(frozen=True, slots=True)
class Passenger:
    """One traveller: `ref` is the buyer's word for them, `rider` the scheme's rider category.

    `claims` were proven before they come here; `passes` are theirs; `paid` are the rides that count towards
    caps, each at its full price. `company` are the rules by which
    they have company in their party: found when a party is priced.
    """

    ref: str
    rider: str
    claims: tuple[ProvenClaim, ...] = field(default=())
    passes: tuple[HeldPass, ...] = field(default=())
    paid: tuple[Tap, ...] = field(default=())
    company: frozenset[str] = field(default=frozenset())
