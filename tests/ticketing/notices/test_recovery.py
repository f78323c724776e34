"""A lost password or a lost order is found again by mail, and nobody learns which addresses are known."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.ticketing.identity.people_of import PASSWORD, register, sign_in
from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.receivers import text_of
from ticketing.db.notices import outbox
from ticketing.errors import NotAuthenticated
from ticketing.identity import recovery

pytestmark = pytest.mark.usefixtures("quick_hashes")
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEW = "another long password"


def code_in(town: Town) -> str:
    town.work()
    found = re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}", text_of(town.mailbox.mails.pop()))
    assert found
    return found[0]


def ask(town: Town, path: str, email: str = "anna@example.org") -> tuple[int, object]:
    answer = town.api.post(path, {"email": email}, once=None)
    return answer.status_code, answer.json


def made(town: Town, count: int) -> list[str]:
    """Codes for a new password of one account, as letters would bring them."""
    begun = [recovery.begin_reset(town.office.reception, "anna@example.org") for _ in range(count)]
    return [one.code for one in begun if one is not None]


def reset(town: Town, code: str, password: str = NEW) -> int:
    body = {"code": code, "password": password, "label": "new"}
    return town.api.post("/v1/accounts/recovery/password", body, once=None).status_code


def test_a_new_password_is_set_by_a_code_that_is_good_once(town: Town) -> None:
    anna = register(town.api, language="fi")
    ask(town, "/v1/accounts/recovery")
    town.work()
    assert town.mailbox.mails[0]["Subject"] == "Koodisi uutta salasanaa varten"
    code = code_in(town)

    assert (reset(town, code.lower().replace("-", " ")), reset(town, code)) == (201, 401)
    assert anna.get("/v1/me").status_code == 401
    assert sign_in(town.api, password=NEW).id == anna.id
    old = {"email": "anna@example.org", "password": PASSWORD}
    assert town.api.post("/v1/sessions", old, once=None).status_code == 401


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_several_codes_used_at_once_one_counts_and_none_fails(town: Town) -> None:
    """Each call ends the other's code: neither waits for the other."""
    register(town.api)
    answers: list[list[str]] = []
    for _ in range(5):
        codes, together = made(town, 3), threading.Barrier(3)

        def use(code: str, together: threading.Barrier = together) -> str:
            together.wait(30)
            try:
                recovery.set_password(town.office.reception, code, NEW, label="new")
            except NotAuthenticated:
                return "too late"
            return "set"

        with ThreadPoolExecutor(3) as threads:
            answers.append(sorted(threads.map(use, codes)))

    assert answers == [["set", "too late", "too late"]] * 5


def test_an_unknown_address_gets_the_same_answer_and_no_mail(town: Town) -> None:
    register(town.api)

    known, unknown = (
        ask(town, "/v1/accounts/recovery", one) for one in ("anna@example.org", "eve@example.org")
    )
    assert known == unknown == (202, {"state": "asked"})
    assert town.work() == 1
    assert town.mailbox.recipients == ["anna@example.org"]


@ONE
def test_a_code_ends_after_ten_minutes(town: Town) -> None:
    register(town.api)
    ask(town, "/v1/accounts/recovery")
    code = code_in(town)
    town.api.clock.advance(timedelta(minutes=10))

    assert reset(town, code) == 401


@ONE
def test_who_asks_for_another_code_ends_nobodys_and_one_that_is_used_ends_them_all(town: Town) -> None:
    register(town.api)
    codes = []
    for _ in range(3):
        ask(town, "/v1/accounts/recovery")
        codes.append(code_in(town))

    assert [reset(town, one) for one in codes] == [201, 401, 401]


@ONE
def test_a_code_ends_when_the_password_is_changed_otherwise(town: Town) -> None:
    anna = register(town.api)
    ask(town, "/v1/accounts/recovery")
    code = code_in(town)
    changed = town.api.client.put(
        "/v1/me/password",
        json={"old_password": PASSWORD, "new_password": NEW},
        headers={"Authorization": f"Bearer {anna.access}"},
    )

    assert (changed.status_code, reset(town, code, "a third long password")) == (204, 401)


@ONE
def test_a_reset_takes_away_what_was_added_before_the_address_was_confirmed(town: Town) -> None:
    """The maker of an account may not be the reader of its mail."""
    eve = register(town.api)
    key = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "B" * 43}
    eve.post("/v1/me/phones", {"label": "Eve's", "key": key}, once=None)
    ask(town, "/v1/accounts/recovery")
    reset(town, code_in(town))
    anna = sign_in(town.api, password=NEW)

    assert anna.get("/v1/me/phones").json["phones"] == []


@ONE
def test_one_address_gets_three_messages_an_hour(town: Town) -> None:
    register(town.api)

    answers = {ask(town, "/v1/accounts/recovery")[0] for _ in range(5)}
    assert (answers, town.work()) == ({202}, 3)


@ONE
def test_an_erased_account_has_no_way_back(town: Town) -> None:
    anna = register(town.api)
    ask(town, "/v1/accounts/recovery")
    code = code_in(town)
    anna.delete("/v1/me")
    ask(town, "/v1/accounts/recovery")

    assert (reset(town, code), town.work()) == (401, 0)


@ONE
def test_an_address_is_confirmed_by_the_code_that_went_there(town: Town) -> None:
    anna = register(town.api)
    before = anna.get("/v1/me").json["email_confirmed"]
    asked = town.api.post("/v1/me/confirmation", {}, anna.access, once=None)
    code = code_in(town)
    done = town.api.post("/v1/accounts/confirmation", {"code": code}, once=None)

    assert (before, asked.status_code, done.status_code) == (False, 202, 204)
    assert anna.get("/v1/me").json["email_confirmed"] is True
    assert reset(town, code) == 401


def test_orders_without_an_account_are_found_by_their_address_and_claimed(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, {"kind": "email", "address": "anna@example.org"})
    town.work()
    town.mailbox.mails.clear()
    answers = ask(town, "/v1/orders/recovery"), ask(town, "/v1/orders/recovery", "eve@example.org")
    town.work()
    text = text_of(town.mailbox.only())
    anna, eve = register(town.api), register(town.api, "eve@example.org")
    claim = {"order_id": bought.order["id"], "access_token": bought.token}

    assert answers[0] == answers[1] == (202, {"state": "asked"})
    assert bought.token in text
    assert town.api.post("/v1/me/orders/claims", claim, anna.access).status_code == 204
    assert [one["id"] for one in anna.get("/v1/me/orders").json["orders"]] == [bought.order["id"]]
    assert town.api.post("/v1/me/orders/claims", claim, eve.access).status_code == 409
    wrong = {**claim, "access_token": "tf_order_x"}
    assert town.api.post("/v1/me/orders/claims", wrong, anna.access).status_code == 404


@ONE
def test_an_erased_account_leaves_no_contact_and_no_message(town: Town) -> None:
    bought, anna = town.api.buy(), register(town.api)
    town.notify(bought, {"kind": "email", "address": "anna@example.org"})
    claim = {"order_id": bought.order["id"], "access_token": bought.token}
    town.api.post("/v1/me/orders/claims", claim, anna.access)
    (kept,) = anna.get("/v1/me/export").json["orders"]
    anna.delete("/v1/me")

    assert kept["contacts"] == [
        {"kind": "email", "language": "en", "address": {"address": "anna@example.org"}}
    ]
    assert (town.work(), town.mailbox.mails) == (0, [])
    shown = town.api.get(f"/v1/orders/{bought.order['id']}/notify", bought.token).json or {}
    assert shown["contacts"] == []


@ONE
def test_the_tags_of_one_mailbox_share_its_messages(town: Town) -> None:
    answers = {ask(town, "/v1/orders/recovery", f"anna+{tag}@example.org")[0] for tag in range(6)}
    ask(town, "/v1/orders/recovery", "bo+1@example.org")
    with town.office.database.read() as tx:
        written = outbox.count_by_state(tx)

    assert (answers, written) == ({202}, {("email", "waiting"): 3 + 1})
