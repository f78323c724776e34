"""Accept or refuse a ticket: one pure function, the same on the server, at an offline gate and in the tests.

No clock, no network, no database, no signature library: the time and the bundle are arguments, and the
bundle brings its readers along. The order of the reasons is fixed: later lines may assume the earlier ones,
and nothing about the content is told before the signature holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ticketing.gate.usage import Allowance, Direction, Kind, Step, Use, Wanted, next_use
from ticketing.tickets.claims import ZONE, Leg, Proof, TicketClaims
from ticketing.tickets.products import ProductRule

__all__ = [
    "Bundle", "Decision", "Gate", "Memory", "Policy", "Presented", "ProductRule", "Reading", "Seen", "Standing",
    "Use", "decide",
]  # fmt: skip

Degrade = Literal["fail_open", "fail_closed"]

_SUSPENDED = 2
_DAY_SECONDS = 24 * 3600
_NO_LEG = -1
_EPOCH_WEEKDAY = 4  # 1 January 1970 was a Thursday
_HOUR_MINUTES = 60
_FAIL_OPEN_EXTRA_SECONDS = 24 * 3600


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
    is held. `offsets` are pairs (from when, seconds east of UTC) that time rules read the local day by.
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


@dataclass(slots=True)
class _Case:
    """One presentation on its way through the checks, and what they find out."""

    presented: Presented
    claims: TicketClaims
    bundle: Bundle
    seen: Memory
    now: int
    gate: Gate
    used: list[Use]
    leg: int = _NO_LEG
    nonce: str | None = None
    kind: Kind | Literal["inspection"] = "ride"
    notes: list[str] = field(default_factory=list)


_Refusal = tuple[str, str]


def decide(presented: Presented, bundle: Bundle, seen: Memory, now: int, gate: Gate) -> Decision:
    """Decide about one presentation at `now` (POSIX seconds): the first reason that holds is the answer."""
    reading = bundle.read(presented.token, bundle.issuer, gate.operator)
    if reading.claims is None:
        reason = reading.reason or "malformed"
        return Decision(
            admit=False, reason=reason, staff=_staff(reason, reading.field or ""), jti=reading.jti
        )
    used = sorted(seen.uses_of(reading.claims.jti), key=_moment)
    case = _Case(presented, reading.claims, bundle, seen, now, gate, used)
    for check in (_time, _status, _binding, _leg, _product, _hours, _uses):
        refusal = check(case)
        if refusal:
            reason, more = refusal
            leg = None if case.leg == _NO_LEG else case.leg
            return Decision(
                admit=False, reason=reason, staff=_staff(reason, more), leg=leg, jti=case.claims.jti
            )
    return _admitted(case)


def _admitted(case: _Case) -> Decision:
    claims, notes = case.claims, case.notes
    if claims.category:
        notes.append(f"fare category {claims.category}")
    if claims.passengers > 1:
        notes.append(f"group of {claims.passengers}")
    attention = ", ".join(notes) or None
    reason = "ok_attention" if attention else "ok"
    return Decision(
        admit=True, reason=reason, staff=attention or "welcome", leg=case.leg, jti=claims.jti,
        attention=attention, nonce=case.nonce, kind=case.kind,
    )  # fmt: skip


_STAFF = {
    "malformed": "unreadable code",
    "bad_type": "not a ticket",
    "bad_alg": "not a ticket",
    "unknown_key": "unknown issuer key; is the bundle fresh?",
    "bad_signature": "not genuine",
    "wrong_issuer": "another issuer",
    "wrong_audience": "no leg of this operator",
    "bad_claims": "a claim is wrong",
    "not_yet_valid": "not valid yet",
    "expired": "expired",
    "revoked": "cancelled or refunded",
    "suspended": "blocked, ask",
    "status_stale": "the revocation list is too old",
    "proof_missing": "screenshot? the app shows a fresh code",
    "proof_invalid": "screenshot or another phone",
    "proof_expired": "the code is not fresh",
    "proof_replayed": "this very code was shown before",
    "wrong_leg": "not valid on this leg",
    "wrong_zone": "not valid in this zone",
    "wrong_class": "not valid in this class",
    "product_not_accepted": "this product is not accepted here",
    "outside_time_rule": "not valid at this hour",
    "already_used": "already used",
    "passback": "accepted a moment ago at another gate",
    "uses_exhausted": "no trips left",
}


def _staff(reason: str, more: str) -> str:
    return f"{_STAFF[reason]}: {more}" if more else _STAFF[reason]


def _time(case: _Case) -> _Refusal | None:
    leeway, now = case.bundle.policy.leeway_seconds, case.now
    if now + leeway < case.claims.not_before:
        return "not_yet_valid", f"in {_duration(case.claims.not_before - now)}"
    if now - leeway >= case.claims.expires_at:
        return "expired", f"{_duration(now - case.claims.expires_at)} ago"
    return None


def _status(case: _Case) -> _Refusal | None:
    """What is known as revoked is refused however old the list; an old list no longer proves validity."""
    bundle, now = case.bundle, case.now
    standing = bundle.status_of(case.claims.status.uri, case.claims.status.idx)
    if standing is not None:
        if standing.bits is None:
            return "status_stale", "the list has no place for this ticket"
        if standing.bits:
            return ("suspended" if standing.bits == _SUSPENDED else "revoked"), ""
        fresh = now - standing.listed_at <= bundle.policy.max_stale_seconds and now < standing.expires_at
        if fresh and now < bundle.expires_at:
            return None
    too_late = now >= bundle.expires_at + _FAIL_OPEN_EXTRA_SECONDS
    if bundle.policy.degrade == "fail_closed" or too_late:
        return "status_stale", "" if standing is None else f"{_duration(now - standing.listed_at)} old"
    case.notes.append("stale revocation list")
    return None


def _binding(case: _Case) -> _Refusal | None:
    rule, key, shown = case.bundle.rules.get(case.claims.product), case.claims.binding_key, case.presented
    if case.gate.by_hand:
        case.notes.append("found by hand: compare the passenger with the ticket")
        return None
    if shown.proof is None:
        needed = key is not None or (rule is not None and rule.binding == "required")
        return ("proof_missing", "") if needed else None
    proof = case.bundle.read_proof(shown.proof, shown.token, key) if key is not None else None
    if proof is None or proof.audience != case.gate.operator:
        return "proof_invalid", ""
    case.nonce = proof.nonce
    return _freshness(case, proof)


def _freshness(case: _Case, proof: Proof) -> _Refusal | None:
    policy, now = case.bundle.policy, case.now
    if not case.gate.clock_is_sure:
        return "proof_expired", "the clock of this gate is not to be trusted"
    if not now - policy.proof_past_seconds <= proof.issued_at <= now + policy.proof_future_seconds:
        return "proof_expired", f"{proof.issued_at - now:+d} seconds"
    if case.seen.has_proof(case.claims.jti, proof.nonce):
        return "proof_replayed", ""
    return None


def _leg(case: _Case) -> _Refusal | None:
    """Choose the leg: the one the gate names, else the first of this operator that fits and has uses left."""
    legs, gate = case.claims.legs, case.gate
    own = [at for at, leg in enumerate(legs) if leg.operator == gate.operator]
    if gate.leg is not None:
        own = [at for at in own if at == gate.leg]
    here = [at for at in own if _is_here(legs[at], gate)]
    rule = case.bundle.rules.get(case.claims.product)
    is_strict = rule is not None and rule.stops == "board"
    candidates = here if is_strict else here or own
    if not candidates:
        zoned = any(leg.end is None for leg in legs if leg.operator == gate.operator)
        return "wrong_zone" if zoned else "wrong_leg", ""
    case.leg = candidates[0]
    for at in candidates:
        if not _is_spent(case, at):
            case.leg = at
            break
    return None


def _is_here(leg: Leg, gate: Gate) -> bool:
    """Whether a leg begins where the gate is, as far as the gate says where that is."""
    if leg.end is None:  # a zone ticket: one letter a zone, `z:AB`
        return gate.stop_id is None if gate.zone is None else gate.zone in leg.start.removeprefix(ZONE)
    return gate.stop_id is None or leg.start == gate.stop_id


def _product(case: _Case) -> _Refusal | None:
    rule = case.bundle.rules.get(case.claims.product)
    if rule is None:
        return "product_not_accepted", case.claims.product
    travel_class = case.claims.legs[case.leg].travel_class
    if rule.classes and travel_class not in rule.classes:
        return "wrong_class", travel_class or "none"
    if case.claims.demo and not case.bundle.policy.accept_demo:
        return "product_not_accepted", "a demo ticket: no money was paid"
    return None


def _hours(case: _Case) -> _Refusal | None:
    """Time rules speak of the local day, which the bundle's offsets tell."""
    rule = case.bundle.rules[case.claims.product]
    if not rule.hours and not rule.days:
        return None
    offset = max((pair for pair in case.bundle.offsets if pair[0] <= case.now), default=(0, 0))[1]
    day, second = divmod(case.now + offset, _DAY_SECONDS)
    weekday = (day + _EPOCH_WEEKDAY - 1) % 7 + 1
    in_hours = not rule.hours or any(start <= second < end for start, end in rule.hours)
    return None if in_hours and (not rule.days or weekday in rule.days) else ("outside_time_rule", "")


def _uses(case: _Case) -> _Refusal | None:
    claims, now, gate = case.claims, case.now, case.gate
    if gate.inspects:
        case.kind = "inspection"
        if not any(use.leg == case.leg for use in case.used):
            case.notes.append("no use of this leg is known")
        return None
    rule = case.bundle.rules[claims.product]
    if not case.used and rule.check == "once":
        return None
    step = next_use(
        case.used,
        Wanted(case.leg, now, (gate.id, gate.stop_id), gate.direction),
        Allowance(claims.uses_per_leg, claims.uses, rule),
    )
    if step.refusal:
        return step.refusal, _collision(case, step)
    case.kind = step.kind
    if step.note:
        case.notes.append(step.note)
    if step.kind == "transfer":
        case.notes.append("transfer")
    return None


def _collision(case: _Case, step: Step) -> str:
    """What staff should know of the use that stands in the way."""
    use = step.collides
    if use is None:
        return ""
    if step.refusal == "passback":
        return use.gate or ""
    if step.refusal == "uses_exhausted":
        return f"{case.claims.uses} of {case.claims.uses}"
    return f"{_duration(case.now - use.at)} ago" + (f" at {use.gate}" if use.gate else "")


def _is_spent(case: _Case, leg: int) -> bool:
    """Whether all uses of a leg are taken; 0 means that they are never."""
    if not case.used or case.claims.uses_per_leg == 0:
        return False
    taken = sum(use.leg == leg and use.kind in {"ride", "in"} for use in case.used)
    return taken >= case.claims.uses_per_leg


def _moment(use: Use) -> int:
    return use.at


def _duration(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    if minutes >= _HOUR_MINUTES:
        return f"{minutes // _HOUR_MINUTES} h {minutes % _HOUR_MINUTES} min"
    return f"{minutes} min" if minutes else f"{rest} s"
