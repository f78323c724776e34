"""A gate is recognised from memory, and a revocation still counts at once: its own transaction asks again."""

import threading
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.gate.enrolling import at_the_tram, enrol
from ticketing.db.gate.presentations import Asked, Credential, hold_and_read
from ticketing.errors import NotAllowed, NotAuthenticated
from ticketing.gate.credentials import Recognised, Span, check_credential
from ticketing.identity import list_keys, revoke_key, rotate_key
from ticketing.tickets.keys import KeyStore

NOW = datetime(2026, 10, 13, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def house_of(api: Api) -> Any:
    return api.client.application.extensions["throughfare"].gatehouse


def gate_key_id(api: Api) -> str:
    return next(key.id for key in list_keys(house_of(api).database) if key.role == "gate")


def test_a_key_that_was_revoked_after_its_last_scan_is_refused_at_once(api: Api) -> None:
    ticket, gate = at_the_tram(api), api.key("gate", "tlt")
    assert api.scan("no ticket", gate).status_code == 200  # recognised and remembered

    revoke_key(house_of(api).database, api.clock, gate_key_id(api))

    assert api.scan(ticket["token"], gate).status_code == 401
    assert (api.scan(ticket["token"], api.key("gate", "tlt")).json or {})["reason"] == "ok"


def test_a_rotated_key_ends_with_its_overlap(api: Api) -> None:
    gate = api.key("gate", "tlt")
    assert api.scan("no ticket", gate).status_code == 200
    rotate_key(house_of(api).database, api.clock, gate_key_id(api), overlap=timedelta(minutes=5))

    api.clock.advance(timedelta(minutes=5) - SECOND)
    assert api.scan("no ticket", gate).status_code == 200
    api.clock.advance(SECOND)
    assert api.scan("no ticket", gate).status_code == 401


def test_s18_a_device_that_was_revoked_after_its_last_scan_is_refused_at_once(api: Api) -> None:
    ticket, device = at_the_tram(api), enrol(api)
    token = device.token()
    assert api.scan("no ticket", token).status_code == 200

    path = f"/v1/operators/tlt/devices/{device.told['device_id']}/revocation"
    assert api.post(path, {"because": "stolen"}, api.key("admin")).status_code == 204

    assert api.scan(ticket["token"], token).status_code == 403
    assert (api.scan(ticket["token"], api.key("gate", "tlt")).json or {})["reason"] == "ok"


def test_a_remembered_device_token_ends_when_it_says(api: Api) -> None:
    token = enrol(api).token()
    assert api.scan("no ticket", token).status_code == 200

    api.clock.advance(timedelta(seconds=900 + 300) - SECOND)
    assert api.scan("no ticket", token).status_code == 200
    api.clock.advance(SECOND)
    assert api.scan("no ticket", token).status_code == 401


def test_a_recognised_gate_asks_the_database_in_one_transaction(api: Api) -> None:
    ticket, gate = at_the_tram(api), api.key("gate", "tlt")
    api.scan("no ticket", gate)
    begun, said = [], []
    engine = house_of(api).database.engine
    sa.event.listen(engine, "begin", lambda _: begun.append(1))
    sa.event.listen(engine, "before_cursor_execute", lambda *now: said.append(now[2]))

    answer = api.scan(ticket["token"], gate).json or {}

    assert answer["reason"] == "ok"
    assert len(begun) == 1
    # the ticket's row, everything known, the claim, the use, its mark and the scan; on PostgreSQL the driver sends the
    # two readings at once, and the four writings are one statement
    expected = 6 if house_of(api).database.is_sqlite else 1
    assert len([text for text in said if not text.startswith("BEGIN")]) == expected


@pytest.mark.parametrize(
    ("credential", "refusal"),
    [
        (None, NotAuthenticated),
        (Credential(False, None, None), None),
        (Credential(False, None, NOW + SECOND), None),
        (Credential(False, None, NOW), NotAuthenticated),
        (Credential(False, NOW - SECOND, None), NotAuthenticated),
        (Credential(True, None, None), None),
        (Credential(True, NOW - SECOND, None), NotAllowed),
    ],
)
def test_a_credential_is_good_or_the_gate_is_told_why_not(
    credential: Credential | None, refusal: type[Exception] | None
) -> None:
    if refusal is None:
        check_credential(credential, NOW)
        return
    with pytest.raises(refusal):
        check_credential(credential, NOW)


def test_the_memory_keeps_the_newest_and_only_for_their_span() -> None:
    memory: Recognised[str] = Recognised(most=2)
    for name in ("a", "b", "c"):
        memory.keep(f"token {name}", name, Span(NOW, NOW + SECOND))

    found = [memory.find(f"token {name}", NOW) for name in ("a", "b", "c")]

    assert found == [None, "b", "c"]
    assert [memory.find("token c", at) for at in (NOW - SECOND, NOW + SECOND)] == [None, None]


def test_the_memory_holds_when_many_threads_keep_at_once() -> None:
    memory: Recognised[int] = Recognised(most=8)
    faults: list[Exception] = []

    def work(number: int) -> None:
        try:
            for turn in range(300):
                memory.keep(f"{number} {turn}", turn, Span())
        except Exception as error:  # noqa: BLE001  any error at all is the fault that is looked for
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not faults
    assert len(memory._held) <= 8


def test_another_process_that_takes_a_key_out_is_noticed_at_once(tmp_path: Any) -> None:
    """Each change of the index is another file, so that what is kept of it in memory never outlives it."""
    here, there = KeyStore(tmp_path, "x"), KeyStore(tmp_path, "x")
    here.create_missing(NOW)
    (kid,) = here.ring("ticket")

    there.compromise(kid, NOW)

    assert kid not in here.ring("ticket")
    assert kid in here.removed("ticket")
    assert here.signer_key("ticket")[0] in here.ring("ticket")
    mine = here.ring("ticket")
    mine.clear()  # a caller's own copy
    assert here.ring("ticket")
    (tmp_path / "keys.json").unlink()
    assert here.records() == []


def test_a_fault_of_the_driver_is_told_like_any_other_and_leaves_nothing(api: Api) -> None:
    """The reading that goes to PostgreSQL by its driver fails as one through SQLAlchemy does."""
    database = house_of(api).database
    asked = Asked(gate_key_id="gate", scan_id="scan", is_device=False, jti="nul\0", nonce=None, since=NOW)

    refused = (
        nullcontext() if database.is_sqlite else pytest.raises(sa.exc.DBAPIError)
    )  # only PostgreSQL knows no NUL
    with refused, database.write() as tx:
        hold_and_read(tx, asked)
    with database.write() as tx:
        assert (
            hold_and_read(
                tx,
                Asked(gate_key_id="gate", scan_id="scan", is_device=False, jti=None, nonce=None, since=NOW),
            )[1].same
            is None
        )
