"""The audit trail of a month outside: whoever has the public keys sees that a row was changed, added or left out."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.people import audit_trail
from ticketing.errors import InvalidRequest
from ticketing.tickets import audit_export
from ticketing.tickets.keys import KeyStore

NEXT = datetime(2026, 11, 1, 0, 0, 1, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path: Path, clock: FixedClock) -> KeyStore:
    made = KeyStore(tmp_path / "audit-keys", "a passphrase of a test")
    made.create_missing(clock.now())
    return made


@pytest.fixture
def exported(database: Database, keys: KeyStore) -> list[str]:
    with database.write() as tx:
        for day in range(1, 6):
            at = datetime(2026, 10, day, 12, tzinfo=UTC)
            audit_trail.note(tx, "Anna", "key_rotated", f"subject-{day}", at=at)
        audit_trail.note(tx, "Anna", "later", "another month", at=NEXT)
    return audit_export.export(database, keys, "2026-10", NEXT)


def test_an_export_is_whole_and_any_change_of_it_is_seen(exported: list[str], keys: KeyStore) -> None:
    public = keys.jwks("books")
    assert len(exported) == 6
    assert audit_export.verify(exported, public) == []
    changed = json.loads(exported[1])
    changed["actor"] = "Bertil"
    for spoiled in (
        [exported[0], json.dumps(changed), *exported[2:]],
        exported[1:],
        [*exported[:2], *exported[3:]],
        [*exported[:5], exported[4], exported[5]],
        [exported[1], exported[0], *exported[2:]],
        exported[:-1],
        [],
    ):
        assert audit_export.verify(spoiled, public) != []


def test_another_deployments_signature_does_not_hold(
    exported: list[str], tmp_path: Path, clock: FixedClock
) -> None:
    other = KeyStore(tmp_path / "other", "a passphrase of a test")
    other.create_missing(clock.now())

    assert "signature" in audit_export.verify(exported, other.jwks("books"))[0]


def test_a_month_that_runs_or_is_none_is_refused(database: Database, keys: KeyStore) -> None:
    for month, now in (("2026-10", NEXT - timedelta(days=2)), ("2026-13", NEXT), ("october", NEXT)):
        with pytest.raises(InvalidRequest):
            audit_export.export(database, keys, month, now)
