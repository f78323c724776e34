"""Spoil one thing of a scene: for each reason of a gate a fault that leads there, as long as no earlier reason holds."""

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from throughfare_gate.tickets.claims import bound_to
from ticketing.cli.vectors.bundles import SAILS
from ticketing.cli.vectors.case import place
from ticketing.cli.vectors.signing import NONCE, NOW, Claims, claims, phone_jwk, spoiled

if TYPE_CHECKING:
    from ticketing.cli.vectors.scenes import Scene

_Fault = Callable[["Scene", random.Random], None]
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~= é"
_HOUR = 3600


def _good(scene: "Scene", **changes: object) -> None:
    """Make a ticket that is good here and now, with these claims changed."""
    own: Claims = {"l": [["tlt", "a", "b"]], "aud": ["tlt"], "jti": "Q" * 22}
    scene.claims = claims(**{**own, **changes})
    scene.bundle, scene.at, scene.proof = "scenes", NOW, None
    scene.gate, scene.seen, scene.proofs = {"stop_id": "a"}, [], []


def _use(scene: "Scene", ago: int, **more: object) -> None:
    scene.seen = [{"jti": scene.claims["jti"], "leg": 0, "ts": NOW - ago, "gate": "g0", **more}]


def _malformed(scene: "Scene", chance: random.Random) -> None:
    at, letter = chance.randrange(400), chance.choice(_ALPHABET)
    ways: list[Callable[[str], str]] = [
        lambda code: code[:at],
        lambda code: code[:at] + letter + code[at + 1 :],
        lambda code: code[:at] + letter + code[at:],
        lambda code: code[:at] + code[at + 1 :],
        lambda code: f"{code}.{code}",
        lambda code: code * 4,
    ]
    scene.code = chance.choice(ways)


def _bad_type(scene: "Scene", chance: random.Random) -> None:
    scene.header = {**scene.header, "typ": chance.choice(["at+jwt", "", "ticket+JWT", 1, None])}


def _bad_alg(scene: "Scene", chance: random.Random) -> None:
    scene.header = chance.choice(
        [
            {**scene.header, "alg": chance.choice(["none", "HS256", "RS256", "Ed25519"])},
            {**scene.header, "kid": "26h"},
            {**scene.header, "alg": "ES256"},
        ]
    )


def _unknown_key(scene: "Scene", chance: random.Random) -> None:
    scene.header = {**scene.header, "kid": chance.choice(["25a", "", "../26a", "27a"])}


def _hardware(scene: "Scene", _: random.Random) -> None:
    scene.header = {**scene.header, "alg": "ES256", "kid": "26h"}


def _bad_signature(scene: "Scene", _: random.Random) -> None:
    def forge(code: str) -> str:
        token, tilde, rest = code.partition("~")
        return spoiled(token) + tilde + rest

    scene.code = forge


def _bad_claims(scene: "Scene", chance: random.Random) -> None:
    at = chance.randrange(120)
    ways: list[Callable[[bytes], bytes]] = [
        lambda text: text[:at] + bytes([chance.randrange(256)]) + text[at + 1 :],
        lambda text: text[:at] + text[at + 1 :],
        lambda text: text[:-1] + b',"x":1}',
        lambda text: text[:-1] + b',"n":1}',
        lambda text: text + b" x",
        lambda text: text.replace(b":1", b":1.0", 1),
    ]
    scene.content = chance.choice(ways)


def _claim(scene: "Scene", chance: random.Random) -> None:
    name = chance.choice(sorted(scene.claims))
    value: object = chance.choice(
        [None, True, "", "x", -1, 0, 1, 100, 10**15, 10**30, [], [[]], {}, {"jwk": {}}]
    )
    scene.claims = {**scene.claims, name: value}


def _wrong_issuer(scene: "Scene", chance: random.Random) -> None:
    scene.claims = {**scene.claims, "iss": chance.choice(["evil", "", 1, "throughfare.eu.evil"])}


def _wrong_audience(scene: "Scene", chance: random.Random) -> None:
    legs = [["hsl", "a", "b"], ["-", "a", "c"]][: chance.randint(1, 2)]
    scene.claims = {**scene.claims, "l": legs, "aud": [leg[0] for leg in legs]}


def _early(scene: "Scene", chance: random.Random) -> None:
    begins = NOW + chance.randint(25, 200)
    _good(scene, nbf=begins, iat=NOW, exp=begins + 60)


def _late(scene: "Scene", chance: random.Random) -> None:
    ends = NOW - chance.randint(25, 9000)
    _good(scene, nbf=ends - 60, iat=ends - 60, exp=ends)
    scene.bundle = chance.choice(["scenes", "scenes, strict", "scenes, bound"])


def _status(index: int) -> _Fault:
    def spoil(scene: "Scene", _: random.Random) -> None:
        _good(scene, **place(index))

    return spoil


def _stale(scene: "Scene", chance: random.Random) -> None:
    _good(scene, exp=NOW + 999_999)
    scene.bundle, scene.at = "scenes, strict", NOW + chance.choice([31, 86_399, 86_400, 172_800])


def _proof(**changes: object) -> _Fault:
    def spoil(scene: "Scene", _: random.Random) -> None:
        _good(scene, cnf={"jwk": phone_jwk()})
        scene.proof = {"iat": NOW, **changes}

    return spoil


def _no_proof(scene: "Scene", chance: random.Random) -> None:
    changes: Claims = chance.choice([{"cnf": {"jwk": phone_jwk()}}, {"p": "app"}])
    _good(scene, **changes)


def _old_proof(scene: "Scene", chance: random.Random) -> None:
    _proof(iat=NOW + chance.choice([-46, -45, -300, 30, 31, 900]))(scene, chance)
    scene.gate = {**scene.gate, "clock_is_sure": chance.choice([True, False])}


def _replayed(scene: "Scene", chance: random.Random) -> None:
    _proof()(scene, chance)
    scene.proofs = [{"jti": scene.claims["jti"], "nonce": NONCE}]


def _elsewhere(scene: "Scene", chance: random.Random) -> None:
    _good(scene, p=chance.choice(["board", "through"]))
    scene.gate = {"stop_id": chance.choice(["b", "x"]), "leg": chance.choice([None, 0, 1])}


def _zone(scene: "Scene", chance: random.Random) -> None:
    _good(scene, p="board", l=[["tlt", "z:AB"]])
    scene.gate = {"stop_id": "a", "zone": chance.choice([None, "C", "B"])}


def _bound(*after: int) -> _Fault:
    def spoil(scene: "Scene", chance: random.Random) -> None:
        _good(scene, l=[["tlt", "a", "b", bound_to(SAILS + chance.choice(after))]])
        scene.bundle = "scenes, bound"
        named = chance.choice([None, None, "t1", "t2"])
        scene.gate = {"stop_id": "a", "trip_id": named, "inspect": chance.choice([False, True, False])}

    return spoil


def _class(scene: "Scene", chance: random.Random) -> None:
    _good(scene, p="first", l=[["tlt", "a", "b", chance.choice(["3", "2", "business"])]])


def _product(scene: "Scene", chance: random.Random) -> None:
    changes: Claims = chance.choice([{"p": "other"}, {"demo": True}])
    _good(scene, **changes)


def _hours(scene: "Scene", chance: random.Random) -> None:
    _good(scene, p=chance.choice(["weekend", "morning", "swiped"]), exp=NOW + 9 * _HOUR)
    scene.at = NOW + chance.randint(-30, 8 * _HOUR)


def _pass_in_the_way(scene: "Scene", chance: random.Random) -> None:
    _good(scene, jti="F" * 22, u=0)
    _use(scene, chance.randint(595, 640))
    scene.gate = {**scene.gate, "inspect": chance.choice([False, False, True])}


def _ticket_in_the_way(scene: "Scene", chance: random.Random) -> None:
    _good(scene, jti="D" * 22)
    _use(scene, chance.randint(0, 320), jti="E" * 22)


def _used(scene: "Scene", chance: random.Random) -> None:
    _good(scene, u=chance.choice([1, 1, 2]))
    _use(
        scene,
        chance.randint(0, 4000),
        gate=chance.choice([None, "g0", "0192f0c1-0000-7000-8000-000000000000"]),
    )


def _passed_back(scene: "Scene", chance: random.Random) -> None:
    _good(scene, u=0, p=chance.choice(["through", "turns", "carnet"]))
    _use(scene, chance.randint(0, 65), gate=chance.choice(["g0", "a"]))


def _exhausted(scene: "Scene", chance: random.Random) -> None:
    _good(scene, u=0, c=1, p=chance.choice(["through", "carnet"]))
    _use(scene, chance.randint(60, 4000))


def _window(scene: "Scene", chance: random.Random) -> None:
    _good(scene, u=0, p="day")
    _use(scene, chance.randint(3500, 3700))


def _clock(scene: "Scene", chance: random.Random) -> None:
    scene.at = NOW - chance.randint(28, 400)


FAULTS: Mapping[str, _Fault] = {
    "malformed": _malformed,
    "bad_type": _bad_type,
    "bad_alg": _bad_alg,
    "unknown_key": _unknown_key,
    "a P-256 key": _hardware,
    "bad_signature": _bad_signature,
    "bad_claims": _bad_claims,
    "a claim": _claim,
    "wrong_issuer": _wrong_issuer,
    "wrong_audience": _wrong_audience,
    "not_yet_valid": _early,
    "expired": _late,
    "revoked": _status(6),
    "suspended": _status(7),
    "replaced": _status(8),
    "status_stale": _stale,
    "proof_missing": _no_proof,
    "proof_invalid": _proof(th="A" * 22),
    "proof_wrong_operator": _proof(aud="hsl"),
    "proof_expired": _old_proof,
    "proof_replayed": _replayed,
    "wrong_leg": _elsewhere,
    "wrong_zone": _zone,
    "check_in_not_open": _bound(7260, 9000),
    "wrong_sailing": _bound(-7200, -3600, -1860, 3600),
    "wrong_class": _class,
    "product_not_accepted": _product,
    "outside_time_rule": _hours,
    "ride_of_an_order": _pass_in_the_way,
    "pass_on_another_ride": _ticket_in_the_way,
    "already_used": _used,
    "passback": _passed_back,
    "uses_exhausted": _exhausted,
    "a window that ends": _window,
    "clock_behind": _clock,
}
