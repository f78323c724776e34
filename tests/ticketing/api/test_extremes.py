"""The first and the last times that can be written are answered like any other, at every call that takes one."""

import uuid

import pytest

from tests.api import KOPLI_TO_PASILA, Api
from tests.ticketing.identity.people_of import register

MOMENTS = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z"]
SECONDS = [0, 253_370_764_800, 2**40, 2**63]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_at_the_end_of_the_calendar_breaks_nothing(api: Api, moment: str) -> None:
    gate = api.key("gate", "hsl")
    scan = {"scan_id": str(uuid.uuid4()), "token": "x", "device_ts": moment}
    by_hand = {
        "scan_id": str(uuid.uuid4()),
        "code": "ABCDEFGH",
        "reason": "a broken screen",
        "device_ts": moment,
    }
    answers = [
        api.post("/v1/journeys", {**KOPLI_TO_PASILA, "depart_at": moment}),
        api.post("/v1/validations", scan, gate),
        api.post("/v1/validations/by-hand", by_hand, gate),
        api.post("/v1/passes/quotes", {"product": "x", "start": moment[:10]}, register(api).access),
    ]

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []


@pytest.mark.parametrize("seconds", SECONDS)
def test_seconds_beyond_the_calendar_break_nothing(api: Api, seconds: int) -> None:
    gate = api.key("gate", "hsl")
    scan = {
        "scan_id": str(uuid.uuid4()),
        "seq": 1,
        "jti": "x" * 22,
        "leg": 0,
        "device_ts": seconds,
        "decision": "accept",
        "reason": "ok",
    }
    answers = [
        api.get(f"/v1/operators/hsl/gate-bundle?since={seconds}", gate),
        api.post("/v1/validations/batch", {"scans": [scan]}, gate),
    ]

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
