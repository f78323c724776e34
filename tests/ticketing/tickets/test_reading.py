"""Reading a token: each input that a library lets through and a gate must not."""

import json
import time
import warnings
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as second_opinion
from joserfc.jwk import OKPKey

from tests.ticketing.tickets.mint import NOW, RING, b64, payload, raw, ticket
from throughfare_gate.gate.bundle import read_ticket
from throughfare_gate.tickets.claims import LONGEST_LIFE_SECONDS
from throughfare_gate.tickets.jwk import to_jwk


def reason(token: str) -> str | None:
    return read_ticket(RING, token, "throughfare.eu", "tlt").reason


def body(**changes: Any) -> bytes:
    return json.dumps(payload(**changes), separators=(",", ":")).encode()


def header(**changes: Any) -> dict[str, Any]:
    found = {"alg": "EdDSA", "kid": "26a", "typ": "ticket+jwt", **changes}
    return {name: value for name, value in found.items() if value is not ...}


def test_a_good_ticket_is_read() -> None:
    assert reason(ticket()) is None


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (header(typ="at+jwt"), "bad_type"),
        (header(typ="gate-bundle+jwt"), "bad_type"),
        (header(typ="TICKET+JWT"), "bad_type"),
        (header(typ=...), "bad_type"),
        (header(alg="none"), "bad_alg"),
        (header(alg="HS256"), "bad_alg"),
        (header(alg="Ed25519"), "bad_alg"),
        (header(alg="ES256"), "bad_alg"),
        (header(kid="26b"), "unknown_key"),
        (header(kid="../../etc/passwd"), "unknown_key"),
        (header(kid=""), "unknown_key"),
        (header(jwk={"kty": "OKP"}), "malformed"),
        (header(jku="https://evil.example"), "malformed"),
        (header(crit=["b64"], b64=False), "malformed"),
        (header(kid=7), "malformed"),
    ],
)
def test_a_wrong_header_is_refused(head: dict[str, Any], expected: str) -> None:
    assert reason(raw(body(), head)) == expected


@pytest.mark.parametrize(
    "mangle",
    [
        lambda token: token + "==",
        lambda token: token + " ",
        lambda token: " " + token,
        lambda token: token + "\n",
        lambda token: token.replace(".", "..", 1),
        lambda token: token + ".x",
        lambda token: token.rpartition(".")[0],
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token[:-1],
        lambda _: "",
        lambda _: "x" * 2049,
        lambda _: "é" * 10,
        lambda _: "\0",
        lambda token: "A" * 1_000_000 + token,
    ],
)
def test_another_spelling_of_a_token_is_malformed(mangle: Any) -> None:
    assert reason(mangle(ticket())) == "malformed"


def test_a_signature_of_another_key_or_none_is_bad() -> None:
    head, content, signature = ticket().split(".")

    assert reason(raw(body(), key=Ed25519PrivateKey.generate())) == "bad_signature"
    assert reason(f"{head}.{content}.{'A' * 86}") == "bad_signature"
    assert reason(f"{head}.{b64(body(n=9))}.{signature}") == "bad_signature"


@pytest.mark.parametrize(
    "content",
    [
        body(v=2),
        body(v=True),
        body(v="1"),
        body(jti=""),
        body(jti="short"),
        body(jti=5),
        body(n=0),
        body(n=100),
        body(n=1.0),
        body(exp=str(NOW)),
        body(exp=10**30),
        body(exp=NOW - 120),
        body(nbf=NOW - 600),
        body(exp=NOW + LONGEST_LIFE_SECONDS + 60),
        body(aud=["tlt"]),
        body(aud=["tlt", "tallink", "hsl", "evil"]),
        body(l=[]),
        body(l=[["tlt", "x"]]),
        body(l="tlt"),
        body(l=[["tlt", "a", "b"]] * 9),
        body(status={}),
        body(status={"status_list": {"idx": -1, "uri": "x"}}),
        body(p=""),
        body(p="x" * 13),
        body(u=100),
        body(c=0),
        body(cat="adult"),
        body(cnf={"jwk": {"kty": "EC"}}),
        body(cnf={"jkt": "x"}),
        body(name="Anna"),
        body(demo=False),
        body(demo=1),
        body(iat=...),
        body(exp=...),
        body(l=...),
        body(status=...),
        body(p=...),
        body()[:-1] + b',"exp":9999999999}',
        body()[:-1] + b',"n":NaN}',
        body()[:-1] + b',"c":1e400}',
        b"[]",
        b"{}x"[:3],
        b"\xff",
    ],
)
def test_a_genuine_token_with_wrong_claims_is_refused(content: bytes) -> None:
    assert reason(raw(content)) in {"bad_claims", "wrong_issuer"}


def test_another_issuer_and_another_audience_have_their_own_reasons() -> None:
    assert reason(ticket(iss="throughfare.eu.evil")) == "wrong_issuer"
    assert read_ticket(RING, ticket(), "throughfare.eu", "viking").reason == "wrong_audience"


@pytest.mark.parametrize("token", ["x" * 1_000_000, "[" * 100_000, raw(b"[" * 1000), "a.b." + "c" * 86])
def test_nonsense_of_any_size_is_refused_at_once(token: str) -> None:
    start = time.perf_counter()

    assert reason(token) in {"malformed", "bad_claims"}
    assert time.perf_counter() - start < 0.5


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert reason(text) in {"malformed", "bad_type"}


@given(st.integers(0, 400), st.integers(1, 255))
def test_no_changed_byte_of_a_ticket_is_accepted(place: int, change: int) -> None:
    token = ticket()
    place %= len(token)
    changed = token[:place] + chr((ord(token[place]) + change) % 256) + token[place + 1 :]

    assert changed == token or reason(changed) is not None


@given(
    st.sampled_from([ticket(), ticket(n=3), raw(body(), key=Ed25519PrivateKey.generate()), ticket() + "=="])
)
def test_a_second_verifier_agrees_about_signatures(token: str) -> None:
    key = OKPKey.import_key({name: value for name, value in to_jwk(RING["26a"]).items() if name != "use"})
    try:
        with warnings.catch_warnings(action="ignore"):  # it prefers the newer name `Ed25519` (RFC 9864)
            second_opinion.deserialize_compact(token, key, algorithms=["EdDSA"])
        accepted = True
    except Exception:  # noqa: BLE001  any refusal is a refusal
        accepted = False

    assert accepted == (reason(token) is None)


def test_s29_a_ticket_carries_nothing_personal() -> None:
    known = {
        "iss",
        "aud",
        "jti",
        "iat",
        "nbf",
        "exp",
        "v",
        "p",
        "l",
        "n",
        "u",
        "c",
        "cat",
        "cnf",
        "status",
        "idh",
        "demo",
    }

    assert set(payload()) <= known
