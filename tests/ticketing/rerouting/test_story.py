"""A holder whose ferry does not sail looks at the options and takes one: the ticket opens the other ferry, at the same price."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.ticketing.purchase.refunding import faults
from tests.ticketing.rerouting.harbour import TWO, Harbour, take
from ticketing.cli.gate import answer

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def harbour(api: Api, ferries: dict[str, FakeOperator]) -> Harbour:
    return Harbour(api, ferries)


def kinds(leg: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in leg["options"]]


def test_the_holder_of_a_cancelled_ferry_goes_by_the_next_one_at_the_same_price(harbour: Harbour) -> None:
    bought = harbour.buys()
    crossing, old = harbour.ship(bought)
    postings = harbour.postings()
    assert harbour.options(bought) == []
    harbour.cancels(bought)

    (leg,) = harbour.options(bought)
    first = leg["options"][0]
    answer = take(harbour.api, bought, first)
    ticket = harbour.ticket(bought)
    new = ticket["legs"][crossing]

    assert (leg["leg"], leg["passenger"], leg["why"], leg["chosen"]) == (crossing, "anna", "cancelled", None)
    assert kinds(leg) == ["later_departure"] * 3 + ["other_operator"] * 2 + ["refund"]
    assert first["cost"] == {"amount": "0.00", "currency": "EUR"}
    assert first["places"] == 1000
    assert datetime.fromisoformat(first["departure"]) > datetime.fromisoformat(old["departure"])
    assert answer.status_code == 200, answer.json
    assert (answer.json["state"], answer.json["passengers"]) == ("moved", ["anna"])
    # The same ticket for the other departure: price, books and all other legs are as they were.
    assert (ticket["jti"], ticket["price"]) == (bought.tickets[0]["jti"], bought.tickets[0]["price"])
    assert (new["trip_id"], new["departure"]) == (first["trip_id"], first["departure"])
    assert [one for at, one in enumerate(ticket["legs"]) if at != crossing] == [
        one for at, one in enumerate(bought.tickets[0]["legs"]) if at != crossing
    ]
    assert harbour.postings() == postings
    assert harbour.places(old["operator"]) == [(first["trip_id"], "confirmed")]
    assert harbour.order(bought)["state"] == "ticketed"
    assert harbour.options(bought) == []
    assert faults(harbour.api) == []


def test_the_new_text_opens_the_new_ferry_and_the_old_text_opens_nothing(harbour: Harbour) -> None:
    bought = harbour.buys()
    crossing, old = harbour.ship(bought)
    harbour.cancels(bought)
    take(harbour.api, bought, harbour.options(bought)[0]["options"][0])
    ticket = harbour.ticket(bought)
    gate = harbour.api.key("gate", old["operator"])
    harbour.api.clock.set(
        datetime.fromisoformat(ticket["legs"][crossing]["departure"]) - timedelta(minutes=40)
    )

    stale = harbour.api.scan(bought.tickets[0]["token"], gate, stop_id=old["from"]["stop_id"])
    fresh = harbour.api.scan(ticket["token"], gate, stop_id=old["from"]["stop_id"])

    assert (stale.json["decision"], stale.json["reason"]) == ("refuse", "replaced")
    assert stale.json["passenger_sees"] == "Please show your new ticket"
    bundle = harbour.api.get(f"/v1/operators/{old['operator']}/gate-bundle?format=2", gate).text
    offline = answer(
        {
            "bundle": bundle,
            "trust": harbour.api.get("/.well-known/gate-bundle-jwks.json").json,
            "token": bought.tickets[0]["token"],
            "at": harbour.api.clock.now().isoformat(),
            "seen": [],
            "gate": {"operator": old["operator"], "stop_id": old["from"]["stop_id"]},
        }
    )
    assert (offline["decision"], offline["reason"]) == ("refuse", "replaced")
    assert fresh.json["decision"] == "accept", fresh.json


def test_a_second_cancellation_finds_the_ticket_at_its_new_ferry(harbour: Harbour) -> None:
    bought = harbour.buys()
    crossing, _ = harbour.ship(bought)
    harbour.cancels(bought)
    take(harbour.api, bought, harbour.options(bought)[0]["options"][0])
    second = harbour.ticket(bought)["legs"][crossing]
    harbour.cancels(bought, second)

    (leg,) = harbour.options(bought)
    answer = take(harbour.api, bought, leg["options"][0])
    third = harbour.ticket(bought)["legs"][crossing]

    assert leg["departure"] == second["departure"]
    assert answer.json["state"] == "moved"
    assert datetime.fromisoformat(third["departure"]) > datetime.fromisoformat(second["departure"])
    events = harbour.api.get(f"/v1/orders/{bought.order['id']}/events", bought.token).json["events"]
    cancelled = [one["data"]["trip_id"] for one in events if one["type"] == "journey.cancelled"]
    urls = {one["data"].get("options_url") for one in events if one["type"] == "journey.cancelled"}
    assert urls == {f"https://throughfare.example/v1/orders/{bought.order['id']}/options"}
    assert cancelled == [bought.tickets[0]["legs"][crossing]["trip_id"], second["trip_id"]]
    assert faults(harbour.api) == []


def test_the_money_comes_back_whole_also_after_a_move_to_a_ferry_that_is_cancelled(harbour: Harbour) -> None:
    bought = harbour.buys()
    crossing, _ = harbour.ship(bought)
    harbour.cancels(bought)
    take(harbour.api, bought, harbour.options(bought)[0]["options"][0])
    harbour.cancels(bought, harbour.ticket(bought)["legs"][crossing])

    (leg,) = harbour.options(bought)
    money = next(one for one in leg["options"] if one["kind"] == "refund")
    told = take(harbour.api, bought, money)
    call = told.json["refund"]
    refund = harbour.api.post(call["path"], call["body"], bought.token)

    assert (told.json["state"], told.json["id"]) == ("refund", None)
    assert money["refund"] == bought.order["total"]
    assert refund.status_code == 201, refund.json
    assert harbour.order(bought)["state"] == "refunded"
    assert harbour.options(bought) == []
    assert faults(harbour.api) == []


@ON_SQLITE
def test_a_moved_ticket_is_given_back_by_the_ordinary_terms(harbour: Harbour) -> None:
    bought = harbour.buys()
    harbour.cancels(bought)
    take(harbour.api, bought, harbour.options(bought)[0]["options"][0])

    offer = harbour.api.post(f"/v1/orders/{bought.order['id']}/refund-offers", {}, bought.token, once=None)

    assert "cancelled" not in offer.text
    assert offer.json["amount"] != bought.order["total"]


@ON_SQLITE
def test_another_line_is_chosen_without_a_new_ticket(harbour: Harbour) -> None:
    bought = harbour.buys()
    harbour.cancels(bought)
    (leg,) = harbour.options(bought)
    elsewhere = next(one for one in leg["options"] if one["kind"] == "other_operator")

    answer = take(harbour.api, bought, elsewhere)

    assert elsewhere["operator"] != leg["operator"]
    assert (answer.json["state"], answer.json["departure"] is None) == ("noted", False)
    assert harbour.ticket(bought)["token"] == bought.tickets[0]["token"]
    assert harbour.options(bought)[0]["chosen"] == elsewhere["id"]
    harbour.api.clock.set(datetime.fromisoformat(elsewhere["departure"]) - timedelta(minutes=40))
    scan = harbour.api.scan(bought.tickets[0]["token"], harbour.api.key("gate", elsewhere["operator"]))
    assert scan.json["decision"] == "accept", scan.json


@ON_SQLITE
def test_a_ferry_that_leaves_much_too_late_can_be_waited_for(harbour: Harbour) -> None:
    bought = harbour.buys()
    _, ship = harbour.ship(bought)
    harbour.delays(bought, 95)

    (leg,) = harbour.options(bought, "fi")
    wait = leg["options"][-1]
    answer = take(harbour.api, bought, wait)

    assert leg["why"] == "too_late"
    assert kinds(leg) == ["later_departure"] * 3 + ["refund", "wait"]
    late = datetime.fromisoformat(ship["departure"]) + timedelta(minutes=95)
    assert datetime.fromisoformat(wait["departure"]) == late
    assert wait["text"].startswith("Odota")
    assert answer.json["state"] == "noted"
    assert harbour.options(bought)[0]["chosen"] == wait["id"]


@ON_SQLITE
def test_a_ferry_that_is_a_little_late_asks_nothing(harbour: Harbour) -> None:
    bought = harbour.buys()
    harbour.delays(bought, 90)

    assert harbour.options(bought) == []


def test_of_two_holders_of_one_order_one_moves_and_one_stays(harbour: Harbour) -> None:
    bought = harbour.buys(TWO)
    crossing, old = harbour.ship(bought)
    harbour.cancels(bought)
    options = next(one for one in harbour.options(bought) if one["passenger"] == "bo")["options"]
    take(harbour.api, bought, options[0], ["bo"])

    left = harbour.options(bought)
    news = harbour.api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json["news"]
    offer = harbour.api.post(f"/v1/orders/{bought.order['id']}/refund-offers", {}, bought.token, once=None)

    assert [one["passenger"] for one in left] == ["anna"]
    assert harbour.ticket(bought, "anna")["legs"][crossing]["trip_id"] == old["trip_id"]
    assert harbour.ticket(bought, "bo")["legs"][crossing]["trip_id"] == options[0]["trip_id"]
    assert [(one["passengers"], one["cancelled"]) for one in news] == [(["anna"], True)]
    whole = {line["passenger"]: line["percent"] == 100 for line in offer.json["lines"]}
    assert whole["anna"]
    assert not whole.get("bo", False)
    assert faults(harbour.api) == []


def test_two_holders_move_together_or_not_at_all(harbour: Harbour) -> None:
    bought = harbour.buys(TWO)
    _, old = harbour.ship(bought)
    harbour.cancels(bought)
    option = harbour.options(bought)[0]["options"][0]
    harbour.leaves_places(old["operator"], option, 1)

    refused = take(harbour.api, bought, option)
    left = harbour.options(bought)[0]["options"]
    other = take(harbour.api, bought, left[1])

    assert (left[0]["id"], left[0]["places"]) == (option["id"], 1)
    assert (refused.status_code, refused.json["code"]) == (409, "option_gone")
    assert other.json["passengers"] == ["anna", "bo"]
    assert len({one["legs"][harbour.ship(bought)[0]]["trip_id"] for one in harbour.tickets(bought)}) == 1
    assert faults(harbour.api) == []


def test_the_last_place_goes_to_one_and_the_other_gets_fresh_options(harbour: Harbour) -> None:
    first, second = harbour.buys(), harbour.buys()
    _, old = harbour.ship(first)
    harbour.cancels(first)
    option = harbour.options(first)[0]["options"][0]
    assert harbour.options(second)[0]["options"][0]["id"] == option["id"]
    harbour.leaves_places(old["operator"], option, 1)

    won, lost = take(harbour.api, first, option), take(harbour.api, second, option)

    assert (won.status_code, lost.status_code) == (200, 409)
    assert lost.json["type"] == "/errors/option_gone"
    (fresh,) = lost.json["legs"]
    assert option["id"] not in {one["id"] for one in fresh["options"]}
    assert harbour.ticket(second)["token"] == second.tickets[0]["token"]
    assert take(harbour.api, second, fresh["options"][0]).json["state"] == "moved"
    assert faults(harbour.api) == []


def test_the_same_call_again_answers_again_and_moves_once(harbour: Harbour) -> None:
    bought = harbour.buys()
    _, old = harbour.ship(bought)
    harbour.cancels(bought)
    option = harbour.options(bought)[0]["options"][0]

    first = take(harbour.api, bought, option, once="the same key of mine")
    again = take(harbour.api, bought, option, once="the same key of mine")

    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [state for _, state in harbour.places(old["operator"])] == ["confirmed"]


@ON_SQLITE
@pytest.mark.parametrize("call", ["hold", "confirm"])
@pytest.mark.parametrize("failure", ["unavailable", "unknown_before", "unknown_after"])
def test_an_operator_that_does_not_answer_is_asked_again_and_the_old_ticket_stays_until_then(
    harbour: Harbour, call: Any, failure: Any
) -> None:
    bought = harbour.buys()
    crossing, old = harbour.ship(bought)
    harbour.cancels(bought)
    option = harbour.options(bought)[0]["options"][0]
    harbour.ferries[old["operator"]].fail(call, failure)

    silent = take(harbour.api, bought, option, once="the same key of mine")
    before = harbour.ticket(bought)
    elsewhere = take(harbour.api, bought, option)
    harbour.work()

    assert silent.status_code == 503
    assert before["token"] == bought.tickets[0]["token"]
    assert elsewhere.status_code == 409
    assert harbour.ticket(bought)["legs"][crossing]["trip_id"] == option["trip_id"]
    assert take(harbour.api, bought, option, once="the same key of mine").json["state"] == "moved"
    assert harbour.places(old["operator"]) == [(option["trip_id"], "confirmed")]
    assert faults(harbour.api) == []


@ON_SQLITE
def test_an_operator_that_stays_silent_leaves_the_old_ticket(harbour: Harbour) -> None:
    bought = harbour.buys()
    _, old = harbour.ship(bought)
    harbour.cancels(bought)
    option = harbour.options(bought)[0]["options"][0]
    harbour.ferries[old["operator"]].fail("hold", *["unavailable"] * 3)
    take(harbour.api, bought, option, once="the same key of mine")
    harbour.api.clock.advance(timedelta(minutes=11))
    harbour.work()

    again = take(harbour.api, bought, option, once="the same key of mine")

    assert again.status_code == 409
    assert harbour.ticket(bought)["token"] == bought.tickets[0]["token"]
    assert harbour.options(bought)[0]["chosen"] is None


@ON_SQLITE
def test_a_leg_that_goes_as_sold_and_strangers_have_nothing_to_choose(harbour: Harbour) -> None:
    bought = harbour.buys()
    crossing, _ = harbour.ship(bought)
    path = f"/v1/orders/{bought.order['id']}/options"

    def asked(**wish: Any) -> tuple[int, str]:
        answer = harbour.api.post(path, {"option": "0" * 16, **wish}, bought.token)
        return answer.status_code, answer.json["detail"]

    assert asked(leg=crossing) == (409, "this leg goes as the ticket says; there is nothing to choose")
    assert asked(leg=9)[0] == 422
    assert asked(leg=crossing, passengers=["eve"])[0] == 422
    harbour.cancels(bought)
    assert asked(leg=crossing)[0] == 409
    assert harbour.api.get(path).status_code == 401
    assert harbour.api.get(path, "tf_order_x").status_code == 404


@ON_SQLITE
def test_who_was_let_in_for_a_ferry_that_is_then_cancelled_gets_the_money_only(harbour: Harbour) -> None:
    bought = harbour.buys()
    harbour.lets_in(bought)
    harbour.cancels(bought)

    (leg,) = harbour.options(bought)

    assert kinds(leg) == ["refund"]


@ON_SQLITE
def test_a_child_does_not_move_without_company(harbour: Harbour) -> None:
    riders = [{"ref": "anna", "rider_category": "adult"}, {"ref": "tiiu", "rider_category": "infant"}]
    bought = harbour.buys({"passengers": riders})
    harbour.cancels(bought)
    option = harbour.options(bought)[0]["options"][0]

    alone = take(harbour.api, bought, option, ["tiiu"])
    together = take(harbour.api, bought, option)

    assert alone.status_code == 409, alone.json
    assert together.json["passengers"] == ["anna", "tiiu"]


def test_one_code_of_an_order_follows_its_people(harbour: Harbour) -> None:
    bought = harbour.buys(TWO, code="group")
    before = harbour.group_code(bought)
    harbour.cancels(bought)
    options = harbour.options(bought)[0]["options"]
    take(harbour.api, bought, options[0])

    after = harbour.group_code(bought)
    second: Bought = bought
    harbour.cancels(second, harbour.ticket(second)["legs"][harbour.ship(second)[0]])
    take(harbour.api, second, harbour.options(second)[0]["options"][0], ["bo"])

    assert after["passengers"] == before["passengers"] == ["anna", "bo"]
    assert after["jti"] != before["jti"]
    assert harbour.group_code(second) is None
    assert faults(harbour.api) == []


@ON_SQLITE
def test_each_passenger_of_a_group_is_told_the_money_that_a_refund_of_theirs_alone_brings(
    harbour: Harbour,
) -> None:
    riders = [{"ref": f"p{at}", "rider_category": "child" if at % 3 else "adult"} for at in range(6)]
    bought = harbour.buys({"passengers": riders})
    harbour.cancels(bought)
    path = f"/v1/orders/{bought.order['id']}/refund-offers"

    listed = {
        one["passenger"]: next(way["refund"] for way in one["options"] if way["kind"] == "refund")
        for one in harbour.options(bought)
    }

    alone = {
        ref: harbour.api.post(path, {"passengers": [ref]}, bought.token, once=None).json["amount"]
        for ref in listed
    }
    assert len(listed) == 6
    assert listed == alone
    assert len({one["amount"] for one in listed.values()}) == 2


@ON_SQLITE
@pytest.mark.parametrize(
    ("language", "amount"), [("en", "32.00 EUR"), ("fi", "32,00 EUR"), ("sv", "32,00 EUR")]
)
def test_the_money_of_an_option_is_written_as_its_reader_writes_numbers(
    harbour: Harbour, language: str, amount: str
) -> None:
    bought = harbour.buys()
    harbour.cancels(bought)

    (leg,) = harbour.options(bought, language)

    assert amount in leg["options"][-1]["text"]
