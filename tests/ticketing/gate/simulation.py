"""A day at fifty gates: flaky networks, clocks that are off, honest passengers, and some who copy their ticket.

`python -m tests.ticketing.gate.simulation [PASSENGERS] [SEED]` plays the day with the pure decision and the pure
judgment, prints what happened, and ends with 1 if a double use was missed or an honest passenger refused.
"""

import heapq
import secrets
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from tests.ticketing.tickets.mint import RING, SIGNER, URI, b64, raw
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import Facts
from throughfare_gate.gate.decision import Bundle, Gate, Policy, Presented, ProductRule, Use, decide
from throughfare_gate.gate.model import NOTHING_ORDERED, Ordered
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.jws import Signer
from throughfare_gate.tickets.proof import ticket_hash
from ticketing.gate.judgment import Fact, Terms, judge

START = int(datetime(2026, 10, 13, 0, 0, tzinfo=UTC).timestamp())
DAY = 24 * 3600
RULES = {"through": ProductRule(), "day": ProductRule(), "app": ProductRule(binding="required")}
# product, uses a leg, legs, share of all tickets
PRODUCTS = (("through", 1, 1, 0.45), ("app", 1, 1, 0.25), ("through", 1, 2, 0.2), ("day", 0, 1, 0.1))


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of the day."""

    passengers: int = 200_000
    gates: int = 50
    cheats: float = 0.01
    seed: int = 0
    sync_seconds: int = 60


@dataclass(slots=True, kw_only=True)
class Traveller:
    """One ticket with its phone, if it has one, and what became of it."""

    jti: str
    token: str
    uses_per_leg: int
    legs: int
    phone: Any = None
    is_cheat: bool = False
    accepted: int = 0
    accepted_copies: int = 0

    @property
    def allowed(self) -> int:
        """The number of accepted presentations that may be rides, where they are counted."""
        return self.uses_per_leg * self.legs


@dataclass(order=True, slots=True)
class Event:
    """Something at a gate: a presentation, or the network coming by."""

    at: float
    number: int
    gate: int = field(compare=False)
    traveller: Traveller | None = field(compare=False, default=None)
    copied_at: float | None = field(compare=False, default=None)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The figures of the day."""

    plan: Plan
    counts: Counter[str] = field(default_factory=Counter)
    honest_refusals: Counter[str] = field(default_factory=Counter)
    prevented_by: Counter[str] = field(default_factory=Counter)
    detection_seconds: list[int] = field(default_factory=list)
    missed: int = 0
    accused: int = 0

    def lines(self) -> Iterator[str]:
        """Write the day in words."""
        counts, found = self.counts, sorted(self.detection_seconds)
        middle, late = (found[len(found) * part // 100] for part in (50, 95)) if found else (0, 0)
        yield f"seed {self.plan.seed}: {self.plan.passengers} passengers, {self.plan.gates} gates, 24 hours"
        yield f"presentations {counts['shown']}, accepted {counts['accepted']}, uploads {counts['uploads']}"
        yield f"copies shown {counts['copies']}: prevented {counts['prevented']} ({dict(self.prevented_by)})"
        yield f"double uses detected after the fact {counts['detected']}, missed {self.missed}"
        yield f"time to detection p50 {middle} s, p95 {late} s, longest {found[-1] if found else 0} s"
        yield f"honest passengers refused {sum(self.honest_refusals.values())} {dict(self.honest_refusals)}, accused {self.accused}"


class GateAt(Protocol):
    """A gate of the simulation."""

    def show(self, code: str, at: float) -> tuple[bool, str]:
        """Present a code at the true time; whether it was accepted and the reason."""

    def sync(self, at: float) -> Sequence[tuple[str, int]]:
        """Upload and fetch the bundle; gives the tickets and times of newly found double uses."""


class Cloud:
    """The server of the pure run: the accepted uses in the order in which they arrived."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.uses: list[Use] = []


class PureGate:
    """A gate that decides by the pure function and remembers in dictionaries."""

    def __init__(self, number: int, cloud: Cloud, bundle: Bundle, clock_error: int) -> None:
        self.name = f"g{number}"
        self._cloud = cloud
        self._bundle = bundle
        self._error = clock_error  # corrected by the offset that the last bundle has taught
        self._gate = Gate(operator="tlt", stop_id=None, leg=None, id=self.name)
        self._known: dict[str, dict[tuple[int, int, str | None], Use]] = defaultdict(dict)
        self._proofs: set[tuple[str, str]] = set()
        self._queue: list[Fact] = []
        self._cursor = 0
        self._seq = 0

    def uses_of(self, jti: str) -> Sequence[Use]:
        return tuple(self._known[jti].values()) if jti in self._known else ()

    def has_proof(self, jti: str, nonce: str) -> bool:
        return (jti, nonce) in self._proofs

    def ordered_of(self, _jti: str) -> Ordered:
        return NOTHING_ORDERED

    def passes_behind(self, _jti: str) -> Sequence[str]:
        return ()

    def show(self, code: str, at: float) -> tuple[bool, str]:
        device_ts = int(at) + self._error
        now = device_ts - self._error
        decision = decide(Presented.scanned(code), self._bundle, self, now, self._gate)
        if decision.jti is not None:
            self._seq += 1
            self._queue.append(
                Fact(
                    scan_id=f"{self.name}/{self._seq}",
                    device=self.name,
                    jti=decision.jti,
                    leg=decision.leg or 0,
                    device_ts=device_ts,
                    clock_offset=-self._error,
                    admitted=decision.admit,
                    uploaded=True,
                    list_issued_at=START,
                )
            )
        if decision.admit and decision.jti is not None:
            self._learn(Use(decision.jti, decision.leg or 0, now, self.name))
            if decision.nonce:
                self._proofs.add((decision.jti, decision.nonce))
        return decision.admit, decision.reason

    def sync(self, at: float) -> Sequence[tuple[str, int]]:
        told, self._queue = self._queue, []
        self._cloud.facts += told
        new = [Use(fact.jti, fact.leg, fact.at, fact.device) for fact in told if fact.admitted]
        self._cloud.uses += new
        for use in self._cloud.uses[self._cursor :]:
            self._learn(use)
        self._cursor = len(self._cloud.uses)
        return [(use.jti, use.at) for use in new]

    def _learn(self, use: Use) -> None:
        self._known[use.jti][use.leg, use.at, use.gate] = use


def held_bundle() -> Bundle:
    """The bundle of the day: one list, nothing revoked, usable for two days."""
    at = datetime.fromtimestamp(START, UTC)
    facts = Facts(
        issuer="throughfare.eu",
        operator="tlt",
        version=START,
        ticket_keys=RING,
        status_keys=RING,
        removed=[],
        lists=[status_list.sign(SIGNER, URI, {}, at)],
        rules=RULES,
        uses=[],
        policy=Policy(degrade="fail_open"),
    )
    held = bundles.read(bundles.sign(SIGNER, facts, at), RING, "tlt")[0]
    # Lists and bundle are refreshed with each sync; the day needs no more than that they are fresh.
    return replace(
        held,
        expires_at=START + 2 * DAY,
        status_of=lambda *_: bundles.Standing(0, START + DAY, START + 2 * DAY),
    )


@dataclass(frozen=True, slots=True)
class Press:
    """The press that signs the day's tickets, and the address of their list."""

    signer: Signer = SIGNER
    uri: str = URI


def board(chance: Random, number: int, plan: Plan, press: Press) -> Traveller:
    """Sell one ticket."""
    kind = chance.choices(PRODUCTS, [product[3] for product in PRODUCTS])[0]
    product, uses, legs, _ = kind
    jti = b64(chance.randbytes(16))
    claims: dict[str, Any] = {
        "iss": "throughfare.eu",
        "aud": ["tlt"],
        "jti": jti,
        "iat": START,
        "nbf": START,
        "exp": START + 2 * DAY,
        "v": 1,
        "p": product,
        "l": [["tlt", f"s{leg}", f"s{leg + 1}"] for leg in range(legs)],
        "n": 1,
        "status": {"status_list": {"idx": number % (1 << 20), "uri": press.uri}},
    }
    if uses != 1:
        claims["u"] = uses
    phone = generate_private_key(SECP256R1()) if product == "app" else None
    if phone is not None:
        numbers = phone.public_key().public_numbers()
        x, y = (b64(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
        claims["cnf"] = {"jwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}}
    return Traveller(
        jti=jti,
        token=press.signer.sign("ticket+jwt", claims),
        uses_per_leg=uses,
        legs=legs,
        phone=phone,
        is_cheat=chance.random() < plan.cheats,
    )


def code_of(traveller: Traveller, at: float, error: int) -> str:
    """Return the code on the screen at a moment, by a phone whose clock is a little off."""
    if traveller.phone is None:
        return traveller.token
    import json  # noqa: PLC0415  kept beside its one use

    body = {
        "iat": int(at) + error,
        "aud": "tlt",
        "n": b64(secrets.token_bytes(8)),
        "th": ticket_hash(traveller.token),
    }
    header = {"alg": "ES256", "typ": "ticket-kb+jwt"}
    proof = raw(json.dumps(body).encode(), header, traveller.phone, "ES256")
    return f"{traveller.token}~{proof}"


def timetable(plan: Plan, chance: Random, press: Press) -> Iterator[Event]:
    """Every presentation and every sync of the day; gates are away for minutes or hours, two of them all day."""
    number = 0
    for at_passenger in range(plan.passengers):
        traveller = board(chance, at_passenger, plan, press)
        at = START + chance.triangular(60, DAY - 3 * 3600, 8 * 3600)
        rides = chance.randint(2, 4) if traveller.uses_per_leg == 0 else traveller.legs
        gates = [chance.randrange(plan.gates) for _ in range(rides)]
        times = [at + ride * 1500 + chance.uniform(0, 900) for ride in range(rides)]
        for moment, gate in zip(times, gates, strict=True):
            number += 1
            yield Event(moment, number, gate, traveller)
        if traveller.is_cheat:
            number += 1
            other = (gates[0] + chance.randrange(1, plan.gates)) % plan.gates
            # A pass is shared at the same moment: later it would be no copy but a second ride of its holder.
            first = times[0] if traveller.legs == 1 else times[-1]
            gap = chance.uniform(3, 50) if traveller.uses_per_leg == 0 else chance.uniform(5, 1800)
            yield Event(first + gap, number, other, traveller, copied_at=first)
    for gate in range(plan.gates):
        at = START + chance.uniform(0, 60)
        is_away_all_day = gate < max(1, plan.gates // 25)
        while at < START + DAY and not is_away_all_day:
            number += 1
            yield Event(at, number, gate)
            away = chance.expovariate(1 / 2400) if chance.random() < 0.02 else 0
            at += plan.sync_seconds + chance.uniform(-10, 10) + away
    for gate in range(plan.gates):
        for again in (0, 1):
            number += 1
            yield Event(START + DAY + 10 + gate / 100 + again, number, gate)


def play(
    plan: Plan, gates: Sequence[GateAt], chance: Random, events: list[Event]
) -> tuple[Outcome, dict[str, Traveller]]:
    """Play the events in the order of time; gives what was seen at the gates."""
    outcome = Outcome(plan=plan)
    travellers: dict[str, Traveller] = {}
    heapq.heapify(events)
    while events:
        event = heapq.heappop(events)
        gate = gates[event.gate]
        if event.traveller is None:
            outcome.counts["uploads"] += 1
            outcome.detection_seconds += [int(event.at) - at for _, at in gate.sync(event.at)]
            continue
        _present(outcome, event, gate, chance)
        travellers[event.traveller.jti] = event.traveller
    return outcome, travellers


def _present(outcome: Outcome, event: Event, gate: GateAt, chance: Random) -> None:
    traveller = event.traveller
    assert traveller is not None
    shown_at = event.at if event.copied_at is None or traveller.phone is None else event.copied_at
    admitted, reason = gate.show(code_of(traveller, shown_at, chance.randint(-10, 10)), event.at)
    outcome.counts["shown"] += 1
    outcome.counts["accepted"] += admitted
    traveller.accepted += admitted
    traveller.accepted_copies += admitted and event.copied_at is not None
    if event.copied_at is not None:
        outcome.counts["copies"] += 1
    if admitted:
        return
    if traveller.is_cheat:
        outcome.counts["prevented"] += 1
        outcome.prevented_by[reason] += 1
    else:
        outcome.honest_refusals[reason] += 1


def settle(outcome: Outcome, travellers: dict[str, Traveller], doubles: Counter[str]) -> Outcome:
    """Compare what the judgment found with what really happened."""
    outcome.counts["detected"] = sum(doubles.values())
    for jti, traveller in travellers.items():
        if traveller.uses_per_leg:
            really = max(0, traveller.accepted - traveller.allowed)
        else:
            really = traveller.accepted_copies  # a pass that was accepted at two gates within a minute
        outcome.missed += max(0, really - doubles[jti])
        if not traveller.is_cheat:
            outcome.accused += doubles[jti]
    return outcome


def pure_day(plan: Plan) -> Outcome:
    """Play the whole day with the pure decision at the gates and the pure judgment behind them."""
    chance = Random(plan.seed)
    cloud, bundle = Cloud(), held_bundle()
    gates = [PureGate(number, cloud, bundle, chance.randint(-120, 120)) for number in range(plan.gates)]
    outcome, travellers = play(plan, gates, chance, list(timetable(plan, chance, Press())))
    terms = {
        jti: Terms(uses_per_leg=traveller.uses_per_leg, operators=("tlt",) * traveller.legs)
        for jti, traveller in travellers.items()
    }
    arrived = {fact.scan_id: at for at, fact in enumerate(cloud.facts)}
    chance.shuffle(cloud.facts)
    judged = judge(cloud.facts, terms)
    assert len(arrived) == len(judged) == len(cloud.facts)
    doubles = Counter(entry.fact.jti for entry in judged if entry.verdict == "double_use")
    return settle(outcome, travellers, doubles)


def main() -> None:
    """Play a day and say what happened."""
    passengers = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(1 << 31)
    began = time.perf_counter()
    outcome = pure_day(Plan(passengers, seed=seed))
    sys.stdout.write("\n".join([*outcome.lines(), f"played in {time.perf_counter() - began:.0f} s"]) + "\n")
    sys.exit(bool(outcome.missed or outcome.honest_refusals or outcome.accused))


if __name__ == "__main__":
    main()
