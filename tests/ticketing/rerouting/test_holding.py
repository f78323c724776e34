"""Places that the worker holds on the one ferry that is left: for whom, until when, and what becomes of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.ticketing.purchase.refunding import faults
from tests.ticketing.rerouting.harbour import TWO, Harbour, take
from ticketing.clock import FixedClock
from ticketing.db.disruption.reach import reach_of
from ticketing.db.sale import bookings

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SIZE = 20


@pytest.fixture
def ferries(clock: FixedClock) -> dict[str, FakeOperator]:
    """Small ferries, which are soon full, and where nobody else gives a place back."""
    lasts = timedelta(days=3)
    return {
        name: FakeOperator(name, clock.now, {"foot": SIZE}, hold_life=lasts)
        for name in ("tallink", "viking", "eckero")
    }


@pytest.fixture
def harbour(api: Api, ferries: dict[str, FakeOperator]) -> Harbour:
    return Harbour(api, ferries)


def trip(harbour: Harbour, bought: Bought, ref: str = "anna") -> str:
    return str(harbour.ticket(bought, ref)["legs"][harbour.ship(bought)[0]]["trip_id"])


def ours(harbour: Harbour, bought: Bought, option: dict[str, Any]) -> list[str]:
    """The places on an option's ferry that are an order's, by state."""
    with harbour.rooms.till.database.read() as tx:
        booked = bookings.list_bookings(tx, bought.order["id"])
    return [one.state for one in booked if one.document["ride"]["trip_id"] == option["trip_id"]]


def counted(harbour: Harbour, is_held: bool) -> int:
    """Count those for whom a place is held, or who were moved, as staff read it of the event."""
    with harbour.rooms.till.database.read() as tx:
        event_id = tx.exec_driver_sql("SELECT id FROM disruption_event").scalar_one()
        reach = reach_of(tx, event_id)
    return reach.held if is_held else reach.moved


def test_the_last_places_are_held_at_once_and_a_silent_holder_who_leaves_soon_is_moved(
    harbour: Harbour,
) -> None:
    bought = harbour.buys()
    only = harbour.leaves_one_way(bought)
    harbour.work()

    (leg,) = harbour.options(bought)
    held = leg["held"]
    begun = harbour.api.clock.now()
    assert held["option"] == only["id"]
    assert begun + timedelta(minutes=30) <= datetime.fromisoformat(held["until"])
    assert datetime.fromisoformat(held["until"]) <= begun + timedelta(minutes=60)
    assert trip(harbour, bought) != only["trip_id"]
    assert ours(harbour, bought, only) == ["confirmed"]
    assert [counted(harbour, before) for before in (True, False)] == [1, 0]

    harbour.api.clock.advance(timedelta(minutes=59))
    harbour.work()
    assert trip(harbour, bought) != only["trip_id"]
    harbour.api.clock.advance(timedelta(minutes=1))
    harbour.work()

    assert [counted(harbour, before) for before in (True, False)] == [0, 1]
    assert trip(harbour, bought) == only["trip_id"]
    assert harbour.ticket(bought)["price"] == bought.tickets[0]["price"]
    assert ours(harbour, bought, only) == ["confirmed"]
    assert faults(harbour.api) == []


def test_who_was_moved_without_an_answer_may_have_the_money_back_whole(harbour: Harbour) -> None:
    bought = harbour.buys()
    harbour.leaves_one_way(bought)
    harbour.work()
    harbour.api.clock.advance(timedelta(minutes=60))
    harbour.work()

    (leg,) = harbour.options(bought)
    money = next(one for one in leg["options"] if one["kind"] == "refund")
    call = take(harbour.api, bought, money).json["refund"]
    refund = harbour.api.post(call["path"], call["body"], bought.token)

    assert (leg["why"], leg["held"]) == ("moved", None)
    assert refund.status_code == 201, refund.json
    assert refund.json["amount"] == harbour.order(bought)["total"]
    assert faults(harbour.api) == []


@ON_SQLITE
def test_a_silent_holder_who_leaves_late_keeps_the_ticket_and_the_place_goes_back(harbour: Harbour) -> None:
    harbour.api.clock.advance(timedelta(hours=-4))
    bought = harbour.buys()
    only = harbour.leaves_one_way(bought)
    harbour.work()
    assert ours(harbour, bought, only) == ["confirmed"]
    harbour.api.clock.advance(timedelta(minutes=60))
    harbour.work()

    (leg,) = harbour.options(bought)

    assert harbour.ticket(bought)["token"] == bought.tickets[0]["token"]
    assert ours(harbour, bought, only) == ["cancelled"]
    assert (leg["why"], leg["held"], leg["chosen"]) == ("cancelled", None, None)
    assert faults(harbour.api) == []
    harbour.api.clock.advance(timedelta(minutes=5))
    harbour.work()
    assert ours(harbour, bought, only) == ["cancelled"]


def test_who_takes_the_place_that_is_held_has_it_though_the_ferry_is_full(harbour: Harbour) -> None:
    bought = harbour.buys()
    only = harbour.leaves_one_way(bought, places=1)
    harbour.work()
    (leg,) = harbour.options(bought)

    answer = take(harbour.api, bought, leg["options"][0])

    assert (leg["options"][0]["id"], leg["options"][0]["places"]) == (only["id"], 1)
    assert (answer.status_code, answer.json["state"]) == (200, "moved")
    assert trip(harbour, bought) == only["trip_id"]
    assert ours(harbour, bought, only) == ["confirmed"]
    assert harbour.options(bought) == []
    harbour.api.clock.advance(timedelta(minutes=61))
    harbour.work()
    assert harbour.options(bought) == []
    assert faults(harbour.api) == []


@ON_SQLITE
def test_one_of_two_takes_another_way_and_the_other_keeps_the_place(harbour: Harbour) -> None:
    bought = harbour.buys(TWO)
    only = harbour.leaves_one_way(bought)
    harbour.work()
    options = harbour.options(bought)[0]["options"]
    elsewhere = next(one for one in options if one["kind"] == "other_operator")

    noted = take(harbour.api, bought, elsewhere, ["bo"])
    harbour.work()
    places = ours(harbour, bought, only)
    harbour.api.clock.advance(timedelta(minutes=60))
    harbour.work()

    assert noted.json["state"] == "noted"
    assert sorted(places) == ["cancelled", "confirmed"]
    assert trip(harbour, bought, "anna") == only["trip_id"]
    assert trip(harbour, bought, "bo") != only["trip_id"]
    assert faults(harbour.api) == []


@ON_SQLITE
def test_a_refund_gives_the_held_place_back(harbour: Harbour) -> None:
    bought = harbour.buys()
    only = harbour.leaves_one_way(bought)
    harbour.work()
    money = next(one for one in harbour.options(bought)[0]["options"] if one["kind"] == "refund")
    call = take(harbour.api, bought, money).json["refund"]
    harbour.api.post(call["path"], call["body"], bought.token)
    harbour.work()
    harbour.api.clock.advance(timedelta(minutes=60))
    harbour.work()

    assert ours(harbour, bought, only) == ["cancelled"]
    assert faults(harbour.api) == []


@ON_SQLITE
def test_a_ferry_that_sails_after_all_gives_the_held_places_back(harbour: Harbour) -> None:
    bought = harbour.buys()
    only = harbour.leaves_one_way(bought)
    harbour.work()
    harbour.sails(bought)
    harbour.work()

    assert ours(harbour, bought, only) == ["cancelled"]
    assert harbour.options(bought) == []
    assert harbour.ticket(bought)["token"] == bought.tickets[0]["token"]


@ON_SQLITE
def test_nothing_is_held_where_there_is_a_choice_or_room(harbour: Harbour) -> None:
    bought = harbour.buys()
    harbour.cancels(bought)
    harbour.work()
    assert harbour.options(bought)[0]["held"] is None
    first, *others = [
        one for one in harbour.options(bought)[0]["options"] if one["kind"] == "later_departure"
    ]
    for other in others:
        harbour.leaves_places("tallink", other, 0)
    harbour.api.clock.advance(timedelta(seconds=30))
    harbour.work()
    assert harbour.options(bought)[0]["held"] is None

    harbour.leaves_places("tallink", first, SIZE // 5)
    harbour.api.clock.advance(timedelta(seconds=30))
    harbour.work()
    assert harbour.options(bought)[0]["held"] is None
    harbour.leaves_places("tallink", first, SIZE // 5 - 1)
    harbour.api.clock.advance(timedelta(seconds=30))
    harbour.work()

    assert harbour.options(bought)[0]["held"]["option"] == first["id"]


def test_of_more_orders_than_places_those_bought_first_have_them(harbour: Harbour) -> None:
    bought = []
    for _ in range(4):
        bought.append(harbour.buys())
        harbour.api.clock.advance(timedelta(seconds=1))
    only = harbour.leaves_one_way(bought[3])
    harbour.work()

    assert [ours(harbour, one, only) for one in bought] == [["confirmed"]] * 3 + [[]]
    harbour.api.clock.advance(timedelta(minutes=60))
    harbour.work()
    assert [trip(harbour, one) == only["trip_id"] for one in bought] == [True] * 3 + [False]
    assert faults(harbour.api) == []


@ON_SQLITE
def test_one_of_two_takes_the_money_and_the_other_is_moved(harbour: Harbour) -> None:
    bought = harbour.buys(TWO)
    only = harbour.leaves_one_way(bought)
    harbour.work()
    money = next(one for one in harbour.options(bought)[0]["options"] if one["kind"] == "refund")
    call = take(harbour.api, bought, money, ["bo"]).json["refund"]
    harbour.api.post(call["path"], call["body"], bought.token)
    harbour.api.clock.advance(timedelta(minutes=60))
    harbour.work()

    assert trip(harbour, bought, "anna") == only["trip_id"]
    assert sorted(ours(harbour, bought, only)) == ["cancelled", "confirmed"]
    assert faults(harbour.api) == []


@ON_SQLITE
def test_a_held_ferry_that_is_cancelled_too_gives_the_place_back(harbour: Harbour) -> None:
    bought = harbour.buys()
    only = harbour.leaves_one_way(bought)
    harbour.work()
    _, ship = harbour.ship(bought)
    harbour.cancels(bought, {**ship, "trip_id": only["trip_id"]})
    harbour.api.clock.advance(timedelta(minutes=60))
    harbour.work()

    assert harbour.ticket(bought)["token"] == bought.tickets[0]["token"]
    assert ours(harbour, bought, only) == ["cancelled"]


@ON_SQLITE
@pytest.mark.parametrize("failure", ["unavailable", "unknown_after"])
def test_a_silent_operator_is_asked_again_and_holds_one_place(harbour: Harbour, failure: Any) -> None:
    bought = harbour.buys()
    only = harbour.leaves_one_way(bought)
    ferry = harbour.ferries["tallink"]
    ferry.fail("hold", failure)
    ferry.fail("confirm", failure)
    for _ in range(3):
        harbour.work()

    assert harbour.options(bought)[0]["held"]["option"] == only["id"]
    assert ours(harbour, bought, only) == ["confirmed"]
    assert len([one for one in ferry.standing("confirmed") if one.sailing.trip_id == only["trip_id"]]) == 1


def test_an_order_with_a_need_of_assistance_comes_before_those_bought_earlier(harbour: Harbour) -> None:
    bought = []
    for _ in range(3):
        bought.append(harbour.buys())
        harbour.api.clock.advance(timedelta(seconds=1))
    path = f"/v1/orders/{bought[2].order['id']}/assistance"
    headers = {"Authorization": f"Bearer {bought[2].token}"}
    said = harbour.api.client.put(path, json={"needed": True}, headers=headers)
    only = harbour.leaves_one_way(bought[0], places=1)
    harbour.work()

    assert (said.status_code, said.json) == (200, {"needed": True})
    assert harbour.api.get(path, bought[2].token).json == {"needed": True}
    assert [ours(harbour, one, only) for one in bought] == [[], [], ["confirmed"]]


@ON_SQLITE
def test_a_need_of_assistance_is_taken_back_or_forgotten_after_the_journey(harbour: Harbour) -> None:
    bought = harbour.buys()
    path = f"/v1/orders/{bought.order['id']}/assistance"
    headers = {"Authorization": f"Bearer {bought.token}"}

    def says(needed: bool) -> Any:
        return harbour.api.client.put(path, json={"needed": needed}, headers=headers).json

    assert [says(True), says(True), says(False)] == [{"needed": True}] * 2 + [{"needed": False}]
    assert harbour.api.get(path, bought.token).json == {"needed": False}
    says(True)
    harbour.api.clock.advance(timedelta(days=5))
    harbour.work()
    assert harbour.api.get(path, bought.token).json == {"needed": False}


@ON_SQLITE
def test_nothing_is_held_for_a_holder_whom_a_gate_has_let_in_before(harbour: Harbour) -> None:
    bought = harbour.buys()
    other = harbour.buys()
    harbour.lets_in(bought)
    only = harbour.leaves_one_way(other)
    harbour.work()

    assert [ours(harbour, one, only) for one in (bought, other)] == [[], ["confirmed"]]
    assert harbour.ticket(bought)["token"] == bought.tickets[0]["token"]


@ON_SQLITE
def test_a_place_that_its_operator_has_refused_is_sought_again(harbour: Harbour) -> None:
    bought = harbour.buys()
    only = harbour.leaves_one_way(bought)
    harbour.ferries["tallink"].fail("hold", "refused")
    harbour.work()
    refused = harbour.options(bought)[0]["held"]
    harbour.api.clock.advance(timedelta(minutes=4))
    harbour.work()
    too_soon = harbour.options(bought)[0]["held"]
    harbour.api.clock.advance(timedelta(minutes=2))
    harbour.work()

    assert (refused, too_soon) == (None, None)
    assert harbour.options(bought)[0]["held"]["option"] == only["id"]
    assert ours(harbour, bought, only)[-1] == "confirmed"
    assert faults(harbour.api) == []


@ON_SQLITE
def test_nobody_behind_has_a_place_before_the_one_that_was_refused_first(harbour: Harbour) -> None:
    bought = []
    for _ in range(2):
        bought.append(harbour.buys())
        harbour.api.clock.advance(timedelta(seconds=1))
    only = harbour.leaves_one_way(bought[0], places=1)
    harbour.ferries["tallink"].fail("hold", "refused", "refused")
    for _ in range(2):
        harbour.work()
        harbour.api.clock.advance(timedelta(minutes=6))
    harbour.work()

    assert [ours(harbour, one, only)[-1:] == ["confirmed"] for one in bought] == [True, False]
    assert faults(harbour.api) == []


@ON_SQLITE
def test_who_loses_the_held_ferry_too_has_a_place_on_the_next_one(harbour: Harbour) -> None:
    bought = harbour.buys()
    first = harbour.leaves_one_way(bought)
    harbour.work()
    held = harbour.options(bought)[0]["held"]
    _, ship = harbour.ship(bought)
    harbour.cancels(bought, {**ship, "trip_id": first["trip_id"]})
    harbour.gives_back("tallink", "TAL-TH-1200", 2)
    harbour.leaves_one_of(bought, harbour.options(bought)[0]["options"], places=2)
    for _ in range(2):
        harbour.api.clock.advance(timedelta(minutes=6))
        harbour.work()

    (leg,) = harbour.options(bought)
    last = next(one for one in leg["options"] if one["trip_id"] == "TAL-TH-1200")
    assert held["option"] == first["id"]
    assert leg["held"]["option"] == last["id"]
    assert ours(harbour, bought, first) == ["cancelled"]
    assert ours(harbour, bought, last) == ["confirmed"]
    assert faults(harbour.api) == []
