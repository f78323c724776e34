"""A second library agrees about signatures: what we take as genuine it takes, and what it refuses we refuse."""

import os
import warnings

from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from tests.ticketing.tickets.mint import KEY, RING, b64, phone_jwk, proof, raw, ticket
from throughfare_gate.gate.bundle import read_proof
from throughfare_gate.tickets.jwk import to_jwk
from throughfare_gate.tickets.jws import Refused, verify

EXAMPLES = 5000 if os.environ.get("SOAK") else 300
TICKET = ticket()
BOUND = ticket(cnf={"jwk": phone_jwk()})
PROOF = proof(BOUND)
ISSUER = OKPKey.import_key({name: value for name, value in to_jwk(RING["26a"]).items() if name != "use"})
PHONE = ECKey.import_key(phone_jwk())
CHARACTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=~ ")
CHANGES = st.lists(
    st.tuples(st.integers(0, 10_000), CHARACTERS, st.sampled_from(["replace", "insert"])), max_size=3
)


def they_accept(token: str, key: OKPKey | ECKey, algorithm: str) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):  # it prefers the newer name `Ed25519` (RFC 9864)
            jws.deserialize_compact(token, key, algorithms=[algorithm])
    except (JoseError, ValueError):
        return False
    return True


def we_accept(token: str) -> bool:
    try:
        verify(token, "ticket+jwt", RING)
    except Refused:
        return False
    return True


def changed(token: str, changes: list[tuple[int, str, str]]) -> str:
    for at, character, way in changes:
        place = at % len(token)
        token = token[:place] + character + token[place + (way == "replace") :]
    return token


@settings(max_examples=EXAMPLES, deadline=None)
@given(CHANGES)
def test_a_ticket_that_we_take_is_genuine_to_a_second_verifier(changes: list[tuple[int, str, str]]) -> None:
    token = changed(TICKET, changes)

    assert we_accept(token) == (token == TICKET)
    assert not we_accept(token) or they_accept(token, ISSUER, "EdDSA")


@settings(max_examples=EXAMPLES, deadline=None)
@given(CHANGES)
def test_a_proof_that_we_take_is_genuine_to_a_second_verifier(changes: list[tuple[int, str, str]]) -> None:
    token = changed(PROOF, changes)
    ours = read_proof(token, BOUND, phone_jwk()) is not None

    assert ours == (token == PROOF)
    assert not ours or they_accept(token, PHONE, "ES256")


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(min_size=1, max_size=300), st.binary(min_size=64, max_size=64) | st.none())
def test_both_agree_about_any_payload_under_a_true_or_a_chance_signature(
    content: bytes, chance: bytes | None
) -> None:
    token = raw(content)
    if chance is not None:
        token = f"{token.rpartition('.')[0]}.{b64(chance)}"

    assert we_accept(token) == they_accept(token, ISSUER, "EdDSA") == (chance is None)
    assert KEY.public_key() == RING["26a"].key
