"""The things that people bring to a journey: an account its proofs, its rides and its passes, a guest the passes of an order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

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

    def with_freed(self, freed: Mapping[str, int]) -> "Brought":
        """The same with the uses that an exchange gives back, by ticket."""
        return replace(self, passes=with_freed(self.passes, freed))

    @property
    def carnets(self) -> tuple[HeldPass, ...]:
        """The passes that serve the whole party."""
        return carnets(self.passes)


def with_freed(kept: Iterable[KeptPass], freed: Mapping[str, int]) -> tuple[KeptPass, ...]:
    """Some passes with the uses that an exchange gives back, by ticket."""
    return tuple(
        one
        if one.held.uses_left is None
        else replace(
            one, held=replace(one.held, uses_left=one.held.uses_left + freed.get(one.held.ticket, 0))
        )
        for one in kept
    )


def personal(kept: Iterable[KeptPass]) -> tuple[HeldPass, ...]:
    """Those of some passes that travel with one person."""
    return tuple(one.held for one in kept if not one.held.shared)


def carnets(kept: Iterable[KeptPass]) -> tuple[HeldPass, ...]:
    """Those of some passes that serve a party."""
    return tuple(one.held for one in kept if one.held.shared)
