"""What a gate knows and is shown: readings, policy, bundle, memory, gate, presentation, decision. Values only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ticketing.gate.usage import Direction, Kind, Use
from ticketing.tickets.claims import Proof, TicketClaims
from ticketing.tickets.products import ProductRule

Degrade = Literal["fail_open", "fail_closed"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a code gave: claims of a genuine ticket, or the reason why there are none.

    `claims` comes with reason None; `jti` may be known of a genuine ticket whose claims are wrong, `field`
    is the claim that is.
    """

    reason: str | None
    claims: TicketClaims | None
    jti: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """An operator's policy when the gate's knowledge is old. Seconds."""

    degrade: Degrade = "fail_closed"
    max_stale_seconds: int = 24 * 3600
    leeway_seconds: int = 30
    proof_past_seconds: int = 45
    proof_future_seconds: int = 30
    accept_demo: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a status list says of one ticket; `bits` None where its index lies outside the list."""

    bits: int | None
    listed_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a gate knows. Times in POSIX seconds.

    `read` turns a code into a Reading for (code, issuer, operator); `read_proof` verifies a proof over a
    ticket or gives None; `status_of` gives a ticket's Standing for (uri, index), or None where no such list
    is held. `offsets` are pairs (from when, seconds east of UTC) that time rules read the local day by. `extended` says
    by ticket until when it is good beyond its own end, because its vehicle is late.
    """

    issuer: str
    operator: str
    issued_at: int
    expires_at: int
    rules: Mapping[str, ProductRule]
    policy: Policy
    read: Callable[[str, str, str], Reading]
    read_proof: Callable[[str, str, Mapping[str, str]], Proof | None]
    status_of: Callable[[str, int], Standing | None]
    offsets: tuple[tuple[int, int], ...] = ()
    version: int = 0
    extended: Mapping[str, int] = field(default_factory=dict)


class Memory(Protocol):
    """What a gate remembers of earlier presentations."""

    def uses_of(self, jti: str) -> Sequence[Use]:
        """The accepted uses of one ticket."""

    def has_proof(self, jti: str, nonce: str) -> bool:
        """Whether this very proof was shown before."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What this gate knows of earlier presentations: accepted uses, and proofs shown as (jti, nonce).

    A use that is told twice, by the bundle and by the gate's own memory, is one use. Build it once and decide
    often: looking a ticket up costs the same however many uses there are.
    """

    uses: Sequence[Use] = ()
    proofs: frozenset[tuple[str, str]] = frozenset()
    _by_ticket: dict[str, list[Use]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_ticket: dict[str, list[Use]] = {}
        for use in dict.fromkeys(self.uses):
            by_ticket.setdefault(use.jti, []).append(use)
        object.__setattr__(self, "_by_ticket", by_ticket)

    def uses_of(self, jti: str) -> Sequence[Use]:
        """The accepted uses of one ticket."""
        return self._by_ticket.get(jti, ())

    def has_proof(self, jti: str, nonce: str) -> bool:
        """Whether this very proof was shown before."""
        return (jti, nonce) in self.proofs


@dataclass(frozen=True, slots=True)
class Gate:
    """Where the ticket is shown; a None stop, leg or zone leaves the choice to the ticket.

    `direction` matters to products that are checked in and out; a gate without one takes turns. A gate that
    `inspects` looks and uses nothing up. `by_hand` is staff who have found the ticket without its code: no
    proof can be shown. A gate whose clock is not `clock_is_sure` cannot tell a fresh proof from an old one.
    """

    operator: str
    stop_id: str | None = None
    leg: int | None = None
    id: str | None = None
    zone: str | None = None
    direction: Direction | None = None
    inspects: bool = False
    by_hand: bool = False
    clock_is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Presented:
    """What a passenger shows: the ticket and, where the phone made one, its proof."""

    token: str
    proof: str | None = None

    @classmethod
    def scanned(cls, code: str) -> "Presented":
        """Take a scanned code apart: `ticket` or `ticket~proof`."""
        token, separator, proof = code.partition("~")
        return cls(token, proof if separator else None)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. `staff` is a sentence for the person at the gate; `nonce` the proof that was used up.

    `kind` is what an accepted use was; an inspection is none.
    """

    admit: bool
    reason: str
    staff: str
    leg: int | None = None
    jti: str | None = None
    attention: str | None = None
    nonce: str | None = None
    kind: Kind | Literal["inspection"] = "ride"
