"""Staff and inspectors: nothing is looked up without a reason, nothing is used up by a look."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.gate.at_hand import by_hand
from tests.ticketing.tickets.mint import phone_jwk
from ticketing.db import Database
from ticketing.db.gate import gate_journal
from ticketing.db.tables.devices import gate_journal as table
from ticketing.db.ticket.tickets import control_code_of

Ticket = dict[str, Any]


def at_the_tram(api: Api, *, bound: bool = False) -> tuple[Ticket, str]:
    bought = api.buy()
    ticket = bought.ticket_of("anna")
    if bound:
        path = f"/v1/orders/{bought.order['id']}/tickets/{ticket['jti']}/move"
        ticket["token"] = (api.post(path, {"public_key": phone_jwk()}, bought.token).json or {})["token"]
    api.clock.advance(timedelta(hours=1, minutes=10))
    return ticket, api.key("gate", "tlt")


def journal(api: Api, operator: str = "tlt") -> list[dict[str, Any]]:
    answer = api.get(f"/v1/operators/{operator}/gate-journal", api.key("operator_finance", operator))
    return list((answer.json or {})["entries"])


def test_staff_find_a_ticket_by_its_control_code_and_see_their_own_part_of_it(api: Api) -> None:
    ticket, gate = at_the_tram(api)
    code = control_code_of(ticket["jti"])

    answer = api.post(
        "/v1/control-codes", {"code": f"{code[:5]}-{code[5:].lower()}", "reason": "no phone"}, gate
    )

    found = (answer.json or {})["tickets"][0]
    assert (found["jti"], found["legs"]) == (ticket["jti"], [{"leg": 0, "from": "09005-1", "to": "12227-1"}])
    assert [(entry["kind"], entry["reason"]) for entry in journal(api)] == [("look_up", "no phone")]


def test_a_code_of_nobody_here_is_not_found_and_still_written_down(api: Api) -> None:
    ticket, gate = at_the_tram(api)
    stranger = api.key("gate", "viking")

    refused = [
        api.post("/v1/control-codes", {"code": code, "reason": "looking around"}, key)
        for code, key in (("AAAAA22222", gate), (control_code_of(ticket["jti"]), stranger))
    ]

    assert [answer.status_code for answer in refused] == [404, 404]
    assert refused[0].json["detail"] == refused[1].json["detail"]  # type: ignore[index]
    assert [entry["document"] for entry in journal(api, "viking")] == [{"found": False}]


@pytest.mark.parametrize(
    "body", [{"code": "AAAAA22222"}, {"code": "AAAAA22222", "reason": ""}, {"code": "1", "reason": "why"}]
)
def test_a_look_without_a_reason_or_code_is_refused(api: Api, body: dict[str, str]) -> None:
    assert api.post("/v1/control-codes", body, api.key("gate", "tlt")).status_code == 422


def test_a_passenger_with_a_dead_phone_is_let_in_by_hand_once(api: Api) -> None:
    ticket, gate = at_the_tram(api, bound=True)
    code = control_code_of(ticket["jti"])

    first = by_hand(api, gate, code).json
    api.clock.advance(timedelta(minutes=2))
    second = by_hand(api, gate, code).json

    assert (first["decision"], first["reason"], second["reason"]) == (
        "accept",
        "ok_attention",
        "already_used",
    )
    assert "by hand" in first["staff_sees"]
    assert [entry["kind"] for entry in journal(api)] == ["by_hand", "by_hand"]


def test_the_same_scan_by_hand_is_answered_again(api: Api) -> None:
    ticket, gate = at_the_tram(api)
    code, scan_id = control_code_of(ticket["jti"]), str(uuid.uuid4())

    first, again = (by_hand(api, gate, code, scan_id=scan_id).json for _ in range(2))

    assert first == again


def test_an_inspector_sees_the_history_here_and_uses_nothing_up(api: Api) -> None:
    ticket, gate = at_the_tram(api)
    before = api.post("/v1/inspections", {"token": ticket["token"]}, gate).json or {}
    api.scan(ticket["token"], gate, stop_id="09005-1")
    api.clock.advance(timedelta(minutes=5))
    after = api.post("/v1/inspections", {"token": ticket["token"]}, gate).json or {}
    elsewhere = api.post("/v1/inspections", {"token": ticket["token"]}, api.key("gate", "hsl")).json or {}

    assert (before["decision"], before["attention"]) == ("accept", "no use of this ride is known")
    assert [(use["gate"], use["leg"]) for use in after["ticket"]["history"]] == [("09005-1", 0)]
    assert elsewhere["ticket"]["history"] == []
    assert after["attention"] is None


def test_an_inspector_learns_nothing_about_a_ticket_of_others(api: Api) -> None:
    ticket, _ = at_the_tram(api)

    seen = api.post("/v1/inspections", {"token": ticket["token"]}, api.key("gate", "viking")).json or {}

    assert (seen["reason"], seen["ticket"]) == ("wrong_audience", None)


def test_a_look_at_a_bound_ticket_needs_its_phone_unless_it_is_found_by_hand(api: Api) -> None:
    ticket, gate = at_the_tram(api, bound=True)
    code = control_code_of(ticket["jti"])

    shown = api.post("/v1/inspections", {"token": ticket["token"]}, gate).json or {}
    found = api.post("/v1/inspections", {"code": code, "reason": "phone is dead"}, gate).json or {}

    assert (shown["reason"], found["decision"]) == ("proof_missing", "accept")


def test_an_incident_stays_with_the_ticket(api: Api) -> None:
    ticket, gate = at_the_tram(api)
    seen = api.post("/v1/inspections", {"token": ticket["token"]}, gate).json or {}
    path = f"/v1/inspections/{seen['inspection_id']}/incidents"

    assert api.post(path, {"note": "two people, one ticket"}, gate).status_code == 201
    assert api.post(path, {"note": "not yours"}, api.key("gate", "hsl")).status_code == 404
    again = api.post("/v1/inspections", {"token": ticket["token"]}, gate).json or {}
    assert [note["reason"] for note in again["ticket"]["notes"]] == ["two people, one ticket"]


@pytest.mark.parametrize("body", [{}, {"token": "x", "code": "AAAAA22222"}])
def test_an_inspection_is_by_token_or_by_code(api: Api, body: dict[str, str]) -> None:
    assert api.post("/v1/inspections", body, api.key("gate", "tlt")).status_code == 422


def test_only_gates_look_and_only_the_office_reads_the_journal(api: Api) -> None:
    for role in ("finance", "admin"):
        assert api.post("/v1/inspections", {"token": "x"}, api.key(role)).status_code == 403
    assert api.get("/v1/operators/tlt/gate-journal", api.key("gate", "tlt")).status_code == 403
    assert api.get("/v1/operators/tlt/gate-journal", api.key("operator_finance", "hsl")).status_code == 403


def test_s52_a_changed_or_removed_entry_of_the_journal_is_found(api: Api, database: Database) -> None:
    ticket, gate = at_the_tram(api)
    for _ in range(3):
        api.post("/v1/inspections", {"token": ticket["token"]}, gate)
    with database.read() as tx:
        whole = gate_journal.first_break(tx, "tlt")
        entries = gate_journal.list_entries(tx, "tlt")

    with pytest.raises(sa.exc.IntegrityError, match="append-only"), database.write() as tx:
        tx.execute(sa.delete(table).where(table.c.place == 2))
    drop = (
        ["DROP TRIGGER gate_journal_no_update", "DROP TRIGGER gate_journal_no_delete"]
        if database.is_sqlite
        else ["DROP TRIGGER gate_journal_append_only ON gate_journal"]
    )
    breaks = []
    for change in (
        sa.update(table).where(table.c.place == 3).values(reason="nothing to see"),
        sa.delete(table).where(table.c.place == 2),
    ):
        with database.write() as tx:
            for statement in drop:
                tx.exec_driver_sql(statement)
            drop = []
            tx.execute(change)
            breaks.append(gate_journal.first_break(tx, "tlt"))

    assert (whole, [entry.place for entry in entries], breaks) == (None, [3, 2, 1], [3, 2])
