"""Roles have their rights at gates: every route of gates × every role, for the own operator and for another."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.gate.enrolling import devices_of, enrol
from ticketing.identity import list_keys
from ticketing.identity.principal import OPERATOR_ROLES, ROLES, Role

CODE = {"name": "Kopli 9"}
REVOKE = {"because": "stolen from tram 4"}
SCAN = {"scan_id": str(uuid.UUID(int=7)), "token": "none", "device_ts": "2026-10-13T02:10:00Z"}
LOOK = {"code": "ABCDEFGHIJ", "reason": "no phone"}
BATCH = {
    "scans": [
        {
            "scan_id": str(uuid.UUID(int=8)),
            "seq": 1,
            "jti": "A" * 22,
            "leg": 0,
            "device_ts": 1,
            "decision": "accept",
            "reason": "ok",
        }
    ]
}
ADMINS = {"admin", "operator_admin"}
PEOPLE = {"admin", "operator_admin", "operator_finance", "operator_staff"}
# Route → what is sent, the roles that are let in, and whether it names an operator.
MATRIX: dict[str, tuple[Any, set[str], bool]] = {
    "POST /v1/operators/{operator}/device-codes": (CODE, ADMINS, True),
    "GET /v1/operators/{operator}/devices": (None, PEOPLE, True),
    "POST /v1/operators/{operator}/devices/{device_id}/revocation": (REVOKE, ADMINS, True),
    "GET /v1/operators/{operator}/gate-bundle": (None, {"gate", "admin"}, True),
    "GET /v1/operators/{operator}/gate-journal": (None, PEOPLE, True),
    "GET /v1/operators/{operator}/gate-metrics": (None, PEOPLE, True),
    "GET /v1/operators/{operator}/sailings": (None, PEOPLE, True),
    "POST /v1/validations": (SCAN, {"gate"}, False),
    "POST /v1/validations/batch": (BATCH, {"gate"}, False),
    "POST /v1/validations/by-hand": (
        {**LOOK, "scan_id": str(uuid.UUID(int=9)), "device_ts": SCAN["device_ts"]},
        {"gate"},
        False,
    ),
    "POST /v1/control-codes": (LOOK, {"gate"}, False),
    "POST /v1/inspections": ({"token": "none", "reason": "round"}, {"gate"}, False),
    "POST /v1/inspections/{inspection_id}/incidents": ({"note": "left"}, {"gate"}, False),
}
_GATES = re.compile(r"/v1/(operators/\{operator\}/|validations|control-codes|inspections)")
LET_IN = {200, 201, 204, 404}  # 404: let in, and there was nothing of that name


def routes(api: Api) -> set[str]:
    return {
        f"{method} {path}"
        for rule in api.client.application.url_map.iter_rules()
        for path in [re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)]
        if _GATES.match(path)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_the_documents_say_which_role_may_call_what() -> None:
    text = Path("docs/gates.md").read_text(encoding="utf-8")
    columns = ({"gate"}, {"operator_staff", "operator_finance"}, {"operator_admin"}, {"admin"})
    told: dict[str, set[str]] = {}
    for line in text.splitlines():
        call, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if call.strip("`") in MATRIX and len(cells) == len(columns):
            told[call.strip("`")] = {
                role for cell, roles in zip(cells, columns, strict=True) if cell == "yes" for role in roles
            }

    assert told == {route: roles for route, (_, roles, _) in MATRIX.items()}


def test_s5_every_route_of_gates_has_its_row(api: Api) -> None:
    others = (
        "statements",
        "departures",
        "contests",
    )  # calls of finance, of an operator's own people, of anybody

    assert {route for route in routes(api) if not route.partition("}/")[2].startswith(others)} == set(MATRIX)


@pytest.mark.parametrize("role", ROLES)
def test_s2_s5_each_role_gets_where_the_matrix_says_and_only_at_its_own_operator(
    api: Api, role: Role
) -> None:
    is_limited = role in OPERATOR_ROLES
    key = api.key(role, "tlt") if is_limited else api.key(role)

    for route, (body, allowed, names_operator) in MATRIX.items():
        method, _, path = route.partition(" ")
        for operator in ("tlt", "hsl"):
            filled = path.format(operator=operator, device_id="none", inspection_id="none")
            answer = api.client.open(
                filled, method=method, json=body, headers={"Authorization": f"Bearer {key}"}
            )
            expected = role in allowed and (operator == "tlt" or not names_operator or not is_limited)
            assert (answer.status_code in LET_IN) == expected, (
                route,
                operator,
                answer.status_code,
                answer.json,
            )
            if not expected:
                assert answer.status_code == 403, (route, operator)


def test_an_operators_administrator_enrols_lists_and_revokes_its_own_devices_and_only_those(api: Api) -> None:
    own, foreign = enrol(api), enrol(api, "hsl", name="Pasila", stop_id="HSL-T-PAS")
    admin = api.key("operator_admin", "tlt")
    made = api.post("/v1/operators/tlt/device-codes", {"name": "Kopli 2"}, admin)
    listed = api.get("/v1/operators/tlt/devices", admin).json or {}

    def revoke(operator: str, device: str) -> int:
        return api.post(f"/v1/operators/{operator}/devices/{device}/revocation", REVOKE, admin).status_code

    assert made.status_code == 201
    assert [device["name"] for device in listed["devices"]] == ["Kopli 1"]
    # Another operator's device, by its own address and smuggled into the own one's: nothing happens to it.
    assert (revoke("hsl", foreign.told["device_id"]), revoke("tlt", foreign.told["device_id"])) == (403, 404)
    assert devices_of(api, "hsl")[0]["state"] == "working"
    assert revoke("tlt", own.told["device_id"]) == 204
    journal = (api.get("/v1/operators/tlt/gate-journal", admin).json or {})["entries"]
    who = next(key.id for key in list_keys(house_of(api).database) if key.role == "operator_admin")
    assert (journal[0]["kind"], journal[0]["by"]) == ("revocation", who)


def test_an_operators_administrator_has_no_way_to_money_or_other_keys(api: Api) -> None:
    admin = api.key("operator_admin", "tlt")

    refused = [api.get(path, admin).status_code for path in ("/metrics", "/v1/settlement/runs", "/v1/me")]

    assert all(status in {401, 403, 404} for status in refused), refused


def house_of(api: Api) -> Any:
    return api.client.application.extensions["throughfare"].gatehouse
