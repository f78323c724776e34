"""Facts that are there already open drafts, each once in its life."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from operators.figures import Figure, Slot
from tests.api import Api
from tests.ticketing.gate.enrolling import enrol
from throughfare_gate.gate.model import Policy
from throughfare_gate.ids import new_id
from ticketing.db import Database
from ticketing.db.operators.figures import DatabaseFigures
from ticketing.db.tables.devices import gate_device
from ticketing.db.tables.gates import double_use, scan_fact
from ticketing.db.tables.purchase import dispute
from ticketing.frozen import FraudWave, GateOutage, KeyLeaked, OtherFailure
from ticketing.incidents import reporting, triggers
from ticketing.incidents.desk import IncidentDesk
from ticketing.tickets import known_keys


@pytest.fixture
def desk(api: Api) -> IncidentDesk:
    desk: IncidentDesk = api.client.application.extensions["throughfare"].incidents
    return desk


def only(desk: IncidentDesk) -> reporting.Case:
    """Draft twice; the second time makes nothing."""
    assert triggers.draft_all(desk) == 1
    assert triggers.draft_all(desk) == 0
    [case] = reporting.list_cases(desk)
    assert (case.record.status, case.record.tlp, case.is_shared) == ("suspected", "AMBER", False)
    return case


def test_a_service_without_troubles_drafts_nothing(api: Api, desk: IncidentDesk) -> None:
    api.buy()

    assert triggers.draft_all(desk) == 0


def test_a_key_that_is_withdrawn_is_a_draft_with_its_tickets(api: Api, desk: IncidentDesk) -> None:
    bought = api.buy()
    kid = desk.keys.signer_key("ticket")[0]
    desk.keys.compromise(kid, desk.clock.now())
    known_keys.tell(desk.database, desk.keys, desk.clock.now())

    facts = only(desk).record.facts

    assert isinstance(facts, KeyLeaked)
    assert (facts.kid, facts.tickets_signed) == (kid, len(bought.tickets))


def test_a_key_that_is_rotated_is_none(api: Api, desk: IncidentDesk) -> None:
    desk.keys.rotate("ticket", desk.clock.now())
    api.clock.advance(timedelta(hours=49))
    desk.keys.rotate("ticket", desk.clock.now())
    known_keys.tell(desk.database, desk.keys, desk.clock.now())

    assert triggers.draft_all(desk) == 0


def test_a_revoked_device_that_goes_on_scanning_is_a_draft(api: Api, desk: IncidentDesk) -> None:
    device = enrol(api).told["device_id"]
    now = desk.clock.now()
    row = {
        "gate_key_id": device,
        "scan_id": new_id(),
        "content_hash": "x",
        "operator": "tlt",
        "jti": "j",
        "leg": 0,
        "seq": 1,
        "device_ts": 1,
        "clock_offset": 0,
        "decision": "accept",
        "reason": "ok",
        "received_at": now + timedelta(minutes=5),
    }
    with desk.database.write() as tx:
        tx.execute(sa.insert(scan_fact).values(**row))
        tx.execute(sa.update(gate_device).values(revoked_at=now, revoked_because="stolen"))

    case = only(desk)

    assert (case.record.type, case.record.operator) == ("forged_or_cloned_tickets", "tlt")
    assert getattr(case.record.facts, "devices", None) == (device,)


@pytest.mark.parametrize(("uses", "is_draft"), [(5, False), (6, True)])
def test_many_double_uses_of_a_product_within_an_hour_are_a_draft(
    api: Api, desk: IncidentDesk, uses: int, *, is_draft: bool
) -> None:
    jti = api.buy().ticket_of("anna")["jti"]
    now = desk.clock.now()
    rows = [
        {
            "gate_key_id": "g",
            "scan_id": f"s{at}",
            "jti": jti,
            "leg": 0,
            "operator": "tlt",
            "first_operator": "tlt",
            "first_gate": "Kopli",
            "second_gate": "Kopli",
            "gap_seconds": 60,
            "at": now,
            "found_at": now,
        }
        for at in range(uses)
    ]
    with desk.database.write() as tx:
        tx.execute(sa.insert(double_use), rows)

    assert triggers.draft_all(desk) == int(is_draft)


@pytest.mark.parametrize(("silent", "is_draft"), [(2, False), (3, True)])
def test_half_of_an_operators_gates_that_are_silent_are_a_draft(
    api: Api, desk: IncidentDesk, silent: int, *, is_draft: bool
) -> None:
    devices = [enrol(api, name=f"Kopli {at}").told["device_id"] for at in range(5)]
    now = desk.clock.now()
    with desk.database.write() as tx:
        for at, device in enumerate(devices):
            seen = now - timedelta(minutes=40 if at < silent else 1)
            tx.execute(sa.update(gate_device).where(gate_device.c.id == device).values(last_bundle_at=seen))

    if not is_draft:
        assert triggers.draft_all(desk) == 0
        return
    facts = only(desk).record.facts
    assert isinstance(facts, GateOutage)
    assert set(facts.devices) == set(devices[:silent])
    # As gates.json of the region says for this operator's gates.
    assert facts.degrade == "fail_open"


def test_a_draft_says_how_the_operators_gates_were_told_to_decide(api: Api, desk: IncidentDesk) -> None:
    for at in range(3):
        device = enrol(api, name=f"Kopli {at}").told["device_id"]
        seen = desk.clock.now() - timedelta(minutes=40)
        with desk.database.write() as tx:
            tx.execute(sa.update(gate_device).where(gate_device.c.id == device).values(last_bundle_at=seen))

    facts = only(replace(desk, policies={})).record.facts

    assert isinstance(facts, GateOutage)
    assert facts.degrade == Policy().degrade == "fail_closed"


def test_gates_that_closed_for_the_night_are_none(api: Api, desk: IncidentDesk) -> None:
    for at in range(3):
        enrol(api, name=f"Kopli {at}")
    with desk.database.write() as tx:
        tx.execute(sa.update(gate_device).values(last_bundle_at=desk.clock.now() - timedelta(hours=13)))

    assert triggers.draft_all(desk) == 0


@pytest.mark.parametrize(("ok", "is_draft"), [(1, False), (0, True)])
def test_an_operator_that_answers_nothing_for_an_hour_is_a_draft(
    desk: IncidentDesk, ok: int, *, is_draft: bool
) -> None:
    hour = desk.clock.now().replace(minute=0) - timedelta(hours=1)
    figure = Figure(outcomes=Counter({"unavailable": 12, "ok": ok}))
    DatabaseFigures(desk.database).keep({Slot("helsinki-tallinn", "tallink", "hold", hour): figure})

    if not is_draft:
        assert triggers.draft_all(desk) == 0
        return
    facts = only(desk).record.facts
    assert isinstance(facts, OtherFailure)
    assert (facts.failure, facts.operator, facts.failures) == ("connector_down", "tallink", 12)


def payment_of(database: Database) -> str:
    with database.read() as tx:
        return str(tx.execute(sa.text("SELECT id FROM payment LIMIT 1")).scalar_one())


@pytest.mark.parametrize(("count", "is_draft"), [(4, False), (5, True)])
def test_many_payments_that_come_back_as_fraud_are_a_draft(
    api: Api, desk: IncidentDesk, count: int, *, is_draft: bool
) -> None:
    api.buy()
    payment, now = payment_of(desk.database), desk.clock.now()
    rows = [
        {
            "id": f"d{at}",
            "payment_id": payment,
            "state": "open",
            "reason": "fraudulent",
            "amount_minor": 1000,
            "fee_minor": 0,
            "currency": "EUR",
            "opened_at": now,
            "changed_at": now,
        }
        for at in range(count)
    ]
    with desk.database.write() as tx:
        tx.execute(sa.insert(dispute), rows)

    if not is_draft:
        assert triggers.draft_all(desk) == 0
        return
    facts = only(desk).record.facts
    assert isinstance(facts, FraudWave)
    assert (facts.chargebacks, facts.amount_minor) == (5, 5000)
