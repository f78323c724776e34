"""Keys, key sets, status lists, proofs and codes."""

import stat
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from tests.spoiled import spoiled
from tests.ticketing.tickets.mint import NOW, RING, SIGNER, URI, b64, phone_jwk, proof, ticket
from throughfare_gate.tickets import proof as proofs
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.jwk import BadKey, load_jwks, to_jwk
from throughfare_gate.tickets.jws import Signer
from throughfare_gate.tickets.proof import BadProof
from throughfare_gate.tickets.status_list import BadStatusList
from ticketing.errors import Conflict, Misconfigured, NotFound
from ticketing.tickets import barcode, issue
from ticketing.tickets.issue import TicketOrder, ticket_payload
from ticketing.tickets.keys import KINDS, KeyStore

AT = datetime(2026, 10, 13, tzinfo=UTC)
GOOD = to_jwk(RING["26a"])


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    made = KeyStore(tmp_path, "passphrase")
    made.create_missing(AT)
    return made


def test_each_kind_of_token_has_its_own_active_key(store: KeyStore) -> None:
    assert [(record.kind, record.state) for record in store.records()] == [
        ("ticket", "active"),
        ("status", "active"),
        ("bundle", "active"),
        ("books", "active"),
        ("offer", "active"),
        ("confirmation", "active"),
        ("staff", "active"),
        ("order", "active"),
        ("access", "active"),
        ("incident", "active"),
    ]
    assert len({store.signer_key(kind)[0] for kind in KINDS}) == len(KINDS)


def test_a_secret_is_as_old_as_its_key_and_no_two_keys_or_kinds_share_one(
    store: KeyStore, tmp_path: Path
) -> None:
    kid, secret = store.signer_secret("offer")

    assert (kid, len(secret)) == (store.signer_key("offer")[0], 32)
    assert KeyStore(tmp_path, "passphrase").secrets("offer") == {kid: secret}
    assert len({store.signer_secret(kind)[1] for kind in KINDS}) == len(KINDS)
    assert secret not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_private_keys_are_encrypted_and_only_their_owner_reads_them(store: KeyStore, tmp_path: Path) -> None:
    for path in tmp_path.glob("*.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"ENCRYPTED" in path.read_bytes()
    with pytest.raises(Misconfigured):
        KeyStore(tmp_path, "wrong").signer_key("ticket")
    assert store.jwks("ticket")["keys"]


def test_a_rotation_announces_waits_48_hours_and_keeps_the_old_key_for_verifying(store: KeyStore) -> None:
    old = store.signer_key("ticket")[0]
    new = store.rotate("ticket", AT).kid
    with pytest.raises(Conflict):
        store.rotate("ticket", AT + timedelta(hours=47))
    assert store.signer_key("ticket")[0] == old

    store.rotate("ticket", AT + timedelta(hours=48))

    assert store.signer_key("ticket")[0] == new
    assert set(store.ring("ticket")) == {old, new}


def test_a_compromised_key_verifies_nothing_more(store: KeyStore) -> None:
    lost = store.signer_key("ticket")[0]

    store.compromise(lost, AT)

    assert lost not in store.ring("ticket")
    assert store.removed("ticket") == [lost]
    assert store.signer_key("ticket")[0] != lost
    with pytest.raises(NotFound):
        store.compromise(lost, AT)


def test_published_keys_have_public_members_only(store: KeyStore) -> None:
    for kind in ("ticket", "status", "bundle"):
        (key,) = store.jwks(kind)["keys"]
        assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
        assert list(load_jwks(store.jwks(kind))) == [store.signer_key(kind)[0]]


@pytest.mark.parametrize(
    "jwk",
    [
        {**GOOD, "d": "AA"},
        {**GOOD, "kty": "oct", "k": "AA"},
        {**GOOD, "kty": "RSA", "n": "AA", "e": "AQAB"},
        {**GOOD, "kid": ""},
        {name: value for name, value in GOOD.items() if name != "kid"},
        {**GOOD, "kid": 7},
        {**GOOD, "alg": "ES256"},
        {**GOOD, "use": "enc"},
        {**GOOD, "key_ops": ["sign"]},
        {**GOOD, "crv": "Ed448"},
        {**GOOD, "x": GOOD["x"][:-2]},
        {**GOOD, "x": GOOD["x"] + "="},
        {**GOOD, "x": 7},
        {**GOOD, "x": b64(bytes(32))},
        {**GOOD, "x": b64(bytes([1] + [0] * 30 + [128]))},
        {**phone_jwk(), "kid": "p", "y": b64(bytes(32))},
        {**phone_jwk(), "kid": "p", "x": b64(bytes(31))},
    ],
)
def test_one_bad_key_refuses_the_whole_set(jwk: dict[str, Any]) -> None:
    with pytest.raises(BadKey):
        load_jwks({"keys": [{**GOOD, "kid": "ok"}, jwk]})


@pytest.mark.parametrize(
    "document", [{}, {"keys": []}, {"keys": [GOOD, GOOD]}, {"keys": ["x"]}, {"keys": [GOOD] * 33}]
)
def test_a_bad_set_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(BadKey):
        load_jwks(document)


@given(st.dictionaries(st.integers(0, status_list.SIZE - 1), st.sampled_from([1, 2]), max_size=50))
def test_a_status_list_gives_back_what_was_put_in(statuses: dict[int, int]) -> None:
    read = status_list.read(status_list.sign(SIGNER, "uri", statuses, AT), RING)

    assert all(read.status_of(index) == status for index, status in statuses.items())
    assert sum((byte).bit_count() for byte in read.bits) == len(statuses)


def test_the_lowest_bits_come_first() -> None:
    assert status_list.encode({0: 1, 1: 2, 4: 3})[:2] == bytes([0b1001, 0b11])


@pytest.mark.parametrize("index", [-1, status_list.SIZE])
def test_an_index_outside_the_list_has_no_status(index: int) -> None:
    assert status_list.read(status_list.sign(SIGNER, "uri", {}, AT), RING).status_of(index) is None


def signed(**changes: Any) -> str:
    packed = {"bits": 2, "lst": b64(zlib.compress(bytes(262_144), 9))}
    return SIGNER.sign(
        "statuslist+jwt", {"sub": "uri", "iat": NOW, "exp": NOW + 60, "status_list": packed, **changes}
    )


@pytest.mark.parametrize(
    "token",
    [
        signed(status_list={"bits": 1, "lst": b64(zlib.compress(bytes(10)))}),
        signed(status_list={"bits": 2, "lst": b64(zlib.compress(bytes(5_000_000), 9))}),
        signed(status_list={"bits": 2, "lst": b64(zlib.compress(bytes(10)) + b"more")}),
        signed(status_list={"bits": 2, "lst": b64(zlib.compress(bytes(10))[:-2])}),
        signed(status_list={"bits": 2, "lst": "not zlib"}),
        signed(status_list={"bits": 2}),
        signed(sub=None),
        signed(exp=NOW - 1),
        signed(iat="now"),
        SIGNER.sign("ticket+jwt", {}),
        "nonsense",
        Signer("26b", SIGNER.key).sign("statuslist+jwt", {}),
    ],
)
def test_a_list_that_is_not_right_is_not_taken_in(token: str) -> None:
    with pytest.raises(BadStatusList):
        status_list.read(token, RING)


def test_an_expired_list_is_not_taken_in_when_it_arrives() -> None:
    with pytest.raises(BadStatusList):
        status_list.read(signed(), RING, NOW + 60)


def test_a_phones_proof_is_read_and_bound_to_its_ticket() -> None:
    token = ticket(cnf={"jwk": phone_jwk()})

    found = proofs.read(proof(token), token, phone_jwk())

    assert (found.issued_at, found.audience) == (NOW, "tlt")
    for bad in (
        proof(ticket()),
        proof(token, n="short"),
        proof(token, more=1),
        spoiled(proof(token)),
        "x",
    ):
        with pytest.raises(BadProof):
            proofs.read(bad, token, phone_jwk())


def test_a_list_that_is_nearly_full_opens_the_next_and_no_place_is_given_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(issue, "SIZE", 1000)
    taken: set[tuple[str, int]] = set()
    at_opening = 0
    for _ in range(1500):
        place = issue.choose_place(lambda name, index: (name, index) in taken, "261013")
        assert place not in taken
        if place[0] == "261013b" and not at_opening:
            at_opening = len(taken)
        taken.add(place)

    assert {name for name, _ in taken} == {"261013", "261013b"}
    assert 600 < at_opening < 1000


def test_gates_hold_the_next_list_before_it_is_opened() -> None:
    moment = datetime(2026, 10, 13, 12, tzinfo=UTC)

    assert {"261013", "261013b", "261014", "261014b", "m2610", "m2610b"} == issue.coming_lists(moment)


def pixels(matrix: Any, scale: int = 4) -> np.ndarray[Any, Any]:
    modules = np.array([[255 if not module else 0 for module in row] for row in matrix], dtype=np.uint8)
    return np.pad(np.kron(modules, np.ones((scale, scale), dtype=np.uint8)), 4 * scale, constant_values=255)


@pytest.mark.parametrize("disturb", ["nothing", "blur", "rotate"])
def test_a_scanner_reads_the_code_back(disturb: str) -> None:
    token = ticket()
    image = pixels(segno.make_qr(token, error="m").matrix)
    if disturb == "blur":
        image = np.mean([np.roll(image, (dy, dx), (0, 1)) for dy in (0, 1) for dx in (0, 1)], axis=0).astype(
            np.uint8
        )
    if disturb == "rotate":
        image = np.ascontiguousarray(np.rot90(image))

    assert [
        found.text for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.AllMatrix)
    ] == [token]


def test_s55_the_longest_product_keeps_the_size_of_the_code() -> None:
    legs = tuple(
        (operator, f"HSL-STOP-{at:02}", f"HSL-STOP-{at + 1:02}")
        for at, operator in enumerate(["tlt", "tlt", "tallink", "hsl", "hsl"])
    )
    order = TicketOrder(
        jti="A" * 22,
        product="through",
        legs=legs,
        passengers=1,
        category="chil",
        issued_at=AT,
        not_before=AT,
        expires_at=AT + timedelta(hours=9),
        status_list="261013",
        status_index=2**20 - 1,
    )

    token = SIGNER.sign(
        "ticket+jwt", ticket_payload(order, "throughfare.eu", "https://throughfare.eu/s/261013", demo=True)
    )

    assert barcode.version(token) <= 20
    assert barcode.png(token).startswith(b"\x89PNG")
    assert b"<svg" in barcode.svg(token)


def test_s12_the_drafts_own_list_of_two_bits_is_read_as_it_says() -> None:
    """draft-ietf-oauth-status-list, section 4.1: twelve tokens of two bits in the bytes c9 44 f9."""
    token = SIGNER.sign(
        "statuslist+jwt",
        {"sub": URI, "iat": NOW, "exp": NOW + 60, "status_list": {"bits": 2, "lst": "eNo76fITAAPfAgc"}},
    )

    read = status_list.read(token, RING)

    assert [read.status_of(index) for index in range(13)] == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3, None]
