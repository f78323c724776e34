"""The order of the reasons: of any two faults of one presentation the earlier line is the answer."""

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ticketing.gate.test_decision import bundle, judge
from tests.ticketing.tickets.mint import NOW, PHONE, payload, phone_jwk, proof, raw, ticket
from ticketing.gate.decision import Gate, Policy, ProductRule, Seen, Use
from ticketing.gate.model import Boarding, Extras, Ordered, OrderedRide
from ticketing.tickets.claims import bound_to

EXAMPLES = 10_000 if os.environ.get("SOAK") else 300
JTI = "A" * 22
NONCE = "AAAAAAAAAAA"


@dataclass(slots=True, kw_only=True)
class Scene:
    """Everything about one presentation that a fault may spoil."""

    claims: dict[str, Any] = field(default_factory=lambda: {"cnf": {"jwk": phone_jwk()}})
    header: dict[str, Any] = field(
        default_factory=lambda: {"alg": "EdDSA", "kid": "26a", "typ": "ticket+jwt"}
    )
    proof: dict[str, Any] | None = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    rule: dict[str, Any] = field(default_factory=dict)
    gate: dict[str, Any] = field(default_factory=lambda: {"operator": "tlt"})
    uses: list[Use] = field(default_factory=list)
    proofs: set[tuple[str, str]] = field(default_factory=set)
    ordered: dict[str, Ordered] = field(default_factory=dict)
    tail: str = ""
    is_forged: bool = False
    is_stale: bool = False
    extras: Extras | None = None

    def bind(self, departure: int) -> None:
        """Bind the first leg to a departure, which boards from an hour before until a quarter of an hour after."""
        first, *others = payload()["l"]
        self.claims["l"] = [[*first, bound_to(departure)], *others]
        self.extras = Extras(boarding={"through": Boarding(3600)})

    def reason(self) -> str:
        token = raw(json.dumps(payload(**self.claims)).encode(), self.header)
        shown = token if self.proof is None else f"{token}~{proof(token, **self.proof)}"
        if self.is_forged:
            head, rest = shown.split(".", 1)
            shown = f"{head}.{rest[:20]}{'A' if rest[20] != 'A' else 'B'}{rest[21:]}"
        if self.tail:
            shown = self.tail + shown
        rules = {"through": ProductRule(**self.rule)}
        lists: dict[str, Any] = {"lists": []} if self.is_stale else {}
        held = bundle(
            self.statuses, rules=rules, policy=self.policy, offsets=((0, 0),), extras=self.extras, **lists
        )
        return judge(
            shown, held, gate=Gate(**self.gate), seen=Seen(self.uses, frozenset(self.proofs), self.ordered)
        ).reason


def with_uses(scene: Scene, *, ago: int, **claims: int) -> None:
    """One use some time ago at another gate, and what the ticket allows."""
    scene.uses = [Use(JTI, 0, NOW - ago, "g0")]
    scene.claims.update(claims)


RIDE = OrderedRide(
    ticket="B" * 22,
    leg=0,
    departs=NOW + 60,
    arrives=NOW + 660,
    starts=NOW - 7200,
    ends=NOW + 10_800,
    to_stop="Z9",
)


def with_an_order(scene: Scene) -> None:
    """A pass with which an order took a ride that is still to begin."""
    scene.claims.update(u=0)
    scene.ordered = {JTI: Ordered(0, (RIDE,))}


def with_a_pass(scene: Scene) -> None:
    """The ticket of an order whose pass has just opened another ride."""
    scene.ordered = {"P" * 22: Ordered(0, (replace(RIDE, ticket=JTI),))}
    scene.uses = [*scene.uses, Use("P" * 22, 0, NOW - 60, "g0")]


def with_proof(scene: Scene, **changes: Any) -> None:
    scene.proof = {**(scene.proof or {}), **changes}


# The fault that each reason stands for, in the order of the reasons.
FAULTS: dict[str, Callable[[Scene], object]] = {
    "malformed": lambda scene: setattr(scene, "tail", "."),
    "bad_type": lambda scene: scene.header.update(typ="at+jwt"),
    "bad_alg": lambda scene: scene.header.update(alg="HS256"),
    "unknown_key": lambda scene: scene.header.update(kid="25z"),
    "bad_signature": lambda scene: setattr(scene, "is_forged", True),
    "wrong_issuer": lambda scene: scene.claims.update(iss="evil"),
    "wrong_audience": lambda scene: scene.gate.update(operator="viking"),
    "bad_claims": lambda scene: scene.claims.update(v=2),
    "not_yet_valid": lambda scene: scene.claims.update(nbf=NOW + 31, exp=NOW + 99),
    "expired": lambda scene: scene.claims.update(nbf=NOW - 60, exp=NOW - 30),
    "revoked": lambda scene: scene.statuses.update({5: 1}),
    "suspended": lambda scene: scene.statuses.update({5: 2}),
    "status_stale": lambda scene: setattr(scene, "is_stale", True),
    "proof_missing": lambda scene: setattr(scene, "proof", None),
    "proof_invalid": lambda scene: with_proof(scene, th="A" * 22),
    "proof_wrong_operator": lambda scene: with_proof(scene, aud="hsl"),
    "proof_expired": lambda scene: with_proof(scene, iat=NOW - 46),
    "proof_replayed": lambda scene: scene.proofs.add((JTI, NONCE)),
    "wrong_leg": lambda scene: scene.gate.update(leg=1),
    "check_in_not_open": lambda scene: scene.bind(NOW + 3660),
    "wrong_sailing": lambda scene: scene.bind(NOW - 960),
    "wrong_class": lambda scene: scene.rule.update(classes=("1",)),
    "product_not_accepted": lambda scene: scene.claims.update(demo=True),
    "outside_time_rule": lambda scene: scene.rule.update(hours=((0, 1),)),
    "ride_of_an_order": with_an_order,
    "pass_on_another_ride": with_a_pass,
    "already_used": lambda scene: with_uses(scene, ago=600),
    "passback": lambda scene: with_uses(scene, ago=5, u=3),
    "uses_exhausted": lambda scene: with_uses(scene, ago=600, u=3, c=1),
}
# Two faults that cannot be in one presentation: they are values of one thing.
EXCLUDE = {
    ("not_yet_valid", "expired"),
    ("revoked", "suspended"),
    ("revoked", "status_stale"),
    ("suspended", "status_stale"),
    ("ride_of_an_order", "pass_on_another_ride"),
    ("ride_of_an_order", "already_used"),
    ("ride_of_an_order", "passback"),
    ("pass_on_another_ride", "already_used"),
    ("pass_on_another_ride", "passback"),
    ("pass_on_another_ride", "uses_exhausted"),
    ("already_used", "passback"),
    ("already_used", "uses_exhausted"),
    ("passback", "uses_exhausted"),
    ("proof_missing", "proof_invalid"),
    ("proof_missing", "proof_expired"),
    ("proof_missing", "proof_wrong_operator"),
    ("check_in_not_open", "wrong_sailing"),
}
PAIRS = [pair for pair in itertools.combinations(FAULTS, 2) if pair not in EXCLUDE]


def test_the_scene_is_good_before_it_is_spoilt() -> None:
    assert Scene().reason() == "ok"
    assert PHONE.key_size == 256


@pytest.mark.parametrize("reason", FAULTS)
def test_each_fault_alone_is_its_reason(reason: str) -> None:
    scene = Scene()

    FAULTS[reason](scene)

    assert scene.reason() == reason


@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_of_two_faults_the_earlier_line_is_the_answer(earlier: str, later: str) -> None:
    scene = Scene()

    FAULTS[later](scene)
    FAULTS[earlier](scene)

    assert scene.reason() == earlier


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    now=st.integers(NOW - 4000, NOW + 8000),
    uses=st.integers(0, 4),
    carnet=st.none() | st.integers(1, 5),
    taken=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 300)), max_size=6),
    status=st.sampled_from([0, 0, 0, 1, 2, 3]),
)
def test_an_independent_reading_of_the_rules_agrees(
    now: int, uses: int, carnet: int | None, taken: list[tuple[int, int]], status: int
) -> None:
    claims: dict[str, Any] = {"l": [["tlt", "a", "b"], ["hsl", "b", "c"]], "aud": ["tlt", "hsl"], "u": uses}
    if carnet is not None:
        claims["c"] = carnet
    held = bundle({5: status})
    seen = Seen([Use(JTI, leg, now - ago, "g0") for leg, ago in taken])

    found = judge(ticket(**claims), held, now=now, seen=seen).reason

    ages = sorted(ago for leg, ago in taken if leg == 0)
    if now + 30 < NOW - 60:
        expected = "not_yet_valid"
    elif now - 30 >= NOW + 3600:
        expected = "expired"
    elif status:
        expected = {1: "revoked", 2: "suspended", 3: "revoked"}[status]
    elif uses and len(ages) >= uses:
        expected = "already_used"
    elif ages and ages[0] < 60:
        expected = "passback"
    elif carnet is not None and len(taken) >= carnet:
        expected = "uses_exhausted"
    else:
        expected = "ok"
    assert found == expected
