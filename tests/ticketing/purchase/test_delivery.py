"""After the money: issuing is tried again with growing pauses, then the money goes back; a person sees it meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
import sqlalchemy as sa

from operators.fake import FakeOperator
from tests.api import Api
from ticketing.cli.worker import run_round
from ticketing.db.sale.undelivered import Undelivered
from ticketing.errors import Conflict, Misconfigured
from ticketing.payments import DemoGateway
from ticketing.purchase import delivery, places
from ticketing.purchase.gateway import alerts, reports
from ticketing.purchase.gateway.reconcile import reconcile
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service as settlement
from ticketing.settlement.proof.verify import verify
from ticketing.tickets.issue import Press

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}], "depart_at": "2026-10-13T12:00:00+03:00"}
# These tests do not depend on the database: one kind is enough.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BEGINS = datetime(2026, 10, 13, 10, tzinfo=UTC)
ENDS = datetime(2026, 10, 13, 16, tzinfo=UTC)


def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


@contextmanager
def no_ticket_is_signed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signing fails as a key store does that is gone: an error that nobody has foreseen."""

    def broken(*_: Any) -> str:
        raise RuntimeError("the key store is gone")

    with monkeypatch.context() as patched:
        patched.setattr(Press, "sign", broken)
        yield


def pay(api: Api) -> tuple[str, str, Any]:
    """Order and pay; answers the order's id, its token and the answer to the payment."""
    order, token = api.order(**ONE)
    return order["id"], token, api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, token)


def state(api: Api, order_id: str, token: str) -> str:
    return (api.get(f"/v1/orders/{order_id}", token).json or {})["state"]


def money(api: Api) -> tuple[int, int]:
    """Sum the gateway's payments and refunds, in minor units."""
    query = sa.text("SELECT sum(captured_minor), sum(refunded_minor) FROM demo_charge")
    with rooms(api).till.database.read() as tx:
        taken, back = tx.execute(query).one()
    return int(taken), int(back)


def kinds(api: Api) -> list[str]:
    return [one.kind for one in alerts.list_waiting(rooms(api).till)]


def test_a_ticket_that_could_not_be_issued_is_issued_after_a_pause(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with no_ticket_is_signed(monkeypatch):
        order_id, token, answer = pay(api)
        told = kinds(api)
        found = reconcile(
            rooms(api).till, api.clock.now() - timedelta(days=1), api.clock.now() + timedelta(days=1)
        )
    run_round(rooms(api).till)
    too_early = state(api, order_id, token)
    api.clock.advance(timedelta(seconds=11))
    run_round(rooms(api).till)

    assert (answer.status_code, answer.json["state"]) == (201, "authorised"), answer.json
    assert (told, [one.kind for one in found]) == (["paid_without_ticket"], ["paid_without_ticket"])
    assert (too_early, state(api, order_id, token)) == ("authorised", "ticketed")
    assert (kinds(api), money(api)[1]) == ([], 0)
    assert verify(rooms(api).office, "helsinki-tallinn", take_back).faults == []


def test_after_five_tries_the_money_and_the_places_go_back_by_themselves(
    api: Api, monkeypatch: pytest.MonkeyPatch, ferries: dict[str, FakeOperator]
) -> None:
    with no_ticket_is_signed(monkeypatch):
        order_id, token, _ = pay(api)
        tries = 1
        while state(api, order_id, token) == "authorised" and tries < 20:
            api.clock.advance(delivery.pause_after(tries))
            run_round(rooms(api).till)
            tries += 1
    run_round(rooms(api).till)

    order = api.get(f"/v1/orders/{order_id}", token).json or {}
    taken, back = money(api)
    now = api.clock.now()
    assert (order["state"], order["payments"][0]["state"]) == ("cancelled", "captured")
    assert [(one["state"], one["amount"]) for one in order["refunds"]] == [("confirmed", order["total"])]
    assert "5 tries" in next(one["reason"] for one in order["history"] if one["state"] == "unwinding")
    assert taken == back > 0
    assert not any(line.standing("confirmed") or line.standing("held") for line in ferries.values())
    assert kinds(api) == []
    assert reconcile(rooms(api).till, now - timedelta(days=1), now + timedelta(days=1)) == []
    assert verify(rooms(api).office, "helsinki-tallinn", take_back).faults == []


@pytest.mark.parametrize(("doing", "ends"), [("issue_again", "ticketed"), ("give_back", "cancelled")])
def test_a_person_ends_the_case(api: Api, monkeypatch: pytest.MonkeyPatch, doing: str, ends: str) -> None:
    with no_ticket_is_signed(monkeypatch):
        order_id, token, _ = pay(api)
    case = alerts.list_cases(rooms(api).till)[0]

    alerts.act(rooms(api).till, case.alert.id, doing, "Kadri Tamm")
    run_round(rooms(api).till)

    assert case.doings == ("issue_again", "give_back")
    assert (state(api, order_id, token), kinds(api)) == (ends, [])


def test_a_month_is_not_closed_over_it_without_a_reason(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with no_ticket_is_signed(monkeypatch):
        order_id, _, _ = pay(api)
    office = rooms(api).office
    api.clock.set(datetime(2026, 11, 2, 6, 0, tzinfo=UTC))

    with pytest.raises(Conflict, match=order_id):
        settlement.close(office, "helsinki-tallinn", "2026-10", "Kadri Tamm")
    run = settlement.close(
        office, "helsinki-tallinn", "2026-10", "Kadri Tamm", despite="the key store is repaired"
    )

    steps = settlement.get_trail(office, run.id)[1]
    assert steps[0].note == "closed despite 1 paid without a ticket: the key store is repaired"


def test_an_order_that_waits_until_its_journey_is_over_ends_in_order(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    for line in ferries.values():
        line.fail("confirm", "unavailable")
    order_id, token, answer = pay(api)
    before = state(api, order_id, token)
    api.clock.set(datetime(2026, 10, 14, 12, 0, tzinfo=UTC))

    run_round(rooms(api).till)
    run_round(rooms(api).till)

    assert (answer.status_code, before) == (503, "authorised")
    assert (state(api, order_id, token), kinds(api)) == ("cancelled", [])
    assert money(api)[0] == money(api)[1]


@pytest.mark.parametrize(
    ("tries", "since_first", "until_begin", "hopeless"),
    [
        (0, 0, 3600, None),
        (4, 29, 60, None),
        (5, 1, 60, "5 tries"),
        (2, 30, 60, "30 minutes"),
        (2, 1, 0, "before the journey began"),
        (0, 0, 0, None),
        (0, 0, -360, "over"),
        (2, 1, -360, "over"),
    ],
)
def test_when_an_order_is_given_up(
    tries: int, since_first: int, until_begin: int, hopeless: str | None
) -> None:
    now = BEGINS - timedelta(minutes=until_begin)
    first = now - timedelta(minutes=since_first)
    failed = (
        Undelivered(order_id="o", region="r", tries=tries, first_at=first, next_try_at=now, detail="")
        if tries
        else None
    )

    found = delivery.why_hopeless(failed, BEGINS, ENDS, now)

    assert (found is None) if hopeless is None else hopeless in str(found)


def test_the_pauses_grow_and_five_tries_fit_into_the_patience() -> None:
    pauses = [delivery.pause_after(tries) for tries in range(1, delivery.MOST_TRIES)]

    assert pauses == sorted(pauses)
    assert sum(pauses, timedelta()) < delivery.PATIENCE


def test_the_fee_of_money_that_went_back_is_in_the_books_too(api: Api) -> None:
    order, token = api.order(**ONE)
    pay_path = f"/v1/orders/{order['id']}/payments"
    lost = api.post(pay_path, {"method": "demo_timeout_after_capture"}, token)
    api.clock.set(datetime(2026, 10, 14, 12, 0, tzinfo=UTC))

    run_round(rooms(api).till)

    now = api.clock.now()
    assert (lost.status_code, state(api, order["id"], token)) == (503, "cancelled")
    assert money(api)[0] == money(api)[1] > 0
    assert reconcile(rooms(api).till, now - timedelta(days=3), now + timedelta(days=1)) == []


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def dispute(api: Api, step: str) -> None:
    """The next step of the dispute of the only charge, as its cardholder and the bank take it."""
    with rooms(api).till.database.read() as tx:
        charge = tx.execute(sa.text("SELECT id FROM demo_charge ORDER BY id LIMIT 1")).scalar_one()
    assert api.client.post(f"/demo-gateway/{charge}/dispute", data={"step": step}).status_code == 303


def settled(api: Api) -> bool:
    """Tell whether the gateway and the books agree, and the books with themselves."""
    now = api.clock.now()
    found = reconcile(rooms(api).till, now - timedelta(days=3), now + timedelta(days=1))
    return found == [] and verify(rooms(api).office, "helsinki-tallinn", take_back).faults == []


def pay_by(api: Api, method: str) -> tuple[str, str]:
    order, token = api.order(**ONE)
    api.post(f"/v1/orders/{order['id']}/payments", {"method": method}, token)
    return order["id"], token


@pytest.mark.parametrize(("verdict", "given_back"), [("lost", False), ("won", True)])
def test_disputed_money_is_neither_ticketed_nor_paid_back_before_it_is_decided(
    api: Api, monkeypatch: pytest.MonkeyPatch, verdict: str, given_back: bool
) -> None:
    with no_ticket_is_signed(monkeypatch):
        order_id, token = pay_by(api, "demo_dispute")
    dispute(api, "open")
    dispute(api, "withdrawn")
    api.clock.advance(timedelta(minutes=40))
    run_round(rooms(api).till)
    waiting = (
        state(api, order_id, token),
        money(api)[1],
        api.get(f"/v1/orders/{order_id}/tickets", token).json,
    )
    dispute(api, verdict)
    run_round(rooms(api).till)

    taken, back = money(api)
    assert (waiting[0], waiting[1], waiting[2]["tickets"]) == ("unwinding", 0, [])
    assert (state(api, order_id, token), back == taken) == ("cancelled", given_back)
    assert settled(api)


def test_money_that_cannot_go_back_stays_owed_and_is_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with no_ticket_is_signed(monkeypatch):
        order_id, token = pay_by(api, "demo_refund_fails")
        api.clock.advance(timedelta(minutes=40))
        run_round(rooms(api).till)

    order = api.get(f"/v1/orders/{order_id}", token).json or {}
    with rooms(api).till.database.read() as tx:
        query = "SELECT sum(amount_minor) FROM posting WHERE account_id LIKE 'refund_payable%'"
        owed = tx.execute(sa.text(query)).scalar_one()
    assert (order["state"], order["refunds"][0]["state"]) == ("cancelled", "failed")
    assert (money(api)[1], -int(owed)) == (0, money(api)[0])
    assert kinds(api) == ["refund_failed"]
    assert settled(api)


def test_a_dispute_is_no_difference_of_the_reconciliation(api: Api) -> None:
    pay_by(api, "demo_dispute")

    for step in ("open", "withdrawn", "lost"):
        dispute(api, step)
        assert settled(api), step


def test_what_the_books_alone_have_moved_is_a_difference(api: Api) -> None:
    pay_by(api, "demo_ok")
    with rooms(api).till.database.write() as tx:
        tx.execute(sa.text("DELETE FROM demo_object WHERE kind = 'balance'"))
        tx.execute(sa.text("UPDATE demo_charge SET captured_minor = 0"))
    now = api.clock.now()

    found = reconcile(rooms(api).till, now - timedelta(days=3), now + timedelta(days=1))

    assert [(one.kind, one.gateway_minor) for one in found] == [("charge", 0)]
    assert "the gateway's account has no such line" in found[0].detail


def test_a_bank_page_that_nobody_answers_keeps_no_place_for_good(
    api: Api, ferries: dict[str, FakeOperator]
) -> None:
    order_id, token = pay_by(api, "demo_sca")
    waiting = api.get(f"/v1/orders/{order_id}", token).json
    assert waiting["next_action"]["url"].startswith("https://throughfare.example/demo-gateway/demo_ch_")
    api.clock.advance(timedelta(minutes=16))
    run_round(rooms(api).till)
    patient = state(api, order_id, token)
    api.clock.advance(timedelta(minutes=15))
    run_round(rooms(api).till)

    order = api.get(f"/v1/orders/{order_id}", token).json or {}
    assert (patient, order["state"]) == ("awaiting_payment", "expired"), order["history"]
    assert order["payments"][0]["state"] == "cancelled"
    assert not any(line.standing("held") for line in ferries.values())


def test_who_closes_the_banks_page_may_pay_in_another_way(api: Api) -> None:
    order_id, token = pay_by(api, "demo_sca")

    paid = api.post(f"/v1/orders/{order_id}/payments", {"method": "demo_ok"}, token)

    assert (paid.status_code, paid.json["state"]) == (201, "ticketed")
    assert [one["state"] for one in paid.json["payments"]] == ["cancelled", "captured"]
    assert settled(api)


def test_refunds_on_two_days_are_no_difference_of_either_night(api: Api) -> None:
    two = [{"ref": "anna", "rider_category": "adult"}, {"ref": "bert", "rider_category": "adult"}]
    bought = api.buy(passengers=two, depart_at="2026-10-23T12:00:00+03:00")
    path = f"/v1/orders/{bought.order['id']}/refunds"
    api.post(path, {"passengers": ["anna"]}, bought.token)
    api.clock.advance(timedelta(days=5))
    api.post(path, {"passengers": ["bert"]}, bought.token)

    now = api.clock.now()

    assert reconcile(rooms(api).till, now - timedelta(days=2), now + timedelta(minutes=1)) == []


@pytest.mark.parametrize(("verdict", "ends"), [("lost", "cancelled"), ("won", "ticketed")])
def test_a_dispute_that_is_heard_of_while_money_is_taken_lets_no_ticket_out(
    api: Api, monkeypatch: pytest.MonkeyPatch, verdict: str, ends: str
) -> None:
    order, token = api.order(passengers=ONE["passengers"])

    take = DemoGateway.capture

    def capture(gateway: DemoGateway, *words: Any) -> Any:
        taken = take(gateway, *words)
        dispute(api, "open")
        dispute(api, "withdrawn")
        return taken

    monkeypatch.setattr(DemoGateway, "capture", capture)
    paid = api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_dispute"}, token)
    held = api.get(f"/v1/orders/{order['id']}/tickets", token).json or {}
    run_round(rooms(api).till)
    waiting = state(api, order["id"], token)
    dispute(api, verdict)
    run_round(rooms(api).till)

    assert (paid.json["state"], paid.json["disputed"], held["tickets"], waiting) == (
        "authorised",
        True,
        [],
        "authorised",
    )
    assert (state(api, order["id"], token), money(api)[1]) == (ends, 0)
    assert settled(api)


@pytest.mark.parametrize(("verdict", "ends"), [("lost", "cancelled"), ("won", "ticketed")])
def test_money_whose_capture_nobody_heard_of_is_booked_while_it_is_disputed(
    api: Api, verdict: Literal["lost", "won"], ends: str
) -> None:
    till = rooms(api).till
    order_id, token = pay_by(api, "demo_timeout_after_capture")
    with till.database.read() as tx:
        charge = tx.execute(sa.text("SELECT id FROM demo_charge")).scalar_one()
    reports.learn_dispute(till, till.gateway.dispute(charge, "withdrawn"))
    run_round(till)
    waiting = state(api, order_id, token)
    meanwhile = settled(api)
    reports.learn_dispute(till, till.gateway.dispute(charge, verdict))
    run_round(till)

    assert (waiting, meanwhile) == ("authorised", True)
    assert state(api, order_id, token) == ends
    assert settled(api)


@pytest.mark.parametrize("verdict", ["won", "lost"])
def test_who_blocks_a_ticket_before_a_dispute_cannot_let_it_go_while_it_is_open(
    api: Api, verdict: str
) -> None:
    order_id, token = pay_by(api, "demo_dispute")
    ticket = (api.get(f"/v1/orders/{order_id}/tickets", token).json or {})["tickets"][0]
    path = f"/v1/orders/{order_id}/tickets/{ticket['jti']}/suspension"

    def status() -> str:
        return (api.get(f"/v1/orders/{order_id}/tickets", token).json or {})["tickets"][0]["status"]

    assert api.client.put(path, headers=bearer(token)).status_code == 200
    for step in ("open", "withdrawn"):
        dispute(api, step)
    meanwhile = api.client.delete(path, headers=bearer(token)).status_code, status()
    dispute(api, verdict)
    decided = status()
    let_go = api.client.delete(path, headers=bearer(token)).status_code, status()

    assert meanwhile == (409, "suspended")
    assert decided == ("suspended" if verdict == "won" else "revoked")
    assert let_go == ((200, "valid") if verdict == "won" else (409, "revoked"))


def test_a_ticket_whose_money_is_lost_opens_no_further_gate(api: Api) -> None:
    order, token = api.order(passengers=ONE["passengers"])
    api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_dispute"}, token)
    ticket = (api.get(f"/v1/orders/{order['id']}/tickets", token).json or {})["tickets"][0]
    first = ticket["legs"][0]
    ridden = api.scan(ticket["token"], api.key("gate", first["operator"]), stop_id=first["from"]["stop_id"])

    for step in ("open", "withdrawn", "lost"):
        dispute(api, step)

    after = (api.get(f"/v1/orders/{order['id']}/tickets", token).json or {})["tickets"][0]
    assert (ridden.json["decision"], after["status"]) == ("accept", "revoked")


@ON_SQLITE
def test_what_nobody_foresaw_before_the_money_lets_the_card_go_after_five_tries(
    api: Api, ferries: dict[str, FakeOperator], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise TypeError("unhashable type: 'list'")

    monkeypatch.setattr(places, "confirm_all", broken)
    order_id, token, answer = pay(api)
    told = kinds(api)
    for _ in range(6):
        api.clock.advance(timedelta(minutes=6))
        run_round(rooms(api).till)

    assert (answer.status_code, told) == (201, [delivery.CASE])
    assert (state(api, order_id, token), kinds(api), money(api)) == ("cancelled", [], (0, 0))
    assert sum(ferry.standing("held") != [] for ferry in ferries.values()) == 0


@ON_SQLITE
def test_a_setting_that_breaks_while_money_is_taken_is_a_case_and_tells_the_buyer_nothing_of_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> str:
        raise Misconfigured("THROUGHFARE_KEY_PASSPHRASE does not open the key x in /srv/keys")

    with monkeypatch.context() as patched:
        patched.setattr(Press, "sign", broken)
        _, _, answer = pay(api)

    assert (answer.status_code, kinds(api), money(api)[0] > 0) == (201, [delivery.CASE], True)
    assert "/srv/keys" not in answer.text
