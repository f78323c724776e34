"""Accept or refuse a ticket: one pure function, the same on the server, at an offline gate and in the tests.

No clock, no network, no database, no signature library: the time and the bundle are arguments, and the
bundle brings its readers along. The order of the reasons is fixed: later lines may assume the earlier ones,
and nothing about the content is told before the signature holds.
"""

from operator import attrgetter

from throughfare_gate.gate.case import NO_LEG, NONE, Case, Refusal
from throughfare_gate.gate.departures import LONGEST_DELAY, late_seconds
from throughfare_gate.gate.model import (
    Bundle,
    Decision,
    Gate,
    Memory,
    Note,
    Policy,
    Presented,
    Reading,
    Seen,
    Standing,
    Values,
)
from throughfare_gate.gate.one_traveller import ride_in_the_way, ride_to_ask_for, use_in_the_way
from throughfare_gate.gate.sailing import fitting, is_waived, sailing
from throughfare_gate.gate.usage import (
    USES_LEFT,
    Allowance,
    Use,
    Wanted,
    goes_out,
    is_spent,
    is_way_out,
    next_use,
    use_values,
    uses_left,
)
from throughfare_gate.tickets.claims import NOBODY, ZONE, Leg, Proof
from throughfare_gate.tickets.products import ProductRule

__all__ = [
    "Bundle",
    "Decision",
    "Gate",
    "Memory",
    "Policy",
    "Presented",
    "ProductRule",
    "Reading",
    "Seen",
    "Standing",
    "Use",
    "decide",
]

# The marks of a status list beside the plain one, which says that a ticket is revoked.
_NOT_GOOD = {2: "suspended", 3: "replaced"}
_FAIL_OPEN_EXTRA_SECONDS = 24 * 3600
# A bundle younger than two refreshes knows of every delay that anybody has told.
_FRESH_SECONDS = 120


def decide(presented: Presented, bundle: Bundle, seen: Memory, now: int, gate: Gate) -> Decision:
    """Decide about one presentation at `now` (POSIX seconds): the first reason that holds is the answer."""
    if gate.clock_behind_seconds:
        return _refused(bundle, "clock_behind", {"seconds": gate.clock_behind_seconds})
    reading = bundle.read(presented.token, bundle.issuer, gate.operator)
    if reading.claims is None:
        gone: Values = {"given_back": True} if gate.stop_id in reading.given_back else NONE
        values = {**reading.values, **gone}
        return _refused(bundle, reading.reason or "malformed", values, jti=reading.jti)
    used = sorted(seen.uses_of(reading.claims.jti), key=attrgetter("at"))
    case = Case(
        presented=presented, claims=reading.claims, bundle=bundle, seen=seen, now=now, gate=gate, used=used
    )
    for check in (_time, _status, _binding, _leg, sailing, _product, _hours, _uses):
        refusal = check(case)
        if refusal:
            leg = None if case.leg == NO_LEG else case.leg
            return _refused(bundle, *refusal, leg=leg, jti=case.claims.jti)
    return _admitted(case)


def _refused(
    bundle: Bundle, reason: str, values: Values, *, leg: int | None = None, jti: str | None = None
) -> Decision:
    staff = bundle.words.staff(reason, values)
    return Decision(admit=False, reason=reason, staff=staff, leg=leg, jti=jti, values=values)


def _admitted(case: Case) -> Decision:
    claims, notes = case.claims, case.notes
    if claims.category:
        whole = case.bundle.extras.categories.get(claims.category, claims.category)
        notes.append(("category", {"category": whole}))
    if claims.holder_hash is not None:
        notes.append(("personal", NONE))
    if claims.passengers > 1:
        notes.append(("group", {"count": claims.passengers}))
    words = case.bundle.words
    attention = words.attention([note for note in notes if note[0] != USES_LEFT])
    return Decision(
        admit=True,
        reason="ok_attention" if attention else "ok",
        staff=words.attention(notes) or "welcome",
        leg=case.leg,
        jti=claims.jti,
        attention=attention,
        nonce=case.nonce,
        kind=case.kind,
        notes=tuple(notes),
    )


def _time(case: Case) -> Refusal | None:
    leeway, now, ends = case.bundle.policy.leeway_seconds, case.now, case.claims.expires_at
    if now + leeway < case.claims.not_before:
        return "not_yet_valid", {"seconds": case.claims.not_before - now}
    if now - leeway < ends:
        return None
    late = late_seconds(case.claims, case.bundle.extras)
    until = max(ends + late, case.bundle.extended.get(case.claims.jti, 0))
    if now - leeway < until:
        case.notes.append(("late", {"seconds": now - ends}))
        return None
    if case.gate.by_hand and now - leeway < case.bundle.under_way.get(case.claims.jti, 0):
        case.notes.append(("under_way", {"seconds": now - ends}))
        return None
    age = now - case.bundle.issued_at
    known = {"known_seconds": age} if age > _FRESH_SECONDS and now < ends + LONGEST_DELAY else NONE
    return "expired", {"seconds": now - until, **known}


def _status(case: Case) -> Refusal | None:
    """Refuse what is known as revoked, however old the list; an old list no longer proves validity."""
    bundle, now = case.bundle, case.now
    standing = bundle.status_of(case.claims.status.uri, case.claims.status.idx)
    if standing is not None:
        if standing.bits is None:
            return "status_stale", {"index": case.claims.status.idx}
        if standing.bits:
            return _NOT_GOOD.get(standing.bits, "revoked"), NONE
        fresh = now - standing.listed_at <= bundle.policy.max_stale_seconds and now < standing.expires_at
        if fresh and now < bundle.expires_at:
            return None
    too_late = now >= bundle.expires_at + _FAIL_OPEN_EXTRA_SECONDS
    if bundle.policy.degrade == "fail_closed" or too_late:
        return "status_stale", NONE if standing is None else {"seconds": now - standing.listed_at}
    case.notes.append(("stale_list", NONE))
    return None


def _binding(case: Case) -> Refusal | None:
    rule, key, shown = case.bundle.rules.get(case.claims.product), case.claims.binding_key, case.presented
    if case.gate.by_hand:
        case.notes.append(("found_by_hand", NONE))
        return None
    if shown.proof is None:
        needed = key is not None or (rule is not None and rule.binding == "required")
        return ("proof_missing", NONE) if needed else None
    proof = case.bundle.read_proof(shown.proof, shown.token, key) if key is not None else None
    if proof is None:
        return "proof_invalid", NONE
    if proof.audience != case.gate.operator:
        return "proof_wrong_operator", {"operator": proof.audience}
    case.nonce = proof.nonce
    return _freshness(case, proof)


def _freshness(case: Case, proof: Proof) -> Refusal | None:
    policy, now = case.bundle.policy, case.now
    if not case.gate.clock_is_sure:
        return "proof_expired", {"off": True}
    if not now - policy.proof_past_seconds <= proof.issued_at <= now + policy.proof_future_seconds:
        return "proof_expired", {"difference": f"{proof.issued_at - now:+d}"}
    if case.seen.has_proof(case.claims.jti, proof.nonce):
        return "proof_replayed", NONE
    return None


def _own(case: Case) -> list[int]:
    """The legs of the gate's operator."""
    return [at for at, leg in enumerate(case.claims.legs) if leg.operator == case.gate.operator]


def _leg(case: Case) -> Refusal | None:
    """Choose the leg: the one the gate names, else the first of this operator that fits and has uses left."""
    legs, gate = case.claims.legs, case.gate
    own = _own(case)
    if not own:  # another operator's passengers, whom a waiver sends here
        return _sent_here(case)
    if gate.leg is not None:
        own = [at for at in own if at == gate.leg]
    candidates = [at for at in own if _is_here(legs[at], gate)] or _elsewhere(case, own)
    if not candidates:
        zoned = any(legs[at].end is None for at in _own(case))
        return "wrong_zone" if zoned else "wrong_leg", _given_back(case)
    candidates = fitting(case, candidates)
    unspent = (at for at in candidates if not is_spent(case.used, at, case.claims.uses_per_leg))
    case.leg = next(unspent, candidates[0])
    return None


def _elsewhere(case: Case, own: list[int]) -> list[int]:
    """The legs that a gate takes although none of them begins there: all of this operator, or none.

    None where boarding is checked; nor where one of them ends, for who boards there goes the other way, unless it is checked
    out there; nor where a leg began that was given back.
    """
    legs, gate, product = case.claims.legs, case.gate, case.claims.product
    rule = case.bundle.rules.get(product)
    if product in case.bundle.extras.boarding or (rule is not None and rule.stops == "board"):
        return []
    checks_out = rule is not None and rule.check == "in_out"
    if not checks_out and any(legs[at].end in {gate.stop_id} - {None} for at in own):
        return []
    return [] if _given_back(case) else own


def _sent_here(case: Case) -> Refusal | None:
    for at, leg in enumerate(case.claims.legs):
        if is_waived(case, leg):
            case.leg = at
            return None
    good_with = tuple(name for name in case.claims.audience if name != NOBODY)
    return "wrong_audience", {"operators": good_with, **_given_back(case)}


def _given_back(case: Case) -> Values:
    """Tell whether a leg that was given back began where the gate is."""
    gone = any(leg.operator == NOBODY and leg.start == case.gate.stop_id for leg in case.claims.legs)
    return {"given_back": True} if gone else NONE


def _is_here(leg: Leg, gate: Gate) -> bool:
    """Tell whether a leg begins where the gate is, as far as the gate says where that is."""
    if leg.end is None:  # a zone ticket: one letter a zone, `z:AB`
        return gate.stop_id is None if gate.zone is None else gate.zone in leg.start.removeprefix(ZONE)
    return gate.stop_id is None or leg.start == gate.stop_id


def _product(case: Case) -> Refusal | None:
    rule = case.bundle.rules.get(case.claims.product)
    if rule is None:
        return "product_not_accepted", {"product": case.claims.product}
    travel_class = case.claims.legs[case.leg].travel_class
    if rule.classes and travel_class not in rule.classes:
        return "wrong_class", {"class": travel_class or "none"}
    if case.claims.demo and not case.bundle.policy.accept_demo:
        return "product_not_accepted", {"demo": True}
    return None


def _hours(case: Case) -> Refusal | None:
    """Time rules speak of the local day, which the bundle's offsets tell; they hold nobody who is on the way out."""
    rule = case.bundle.rules[case.claims.product]
    if not rule.is_timed or is_way_out(case.used, case.gate.direction, rule):
        return None
    return None if rule.allows(case.now + case.bundle.offset_at(case.now)) else ("outside_time_rule", NONE)


def _uses(case: Case) -> Refusal | None:
    claims, now, gate = case.claims, case.now, case.gate
    in_the_way, strokes = _other_code(case)
    if gate.inspects:
        _inspect(case, in_the_way)
        return None
    if in_the_way:
        return in_the_way
    rule = case.bundle.rules[claims.product]
    if not case.used and claims.uses is None and rule.check == "once":
        return None
    allowance = Allowance(claims.uses_per_leg, claims.uses, rule, strokes)
    step = next_use(case.used, Wanted(case.leg, now, (gate.id, gate.stop_id), gate.direction), allowance)
    if step.refusal:
        return step.refusal, step.values(now, claims.uses)
    case.kind = step.kind
    if step.note:
        case.notes.append((step.note, NONE))
    if step.kind == "transfer":
        case.notes.append(("transfer", NONE))
    if claims.uses is not None:
        case.notes.append((USES_LEFT, uses_left(case.used, step.kind, allowance)))
    return None


def _other_code(case: Case) -> tuple[Refusal | None, int]:
    """Say which other code of one pass travels instead of this one, and how many strokes orders took of this one."""
    claims, seen, now = case.claims, case.seen, case.now
    if claims.uses_per_leg:  # a ticket of a journey; only a pass is what orders take rides of
        if any(use.leg == case.leg for use in case.used):  # it has begun, and may go on, or out
            return None, 0
        use = use_in_the_way(claims.jti, case.leg, now, seen)
        return (("pass_on_another_ride", use_values(use, now)) if use else None), 0
    find = ride_to_ask_for if case.gate.inspects else ride_in_the_way
    leaves = goes_out(case.used, case.gate.direction, case.bundle.rules[claims.product])
    ride = None if leaves else find(claims.jti, now, seen)
    values = ride.values(case.bundle.local_time) if ride else NONE
    return (("ride_of_an_order", values) if ride else None), seen.ordered_of(claims.jti).strokes


def _inspect(case: Case, in_the_way: Note | None) -> None:
    case.kind = "inspection"
    if in_the_way:
        case.notes.append(in_the_way)
    if not any(use.leg == case.leg for use in case.used):
        case.notes.append(("no_use_known", NONE))
