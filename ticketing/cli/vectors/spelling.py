"""Lay out the cases about malformed codes: headers, base64url, strict JSON, each claim out of its range, broken proofs."""

import base64
import json
from collections.abc import Iterator

from ticketing.cli.vectors.case import Row, place
from ticketing.cli.vectors.reading import BOUND
from ticketing.cli.vectors.signing import (
    HARDWARE,
    JTI,
    KEY,
    NONCE,
    NOW,
    OTHER_PHONE,
    PHONE,
    URI,
    Claims,
    base64url,
    claims,
    phone_jwk,
    proof,
    proof_by,
    signed,
    ticket,
)

_GOOD = {"alg": "EdDSA", "kid": "26a", "typ": "ticket+jwt"}
_OFF_THE_CURVE = {**phone_jwk(), "y": base64url(bytes(31) + b"\x01")}
_OTHER_ALPHABET = "\u00e4"


def spelling() -> list[Row]:
    """List them in the order in which a reader meets them."""
    return [*_headers(), *_texts(), *_ranges(), *_good(), *_proofs()]


def _plain(name: str, token: str, reason: str, jti: str | None = None) -> Row:
    return name, "plain", {"token": token}, reason, jti


def _headed(name: str, header: Claims, reason: str, jti: str | None = None) -> Row:
    return _plain(name, signed(_written(claims()), header), reason, jti)


def _written(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def _headers() -> Iterator[Row]:
    yield _headed("a header with a key of its own", {**_GOOD, "jwk": phone_jwk()}, "malformed")
    yield _headed("a header with crit", {**_GOOD, "crit": ["exp"]}, "malformed")
    yield _headed("a header without a type", {"alg": "EdDSA", "kid": "26a"}, "bad_type")
    yield _headed("a type that is no text", {**_GOOD, "typ": 1}, "bad_type")
    yield _headed("a kid that is no text", {**_GOOD, "kid": 26}, "malformed")
    yield _headed("another type with a member too many", {**_GOOD, "typ": "at+jwt", "crit": []}, "bad_type")
    yield _headed("a header of 300 characters", {**_GOOD, "kid": "2" * 200}, "malformed")
    yield _headed("the new name of the algorithm", {**_GOOD, "alg": "Ed25519"}, "bad_alg")
    yield _headed("the algorithm of another key", {**_GOOD, "alg": "ES256"}, "bad_alg")
    yield _headed("an Ed25519 ticket under the name of a P-256 key", {**_GOOD, "kid": "26h"}, "bad_alg")
    yield _headed("a key that nobody knows", {**_GOOD, "kid": "27a"}, "unknown_key")
    head, content, mark = ticket().split(".")
    double = base64url(b'{"alg":"EdDSA","kid":"26a","kid":"26a","typ":"ticket+jwt"}')
    yield _plain("a header that says a name twice", f"{double}.{content}.{mark}", "malformed")
    yield _plain("a header that is no JSON", f"{base64url(b'{')}.{content}.{mark}", "malformed")
    yield _plain("a header that is a list", f"{base64url(b'[]')}.{content}.{mark}", "malformed")
    yield _plain("a second spelling of the payload", f"{head}.{_respelled(content)}.{mark}", "malformed")
    yield _plain("four parts", f"{head}.{content}.{mark}.{mark}", "malformed")
    yield _plain("a space at the end", f"{ticket()} ", "malformed")
    yield _plain("a letter beyond ASCII", f"{head}.{_OTHER_ALPHABET}{content}.{mark}", "malformed")
    yield _plain("a signature of zeros", f"{head}.{content}.{'A' * 86}", "bad_signature")
    yield _plain("a signature whose s is too large", f"{head}.{content}.{_twin(mark)}", "bad_signature")


def _respelled(part: str) -> str:
    """Set a bit that belongs to nothing: the same bytes for a lax reader, another text."""
    last = {"A": "B", "Q": "R", "g": "h", "w": "x", "E": "F", "I": "J"}.get(part[-1], "_")
    return part[:-1] + last if len(part) % 4 else f"{part}A"


def _twin(mark: str) -> str:
    """Add the group's order to the second half of an Ed25519 signature, which must refuse it (RFC 8032, 5.1.7)."""
    raw = base64.urlsafe_b64decode(f"{mark}==")
    order = 2**252 + 27742317777372353535851937790883648493
    larger = int.from_bytes(raw[32:], "little") + order
    return base64url(raw[:32] + larger.to_bytes(32, "little"))


def _texts() -> Iterator[Row]:
    written = _written(claims()).decode()
    broken = {
        "no JSON": b"{",
        "a list": b"[]",
        "a fraction": written.replace(f'"iat":{NOW - 60}', f'"iat":{NOW - 60}.0').encode(),
        "an exponent": written.replace('"v":1', '"v":1e0').encode(),
        "NaN": written.replace('"n":1', '"n":NaN').encode(),
        "a number with a leading zero": written.replace('"n":1', '"n":01').encode(),
        "a comma too many": written.replace('"n":1', '"n":1,').encode(),
        "text behind the object": f"{written}x".encode(),
        "a byte order mark": b"\xef\xbb\xbf" + written.encode(),
        "bytes that are no UTF-8": written.replace("through", "thr\x00").encode().replace(b"\x00", b"\xff"),
        "a control character": written.replace("through", "thr\tgh").encode(),
        "half of a surrogate pair": written.replace("through", "\\ud800").encode(),
        "lists 65 deep": written.replace('"n":1', f'"n":{"[" * 64}{"]" * 64}').encode(),
        "an escape that is none": written.replace("through", "\\x41").encode(),
        "a name that is spelled twice in two ways": written.replace('"n":1', '"n":1,"\\u006e":1').encode(),
    }
    for name, content in broken.items():
        yield _plain(f"claims with {name}", signed(content), "bad_claims")
    yield _plain("spaces in the claims", signed(json.dumps(claims(), indent=1).encode()), "ok", JTI)
    escaped = written.replace("through", "\\u0074hrough").encode()
    yield _plain("a text with an escape", signed(escaped), "ok", JTI)


def _ranges() -> Iterator[Row]:
    wrong: dict[str, list[object]] = {
        "iat": [0, True, "1791863940", 10**30, None],
        "nbf": [NOW - 91, -1],
        "exp": [NOW - 60, NOW - 60 + 366 * 86_400 + 1],
        "v": [2, True, "1"],
        "p": ["", "x" * 13, 1],
        "n": [0, 100, True],
        "u": [-1, 100, None],
        "c": [0, 1000],
        "cat": ["", "fünfe", 1],
        "idh": ["A" * 21],
        "demo": [False, 1],
        "aud": [["tlt", "tlt"], ["tlt", "hsl"], "tlt", ["tlt", "tallink", "hsl", "viking"]],
        "l": [
            [],
            [["tlt"]],
            [["tlt", "AB"]],
            [["tlt", "a", "b", "1@"]],
            [["tlt", "a", "b", "1", "2"]],
            [["tlt", "a", ""]],
            [["tlt", "a", "b", "@12345678"]],
            [["tlt", "a", 1]],
        ],
        "status": [
            {},
            {"status_list": {"idx": -1, "uri": URI}},
            {"status_list": {"idx": 1 << 32, "uri": URI}},
            {"status_list": {"idx": 5, "uri": "u" * 81}},
            {"status_list": {"idx": 5, "uri": URI, "x": 1}},
        ],
        "cnf": [
            {"jkt": "x"},
            {"jwk": {**phone_jwk(), "d": "A" * 43}},
            {"jwk": {**phone_jwk(), "crv": "P-384"}},
            {"jwk": _OFF_THE_CURVE},
            {"jwk": {**phone_jwk(), "x": phone_jwk()["x"][:-1] + "!"}},
        ],
    }
    for name, values in wrong.items():
        for at, value in enumerate(values, 1):
            yield _plain(f"a wrong {name}, {at} of {len(values)}", ticket(**{name: value}), "bad_claims", JTI)
    for name in ("iat", "nbf", "exp", "v", "p", "l", "n", "status", "aud"):
        yield _plain(f"no {name}", ticket(**{name: ...}), "bad_claims", JTI)
    yield _plain("no issuer", ticket(iss=...), "wrong_issuer", JTI)
    yield _plain("no identity", ticket(jti=...), "bad_claims")
    yield _plain("an identity of 21 characters", ticket(jti="A" * 21), "bad_claims")
    yield _plain("no operators", ticket(aud=[]), "wrong_audience", JTI)
    yield _plain("a number among the operators", ticket(aud=["hsl", 1, None, ["tlt"]]), "wrong_audience", JTI)


def _good() -> Iterator[Row]:
    hardware = {**_GOOD, "alg": "ES256", "kid": "26h"}
    token = signed(_written(claims()), hardware, HARDWARE)
    yield _plain("a ticket of a P-256 key", token, "ok", JTI)
    head, content, _ = token.split(".")
    yield _plain("a P-256 signature of zeros", f"{head}.{content}.{'A' * 86}", "bad_signature")
    yield _plain("a category of four letters beyond ASCII", ticket(cat="ääõ🚲"), "ok_attention", JTI)
    yield _plain("a personal ticket", ticket(idh="B" * 22), "ok_attention", JTI)
    yield _plain("the last place of a list", ticket(**place((1 << 20) - 1)), "ok", JTI)
    yield _plain("the address of no list", ticket(**place(5, f"{URI}0")), "status_stale", JTI)
    yield _plain("a ticket for a whole year", ticket(exp=NOW - 60 + 366 * 86_400), "ok", JTI)
    yield _plain("a stop of forty letters", ticket(l=[["tlt", "s" * 40, "b"]], aud=["tlt"]), "ok", JTI)
    yield _plain("a zone", ticket(l=[["tlt", "z:AB"]], aud=["tlt"]), "ok", JTI)


def _proofs() -> Iterator[Row]:
    broken: dict[str, str] = {
        "of another phone": proof_by(OTHER_PHONE, BOUND, {}),
        "with a nonce of ten characters": proof(BOUND, n="A" * 10),
        "with a claim too many": proof(BOUND, x=1),
        "without an operator": proof(BOUND, aud=...),
        "with two operators": proof(BOUND, aud=["tlt", "hsl"]),
        "whose time is a text": proof(BOUND, iat=str(NOW)),
        "whose time is true": proof(BOUND, iat=True),
        "whose time is before 1970": proof(BOUND, iat=-1),
        "whose time is beyond every clock": proof(BOUND, iat=10**30),
        "with a kid": proof_by(PHONE, BOUND, {}, {"alg": "ES256", "typ": "ticket-kb+jwt", "kid": "1"}),
        "with the type of a ticket": proof_by(PHONE, BOUND, {}, {"alg": "ES256", "typ": "ticket+jwt"}),
        "with the algorithm of the issuer": proof_by(
            PHONE, BOUND, {}, {"alg": "EdDSA", "typ": "ticket-kb+jwt"}
        ),
        "that the issuer has signed": signed(
            _written({"iat": NOW, "aud": "tlt", "n": NONCE, "th": "A" * 22}),
            {"alg": "ES256", "typ": "ticket-kb+jwt"},
            KEY,
        ),
        "of 601 characters": proof(BOUND) + "A" * (601 - len(proof(BOUND))),
        "that is empty": "",
    }
    for name, shown in broken.items():
        yield f"a proof {name}", "plain", {"token": BOUND, "proof": shown}, "proof_invalid", JTI
    yield "two proofs", "plain", {"token": f"{BOUND}~{proof(BOUND)}~{proof(BOUND)}"}, "proof_invalid", JTI
    replayed = {"token": BOUND, "proof": proof(BOUND), "proofs": [{"jti": JTI, "nonce": NONCE}]}
    yield "a proof that was shown before", "plain", replayed, "proof_replayed", JTI
    other = {**replayed, "proofs": [{"jti": JTI, "nonce": "B" * 11}, {"jti": "B" * 22, "nonce": NONCE}]}
    yield "the nonce of another ticket", "plain", other, "ok", JTI
    unsure = {"operator": "tlt", "clock_is_sure": False}
    request = {"token": BOUND, "proof": proof(BOUND), "gate": unsure}
    yield "a proof at a gate that is not sure of its clock", "plain", request, "proof_expired", JTI
    yield "paper at such a gate", "plain", {"token": ticket(), "gate": unsure}, "ok", JTI
