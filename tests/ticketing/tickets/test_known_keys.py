"""Two hosts on one database are one issuer, or the second one does not start."""

import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from throughfare_gate.tickets.jwk import thumbprint
from throughfare_gate.tickets.jws import Signer, verify
from ticketing.clock import FixedClock
from ticketing.config import DEMO_PASSPHRASE, Settings
from ticketing.db import Database
from ticketing.db.people import known_keys
from ticketing.errors import Misconfigured
from ticketing.regions import Region
from ticketing.rooms import build_rooms
from ticketing.tickets import known_keys as known
from ticketing.tickets.keys import ANNOUNCE, FILES, KINDS, KeyRecord, KeyStore

# Names from before a kid was a thumbprint.
EARLY_NAMES = [f"26{chr(ord('a') + at)}" for at in range(len(KINDS))]


def store(folder: Path) -> KeyStore:
    return KeyStore(folder, DEMO_PASSPHRASE)


def with_earlier_files(folder: Path) -> Path:
    """The folder of a deployment from before the secrets of tokens were keys."""
    folder.mkdir()
    for name in FILES.values():
        (folder / name).write_bytes(secrets.token_bytes(32))
    return folder


def start(settings: Settings, folder: Path, clock: FixedClock, regions: dict[str, Region]) -> None:
    rooms = build_rooms(replace(settings, keys_folder=folder), clock=clock, regions=regions)
    rooms.till.database.close()


def test_a_kid_is_the_thumbprint_of_its_key(tmp_path: Path, clock: FixedClock) -> None:
    keys = store(tmp_path)
    keys.create_missing(clock.now())

    for kind in KINDS:
        kid, key = keys.signer_key(kind)
        assert kid == thumbprint(key.public_key())


def test_a_second_host_with_keys_of_its_own_does_not_start(
    settings: Settings, tmp_path: Path, clock: FixedClock, regions: dict[str, Region]
) -> None:
    start(settings, tmp_path / "first", clock, regions)
    start(settings, tmp_path / "first", clock, regions)

    with pytest.raises(Misconfigured, match=r"the database knows the .* key .*Copy the keys folder"):
        start(settings, tmp_path / "second", clock, regions)
    assert not (tmp_path / "second" / "keys.json").exists()
    assert not (tmp_path / "second" / "order-token.key").exists()

    shutil.copytree(tmp_path / "first", tmp_path / "copied")
    start(settings, tmp_path / "copied", clock, regions)


@pytest.mark.parametrize("lost", ["keys.json", *FILES.values()])
def test_a_folder_that_was_restored_in_part_does_not_start(
    settings: Settings, tmp_path: Path, clock: FixedClock, regions: dict[str, Region], lost: str
) -> None:
    folder = with_earlier_files(tmp_path / "keys")
    start(settings, folder, clock, regions)
    (folder / lost).unlink()

    with pytest.raises(Misconfigured, match="THROUGHFARE_KEYS_FOLDER"):
        start(settings, folder, clock, regions)


def test_a_wrong_passphrase_or_a_key_without_its_file_does_not_start(
    settings: Settings, tmp_path: Path, clock: FixedClock, regions: dict[str, Region]
) -> None:
    folder = tmp_path / "keys"
    start(settings, folder, clock, regions)
    with pytest.raises(Misconfigured, match="THROUGHFARE_KEY_PASSPHRASE does not open"):
        start(replace(settings, key_passphrase="another one"), folder, clock, regions)
    kid, _ = store(folder).signer_key("books")
    (folder / f"{kid}.pem").unlink()

    with pytest.raises(Misconfigured, match=f"{kid}.pem"):
        start(settings, folder, clock, regions)


def test_another_secret_under_the_same_name_does_not_start(
    settings: Settings, tmp_path: Path, clock: FixedClock, regions: dict[str, Region]
) -> None:
    start(settings, with_earlier_files(tmp_path / "keys"), clock, regions)
    (tmp_path / "keys" / "order-token.key").write_bytes(b"x" * 32)

    with pytest.raises(Misconfigured, match="another one than the database knows"):
        start(settings, tmp_path / "keys", clock, regions)


def test_of_hosts_that_start_at_one_instant_on_an_empty_database_one_becomes_the_issuer(
    database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    def begin(at: int) -> bool:
        try:
            known.make_and_tell(database, store(tmp_path / str(at)), clock.now())
        except Misconfigured:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        began = list(pool.map(begin, range(4)))

    assert began.count(True) == 1
    with database.read() as tx:
        active = [one for one in known_keys.list_known(tx) if one.state == "active"]
    winner = store(tmp_path / str(began.index(True)))
    assert {one.kid for one in active} == {winner.signer_key(kind)[0] for kind in KINDS}
    assert [begin(at) for at in range(4)] == began


def test_processes_of_one_folder_that_start_at_one_instant_are_one_issuer(
    database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    store(tmp_path / "keys").create_missing(clock.now())

    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(
            lambda _: known.make_and_tell(database, store(tmp_path / "keys"), clock.now()), range(4)
        ):
            pass

    with database.read() as tx:
        told = {one.kid for one in known_keys.list_known(tx)}
    assert told == {one.kid for one in store(tmp_path / "keys").records()}


def test_a_host_that_has_missed_a_rotation_does_not_start(
    database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    here, there = store(tmp_path / "here"), tmp_path / "there"
    known.make_and_tell(database, here, clock.now())
    shutil.copytree(tmp_path / "here", there)

    here.rotate("ticket", clock.now())
    known.tell(database, here, clock.now())

    with pytest.raises(Misconfigured, match="the database knows the ticket key"):
        known.check(database, store(there))
    clock.advance(ANNOUNCE + timedelta(minutes=1))
    here.rotate("ticket", clock.now())
    known.tell(database, here, clock.now())
    with database.read() as tx:
        states = sorted(one.state for one in known_keys.list_known(tx) if one.kind == "ticket")
    assert states == ["active", "verify_only"]


def test_a_copy_that_still_uses_a_compromised_key_does_not_start(
    database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    here, there = store(tmp_path / "here"), tmp_path / "there"
    known.make_and_tell(database, here, clock.now())
    shutil.copytree(tmp_path / "here", there)

    here.compromise(here.signer_key("ticket")[0], clock.now())
    known.tell(database, here, clock.now())
    known.check(database, here)

    with pytest.raises(Misconfigured):
        known.check(database, store(there))


def test_keys_of_before_the_database_knew_any_go_on_verifying_and_are_taken_in(
    database: Database, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "keys"
    names = iter(EARLY_NAMES)
    monkeypatch.setattr("ticketing.tickets.key_places.files.thumbprint", lambda _: next(names))
    store(folder).create_missing(clock.now())
    monkeypatch.undo()
    keys = store(folder)
    token = Signer(*keys.signer_key("ticket")).sign("ticket+jwt", {"a": 1})

    known.make_and_tell(database, keys, clock.now())

    assert verify(token, "ticket+jwt", keys.ring("ticket")) == b'{"a":1}'
    with database.read() as tx:
        told = {one.kid: one.thumbprint for one in known_keys.list_known(tx)}
    assert set(told) == set(EARLY_NAMES)
    assert told["26a"] == thumbprint(keys.signer_key("ticket")[1].public_key())
    stranger = store(tmp_path / "stranger")
    names = iter(EARLY_NAMES)
    monkeypatch.setattr("ticketing.tickets.key_places.files.thumbprint", lambda _: next(names))
    stranger.create_missing(clock.now())
    monkeypatch.undo()
    with pytest.raises(Misconfigured, match="26a there is another one"):
        known.check(database, store(tmp_path / "stranger"))


def test_a_key_file_in_another_ones_place_is_refused(tmp_path: Path, clock: FixedClock) -> None:
    keys = store(tmp_path)
    keys.create_missing(clock.now())
    records: dict[str, KeyRecord] = {record.kind: record for record in keys.records()}
    shutil.copy(tmp_path / f"{records['books'].kid}.pem", tmp_path / f"{records['ticket'].kid}.pem")

    with pytest.raises(Misconfigured, match="is another key"):
        store(tmp_path).signer_key("ticket")


def test_a_process_makes_no_keys_for_a_database_whose_schema_is_old(
    tmp_path: Path, clock: FixedClock, regions: dict[str, Region]
) -> None:
    Database(f"sqlite:///{tmp_path / 'old.db'}").create()

    with pytest.raises(Misconfigured, match="throughfare db upgrade"):
        start(Settings(database_url=f"sqlite:///{tmp_path / 'old.db'}"), tmp_path / "keys", clock, regions)
    assert not (tmp_path / "keys").exists()
