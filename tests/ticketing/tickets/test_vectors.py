"""The classes of published test vectors for EdDSA, ECDSA, JWS, JWK and status lists, built anew for our own tokens.

What a second library thinks is said beside each: it may be laxer than we are, never stricter about what we take.
"""

import gzip
import hashlib
import json
import warnings
import zlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws as second
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from tests.ticketing.tickets.attacks import (
    HSM,
    ORDER_OF_ED25519,
    ORDER_OF_P256,
    PUBLIC,
    hsm_ticket,
    reason,
    signature_of,
    with_signature,
)
from tests.ticketing.tickets.attacks import RING as BOTH
from tests.ticketing.tickets.mint import KEY, NOW, RING, SIGNER, b64, payload, raw, ticket
from throughfare_gate.gate.bundle import read_ticket
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.jwk import BadKey, from_jwk, to_jwk
from throughfare_gate.tickets.status_list import BadStatusList

SEED = bytes(range(32))  # of KEY
NEUTRAL = b"\1" + bytes(31)
NEUTRAL_SPELT_ELSE = b"\xee" + b"\xff" * 30 + b"\x7f"  # y = p + 1
NEUTRAL_OTHER_SIGN = b"\1" + bytes(30) + b"\x80"  # x = 0 has no other sign
ED = OKPKey.import_key({name: value for name, value in to_jwk(RING["26a"]).items() if name != "use"})
EC = ECKey.import_key({name: value for name, value in to_jwk(BOTH["26h"]).items() if name != "use"})


def they_accept(token: str, algorithms: tuple[str, ...] = ("EdDSA", "ES256")) -> bool:
    """Tell whether joserfc takes a token by any of the two keys."""
    for key, algorithm in ((ED, "EdDSA"), (EC, "ES256")):
        if algorithm in algorithms:
            try:
                with warnings.catch_warnings(action="ignore"):
                    second.deserialize_compact(token, key, algorithms=[algorithm])
            except (JoseError, ValueError):
                continue
            return True
    return False


def scalar() -> int:
    """The secret scalar of KEY (RFC 8032, section 5.1.5)."""
    digest = bytearray(hashlib.sha512(SEED).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    return int.from_bytes(digest, "little")


def signed_with(point: bytes, token: str) -> str:
    """A signature whose nonce is 0, so that its R is the neutral element, in any spelling of that."""
    message = token.rpartition(".")[0].encode()
    public = PUBLIC.public_bytes(Encoding.Raw, PublicFormat.Raw)
    hashed = int.from_bytes(hashlib.sha512(point + public + message).digest(), "little")
    return with_signature(token, point + (hashed * scalar() % ORDER_OF_ED25519).to_bytes(32, "little"))


def test_s12_the_construction_of_these_signatures_is_right() -> None:
    assert reason(signed_with(NEUTRAL, ticket())) is None  # whoever holds the key may make it


@pytest.mark.parametrize("point", [NEUTRAL_SPELT_ELSE, NEUTRAL_OTHER_SIGN])
def test_s12_a_point_of_an_ed25519_signature_has_one_spelling(point: bytes) -> None:
    assert reason(signed_with(point, ticket())) == "bad_signature"


@pytest.mark.parametrize("times", [1, 2, 7, 15])
def test_s12_an_ed25519_number_above_the_order_is_refused(times: int) -> None:
    signature = signature_of(ticket())
    s = int.from_bytes(signature[32:], "little") + times * ORDER_OF_ED25519
    token = with_signature(ticket(), signature[:32] + (s % 2**256).to_bytes(32, "little"))

    assert (reason(token), they_accept(token)) == ("bad_signature", False)


@pytest.mark.parametrize("bit", range(0, 512, 37))
def test_s12_one_bit_of_a_signature_changed_is_bad(bit: int) -> None:
    for token in (ticket(), hsm_ticket()):
        signature = bytearray(signature_of(token))
        signature[bit // 8] ^= 1 << bit % 8
        changed = with_signature(token, bytes(signature))
        assert (reason(changed), they_accept(changed)) == ("bad_signature", False)


def test_s12_an_es256_signature_in_der_is_malformed() -> None:
    signature = signature_of(hsm_ticket())
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    der = encode_dss_signature(r, s)

    for shown in (der, der[:64], der.ljust(72, b"\0")):
        token = with_signature(hsm_ticket(), shown)
        assert reason(token) in {"malformed", "bad_signature"}
        assert not they_accept(token)


@pytest.mark.parametrize("add_r", [0, ORDER_OF_P256])
@pytest.mark.parametrize("add_s", [0, ORDER_OF_P256])
def test_s12_es256_numbers_are_taken_as_they_are_and_not_modulo_the_order(add_r: int, add_s: int) -> None:
    signature = signature_of(hsm_ticket())
    r = int.from_bytes(signature[:32], "big") + add_r
    s = int.from_bytes(signature[32:], "big") + add_s
    size = 33 if max(r, s) >= 2**256 else 32
    shown = with_signature(hsm_ticket(), r.to_bytes(size, "big") + s.to_bytes(size, "big"))

    assert (add_r or add_s) == 0 or reason(shown) in {"malformed", "bad_signature"}
    assert (add_r or add_s) == 0 or not they_accept(shown)


@pytest.mark.parametrize("spelling", ["p1363 with leading zeros", "halves swapped", "r alone", "s alone"])
def test_s12_an_es256_signature_has_one_layout(spelling: str) -> None:
    signature = signature_of(hsm_ticket())
    r, s = signature[:32], signature[32:]
    shown = {
        "p1363 with leading zeros": b"\0" + r + b"\0" + s,
        "halves swapped": s + r,
        "r alone": r,
        "s alone": s,
    }

    assert reason(with_signature(hsm_ticket(), shown[spelling])) in {"malformed", "bad_signature"}


def test_s12_a_signature_over_another_hash_is_bad() -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415  one use
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA384  # noqa: PLC0415

    message = hsm_ticket().rpartition(".")[0].encode()
    r, s = decode_dss_signature(HSM.sign(message, ECDSA(SHA384())))

    assert (
        reason(with_signature(hsm_ticket(), r.to_bytes(32, "big") + s.to_bytes(32, "big"))) == "bad_signature"
    )


@pytest.mark.parametrize("curve", [SECP256K1(), SECP384R1()])
def test_s54_a_key_of_another_curve_is_none(curve: Any) -> None:
    numbers = generate_private_key(curve).public_key().public_numbers()
    x, y = (b64(value.to_bytes(48, "big")[-32:]) for value in (numbers.x, numbers.y))

    for name in ("P-256", curve.name, "secp256k1"):
        with pytest.raises(BadKey):
            from_jwk({"kty": "EC", "crv": name, "kid": "k", "x": x, "y": y})


def test_s54_coordinates_have_one_spelling() -> None:
    """A point at infinity, coordinates above the prime, the same point spelt with the prime added."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    good = to_jwk(BOTH["26h"])
    for x, y in ((0, 0), (prime, prime), (2**256 - 1, 1)):
        with pytest.raises(BadKey):
            from_jwk({**good, "x": b64(x.to_bytes(32, "big")), "y": b64(y.to_bytes(32, "big"))})


# --- JWS: what both refuse, and what only we refuse -----------------------------------------------------------


def headed(header: bytes, content: bytes | None = None) -> str:
    """A true signature of KEY under a header written by hand."""
    signed = f"{b64(header)}.{b64(json.dumps(payload()).encode() if content is None else content)}"
    return f"{signed}.{b64(KEY.sign(signed.encode()))}"


HEAD = b'{"alg":"EdDSA","kid":"26a","typ":"ticket+jwt"}'
BOTH_REFUSE = {
    "no signature": ticket().rpartition(".")[0] + ".",
    "two parts": ticket().rpartition(".")[0],
    "four parts": ticket() + "." + "A" * 86,
    "five parts": ticket() + ".AAAA.AAAA",
    "alg none, unsigned": f"{b64(HEAD.replace(b'EdDSA', b'none'))}.{b64(json.dumps(payload()).encode())}.",
    "alg none, signed": headed(HEAD.replace(b"EdDSA", b"none")),
    "no alg": headed(b'{"kid":"26a","typ":"ticket+jwt"}'),
    "alg a number": headed(HEAD.replace(b'"EdDSA"', b"1")),
    "alg null": headed(HEAD.replace(b'"EdDSA"', b"null")),
    "alg in lower case": headed(HEAD.replace(b"EdDSA", b"eddsa")),
    "header no object": headed(b'"EdDSA"'),
    "header empty": headed(b"{}"),
    "header no JSON": headed(b"alg:EdDSA"),
    "header not UTF-8": headed(HEAD.replace(b"26a", b"\xff\xfe")),
    "crit without its name": headed(HEAD[:-1] + b',"crit":["exp"]}'),
    "crit unknown": headed(HEAD[:-1] + b',"crit":["x"],"x":1}'),
    "payload of another ticket": ".".join(
        [ticket().split(".")[0], ticket(n=2).split(".")[1], ticket().split(".")[2]]
    ),
    "signature in the other alphabet": ticket().rpartition(".")[0] + ".+/" + ticket().rpartition(".")[2][2:],
    "white space before": " " + ticket(),
    "line end behind": ticket() + "\n",
    "padding": ticket() + "==",
    "flattened JSON": json.dumps(
        dict(zip(("protected", "payload", "signature"), ticket().split("."), strict=True))
    ),
}
WE_REFUSE = {
    "no kid": (headed(b'{"alg":"EdDSA","typ":"ticket+jwt"}'), "malformed"),
    "no typ": (headed(b'{"alg":"EdDSA","kid":"26a"}'), "bad_type"),
    "crit empty": (headed(HEAD[:-1] + b',"crit":[]}'), "malformed"),
    "a byte order mark": (headed(b"\xef\xbb\xbf" + HEAD), "malformed"),
    "a key in the header": (
        headed(HEAD[:-1] + b',"jwk":{"kty":"OKP","crv":"Ed25519","x":"AAAA"}}'),
        "malformed",
    ),
    "a name twice": (headed(HEAD[:-1] + b',"kid":"26a"}'), "malformed"),
    "a name twice by an escape": (headed(HEAD[:-1] + b',"k\\u0069d":"26a"}'), "malformed"),
    "a claim twice": (
        headed(HEAD, json.dumps(payload()).encode()[:-1] + b',"exp":9999999999}'),
        "bad_claims",
    ),
    "a claim twice, deep": (
        headed(HEAD, json.dumps(payload()).encode().replace(b'"idx": 5', b'"idx": 5, "idx": 6')),
        "bad_claims",
    ),
    "payload empty": (headed(HEAD, b""), "malformed"),
    "payload no JSON": (headed(HEAD, b"\xff\xff\xff"), "bad_claims"),
    "payload a list": (headed(HEAD, b"[1]"), "bad_claims"),
    "payload with something behind": (headed(HEAD, json.dumps(payload()).encode() + b" {}"), "bad_claims"),
    "a number of 900 digits": (headed(HEAD, json.dumps(payload(exp=10**900)).encode()), "bad_claims"),
}


@pytest.mark.parametrize("name", BOTH_REFUSE)
def test_what_both_verifiers_refuse(name: str) -> None:
    token = BOTH_REFUSE[name]

    assert read_ticket(BOTH, token, "throughfare.eu", "tlt").reason is not None
    assert not they_accept(token)


@pytest.mark.parametrize("name", WE_REFUSE)
def test_what_a_true_signature_does_not_make_good(name: str) -> None:
    token, expected = WE_REFUSE[name]

    assert reason(token) == expected


def test_a_rewritten_header_is_another_message() -> None:
    """The same header with spaces, or its names in another order, is signed by nobody."""
    head, body, signature = ticket().split(".")
    for shown in (b'{"typ":"ticket+jwt","alg":"EdDSA","kid":"26a"}', HEAD.replace(b",", b", ")):
        if b64(shown) != head:
            token = f"{b64(shown)}.{body}.{signature}"
            assert (reason(token), they_accept(token)) == ("bad_signature", False)


# --- status lists ---------------------------------------------------------------------------------------------


def listed(packed: Any = ..., **changes: Any) -> str:
    """A signed list with anything in the place of the bits."""
    good = {"bits": 2, "lst": b64(zlib.compress(bytes(262_144), 9))}
    claims = {
        "sub": "uri",
        "iat": NOW,
        "exp": NOW + 60,
        "ttl": 300,
        "status_list": good if packed is ... else packed,
    }
    claims |= changes
    return SIGNER.sign("statuslist+jwt", {name: value for name, value in claims.items() if value is not ...})


def of(content: bytes, bits: Any = 2) -> dict[str, Any]:
    return {"bits": bits, "lst": b64(content)}


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def with_dictionary(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, zdict=b"\0" * 32)
    return packer.compress(content) + packer.flush()


ZEROS = bytes(262_144)


@pytest.mark.parametrize(
    "packed",
    [
        *(of(zlib.compress(ZEROS), bits) for bits in (0, 1, 3, 4, 8, 16, -2, "2", True, None, [2])),
        of(gzip.compress(ZEROS)),
        of(raw_deflate(ZEROS)),
        of(with_dictionary(ZEROS)),
        of(ZEROS[:100]),
        of(b""),
        of(zlib.compress(ZEROS + b"\0")),
        of(zlib.compress(ZEROS)[:-1]),
        of(zlib.compress(ZEROS)[:-1] + b"\0"),
        of(zlib.compress(ZEROS) + zlib.compress(ZEROS)),
        of(zlib.compress(bytes(5_000_000))),
        {"bits": 2, "lst": b64(zlib.compress(ZEROS)) + "="},
        {"bits": 2, "lst": b64(zlib.compress(ZEROS)) + "\n"},
        {"bits": 2, "lst": ["A"]},
        {"lst": b64(zlib.compress(ZEROS))},
        "lst",
        [],
        None,
        5,
        ...,
    ],
)
def test_s25_bits_of_another_shape_are_not_taken_in(packed: Any) -> None:
    token = listed(status_list=...) if packed is ... else listed(packed)

    with pytest.raises(BadStatusList):
        status_list.read(token, RING)


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": ...},
        {"sub": 5},
        {"sub": ["uri"]},
        {"iat": ...},
        {"iat": True},
        {"iat": "1"},
        {"exp": ...},
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": None},
        {"ttl": 0},
        {"ttl": -1},
        {"ttl": True},
        {"ttl": "300"},
        {"ttl": 1.5},
    ],
)
def test_s25_a_list_without_its_times_and_name_is_not_taken_in(changes: dict[str, Any]) -> None:
    with pytest.raises(BadStatusList):
        status_list.read(listed(**changes), RING)


@pytest.mark.parametrize(
    "typ", ["statuslist+cwt", "application/statuslist+jwt", "STATUSLIST+JWT", "jwt", "", None]
)
def test_s25_a_list_of_another_type_is_not_taken_in(typ: str | None) -> None:
    head = {"alg": "EdDSA", "kid": "26a"} | ({"typ": typ} if typ is not None else {})
    content = json.dumps(
        {"sub": "uri", "iat": NOW, "exp": NOW + 60, "status_list": of(zlib.compress(ZEROS))}
    ).encode()

    with pytest.raises(BadStatusList, match="bad_type"):
        status_list.read(raw(content, head), RING)


def test_s25_a_short_list_knows_its_own_entries_alone() -> None:
    held = status_list.read(listed(of(zlib.compress(b"\xe4"))), RING)

    assert [held.status_of(index) for index in (-1, 0, 1, 2, 3, 4, 2**40)] == [None, 0, 1, 2, 3, None, None]
