"""A gate may present so many tickets a minute, in all processes together, and counting costs no write a call."""

import uuid
from datetime import timedelta

import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.gate.enrolling import enrol
from ticketing.db import Database
from ticketing.identity import Counters, Pace

NOW = 1_791_864_000


def test_a_minute_ends_and_the_next_begins_with_nothing(database: Database) -> None:
    pace, counters = Pace(), Counters(database)

    first = [pace.wait_seconds(counters, "gate:a", 100, NOW + at // 10) for at in range(110)]
    later = [pace.wait_seconds(counters, "gate:a", 100, NOW + seconds) for seconds in (59, 66)]

    assert first == [0] * 100 + first[100:]
    assert all(0 < wait <= 60 for wait in first[100:])
    assert later[0] > 0
    assert later[1] == 0
    assert pace.wait_seconds(counters, "gate:b", 100, NOW) == 0


def test_processes_share_a_limit_but_for_a_stride_each(database: Database) -> None:
    processes, counters = [Pace() for _ in range(4)], Counters(database)

    let_in = sum(processes[at % 4].wait_seconds(counters, "gate:a", 100, NOW) == 0 for at in range(1000))

    assert 100 <= let_in <= 100 + 4 * 5


def test_twenty_writes_count_a_hundred_calls(database: Database) -> None:
    said: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *now: said.append(now[2]))
    pace, counters = Pace(), Counters(database)

    for _ in range(100):
        pace.wait_seconds(counters, "gate:a", 100, NOW)

    assert sum(text.startswith("INSERT") for text in said) == 20


def test_s39_a_device_that_presents_more_than_any_flap_opens_is_told_to_wait(api: Api) -> None:
    device, other = enrol(api), enrol(api, name="Kopli 2")
    body = {"token": "no ticket", "device_ts": api.clock.now().isoformat()}
    token = device.token()

    def scan(bearer: str) -> int:
        answer = api.post("/v1/validations", {**body, "scan_id": str(uuid.uuid4())}, bearer, once=None)
        assert answer.status_code == 200 or int(answer.headers["Retry-After"]) > 0
        return answer.status_code

    statuses = [scan(token) for _ in range(301)]

    assert statuses == [200] * 300 + [429]
    assert scan(other.token()) == 200
    api.clock.advance(timedelta(seconds=61))
    assert scan(token) == 200
