"""The validator as an operator runs it: real processes, a real server, the power cut with -9."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx
import pytest
import sqlalchemy as sa

from tests.spoiled import spoiled
from tests.ticketing.validator.server import serving
from throughfare_gate.validator.store import Store
from ticketing.clock import SystemClock
from ticketing.db import Database
from ticketing.db.tables.gates import scan_fact, ticket_use
from ticketing.identity import create_key


def facts(database: Database) -> list[tuple[str, int, str]]:
    with database.read() as tx:
        rows = tx.execute(sa.select(scan_fact.c.scan_id, scan_fact.c.seq, scan_fact.c.decision))
        return sorted((row.scan_id, row.seq, row.decision) for row in rows)


def rides(database: Database) -> int:
    with database.read() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(ticket_use)).scalar_one())


def test_a_gate_decides_uploads_and_survives_power_cuts_and_a_server_that_is_away(
    database: Database, tmp_path: Path
) -> None:
    with serving(database, tmp_path) as server:
        gate = server.gate(tmp_path / "gate")
        tickets = [server.ticket() for _ in range(6)]

        gate.start()
        first = gate.show(tickets[0])
        again = gate.show(tickets[0])
        assert (first["decision"], first["reason"], again["again"]) == ("accept", "ok", True)
        assert "every scan is reported" in gate.end()
        assert len(facts(database)) == 1

        server.down()
        gate.start("--drain", "0")
        answers = [gate.show(ticket) for ticket in tickets[1:4]]
        gate.kill()
        gate.start("--drain", "0")
        refused = gate.show(tickets[1])
        answers.append(gate.show(tickets[4]))
        forged = gate.show(spoiled(tickets[5]))
        gate.kill()
        assert [answer["decision"] for answer in answers] == ["accept"] * 4
        assert (refused["decision"], refused["again"]) in {("refuse", False), ("accept", True)}
        assert (forged["reason"], forged["scan_id"]) == ("bad_signature", None)

        server.up()
        gate.start()
        gate.show(tickets[5])
        assert "every scan is reported" in gate.end()
        told = facts(database)
        assert [seq for _, seq, _ in sorted(told, key=lambda row: row[1])] == list(range(1, len(told) + 1))
        assert rides(database) == 6
        device = server.devices()[0]
        assert (device["accepted"], device["missing"], device["state"]) == (6, 0, "working")


ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_a_use_at_one_gate_is_known_at_the_next_after_its_bundle(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path) as server:
        ticket = server.ticket()
        one, two = server.gate(tmp_path / "one"), server.gate(tmp_path / "two", "Kopli 2")
        one.start()
        one.show(ticket)
        one.end()
        two.start()
        two.await_note("is held")

        answer = two.show(ticket)
        two.end()

    assert answer["reason"] == "already_used"
    assert "at Kopli 1" in answer["staff_sees"]


@ON_SQLITE
def test_a_clock_that_was_put_back_by_a_power_cut_learns_the_time(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path) as server:
        ticket, gate = server.ticket(), server.gate(tmp_path / "gate")
        store = Store(tmp_path / "gate" / "gate.db")
        store.remember(offset="-86400")  # as if the clock had run a day ahead until now
        store.close()
        gate.start()
        gate.await_note("is held")

        answer = gate.show(ticket)
        gate.end()

    assert answer["reason"] == "ok"


@ON_SQLITE
def test_a_stolen_gate_closes(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path) as server:
        ticket, gate = server.ticket(), server.gate(tmp_path / "gate")
        device = server.devices()[0]["id"]
        server.post(f"/v1/operators/tlt/devices/{device}/revocation", {"because": "stolen"})
        gate.start()
        gate.await_note("revoked")

        answer = gate.show(ticket)
        gate.end()

    assert (answer["decision"], answer["reason"]) == ("refuse", "device_not_authorised")


@ON_SQLITE
def test_a_folder_holds_one_gate(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path) as server:
        server.gate(tmp_path / "gate")

        with pytest.raises(AssertionError, match="holds a gate already"):
            server.gate(tmp_path / "gate", "Kopli 2")


@ON_SQLITE
def test_power_cuts_at_any_moment_lose_no_scan_and_double_none(database: Database, tmp_path: Path) -> None:
    chance = Random(20261124)
    with serving(database, tmp_path) as server:
        gate = server.gate(tmp_path / "gate")
        tickets = [server.ticket() for _ in range(12)]
        seen: dict[str, str] = {}
        left = list(tickets)
        for _ in range(5):
            gate.start("--drain", "0")
            for code in left[: chance.randrange(1, 4)]:
                seen[code] = str(gate.show(code)["decision"])
            gate.throw(
                [code for code in left if code not in seen][:3]
            )  # the power fails while these are read
            left = [code for code in tickets if code not in seen]
        gate.start()
        for code in left:
            seen[code] = str(gate.show(code)["decision"])
        assert "every scan is reported" in gate.end()

    told = facts(database)
    assert set(seen.values()) == {"accept"}
    assert [decision for _, _, decision in told].count("accept") == len(tickets)
    assert sorted(seq for _, seq, _ in told) == list(range(1, len(told) + 1))
    assert rides(database) == len(tickets)


def test_s20_64_presentations_to_two_worker_processes_have_one_winner(
    database: Database, tmp_path: Path
) -> None:
    with serving(database, tmp_path, workers=2) as server:
        token = server.ticket()
        key = create_key(database, SystemClock(), role="gate", operator="tlt", label="test")[1]

        def show(_: int) -> str:
            body = {"scan_id": str(uuid.uuid4()), "token": token, "device_ts": datetime.now(UTC).isoformat()}
            head = {"Authorization": f"Bearer {key}"}
            answer = httpx.post(f"{server.url}/v1/validations", json=body, headers=head, timeout=60)
            return str(answer.json()["reason"])

        with ThreadPoolExecutor(64) as pool:
            reasons = sorted(pool.map(show, range(64)))

    assert reasons == ["already_used"] * 63 + ["ok"]
