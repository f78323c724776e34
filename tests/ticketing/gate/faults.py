"""The fault that each reason of a gate stands for, built into one scene."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.ticketing.gate.deciding import bundle, judge
from tests.ticketing.tickets.mint import NOW, payload, phone_jwk, proof, raw
from throughfare_gate.gate.decision import Gate, Policy, ProductRule, Seen, Use
from throughfare_gate.gate.model import Boarding, Extras, Ordered, OrderedRide
from throughfare_gate.tickets.claims import bound_to

JTI = "A" * 22
NONCE = "AAAAAAAAAAA"


@dataclass(slots=True, kw_only=True)
class Scene:
    """The parts of one presentation that a fault may spoil."""

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
)


def with_an_order(scene: Scene) -> None:
    """A pass while the ticket of an order has just begun a ride on it."""
    scene.claims.update(u=0)
    scene.uses = [*scene.uses, Use(RIDE.ticket, 0, NOW, "g0")]
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
    "replaced": lambda scene: scene.statuses.update({5: 3}),
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
