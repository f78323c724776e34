"""The data of a person are exported whole, erased for good with the books still balanced, and forgotten when due."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from tests.api import Api
from tests.ticketing.identity.people_of import PASSWORD, register
from ticketing.cli.worker import run_round
from ticketing.db.books import month_books
from ticketing.db.people import audit_trail
from ticketing.identity.privacy import forget_what_is_due

pytestmark = pytest.mark.usefixtures("quick_hashes")

CANARY = "canary.person@example.org"


def database(api: Api) -> Any:
    return api.client.application.extensions["throughfare"].till.database


def everything(api: Api) -> str:
    """Every value of every table, as one text."""
    with database(api).read() as tx:
        tables = sa.inspect(tx).get_table_names()
        return "\n".join(
            str(row) for name in tables for row in tx.execute(sa.text(f'SELECT * FROM "{name}"'))
        )


@pytest.fixture
def logged(api: Api) -> Iterator[io.StringIO]:
    """Collect all that the service logs."""
    said, before = io.StringIO(), structlog.get_config()["logger_factory"]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(said))
    yield said
    structlog.configure(logger_factory=before)


def bought(api: Api) -> Any:
    anna = register(api, CANARY)
    placed = anna.post("/v1/orders", {"quote_id": api.quote()["id"]}).json
    anna.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"})
    return anna


def test_an_export_has_everything_that_is_kept_and_nothing_of_anybody_else(api: Api) -> None:
    anna = bought(api)
    register(api, "mari@example.org")

    answer = anna.get("/v1/me/export")

    document = answer.json
    assert document["account"]["email"] == CANARY
    assert len(document["orders"]) == 1
    assert len(document["orders"][0]["tickets"]) == 2
    assert document["orders"][0]["payments"][0]["state"] == "captured"
    assert "mari@" not in answer.text
    assert "password_hash" not in answer.text


def test_erasure_leaves_no_trace_of_who_it_was_and_the_books_balance(api: Api) -> None:
    anna = bought(api)
    before = everything(api)
    order = anna.get("/v1/me/orders").json["orders"][0]["id"]

    erased = anna.delete("/v1/me")

    after = everything(api)
    assert erased.status_code == 204
    assert (CANARY in before, CANARY in after) == (True, False)
    assert anna.get("/v1/me").status_code == 401
    assert order in after
    with database(api).read() as tx:
        assert month_books.unbalanced_entries(tx, "helsinki-tallinn", "2026-10") == []
    again = api.post("/v1/sessions", {"email": CANARY, "password": PASSWORD}, once=None)
    assert again.status_code == 401


def test_an_erased_persons_orders_are_carried_to_their_end(api: Api) -> None:
    anna = register(api, CANARY)
    placed = anna.post("/v1/orders", {"quote_id": api.quote()["id"]}).json
    anna.delete("/v1/me")
    api.clock.advance(timedelta(minutes=16))

    run_round(api.client.application.extensions["throughfare"].till)

    found = api.get(f"/v1/orders/{placed['id']}", placed["access_token"]).json or {}
    assert found["state"] == "expired"


def test_what_is_due_is_forgotten_and_nothing_else(api: Api) -> None:
    anna = bought(api)
    desk = api.client.application.extensions["throughfare"].privacy
    at_once = forget_what_is_due(desk)
    api.clock.advance(timedelta(days=91))

    later = forget_what_is_due(desk)

    assert at_once["sessions"] == at_once["answers"] == 0
    assert (later["sessions"], later["answers"] > 0) == (1, True)
    assert anna.id in everything(api)


def test_no_log_line_has_an_address_a_password_or_a_token(api: Api, logged: io.StringIO) -> None:
    anna = bought(api)
    anna.post("/v1/me/entitlements", {"proof": "x.y.z"}, once=None)
    api.post("/v1/sessions", {"email": CANARY, "password": "wrong password 123"}, once=None)
    ticket = anna.get(f"/v1/orders/{anna.get('/v1/me/orders').json['orders'][0]['id']}/tickets").json[
        "tickets"
    ][0]
    api.scan(ticket["token"], api.key("gate", "tlt"))
    anna.get("/v1/me/export")

    text = logged.getvalue()
    assert "request" in text
    for secret in (
        CANARY,
        PASSWORD,
        "wrong password 123",
        anna.access,
        anna.refresh,
        ticket["token"],
        ticket["jti"],
    ):
        assert secret not in text


def test_an_unexpected_error_is_logged_without_the_values_at_hand(
    api: Api, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        secret = CANARY
        raise RuntimeError(f"broken after {len(secret)} characters")

    monkeypatch.setattr("ticketing.api.accounts.people.register", breaks)

    answer = api.post("/v1/accounts", {"email": CANARY, "password": PASSWORD}, once=None)

    assert answer.status_code == 500
    assert "broken after" in logged.getvalue()
    assert CANARY not in logged.getvalue() + answer.text


def test_the_audit_trail_shows_a_row_that_was_changed_or_is_missing(api: Api) -> None:
    anna = bought(api)
    anna.delete("/v1/me")
    bought(api).delete("/v1/me")

    with database(api).write() as tx:
        assert [row.action for row in audit_trail.list_notes(tx)] == ["person_erased", "person_erased"]
        assert list(audit_trail.broken(tx)) == []
        with pytest.raises(sa.exc.DBAPIError), tx.begin_nested():
            tx.execute(sa.text("UPDATE audit SET actor = 'nobody'"))
        with pytest.raises(sa.exc.DBAPIError), tx.begin_nested():
            tx.execute(sa.text("DELETE FROM audit"))
