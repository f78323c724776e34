"""The secrets of order and access tokens: encrypted, rotated with an overlap, and older files go on until they are retired."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.api import Api
from throughfare_gate.ids import new_id
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.errors import Conflict, Misconfigured, NotAuthenticated
from ticketing.identity import AccessTokens, Caller, OrderTokens
from ticketing.identity.mac_secrets import MacSecrets, SecretKind
from ticketing.identity.order_token import LONGEST, is_over
from ticketing.tickets import known_keys
from ticketing.tickets.keys import ANNOUNCE, FILES, KEEP, KeyStore

EARLIER = bytes(range(32))


def store(folder: Path) -> KeyStore:
    return KeyStore(folder, "a passphrase of a test")


def secrets_of(folder: Path, kind: SecretKind = "order") -> MacSecrets:
    return MacSecrets.of(kind, store(folder), folder / FILES[kind])


def rotated(folder: Path, kind: SecretKind, clock: FixedClock) -> None:
    store(folder).rotate(kind, clock.now())
    clock.advance(ANNOUNCE)
    store(folder).rotate(kind, clock.now())


def test_an_order_token_opens_through_a_rotation_and_not_once_its_key_is_removed(
    tmp_path: Path, clock: FixedClock
) -> None:
    store(tmp_path).create_missing(clock.now())
    order, tokens = new_id(), OrderTokens(secrets_of(tmp_path))
    first = tokens.issue(order)
    rotated(tmp_path, "order", clock)
    second = tokens.issue(order)

    assert first != second
    assert [tokens.opens(order, token) for token in (first, second)] == [True, True]
    assert not any(tokens.opens(new_id(), token) for token in (first, second))
    clock.advance(KEEP)
    store(tmp_path).create_missing(clock.now())
    assert [tokens.opens(order, token) for token in (first, second)] == [False, True]


def test_a_compromised_secret_opens_nothing_from_that_moment(tmp_path: Path, clock: FixedClock) -> None:
    store(tmp_path).create_missing(clock.now())
    tokens = AccessTokens(secrets_of(tmp_path, "access"), "here.example")
    token = tokens.issue(Caller("p", "s"), clock.now())
    assert tokens.read(token, clock.now()).person_id == "p"

    store(tmp_path).compromise(store(tmp_path).signer_key("access")[0], clock.now())

    with pytest.raises(NotAuthenticated):
        tokens.read(token, clock.now())
    tokens.read(tokens.issue(Caller("p", "s"), clock.now()), clock.now())


def test_an_earlier_file_issues_until_a_key_is_rotated_in_and_opens_until_it_is_retired(
    tmp_path: Path, clock: FixedClock, database: Database
) -> None:
    """An older release beside this one knows the file alone, and must open what this one issues."""
    (tmp_path / FILES["order"]).write_bytes(EARLIER)
    keys, order = store(tmp_path), new_id()
    older = OrderTokens(MacSecrets("order", None, EARLIER))
    known_keys.make_and_tell(database, keys, clock.now())
    tokens = OrderTokens(secrets_of(tmp_path))
    earlier = tokens.issue(order)
    assert older.opens(order, earlier)
    with pytest.raises(Conflict):
        known_keys.retire(database, keys, "order-token", clock.now())
    clock.advance(ANNOUNCE)

    keys.rotate("order", clock.now())
    known_keys.tell(database, keys, clock.now())

    assert tokens.opens(order, earlier)
    assert not older.opens(order, tokens.issue(order))
    known_keys.retire(database, keys, "order-token", clock.now())
    known_keys.check(database, keys)
    assert not OrderTokens(secrets_of(tmp_path)).opens(order, earlier)


def test_a_secret_of_one_byte_is_refused(tmp_path: Path, clock: FixedClock) -> None:
    for kind in FILES:
        (tmp_path / FILES[kind]).write_bytes(b"x")
    store(tmp_path).create_missing(clock.now())

    with pytest.raises(Misconfigured, match="has 1 bytes and needs 32"):
        secrets_of(tmp_path)


def test_no_secret_of_tokens_lies_open_in_the_folder(tmp_path: Path, clock: FixedClock) -> None:
    store(tmp_path).create_missing(clock.now())
    held = [secrets_of(tmp_path, kind).issuing for kind in ("order", "access")]
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert not any(secret in written for secret in held)


def test_an_order_token_ends_after_the_journey_and_its_claims(api: Api) -> None:
    order, token = api.order()
    assert api.get(f"/v1/orders/{order['id']}", token).status_code == 200
    real = is_over(order["id"], api.clock.now())

    api.clock.advance(LONGEST + timedelta(days=400))

    assert not real
    assert api.get(f"/v1/orders/{order['id']}", token).status_code == 404
