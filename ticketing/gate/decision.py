"""Accept or refuse a ticket: one pure function, the same on the server, at an offline gate and in the tests.

No clock, no network, no database, no signature library: the time and the bundle are arguments, and the
bundle brings its readers along. The order of the reasons is fixed: later lines may assume the earlier ones,
and nothing about the content is told before the signature holds.
"""

from dataclasses import dataclass, field
from typing import Literal

from ticketing.gate.model import (
    Bundle,
    Decision,
    Gate,
    Memory,
    Policy,
    Presented,
    Reading,
    Seen,
    Standing,
)
from ticketing.gate.usage import Allowance, Kind, Step, Use, Wanted, next_use
from ticketing.tickets.claims import ZONE, Leg, Proof, TicketClaims
from ticketing.tickets.products import ProductRule

__all__ = [
    "Bundle", "Decision", "Gate", "Memory", "Policy", "Presented", "ProductRule", "Reading", "Seen", "Standing",
    "Use", "decide",
]  # fmt: skip

_SUSPENDED = 2
_DAY_SECONDS = 24 * 3600
_NO_LEG = -1
_EPOCH_WEEKDAY = 4  # 1 January 1970 was a Thursday
_HOUR_MINUTES = 60
_FAIL_OPEN_EXTRA_SECONDS = 24 * 3600


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
    if claims.holder_hash is not None:
        notes.append("personal ticket: ask for the name")
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
    ends = max(case.claims.expires_at, case.bundle.extended.get(case.claims.jti, 0))
    if now - leeway >= ends:
        return "expired", f"{_duration(now - ends)} ago"
    if now - leeway >= case.claims.expires_at:
        case.notes.append(f"ended {_duration(now - case.claims.expires_at)} ago, its vehicle is late")
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
    checks_out = rule is not None and rule.check == "in_out"
    # Where one leg of this operator ends nobody boards another: who stands there goes the other way.
    is_end = not checks_out and any(_ends_here(legs[at], gate) for at in own)
    candidates = here if is_strict or is_end else here or own
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


def _ends_here(leg: Leg, gate: Gate) -> bool:
    """Whether a leg ends where the gate is."""
    return leg.end is not None and leg.end == gate.stop_id


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
