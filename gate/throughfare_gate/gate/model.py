"""Define the values of a decision: readings, policy, bundle, memory, gate, presentation, decision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from throughfare_gate.gate.usage import Direction, Kind, Use
from throughfare_gate.tickets.claims import Proof, TicketClaims
from throughfare_gate.tickets.products import ProductRule

# The figures of a reason or a note by name, and a note: its code with its figures.
Values = Mapping[str, Any]
Note = tuple[str, Values]
# So much a clock may be behind the server's that signed the bundle.
CLOCK_SLACK_SECONDS = 30
Degrade = Literal["fail_open", "fail_closed"]


@dataclass(frozen=True, slots=True)
class Reading:
    """The reading of a code: claims of a genuine ticket, or the reason why there are none.

    `claims` comes with reason None; `jti` may be known of a genuine ticket whose claims are wrong, `values`
    say which claim is, or whose ticket it is. `given_back` are the stops where its legs began that were given back, of the
    ticket of others.
    """

    reason: str | None
    claims: TicketClaims | None
    jti: str | None = None
    values: Values = field(default_factory=dict)
    given_back: tuple[str, ...] = ()


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
    """The standing of one ticket in a status list; `bits` None where its index lies outside the list."""

    bits: int | None
    listed_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Boarding:
    """The boarding rule of a product whose tickets are bound to their departure.

    From `opens_seconds` before the planned departure until `closes_seconds` after the expected one.
    """

    opens_seconds: int
    closes_seconds: int = 15 * 60


@dataclass(frozen=True, slots=True)
class Delay:
    """The lateness of a departure: the time when it is expected to leave (None: unknown), and the seconds by which it arrives late by stop.

    One that is `cancelled` is not expected to leave at all.
    """

    departs_at: int | None
    arrivals: Mapping[str, int] = field(default_factory=dict)
    cancelled: bool = False


# A departure as tickets name it: operator, stop, planned departure in POSIX seconds of a whole minute.
Called = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Waiver:
    """Tickets for some departures open another one, since theirs did not go (`event` says what happened).

    `accept` is the operator that takes them, and its trip or `any`; until `until` in POSIX seconds. `tickets` are those that have
    missed the departure by another ride; None where nobody could travel by it.
    """

    event: str
    trips: frozenset[Called]
    accept: tuple[str, str]
    until: int
    tickets: frozenset[str] | None = None

    def concerns(self, jti: str, missed: Called) -> bool:
        """Tell whether it is about a ticket for a departure."""
        return missed in self.trips and (self.tickets is None or jti in self.tickets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """The bounds of what a foreign issuer may issue: a ticket beyond them is refused whatever its signature."""

    operators: tuple[str, ...]
    products: tuple[str, ...]
    max_seconds: int
    legs: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignIssuer:
    """Another scheme whose tickets are trusted here. No gate decides by it yet: its tickets are `wrong_issuer`."""

    issuer: str
    kids: frozenset[str]
    removed: tuple[str, ...]
    allow: Allow
    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """The members that format 2 of a bundle adds. Times in POSIX seconds, those of departures in whole minutes.

    `boarding` by product of this operator; `sailings` by trip its planned calls (stop, departure); `delays` by departure,
    also of other operators; `categories` spells the four letters of a ticket's fare category out.
    """

    boarding: Mapping[str, Boarding] = field(default_factory=dict)
    sailings: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    delays: Mapping[Called, Delay] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    issuers: tuple[ForeignIssuer, ...] = ()
    categories: Mapping[str, str] = field(default_factory=dict)


_NOTHING = Extras()


class Words(Protocol):
    """The words of a gate for its decisions, in English; `sentences` is the one that is used."""

    def staff(self, reason: str, values: Values) -> str:
        """The sentence for staff about a refusal."""

    def attention(self, notes: Sequence[Note]) -> str | None:
        """The hint for staff about a ticket that is good; None where there is nothing."""

    def instant(self, moment: int, offset: int) -> str:
        """A moment by a clock that is so many seconds east of UTC, as RFC 3339 writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The knowledge of a gate. Times in POSIX seconds.

    `read` turns a code into a Reading for (code, issuer, operator); `read_proof` verifies a proof over a
    ticket or gives None; `status_of` gives a ticket's Standing for (uri, index), or None where no such list
    is held. `offsets` are pairs (from when, seconds east of UTC) that time rules read the local day by. `extended` says
    by ticket until when it is good beyond its own end, because its vehicle is late, `under_way` until when staff may let
    it in all the same. `extras` are what format 2 adds.
    `words` says what was decided.
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
    words: Words
    offsets: tuple[tuple[int, int], ...] = ()
    version: int = 0
    extended: Mapping[str, int] = field(default_factory=dict)
    under_way: Mapping[str, int] = field(default_factory=dict)
    extras: Extras = _NOTHING

    def seconds_ahead_of(self, now: int) -> int:
        """Compute how far a clock lies before this bundle was made, which cannot be; 0 within half a minute."""
        behind = self.issued_at - now
        return behind if behind > CLOCK_SLACK_SECONDS else 0

    def offset_at(self, moment: int) -> int:
        """Return the seconds by which the operator's clock is east of UTC at a moment; 0 where the bundle does not say."""
        before = [pair for pair in self.offsets if pair[0] <= moment]
        return max(before or self.offsets[:1], default=(0, 0))[1]

    def local_time(self, moment: int) -> str:
        """A moment by the operator's clock, as RFC 3339 writes it."""
        return self.words.instant(moment, self.offset_at(moment))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedRide:
    """A ride that an order took with a pass: which leg of which ticket opens it, its planned times, and when that ticket is good.

    POSIX seconds. A ticket that is blocked is good at no time (`starts` is `ends`), and its ride goes on where it has begun.
    """

    ticket: str
    leg: int
    departs: int
    arrives: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """The uses of a pass that orders took: strokes of a carnet or a return, and the rides that their tickets open."""

    strokes: int = 0
    rides: tuple[OrderedRide, ...] = ()


NOTHING_ORDERED = Ordered()


class Memory(Protocol):
    """A gate's memory of earlier presentations, and of the uses that orders took of passes."""

    def uses_of(self, jti: str) -> Sequence[Use]:
        """The accepted uses of one ticket."""

    def has_proof(self, jti: str, nonce: str) -> bool:
        """Tell whether this very proof was shown before."""

    def ordered_of(self, jti: str) -> Ordered:
        """Tell the uses of a pass that orders took."""

    def passes_behind(self, jti: str) -> Sequence[str]:
        """Name the passes that pay for rides of an order's ticket."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A gate's memory of earlier presentations: accepted uses, and proofs shown as (jti, nonce).

    Each use once: what a bundle and the gate's own memory both know goes through `told_together` first. Build it once
    and decide often: looking a ticket up costs the same however many uses there are.
    """

    uses: Sequence[Use] = ()
    proofs: frozenset[tuple[str, str]] = frozenset()
    ordered: Mapping[str, Ordered] = field(default_factory=dict)
    _by_ticket: dict[str, list[Use]] = field(init=False, repr=False, compare=False)
    _behind: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_ticket: dict[str, list[Use]] = {}
        for use in self.uses:
            by_ticket.setdefault(use.jti, []).append(use)
        behind: dict[str, list[str]] = {}
        for jti, taken in self.ordered.items():
            for ticket in {ride.ticket for ride in taken.rides}:
                behind.setdefault(ticket, []).append(jti)
        object.__setattr__(self, "_by_ticket", by_ticket)
        object.__setattr__(self, "_behind", behind)

    def uses_of(self, jti: str) -> Sequence[Use]:
        """The accepted uses of one ticket."""
        return self._by_ticket.get(jti, ())

    def has_proof(self, jti: str, nonce: str) -> bool:
        """Tell whether this very proof was shown before."""
        return (jti, nonce) in self.proofs

    def ordered_of(self, jti: str) -> Ordered:
        """Tell the uses of a pass that orders took."""
        return self.ordered.get(jti, NOTHING_ORDERED)

    def passes_behind(self, jti: str) -> Sequence[str]:
        """Name the passes that pay for rides of an order's ticket."""
        return self._behind.get(jti, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The place of a presentation; a None stop, leg or zone leaves the choice to the ticket.

    `direction` matters to products that are checked in and out; a gate without one takes turns. A gate that
    `inspects` looks and uses nothing up. `by_hand` is staff who have found the ticket without its code: no
    proof can be shown. A gate whose clock is not `clock_is_sure` cannot tell a fresh proof from an old one.

    One whose clock lies `clock_behind_seconds` before its own bundle can tell nothing (`Bundle.seconds_ahead_of`).

    `trip_id` or `departure` (as planned, POSIX seconds) name the sailing that is boarding, where the gate knows it.
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
    clock_behind_seconds: int = 0
    trip_id: str | None = None
    departure: int | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """The presentation of a passenger: the ticket and, where the phone made one, its proof."""

    token: str
    proof: str | None = None

    @classmethod
    def scanned(cls, code: str) -> "Presented":
        """Take a scanned code apart: `ticket` or `ticket~proof`."""
        token, separator, proof = code.partition("~")
        return cls(token, proof if separator else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer. `staff` is an English sentence for the person at the gate; `nonce` the proof that was used up.

    `kind` is what an accepted use was; an inspection is none. `values` are the figures of a refusal, `notes` what to look
    at although the ticket is good, each a code with its figures: `sentences.py` says both in every language.
    """

    admit: bool
    reason: str
    staff: str
    leg: int | None = None
    jti: str | None = None
    attention: str | None = None
    nonce: str | None = None
    kind: Kind | Literal["inspection"] = "ride"
    values: Values = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
