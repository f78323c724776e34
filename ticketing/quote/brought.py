"""The things that people bring to a journey: an account its proofs, its rides and its passes, a guest the passes of an order."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tariffs.caps import Tap
from tariffs.party import ProvenClaim
from tariffs.passes import HeldPass


@dataclass(frozen=True, slots=True)
class KeptPass:
    """A pass that is held, and the `holder` whom its buyer has named; None: whoever bought it.

    A carnet is for the whole party, whoever is named.
    """

    held: HeldPass
    kind: str
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """Proven claims, held passes and paid rides of one account; `known` are the names for which it ever bought a pass."""

    person_id: str
    claims: tuple[ProvenClaim, ...]
    passes: tuple[KeptPass, ...]
    paid: tuple[Tap, ...] = ()
    known: frozenset[str] = field(default=frozenset())

    def passes_of(self, holder: str | None) -> tuple[HeldPass, ...]:
        """The passes of one person of the account; None is its owner."""
        return personal(one for one in self.passes if one.holder == holder)

    @property
    def carnets(self) -> tuple[HeldPass, ...]:
        """The passes that serve the whole party."""
        return carnets(self.passes)


def personal(kept: Iterable[KeptPass]) -> tuple[HeldPass, ...]:
    """Those of some passes that travel with one person."""
    return tuple(one.held for one in kept if not one.held.shared)


def carnets(kept: Iterable[KeptPass]) -> tuple[HeldPass, ...]:
    """Those of some passes that serve a party."""
    return tuple(one.held for one in kept if one.held.shared)
