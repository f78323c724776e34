"""Four eyes are two people: two keys of one person, their console and the command line are one; and they prove that they are there."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.identity.authenticator_app import App, enrolled
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.errors import NotAllowed
from ticketing.identity import create_key, rotate_key, staff
from ticketing.identity.service import find_owner, own_key
from ticketing.identity.staff import StaffDesk

pytestmark = pytest.mark.usefixtures("quick_hashes")
_APPROVE = (
    "INSERT INTO approval (id, subject_type, subject_id, digest, decision, actor, decided_at) "
    "VALUES (:id, 'bank_account', :id, '', 'approved', :by, :at)"
)
ACCOUNT = {"party": "hsl", "iban": "FI2112345600000785", "name": "Helsingin seudun liikenne"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, second_factor="required")


@pytest.fixture
def desk(api: Api) -> StaffDesk:
    found: StaffDesk = api.client.application.extensions["throughfare"].staff_desk
    return found


def key_of(desk: StaffDesk, name: str | None, role: Any = "finance") -> tuple[str, str]:
    """A key of somebody, or of nobody; its id and its secret."""
    owner = next((one.id for one in staff.list_members(desk) if one.email == f"{name}@example.org"), None)
    made, secret = create_key(
        desk.database, desk.clock, role=role, operator=None, label="test", staff_id=owner
    )
    return made.id, secret


def step_up(api: Api, app: App, key: str) -> int:
    return api.post("/v1/step-up", {"code": app.code(api.clock.now())}, key).status_code


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def test_a_staff_key_of_nobody_is_refused_and_belongs_to_a_person_for_good(api: Api, desk: StaffDesk) -> None:
    enrolled(desk, api.clock, "anna")
    key_id, key = key_of(desk, None)
    assert code_of(api.get("/v1/settlement-runs", key)) == (403, "key_without_owner")

    own_key(desk.database, desk.clock, key_id, "anna@example.org")

    assert api.get("/v1/settlement-runs", key).status_code == 200
    from ticketing.errors import Conflict  # noqa: PLC0415  only here

    with pytest.raises(Conflict):
        own_key(desk.database, desk.clock, key_id, "anna@example.org")


@pytest.mark.parametrize(
    ("name", "role", "operator"),
    [("heli", "operator_finance", "hsl"), ("ada", "admin", None)],
)
def test_nobody_gets_more_by_a_key_than_by_the_console(
    api: Api, desk: StaffDesk, name: str, role: str, operator: str | None
) -> None:
    enrolled(desk, api.clock, name, role=role, operator=operator)
    key_id, key = key_of(desk, None)

    with pytest.raises(NotAllowed, match="may more"):
        own_key(desk.database, desk.clock, key_id, f"{name}@example.org")
    with pytest.raises(NotAllowed, match="may more"):
        find_owner(desk.database, f"{name}@example.org", "operator_finance", "tlt")

    assert code_of(api.get("/v1/settlement-runs", key)) == (403, "key_without_owner")


def test_an_account_needs_a_code_and_another_person_whatever_keys_they_use(api: Api, desk: StaffDesk) -> None:
    anna, bertil = enrolled(desk, api.clock, "anna"), enrolled(desk, api.clock, "bertil")
    (_, first), (_, second), (_, other) = key_of(desk, "anna"), key_of(desk, "anna"), key_of(desk, "bertil")
    assert code_of(api.post("/v1/bank-accounts", ACCOUNT, first)) == (403, "step_up_needed")
    assert step_up(api, anna, first) == 200
    entered = api.post("/v1/bank-accounts", ACCOUNT, first)
    assert entered.status_code == 201, entered.json
    approval = f"/v1/bank-accounts/{entered.json['id']}/approval"

    assert code_of(api.post(approval, None, second)) == (403, "step_up_needed")  # a code counts for one key
    api.clock.advance(timedelta(seconds=30))
    assert step_up(api, anna, second) == 200
    assert code_of(api.post(approval, None, second)) == (403, "not_allowed")  # and two keys are one person
    assert code_of(api.post(approval, None, other)) == (403, "step_up_needed")
    assert step_up(api, bertil, other) == 200
    api.clock.advance(timedelta(minutes=10))
    assert code_of(api.post(approval, None, other)) == (403, "step_up_needed")  # ten minutes are over
    assert step_up(api, bertil, other) == 200
    assert api.post(approval, None, other).status_code == 200


def test_a_ruling_and_an_answer_that_give_money_need_a_code_too(api: Api, desk: StaffDesk) -> None:
    enrolled(desk, api.clock, "anna")
    _, key = key_of(desk, "anna")
    ruling = api.post("/v1/claims/none/ruling", {"ruling": "pay", "reason": "seen"}, key)
    answer = api.post("/v1/disputes/none/answer", {"text": "yes", "amount": "5.00"}, key)

    assert [code_of(one) for one in (ruling, answer)] == [(403, "step_up_needed")] * 2


def test_a_code_is_no_key_and_a_used_one_steps_nobody_up(api: Api, desk: StaffDesk) -> None:
    anna = enrolled(desk, api.clock, "anna")
    (_, first), (_, second) = key_of(desk, "anna"), key_of(desk, "anna")
    assert step_up(api, anna, first) == 200
    assert code_of(api.post("/v1/step-up", {"code": anna.code(api.clock.now())}, second)) == (
        422,
        "invalid_request",
    )
    assert code_of(api.post("/v1/step-up", {"code": "12345"}, first)) == (422, "invalid_request")

    staff.end(desk, "anna@example.org")

    assert code_of(api.get("/v1/settlement-runs", first)) == (401, "not_authenticated")


def test_the_database_itself_refuses_the_second_key_of_one_person(
    database: Database, api: Api, desk: StaffDesk
) -> None:
    """Past the service: an old release beside this one, or a hand in the database."""
    import sqlalchemy as sa  # noqa: PLC0415  only here

    enrolled(desk, api.clock, "anna")
    unowned, _ = key_of(desk, None)
    (mine, _), (_, _) = key_of(desk, "anna"), key_of(desk, "bertil")
    successor = rotate_key(desk.database, desk.clock, unowned, overlap=timedelta(0))[0].id
    pairs = [
        (f"key {mine}", "Anna"),
        ("Anna", f"key {mine}"),
        ("Anna", "anna"),
        (f"key {unowned}", f"key {successor}"),
    ]
    for at, (enters, approves) in enumerate(pairs):
        with desk.database.write() as tx:
            tx.execute(
                sa.text(
                    "INSERT INTO bank_account (id, party, iban, bic, name, town, country, entered_by, entered_at) "
                    "VALUES (:id, 'hsl', 'FI2112345600000785', '', 'x', '', '', :by, :at)"
                ),
                {"id": f"account-{at}", "by": enters, "at": _kept(tx, api)},
            )
        with (
            pytest.raises(sa.exc.IntegrityError, match="who entered an account"),
            desk.database.write() as tx,
        ):
            tx.execute(
                sa.text(_APPROVE),
                {"id": f"account-{at}", "by": approves, "at": _kept(tx, api)},
            )
    with pytest.raises(sa.exc.IntegrityError, match="owner"), desk.database.write() as tx:
        tx.execute(sa.text("UPDATE api_key SET staff_id = NULL WHERE id = :id"), {"id": mine})
    with pytest.raises(sa.exc.IntegrityError, match="name"), desk.database.write() as tx:
        tx.execute(sa.text("UPDATE staff_member SET name = 'Berta', name_key = 'berta'"))


def _kept(tx: Any, api: Api) -> Any:
    now = api.clock.now()
    return now.isoformat(timespec="microseconds") if tx.dialect.name == "sqlite" else now
