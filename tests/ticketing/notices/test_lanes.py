"""No receiver holds up the messages for another one, however slow it is and however many there are of its kind."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ticketing.db.notices.outbox import Notice
from ticketing.notices.channels import DELIVERED, Delivery
from ticketing.notices.lanes import OWN_HOST, THREADS, Lanes, Paces

NOW = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
FAILED = Delivery("later", "away")


def notices(count: int, name: str = "one") -> list[Notice]:
    return [
        Notice(
            id=f"{name} {at}",
            topic=f"{name} {at}",
            kind="webhook",
            template="event",
            language="en",
            document={},
            order_id=None,
            created_at=NOW,
            due_at=NOW,
        )
        for at in range(count)
    ]


class Receivers:
    """Receivers that keep a message in hand until they are let go, and count how many they have at once."""

    def __init__(self) -> None:
        self.let_go, self.lock = threading.Event(), threading.Lock()
        self.in_hand, self.most = Counter[str](), Counter[str]()
        self.arrived: list[str] = []

    def sleeping(self, host: str) -> Callable[[Notice], Delivery]:
        def send(_: Notice) -> Delivery:
            with self.lock:
                self.in_hand[host] += 1
                self.most[host] = max(self.most[host], self.in_hand[host])
            self.let_go.wait(30)
            with self.lock:
                self.in_hand[host] -= 1
            return DELIVERED

        return send

    def quick(self, notice: Notice) -> Delivery:
        self.arrived.append(notice.id)
        return DELIVERED


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


def opened(paces: Paces | None = None) -> Lanes:
    return Lanes(paces or Paces(), time.monotonic() + 30)


def await_idle(lanes: Lanes, count: int) -> None:
    give_up = time.monotonic() + 30
    while lanes.delivered < count and time.monotonic() < give_up:
        lanes.await_idle(0.05)
    assert lanes.delivered >= count


def await_end(lanes: Lanes) -> None:
    give_up = time.monotonic() + 30
    while not lanes.is_idle and time.monotonic() < give_up:
        lanes.await_idle(1)


def test_a_sleeping_receiver_has_two_messages_in_hand_and_others_go_on(receivers: Receivers) -> None:
    lanes = opened()
    lanes.take("sleeps", notices(40, "slow"), receivers.sleeping("sleeps"))
    for batch in range(3):
        lanes.take("quick", notices(50, f"batch {batch}"), receivers.quick)
        await_idle(lanes, 50 * (batch + 1))

    assert receivers.most["sleeps"] == 2
    receivers.let_go.set()
    await_idle(lanes, 150 + 40)
    assert lanes.close() == []


def test_many_sleeping_receivers_share_half_of_the_threads(receivers: Receivers) -> None:
    paces = Paces()
    paces.note("quick", quick=True)
    lanes = opened(paces)
    for at in range(50):
        lanes.take(f"sleeps {at}", notices(5, f"slow {at}"), receivers.sleeping(f"sleeps {at}"))
    lanes.take("quick", notices(100), receivers.quick)
    await_idle(lanes, 100)

    assert sum(receivers.in_hand.values()) == THREADS // 2
    receivers.let_go.set()
    await_idle(lanes, 100 + 250)
    lanes.close()


def test_a_receiver_that_fails_three_times_in_a_row_rests_with_all_its_messages(receivers: Receivers) -> None:
    tried: list[str] = []

    def fail(notice: Notice) -> Delivery:
        tried.append(notice.id)
        return FAILED

    lanes = opened()
    lanes.take("away", notices(20), fail)
    lanes.take("quick", notices(20, "other"), receivers.quick)
    await_idle(lanes, 20)
    await_end(lanes)

    assert lanes.resting == {"away"}
    left = lanes.left()
    assert 3 <= len(tried) <= 4
    assert sorted(one.id for one in left) == sorted(one.id for one in notices(20) if one.id not in tried)
    assert lanes.take("away", notices(1, "late"), fail) == []
    await_end(lanes)
    assert lanes.left() == notices(1, "late")


def test_a_receiver_that_was_quick_is_believed_for_longer() -> None:
    answers = iter([DELIVERED, *[FAILED] * 20])
    lanes = opened()
    for notice in notices(21):
        lanes.take("was quick", [notice], lambda _: next(answers))
        await_end(lanes)

    assert lanes.resting == {"was quick"}
    assert len(lanes.left()) == 21 - 1 - 8


def test_failures_of_single_messages_let_no_host_rest() -> None:
    failed = Delivery("later", "no such address", is_of_host=False)
    lanes = opened()
    for notice in notices(20):
        lanes.take("shared", [notice], lambda _: failed)
        await_end(lanes)

    assert lanes.close() == []
    assert lanes.resting == set()


def test_a_success_after_two_failures_lets_nobody_rest() -> None:
    answers = iter([FAILED, FAILED, DELIVERED] * 5)
    lanes = opened()
    for notice in notices(15):
        lanes.take("flaps", [notice], lambda _: next(answers))
        await_end(lanes)

    assert lanes.close() == []
    assert lanes.resting == set()
    assert lanes.delivered == 5


def test_a_quick_receiver_is_given_all_that_there_is(receivers: Receivers) -> None:
    paces = Paces()
    paces.note("quick", quick=True)
    lanes = opened(paces)

    assert lanes.take("quick", notices(1000), receivers.quick) == []
    await_idle(lanes, 1000)


def test_more_messages_for_a_doubtful_receiver_than_fit_are_handed_back(receivers: Receivers) -> None:
    lanes = opened()
    too_many = lanes.take("sleeps", notices(250), receivers.sleeping("sleeps"))

    assert 140 <= len(too_many) <= 150
    assert [one.id for one in too_many] == [one.id for one in notices(250)][-len(too_many) :]
    receivers.let_go.set()
    lanes.close()


def test_nothing_begins_once_the_time_is_over(receivers: Receivers) -> None:
    lanes = Lanes(Paces(), time.monotonic())
    lanes.take("quick", notices(3), receivers.quick)

    assert lanes.close() == notices(3)
    assert receivers.arrived == []


def test_what_cannot_be_written_down_ends_the_round() -> None:
    def send(_: Notice) -> Delivery:
        raise RuntimeError("the disk is full")

    lanes = opened()
    lanes.take(OWN_HOST, notices(100), send)
    await_end(lanes)
    left = lanes.close()

    assert str(lanes.trouble) == "the disk is full"
    assert not lanes.is_open
    assert len(left) >= 100 - 2 * THREADS


def test_a_host_that_is_quick_by_turns_keeps_to_the_half_for_doubtful_ones(receivers: Receivers) -> None:
    """It would take a message at once, and then let all threads wait that it is given for that."""
    paces = Paces()
    for at in range(8):
        for quick in (True, False, True):
            paces.note(f"by turns {at}", quick=quick)
    paces.note("quick", quick=True)
    lanes = opened(paces)
    for at in range(8):
        lanes.take(f"by turns {at}", notices(5, f"slow {at}"), receivers.sleeping(f"by turns {at}"))
    lanes.take("quick", notices(100), receivers.quick)
    await_idle(lanes, 100)

    assert sum(receivers.in_hand.values()) == THREADS // 2
    receivers.let_go.set()
    lanes.close()


def test_a_host_that_was_slow_once_is_quick_again_after_many_quick_messages() -> None:
    paces = Paces()
    for _ in range(1000):
        paces.note("push", quick=True)
    paces.note("push", quick=False)
    needed = 0
    while not paces.is_quick("push"):
        paces.note("push", quick=True)
        needed += 1

    assert needed == 64


def test_a_host_is_quick_from_its_first_quick_message_until_a_slow_one() -> None:
    paces = Paces()
    seen = [paces.is_quick("host")]
    for quick in (True, False):
        paces.note("host", quick=quick)
        seen.append(paces.is_quick("host"))

    assert seen == [False, True, False]
    assert paces.is_quick(OWN_HOST)
