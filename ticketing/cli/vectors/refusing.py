"""Lay out bundles that a gate must apply, and bundles that it must refuse: one thing is wrong in each."""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from throughfare_gate.gate.bundle import TYP, content
from throughfare_gate.gate.decision import ProductRule
from throughfare_gate.gate.model import Extras
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.jwk import to_jwk
from throughfare_gate.tickets.jws import PrivateKey
from ticketing.cli.vectors.bundles import bundles
from ticketing.cli.vectors.signing import HARDWARE, ISSUER, KEY, NOW, RING, URI, base64url, signed, spoiled

TRUST = [to_jwk(RING["26a"])]
# Whether it opens, its name, its text, and the keys that are trusted.
Bundle = tuple[bool, str, str, list[dict[str, str]]]
_LISTED = 262_144
_TIMES = {"iat": NOW, "exp": NOW + 86_400, "ver": 1}


def refusing() -> list[Bundle]:
    """List them."""
    good = payload_of("sailings")
    rows = [
        (opens, name, signed_bundle({**good, **changes}), TRUST) for opens, name, changes in _members(good)
    ]
    without = [(False, f"no {name}", signed_bundle(_less(good, name)), TRUST) for name in _NEEDED]
    optional = [(True, f"no {name}", signed_bundle(_less(good, name)), TRUST) for name in _OPTIONAL]
    return [*rows, *without, *optional, *_tokens(good), *_lists(), *_trusts(good)]


_NEEDED = ("iss", "aud", "iat", "exp", "ver", "keys", "status_keys", "lists", "rules", "format", "waivers")
_OPTIONAL = ("removed", "uses", "devices", "policy", "ordered", "offsets")


def payload_of(name: str) -> Mapping[str, object]:
    """The members of a bundle of the cases."""
    return {"iss": ISSUER, "aud": "tlt", **_TIMES, **content(bundles()[name])}


def _less(payload: Mapping[str, object], name: str) -> Mapping[str, object]:
    return {one: value for one, value in payload.items() if one != name}


def signed_bundle(payload: Mapping[str, object], typ: str = TYP, kid: str = "26a") -> str:
    """Sign a payload by a key of ours, or under the name of one that nobody has."""
    key: PrivateKey = HARDWARE if kid == "26h" else KEY
    header = {"alg": "ES256" if kid == "26h" else "EdDSA", "kid": kid, "typ": typ}
    return signed(json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode(), header, key)


def _members(good: Mapping[str, object]) -> Iterator[tuple[bool, str, Mapping[str, object]]]:
    rule = {"binding": "optional"}
    call = ["tlt", "a", NOW]
    yield True, "a bundle of format 2", {}
    yield False, "an unknown member", {"later": 1}
    yield False, "format 3", {"format": 3}
    yield False, "a format that is true", {"format": True}
    yield False, "an operator that is empty", {"aud": ""}
    yield False, "a version of 0", {"ver": 0}
    yield False, "an end before its beginning", {"exp": NOW}
    yield False, "a time that is a text", {"iat": str(NOW)}
    for value in ({"later": 1}, {"binding": "maybe"}, {"passback_seconds": 86_401}, {"stops": 1}):
        yield False, f"a rule with {next(iter(value))}", {"rules": {"through": {**rule, **value}}}
    for name, wrong in (
        ("hours", [[9, 8]]),
        ("hours", [[1]]),
        ("days", [0]),
        ("classes", [1]),
        ("check", "never"),
        ("transfers", 100),
        ("window_seconds", 0),
        ("passback_seconds", True),
    ):
        yield False, f"a rule with {name} {wrong}", {"rules": {"through": {**rule, name: wrong}}}
    yield True, "a rule that says nothing", {"rules": {"through": {}}}
    yield False, "a rule that is a list", {"rules": {"through": []}}
    yield False, "hours without offsets", {"rules": {"p": {"hours": [[0, 9]]}}, "offsets": []}
    yield True, "hours with offsets", {"rules": {"p": {"hours": [[0, 9]]}}, "offsets": [[0, -64_800]]}
    yield False, "an offset of more than 18 hours", {"offsets": [[0, 64_801]]}
    for use in (
        ["j", 0, NOW],
        ["j", 8, NOW, None],
        ["j", 0, NOW, None, "ridden"],
        [1, 0, NOW, None],
        ["j", 0, -1, None],
    ):
        yield False, f"a use {use}", {"uses": [use]}
    yield True, "a use with its kind", {"uses": [["j", 7, NOW, None, "out"]]}
    for policy in ({"degrade": "open"}, {"later": 1}, {"leeway_seconds": 301}, {"accept_demo": 1}):
        yield False, f"a policy with {next(iter(policy))}", {"policy": policy}
    yield False, "a delta that is not complete", {"delta": {"since": 0, "cursor": 1}}
    yield True, "a delta", {"delta": {"since": 0, "cursor": 1, "complete": True, "cleared": ["j"]}}
    yield False, "boarding without opening", {"boarding": {"through": {"closes_seconds": 1}}}
    yield False, "boarding that opens two days before", {"boarding": {"through": {"opens_seconds": 172_800}}}
    yield False, "a sailing of two parts", {"sailings": [["t", "a"]]}
    yield False, "a delay that lacks its arrivals", {"delays": [[*call, NOW]]}
    yield True, "a delay of a departure at an unknown time", {"delays": [[*call, None, []]]}
    waiver = {"event": "e", "trips": [call], "accept": ["tlt", "any"], "until": NOW}
    yield False, "a waiver with an unknown member", {"waivers": [{**waiver, "later": 1}]}
    yield True, "a waiver for some tickets", {"waivers": [{**waiver, "tickets": ["j"]}]}
    yield False, "a waiver for no tickets", {"waivers": [{**waiver, "tickets": []}]}
    yield False, "a waiver for one name", {"waivers": [{**waiver, "accept": ["tlt"]}]}
    yield False, "categories that are no texts", {"categories": {"chil": 1}}
    yield False, "a row of orders with a leg of 8", {"ordered": [["p", 0, [["t", 8, 1, 1, 1, 1]]]]}
    yield False, "a row of orders below nothing", {"ordered": [["p", -1, []]]}
    issuer = {
        "iss": "other",
        "keys": good["keys"],
        "status_keys": good["keys"],
        "lists": [],
        "removed": [],
        "allow": {"operators": [], "products": [], "legs": [["a", "b", "c"]], "max_seconds": 1},
        "since": 1,
        "until": 2,
    }
    yield True, "another issuer", {"issuers": [issuer]}
    yield False, "another issuer of the own name", {"issuers": [{**issuer, "iss": ISSUER}]}
    yield False, "another issuer twice", {"issuers": [issuer, issuer]}
    yield False, "another issuer whose time is over before it begins", {"issuers": [{**issuer, "until": 1}]}
    yield from _keys()


def _keys() -> Iterator[tuple[bool, str, Mapping[str, object]]]:
    plain, hardware = to_jwk(RING["26a"]), to_jwk(RING["26h"])
    yield False, "no keys", {"keys": []}
    yield False, "a key twice", {"keys": [plain, plain]}
    yield False, "33 keys", {"keys": [{**plain, "kid": f"k{at}"} for at in range(33)]}
    yield True, "32 keys", {"keys": [{**plain, "kid": f"k{at}"} for at in range(32)]}
    yield True, "a member of a key that nobody knows", {"keys": [{**plain, "x5t": "A"}]}
    spoiling: Mapping[str, Mapping[str, object]] = {
        "with a private member": {"d": "A" * 43},
        "without a kid": {"kid": ""},
        "for encryption": {"use": "enc"},
        "that may only sign": {"key_ops": ["sign"]},
        "under another algorithm": {"alg": "ES256"},
        "of another curve": {"crv": "X25519"},
        "of 31 bytes": {"x": base64url(bytes(31))},
        "of small order": {"x": base64url(bytes(32))},
        "that is no point": {"x": base64url(b"\x02" + bytes(31))},
        "with y beyond the field": {"x": base64url(b"\xff" * 31 + b"\x7f")},
    }
    for name, changes in spoiling.items():
        yield False, f"a key {name}", {"keys": [{**plain, **changes}]}
    off = {**hardware, "y": base64url(bytes(31) + b"\x01")}
    yield False, "a P-256 key off its curve", {"keys": [off]}
    yield False, "more than 16 KB of keys", {"keys": [{**plain, "x5c": "A" * 17_000}]}


def _tokens(good: Mapping[str, object]) -> Iterator[Bundle]:
    yield False, "a status list as a bundle", signed_bundle(good, "statuslist+jwt"), TRUST
    yield False, "a forged bundle", spoiled(signed_bundle(good)), TRUST
    yield (
        False,
        "a bundle of a key that is not trusted",
        signed_bundle(good, kid="26x"),
        TRUST,
    )
    yield False, "no bundle", "x", TRUST
    yield (
        True,
        "a bundle of a P-256 key",
        signed_bundle(good, kid="26h"),
        [to_jwk(RING["26h"])],
    )
    first = _less(payload_of("plain"), "format")
    yield True, "a bundle of format 1", signed_bundle(first), TRUST
    yield False, "format 1 with a member of format 2", signed_bundle({**first, "delays": []}), TRUST


def _lists() -> Iterator[Bundle]:
    packed = zlib.compress(status_list.encode({6: 1}), 9)
    good = {
        "sub": URI,
        "iat": NOW,
        "exp": NOW + 86_400,
        "ttl": 300,
        "status_list": {"bits": 2, "lst": base64url(packed)},
    }
    short, bomb = zlib.compress(b"\x00"), zlib.compress(bytes(_LISTED + 1), 9)
    for opens, name, changes in (
        (True, "a list", {}),
        (True, "a short list", {"status_list": {"bits": 2, "lst": base64url(short)}}),
        (False, "a list that is too long", {"status_list": {"bits": 2, "lst": base64url(bomb)}}),
        (False, "a list of one bit", {"status_list": {"bits": 1, "lst": base64url(packed)}}),
        (False, "a list with bytes behind it", {"status_list": {"bits": 2, "lst": base64url(packed + b"x")}}),
        (False, "a list that is cut", {"status_list": {"bits": 2, "lst": base64url(packed[:-4])}}),
        (False, "a list that is not packed", {"status_list": {"bits": 2, "lst": "AAAA"}}),
        (False, "a list with padding", {"status_list": {"bits": 2, "lst": f"{base64url(short)}="}}),
        (False, "a list without an address", {"sub": None}),
        (False, "a list that ends before it begins", {"exp": NOW}),
        (False, "a list that may be kept no time", {"ttl": 0}),
        (False, "a list from before 1970", {"iat": -1}),
        (True, "a list that has ended long ago", {"iat": NOW - 999_999, "exp": NOW - 900_000}),
    ):
        facts = replace(
            bundles()["plain"],
            rules={"through": ProductRule()},
            extras=Extras(),
            lists=[signed_bundle({**good, **changes}, status_list.TYP)],
        )
        yield opens, name, signed_bundle({"iss": ISSUER, "aud": "tlt", **_TIMES, **content(facts)}), TRUST
    strange = signed_bundle(good, "ticket+jwt")
    payload = {**payload_of("plain"), "lists": [strange]}
    yield False, "a list of the wrong type", signed_bundle(payload), TRUST
    foreign = signed_bundle(good, status_list.TYP, "26h")
    payload = {**payload, "lists": [foreign], "status_keys": TRUST}
    yield False, "a list of a key that signs no lists", signed_bundle(payload), TRUST


def _trusts(good: Mapping[str, object]) -> Iterator[Bundle]:
    plain, token = TRUST[0], signed_bundle(good)
    yield False, "trust in nobody", token, []
    yield False, "trust in a key twice", token, [plain, plain]
    yield False, "trust in the same key by another name", token, [{**plain, "kid": "26b"}]
