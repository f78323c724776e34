"""An inventory of our own: capacity per sailing and kind, holds that expire, every call once by our key."""

import threading
from datetime import timedelta

import pytest

from operators.errors import Expired, OutcomeUnknown, Refused
from operators.fake import FakeOperator
from operators.port import Traveller
from tests.operators.sample import clock, departure, request


def test_a_hold_takes_places_until_it_expires() -> None:
    time = clock()
    ferry = FakeOperator("eckero", time.now, {"foot": 2})

    ferry.hold(request(adults=2))

    with pytest.raises(Refused, match="0 left"):
        ferry.hold(request())
    time.advance(timedelta(minutes=15))
    assert ferry.hold(request(adults=2)).expires_at == time.now() + timedelta(minutes=15)


def test_a_group_gets_all_places_or_none() -> None:
    ferry = FakeOperator("eckero", clock().now, {"foot": 3})
    ferry.hold(request(adults=2))

    with pytest.raises(Refused, match="1 left"):
        ferry.hold(request(adults=2))

    assert ferry.availability([departure()])[0].free == {"foot": 1}


def test_the_kinds_of_places_do_not_mix() -> None:
    ferry = FakeOperator("eckero", clock().now, {"foot": 10, "car": 1})
    car = (Traveller("anna", "adult", "car"),)
    ferry.hold(request(travellers=car))

    with pytest.raises(Refused) as full:
        ferry.hold(request(travellers=car))
    with pytest.raises(Refused) as none:
        ferry.hold(request(travellers=(Traveller("anna", "adult", "cabin"),)))

    assert (full.value.reason, none.value.reason) == ("sold_out", "not_sellable")
    assert ferry.availability([departure()])[0].free == {"foot": 10, "car": 0}


def test_the_same_key_gives_the_same_hold_and_another_request_is_refused() -> None:
    ferry = FakeOperator("eckero", clock().now)
    first = ferry.hold(request("k1", adults=2))

    assert ferry.hold(request("k1", adults=2)) == first
    with pytest.raises(Refused) as reused:
        ferry.hold(request("k1", adults=3))
    assert reused.value.reason == "key_reused"
    assert ferry.availability([departure()])[0].free == {"foot": 98}


def test_confirm_twice_is_one_booking_and_an_expired_hold_is_none() -> None:
    time = clock()
    ferry = FakeOperator("eckero", time.now)
    ferry.hold(request("k1"))
    ferry.hold(request("k2"))

    assert ferry.confirm("k1") == ferry.confirm("k1")
    time.advance(timedelta(minutes=15))
    with pytest.raises(Expired):
        ferry.confirm("k2")

    assert [one.key for one in ferry.standing("confirmed")] == ["k1"]
    assert ferry.standing("held") == []
    assert ferry.find("k2").state == "expired"


def test_an_expired_hold_may_be_taken_again_with_its_key() -> None:
    time = clock()
    ferry = FakeOperator("eckero", time.now)
    ferry.hold(request("k1"))
    time.advance(timedelta(hours=1))

    assert ferry.hold(request("k1")).expires_at > time.now()


def test_release_and_cancel_give_places_back_and_may_be_repeated() -> None:
    ferry = FakeOperator("eckero", clock().now)
    for key in ("held", "sold"):
        ferry.hold(request(key))
    ferry.confirm("sold")

    with pytest.raises(Refused) as sold:
        ferry.release("sold")
    for _ in range(2):
        assert ferry.release("held").freed
        ferry.cancel("sold")

    assert sold.value.reason == "already_confirmed"
    assert ferry.release("never held").freed
    assert ferry.availability([departure()])[0].free == {"foot": 100}
    assert {one.state for one in ferry.kept.all()} == {"released", "cancelled"}


def test_nothing_is_sold_after_departure() -> None:
    time = clock()
    ferry = FakeOperator("eckero", time.now)
    time.set(departure().departs_at)

    with pytest.raises(Refused) as late:
        ferry.hold(request())

    assert late.value.reason == "sales_closed"


def test_a_fake_that_loses_its_answer_has_done_the_work() -> None:
    ferry = FakeOperator("eckero", clock().now)
    ferry.hold(request("k1"))
    ferry.fail("confirm", "unknown_before", "unknown_after")

    for expected in ("held", "confirmed"):
        with pytest.raises(OutcomeUnknown):
            ferry.confirm("k1")
        assert ferry.find("k1").state == expected

    assert ferry.confirm("k1").reference == "k1"


def test_many_buyers_at_once_never_oversell() -> None:
    ferry = FakeOperator("eckero", clock().now, {"foot": 20})
    start = threading.Barrier(40)
    refused: list[str] = []

    def buy() -> None:
        start.wait()
        try:
            ferry.confirm(ferry.hold(request()).key)
        except Refused as no:
            refused.append(no.reason)

    buyers = [threading.Thread(target=buy) for _ in range(40)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()

    assert len(ferry.standing("confirmed")) == 20
    assert refused == ["sold_out"] * 20
