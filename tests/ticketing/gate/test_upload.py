"""Uploaded scans: facts that are kept in any order, and double uses that name both gates."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.gate.telling import tell
from ticketing.db import Database
from ticketing.db.ticket.tickets import find_ticket
from ticketing.gate.upload import judge_ticket


def fact(api: Api, jti: str, seconds: int = 0, **more: Any) -> dict[str, Any]:
    """An accepted scan of the first leg, some seconds from now."""
    at = int(api.clock.now().timestamp()) + seconds
    told = {"scan_id": str(uuid.uuid4()), "seq": 1, "jti": jti, "leg": 0, "device_ts": at}
    return {**told, "decision": "accept", "reason": "ok", **more}


def test_a_repeated_batch_is_a_duplicate(api: Api) -> None:
    gate, scan = api.key("gate", "tlt"), fact(api, api.buy().ticket_of("anna")["jti"])

    assert [tell(api, gate, scan)[0]["result"] for _ in range(2)] == ["recorded", "duplicate"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_time_is_rfc_3339_and_for_one_more_release_a_number(api: Api) -> None:
    gate, scan = api.key("gate", "tlt"), fact(api, api.buy().ticket_of("anna")["jti"])
    written = datetime.fromtimestamp(scan["device_ts"], UTC).isoformat()

    found = [
        tell(api, gate, {**scan, "device_ts": moment})[0]["result"] for moment in (written, scan["device_ts"])
    ]

    assert found == ["recorded", "duplicate"]
    for wrong in ("2026-10-13T06:00:00", "soon", -1, 1.5, True):
        answer = api.post("/v1/validations/batch", {"scans": [{**scan, "device_ts": wrong}]}, gate)
        assert (answer.status_code, "device_ts" in answer.text) == (422, True), wrong


def test_a_double_use_names_both_gates_and_the_seconds_between_them(api: Api) -> None:
    jti = api.buy().ticket_of("anna")["jti"]
    here, there = api.key("gate", "tlt"), api.key("gate", "tlt")
    tell(api, here, fact(api, jti, -90))

    outcome = tell(api, there, fact(api, jti))[0]

    assert outcome["result"] == "recorded_double_use"
    assert outcome["double_use"]["gap_seconds"] == 90
    assert outcome["double_use"]["first_gate"] != outcome["double_use"]["second_gate"]


def test_another_operators_leg_is_an_unknown_ticket(api: Api) -> None:
    scan = fact(api, api.buy().ticket_of("anna")["jti"])

    assert tell(api, api.key("gate", "hsl"), scan)[0]["result"] == "unknown_ticket"


def test_one_scan_id_with_another_ticket_is_kept_as_a_conflict(api: Api) -> None:
    bought, gate = api.buy(), api.key("gate", "tlt")
    scan = fact(api, bought.ticket_of("anna")["jti"])
    tell(api, gate, scan)

    outcome = tell(api, gate, {**scan, "jti": bought.ticket_of("mari")["jti"]})[0]

    assert outcome["result"] == "conflicting_body"


@pytest.mark.parametrize("field", ["jti", "device_ts", "decision", "scan_id"])
def test_a_scan_without_a_field_makes_the_batch_unreadable(api: Api, field: str) -> None:
    scan = {name: value for name, value in fact(api, "x").items() if name != field}

    refused = api.post("/v1/validations/batch", {"scans": [scan]}, api.key("gate", "tlt"))

    assert refused.status_code in {400, 422}
    assert field in refused.text


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_any_order_split_and_repetition_ends_in_the_same_judgment(
    api: Api, database: Database, order: tuple[int, ...]
) -> None:
    jti, gate = api.buy().ticket_of("anna")["jti"], api.key("gate", "tlt")
    scans = [fact(api, jti, -seconds) for seconds in (60, 20, 5)]

    tell(api, gate, scans[order[0]], scans[order[1]])
    tell(api, gate, scans[order[2]], scans[order[0]])

    with database.read() as tx:
        judged = judge_ticket(tx, jti, find_ticket(tx, jti))
    verdicts = [entry.verdict for entry in sorted(judged, key=lambda entry: entry.fact.at)]
    assert verdicts == ["ride", "double_use", "double_use"]


def test_an_uploaded_ride_closes_the_leg_for_the_gates_online(api: Api) -> None:
    ticket = api.buy().ticket_of("anna")
    api.clock.advance(timedelta(hours=1, minutes=10))
    tell(api, api.key("gate", "tlt"), fact(api, ticket["jti"], -600))

    shown = api.scan(ticket["token"], api.key("gate", "tlt")).json or {}

    assert (shown["decision"], shown["reason"]) == ("refuse", "already_used")


def test_an_uploaded_refusal_leaves_the_leg_open(api: Api) -> None:
    ticket = api.buy().ticket_of("anna")
    api.clock.advance(timedelta(hours=1, minutes=10))
    tell(
        api,
        api.key("gate", "tlt"),
        fact(api, ticket["jti"], -600, decision="refuse", reason="internal_error"),
    )

    shown = api.scan(ticket["token"], api.key("gate", "tlt")).json or {}

    assert shown["decision"] == "accept"
