"""Gates ask again when the service says so: a revocation reaches them within ten seconds, and no word makes them ask wildly."""

import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.api import Api
from tests.ticketing.gate.enrolling import enrol
from tests.ticketing.validator.server import serving
from throughfare_gate.validator.courier import pause_seconds
from throughfare_gate.validator.link import again_seconds
from ticketing.db import Database
from ticketing.db.ticket import tickets
from ticketing.gate.publish import refresh_seconds
from ticketing.tickets.own import payload_of


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("8", 8),
        ("5", 5),
        ("3600", 3600),
        ("4", None),
        ("0", None),
        ("-8", None),
        ("3601", None),
        ("8.5", None),
        ("", None),
        ("٨", None),
        ("9" * 5000, None),
    ],
)
def test_a_gate_takes_whole_seconds_within_bounds_and_nothing_else(said: str, again: int | None) -> None:
    assert again_seconds(httpx.Response(200, headers={"Refresh-After": said.encode()})) == again


def test_chance_only_shortens_a_short_pause() -> None:
    told = [pause_seconds(8) for _ in range(500)]
    untold = [pause_seconds(None) for _ in range(500)]

    assert 6.5 <= min(told) < 7.2 < max(told) <= 8
    assert 50 <= min(untold) < 60 < max(untold) <= 70


def test_very_many_gates_ask_less_often_and_each_minute_at_least() -> None:
    assert [refresh_seconds(many) for many in (0, 400, 401, 1000, 100_000)] == [8, 8, 9, 20, 60]


def test_both_answers_to_a_gate_tell_when_to_ask_again(api: Api) -> None:
    path, device = "/v1/operators/tlt/gate-bundle?since=0", enrol(api)
    head = {"Authorization": f"Bearer {device.token()}"}

    first = api.client.get(path, headers=head)
    same = api.client.get(path, headers={**head, "If-None-Match": first.headers["ETag"]})

    assert [(one.status_code, one.headers["Refresh-After"]) for one in (first, same)] == [
        (200, "8"),
        (304, "8"),
    ]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_real_gate_refuses_a_ticket_ten_seconds_after_its_revocation(
    database: Database, tmp_path: Path
) -> None:
    with serving(database, tmp_path) as server:
        token = server.ticket()
        gate = server.gate(tmp_path / "gate").start()
        before = gate.show(token)
        payload = payload_of(token)
        with database.write() as tx:
            tickets.revoke_tickets(tx, [payload["jti"]], datetime.now(UTC))
        time.sleep(10)

        after = gate.show(token)
        gate.end()

    assert before["reason"] == "ok"
    assert after["reason"] == "revoked"
