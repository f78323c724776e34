"""Draw scenes by chance from a seed: any ticket, shown anywhere, at any time, after any uses; some are spoiled on purpose."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from throughfare_gate.gate.bundle import Facts
from throughfare_gate.gate.decision import Policy, ProductRule
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.claims import bound_to
from ticketing.cli.vectors import faults
from ticketing.cli.vectors.bundles import SAILS, bundles, sailings
from ticketing.cli.vectors.case import Request, place
from ticketing.cli.vectors.signing import (
    AT,
    HARDWARE,
    JTI,
    KEY,
    NONCE,
    NOW,
    SIGNER,
    URI,
    Claims,
    claims,
    phone_jwk,
    proof,
    signed,
)

# Of so many scenes in a hundred one thing is spoiled on purpose, so that no reason is rare.
_SPOILED_PERCENT = 60
_LEGS: tuple[list[list[str]], ...] = (
    [["tlt", "a", "b"]],
    [["tlt", "a", "b"], ["tlt", "b", "c", "1"]],
    [["tlt", "a", "b"], ["hsl", "c", "d"]],
    [["hsl", "c", "d"], ["tlt", "a", "b"]],
    [["tlt", "z:AB"]],
    [["-", "a", "b"], ["tlt", "c", "d"]],
    [["tlt", "a", "b", bound_to(SAILS)]],
    [["tlt", "a", "b", f"1{bound_to(SAILS - 7200)}"], ["tlt", "b", "c"]],
    [["tlt", "a", "b", bound_to(SAILS - 3600)]],
    [["tlt", "a", "b", bound_to(SAILS + 3600)]],
    [["hsl", "a", "b", bound_to(SAILS)]],
)
_RULES = {
    "through": ProductRule(),
    "day": ProductRule(window_seconds=3600),
    "swiped": ProductRule(check="in_out", hours=((0, 25_200),)),
    "turns": ProductRule(check="in_out", passback_seconds=30),
    "carnet": ProductRule(transfer_seconds=1800, transfers=1),
    "rides": ProductRule(transfer_seconds=900, passback_seconds=0),
    "app": ProductRule(binding="required"),
    "morning": ProductRule(hours=((21_600, 32_400),), days=(1, 2, 3, 4, 5)),
    "weekend": ProductRule(days=(6, 7)),
    "board": ProductRule(stops="board"),
    "first": ProductRule(classes=("1", "2")),
}


@dataclass(slots=True, kw_only=True)
class Scene:
    """The parts of one presentation, each of which a fault may spoil. `proof` None: the phone shows none."""

    bundle: str
    claims: Claims
    header: Claims = field(default_factory=lambda: {"alg": "EdDSA", "kid": "26a", "typ": "ticket+jwt"})
    content: Callable[[bytes], bytes] = bytes
    code: Callable[[str], str] = str
    proof: Claims | None = None
    gate: Mapping[str, object] = field(default_factory=dict)
    at: int = NOW
    seen: list[Mapping[str, object]] = field(default_factory=list)
    proofs: list[Mapping[str, object]] = field(default_factory=list)

    def request(self) -> Request:
        """Sign what is shown."""
        written = json.dumps(self.claims, separators=(",", ":"), ensure_ascii=False).encode()
        key = HARDWARE if self.header.get("alg") == "ES256" else KEY
        token = signed(self.content(written), self.header, key)
        shown = token if self.proof is None else f"{token}~{proof(token, **self.proof)}"
        return {
            "token": self.code(shown),
            "gate": {"operator": "tlt", **self.gate},
            "at": self.at,
            "seen": self.seen,
            "proofs": self.proofs,
        }


def scene_bundles() -> Mapping[str, Facts]:
    """Name the bundles that scenes are decided by: fresh and old, closed and open, of both formats."""
    named = bundles()
    base = replace(
        named["orders"],
        rules=_RULES,
        offsets=((NOW - 86_400, 10_800), (NOW + 60, 7200)),
        extras=replace(sailings(), boarding={"first": sailings().boarding["through"]}),
    )
    old = [status_list.sign(SIGNER, URI, {6: 1, 7: 2, 8: 3}, AT.fromtimestamp(NOW - 90_000, AT.tzinfo))]
    return {
        "scenes": base,
        "scenes, open": replace(base, policy=Policy(degrade="fail_open", accept_demo=True), lists=old),
        "scenes, strict": replace(base, policy=Policy(max_stale_seconds=30, leeway_seconds=0), lists=old),
        "scenes, format 1": replace(base, extras=None, ordered={}),
        "scenes, bound": replace(base, extras=sailings()),
    }


def draw(chance: random.Random) -> tuple[str, str, Request]:
    """Draw one scene: its bundle's name, the fault that it was given, if any, and its request."""
    scene = _scene(chance)
    if chance.randrange(100) >= _SPOILED_PERCENT:
        return scene.bundle, "", scene.request()
    name = chance.choice(sorted(faults.FAULTS))
    faults.FAULTS[name](scene, chance)
    return scene.bundle, name, scene.request()


def _scene(chance: random.Random) -> Scene:
    begins = NOW + chance.randint(-5000, 45)
    legs = chance.choice(_LEGS)
    changes: dict[str, object] = {
        "p": chance.choice([*_RULES, "through", "through", "through"]),
        "l": legs,
        "aud": list(dict.fromkeys(leg[0] for leg in legs)),
        "u": chance.choice([0, 1, 1, 2]),
        "n": chance.choice([1, 1, 1, 4]),
        "iat": begins,
        "nbf": begins,
        "exp": begins + chance.choice([60, 5060, 9060, 99_999]),
        "jti": chance.choice([JTI, JTI, JTI, *(letter * 22 for letter in "BDEFGHLM")]),
        **place(chance.choice([5, 5, 5, 5, 9, 9, 6])),
        **_now_and_then(chance),
    }
    scene = Scene(
        bundle=chance.choice(["scenes", "scenes", "scenes", *scene_names()]), claims=claims(**changes)
    )
    scene.at = NOW + chance.randint(-35, 120)
    scene.gate = {
        "stop_id": chance.choice([None, "a", "a", "b", "elsewhere"]),
        "leg": chance.choice([None, None, None, 0, 1]),
        "id": chance.choice([None, "g1", "g2"]),
        "zone": chance.choice([None, None, "A", "C"]),
        "direction": chance.choice([None, None, "in", "out"]),
        "inspect": chance.choice([False, False, False, True]),
        "trip_id": chance.choice([None, None, None, "t1", "t2", "t9"]),
    }
    scene.seen = [_use(chance, str(changes["jti"])) for _ in range(chance.choice([0, 0, 1, 2, 3]))]
    if "cnf" in changes and chance.randrange(8):
        scene.proof = {"iat": scene.at + chance.randint(-44, 29), "n": chance.choice([NONCE, "B" * 11])}
    scene.proofs = [{"jti": changes["jti"], "nonce": NONCE}] if not chance.randrange(8) else []
    return scene


def scene_names() -> list[str]:
    """Name the bundles of scenes."""
    return ["scenes", "scenes, open", "scenes, strict", "scenes, format 1", "scenes, bound"]


def _now_and_then(chance: random.Random) -> Claims:
    """The claims that few tickets have."""
    rare = {
        "c": chance.randint(1, 3),
        "cat": chance.choice(["chil", "ääõ", "🚲"]),
        "cnf": {"jwk": phone_jwk()},
        "idh": "C" * 22,
        "demo": True,
    }
    often = {"c": 3, "cat": 6, "cnf": 3, "idh": 9, "demo": 25}
    return {name: value for name, value in rare.items() if not chance.randrange(often[name])}


def _use(chance: random.Random, jti: str) -> Mapping[str, object]:
    return {
        "jti": chance.choice([jti, jti, "B" * 22, "E" * 22, "M" * 22]),
        "leg": chance.randint(0, 1),
        "ts": NOW - chance.choice([chance.randint(-400, 90), chance.randint(0, 4000)]),
        "gate": chance.choice([None, "g1", "g2", "a", "0192f0c1-0000-7000-8000-000000000000"]),
        "kind": chance.choice(["ride", "ride", "transfer", "in", "out"]),
    }
