"""Several gates, online and offline: any order, split and repetition of what they tell ends in one state."""

import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api import Api
from tests.ticketing.gate.stock import put_ticket
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.tables.gates import double_use, scan_fact, ticket_use
from ticketing.gate.upload import Sender, Told, upload

NOON = datetime(2026, 10, 13, 12, 0, tzinfo=UTC)
AT = int(NOON.timestamp())
GATES = ("g1", "g2", "g3")
TICKETS = {"once": {}, "carnet": {"uses": 2, "uses_per_leg": 0}, "swiped": {"uses_per_leg": 0}}
RULES = {
    "once": {},
    "carnet": {"transfer_seconds": 90, "transfers": 1},
    "swiped": {"check": "in_out"},
}

Row = tuple[str, Told]

ROWS = st.tuples(
    st.sampled_from(GATES),
    st.builds(
        Told,
        scan_id=st.sampled_from(["s1", "s2", "s3", "s4"]),
        seq=st.integers(1, 4),
        jti=st.sampled_from([name.ljust(22, "A") for name in (*TICKETS, "nobodys")]),
        leg=st.integers(0, 2),
        device_ts=st.integers(AT - 200, AT),
        clock_offset=st.integers(-3, 3),
        decision=st.sampled_from(["accept", "accept", "refuse"]),
        reason=st.just("ok"),
        bundle_version=st.none() | st.integers(AT - 300, AT),
        direction=st.sampled_from([None, None, "in", "out", "inspect"]),
    ),
)


def tell(database: Database, rows: list[Row], batches: int, chance: Random) -> None:
    """Upload the rows in some order, in some batches a gate, some of them twice."""
    mixed = rows + chance.sample(rows, len(rows) // 2)
    chance.shuffle(mixed)
    for start in range(batches):
        for gate in GATES:
            batch = [told for name, told in mixed[start::batches] if name == gate]
            if batch:
                upload(database, FixedClock(NOON), Sender(gate, "tlt"), batch, rules())


def rules() -> dict[str, Any]:
    from throughfare_gate.tickets.products import read_rule  # noqa: PLC0415  one use

    return {name: read_rule(rule, name) for name, rule in RULES.items()}


def state(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Read the state afterwards: facts, uses and double uses, without when the service heard of them."""
    with database.read() as tx:
        return {
            table.name: sorted(
                tuple(value for name, value in row.items() if name not in {"received_at", "found_at"})
                for row in (dict(found) for found in tx.execute(sa.select(table)).mappings())
            )
            for table in (ticket_use, double_use)
        } | {
            "facts": sorted(map(tuple, tx.execute(sa.select(scan_fact.c.scan_id, scan_fact.c.content_hash))))
        }


@pytest.fixture
def stocked(database: Database) -> Database:
    for name, numbers in TICKETS.items():
        put_ticket(database, name.ljust(22, "A"), product=name, at=NOON - timedelta(hours=1), **numbers)
    return database


EXAMPLES = 300 if os.environ.get("SOAK") else 15


@settings(max_examples=EXAMPLES, deadline=None)
@given(rows=st.lists(ROWS, min_size=2, max_size=14), chance=st.randoms(use_true_random=False))
def test_s22_any_order_split_and_repetition_of_several_gates_ends_in_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, rows: list[Row], chance: Random
) -> None:
    states = []
    for batches in (1, 3):
        path = tmp_path_factory.mktemp("uploads") / "one.db"
        path.write_bytes(sqlite_template.read_bytes())
        database = Database(f"sqlite:///{path}")
        for name, numbers in TICKETS.items():
            put_ticket(database, name.ljust(22, "A"), product=name, at=NOON - timedelta(hours=1), **numbers)
        tell(database, rows, batches, chance)
        states.append(state(database))
        database.close()

    assert states[0] == states[1]


def test_the_same_holds_on_either_database(stocked: Database) -> None:
    chance = Random(7)
    row = {"reason": "ok", "clock_offset": 0, "bundle_version": None, "seq": 1}
    rows = [
        (
            chance.choice(GATES),
            Told(
                scan_id=f"s{chance.randrange(9)}",
                jti=f"{chance.choice(list(TICKETS)):A<22}",
                leg=0,
                device_ts=AT - chance.randrange(200),
                decision="accept",
                **row,
            ),
        )
        for _ in range(40)
    ]

    tell(stocked, rows, 1, chance)
    first = state(stocked)
    tell(stocked, rows, 4, chance)

    assert state(stocked) == first
    assert first["ticket_use"]
    assert first["double_use"]


def test_facts_can_only_be_added(stocked: Database) -> None:
    told = Told(
        scan_id="s1",
        seq=1,
        jti="once".ljust(22, "A"),
        leg=0,
        device_ts=AT,
        clock_offset=0,
        decision="accept",
        reason="ok",
        bundle_version=None,
    )
    upload(stocked, FixedClock(NOON), Sender("g1", "tlt"), [told])

    for change in (sa.update(scan_fact).values(decision="refuse"), sa.delete(scan_fact)):
        with pytest.raises(sa.exc.IntegrityError, match="append-only"), stocked.write() as tx:
            tx.execute(change)


def test_an_online_accept_that_the_gate_never_learnt_of_is_withdrawn_by_its_refusal(api: Api) -> None:
    ticket, gate = at_the_tram(api)
    scan_id, at = str(uuid.uuid4()), int(api.clock.now().timestamp())
    api.scan(ticket["token"], gate, scan_id=scan_id)  # the answer is lost, the gate decides by itself
    told = {"scan_id": scan_id, "seq": 1, "jti": ticket["jti"], "leg": 0, "device_ts": at}
    api.post(
        "/v1/validations/batch", {"scans": [{**told, "decision": "refuse", "reason": "status_stale"}]}, gate
    )
    api.clock.advance(timedelta(seconds=30))

    again = api.scan(ticket["token"], api.key("gate", "tlt")).json or {}

    assert (again["decision"], again["reason"]) == ("accept", "ok")


def test_an_online_accept_and_its_upload_are_one_ride(api: Api) -> None:
    ticket, gate = at_the_tram(api)
    scan_id, at = str(uuid.uuid4()), int(api.clock.now().timestamp())
    api.scan(ticket["token"], gate, scan_id=scan_id)
    told = {"scan_id": scan_id, "seq": 1, "jti": ticket["jti"], "leg": 0, "device_ts": at}

    outcome = api.post(
        "/v1/validations/batch", {"scans": [{**told, "decision": "accept", "reason": "ok"}]}, gate
    )

    assert (outcome.json or {})["outcomes"][0]["result"] == "duplicate"


def test_a_use_that_is_withdrawn_leaves_the_bundles_too(api: Api) -> None:
    ticket, gate = at_the_tram(api)
    scan_id, at = str(uuid.uuid4()), int(api.clock.now().timestamp())
    api.scan(ticket["token"], gate, scan_id=scan_id)
    before = api.get("/v1/operators/tlt/gate-bundle", gate)
    told = {"scan_id": scan_id, "seq": 1, "jti": ticket["jti"], "leg": 0, "device_ts": at}
    api.post(
        "/v1/validations/batch", {"scans": [{**told, "decision": "refuse", "reason": "status_stale"}]}, gate
    )

    after = api.get("/v1/operators/tlt/gate-bundle", gate)

    assert before.headers["ETag"] != after.headers["ETag"]


def at_the_tram(api: Api) -> tuple[dict[str, Any], str]:
    ticket = api.buy().ticket_of("anna")
    api.clock.advance(timedelta(hours=1, minutes=10))
    return ticket, api.key("gate", "tlt")
