"""The queue for new orders: a place and a time at once, kept by a signed ticket, in every process, and no way around it."""

import multiprocessing
import os
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.api import Api, checked
from ticketing.api.door import Door, door_of
from ticketing.api.door.line import LONGEST_MS, Line, Told
from ticketing.api.door.page import Page
from ticketing.api.door.slots import Slots
from ticketing.identity import QueuePlace, QueueTickets
from ticketing.identity.mac_secrets import MacSecrets

TICKETS = QueueTickets(MacSecrets("order", None, b"a" * 32))
MINE, OTHERS = b"my request", b"another request"


@dataclass
class Clock:
    """Two clocks of one machine: the one that never goes back, and the one on the wall."""

    seconds: float = 1_000.0
    wall: float = field(default=1_800_000_000.0)

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        self.wall += seconds


@dataclass
class Crowd:
    """People at a door, whose requests are told apart by a number."""

    door: Door
    clock: Clock

    def come(self, who: int, ticket: str = "") -> str:
        """Come to the door; the ticket for the next time, an empty text where one is let in."""
        told = self.ask(who, ticket)
        return "" if told is None else self.door.tickets.write(told.place, b"%d" % who)

    def ask(self, who: int, ticket: str = "") -> Told | None:
        """Come to the door; the place that one is told, None where one is let in."""
        return self.door.enter(ticket, b"%d" % who)


def crowd(most: int = 1, *, clock: Clock | None = None, line: Line | None = None) -> Crowd:
    """A door with so many hands, where nobody can stand."""
    clock = clock or Clock()
    line = line or Line(seconds=lambda: clock.seconds, wall=lambda: clock.wall)
    return Crowd(Door(TICKETS, line, Slots(most, 0)), clock)


def place_of(told: Told | None) -> Told:
    assert told is not None, "this one was let in"
    return told


def wait_of(told: Told | None) -> float:
    return place_of(told).wait_ms / 1000


def test_nobody_waits_while_a_hand_is_free() -> None:
    quiet = crowd(2)

    assert [quiet.come(1), quiet.come(2)] == ["", ""]
    assert quiet.door.line.told == 0


def test_appointments_are_in_the_order_of_arrival_and_places_count_those_before() -> None:
    rush = crowd()
    rush.come(0)

    told = [place_of(rush.ask(who)) for who in range(1, 400)]

    assert [one.before for one in told] == list(range(399))
    dues = [one.place.due_ms for one in told]
    assert dues == sorted(dues)
    assert max(one.wait_ms for one in told) <= LONGEST_MS


def test_who_comes_as_told_goes_before_whoever_comes_later() -> None:
    rush = crowd()
    rush.come(0)
    first = rush.come(1)
    rush.clock.pass_by(wait_of(rush.ask(2)))
    rush.door.leave("201 CREATED")

    later, queued = rush.ask(3), rush.come(1, first)

    assert later is not None
    assert queued == ""


def test_a_ticket_before_its_time_keeps_the_time_and_gains_nothing() -> None:
    rush = crowd()
    rush.come(0)
    for who in range(1, 100):
        rush.come(who)
    told = place_of(rush.ask(100))
    ticket = TICKETS.write(told.place, b"100")
    rush.door.leave("201 CREATED")

    again = place_of(rush.ask(100, ticket))

    assert again.place == told.place


@pytest.mark.parametrize(
    "spoil",
    [
        lambda ticket: ticket[:-1] + ("A" if ticket[-1] != "A" else "B"),
        lambda ticket: ticket[:12] + ("A" if ticket[12] != "A" else "B") + ticket[13:],
        lambda _: "tf_queue_" + "A" * 86,
        lambda ticket: ticket + "A",
        lambda ticket: ticket.replace("tf_queue_", "tf_order_"),
        lambda _: "x" * 100_000,
        lambda ticket: ticket[:-1] + "é",
        lambda ticket: ticket[:-1] + "=",
    ],
)
def test_a_forged_ticket_is_no_ticket(spoil: Callable[[str], str]) -> None:
    ticket = TICKETS.write(QueuePlace(1, 2, 3, 4), MINE)

    assert TICKETS.read(ticket, MINE) == QueuePlace(1, 2, 3, 4)
    assert TICKETS.read(spoil(ticket), MINE) is None


@given(st.text(max_size=200))
def test_no_text_is_a_ticket_by_chance(text: str) -> None:
    assert TICKETS.read(text, MINE) is None


def test_a_ticket_is_good_for_its_own_request_and_under_our_keys_alone() -> None:
    ticket = TICKETS.write(QueuePlace(1, 2, 3, 4), MINE)
    stranger = QueueTickets(MacSecrets("order", None, b"b" * 32))

    assert TICKETS.read(ticket, OTHERS) is None
    assert stranger.read(ticket, MINE) is None


def test_a_traded_ticket_stands_at_the_end() -> None:
    rush = crowd()
    rush.come(0)
    early = rush.come(1)
    for who in range(2, 50):
        rush.come(who)

    told = place_of(rush.ask(77, early))

    assert told.before == 49


def test_a_ticket_is_over_two_minutes_after_its_time() -> None:
    rush = crowd()
    rush.come(0)
    ticket = rush.come(1)
    rush.clock.pass_by(125)
    rush.come(2)

    told = place_of(rush.ask(1, ticket))

    assert told.place.arrived_ms == int(rush.clock.wall * 1000)


def test_a_ticket_lets_in_three_times_and_no_more() -> None:
    rush = crowd(9)
    line = rush.door.line
    ticket = TICKETS.write(line.join().place, b"1")
    rush.clock.pass_by(0.5)

    uses = [rush.come(1, ticket) == "" for _ in range(3)]
    line.join()
    fourth = rush.ask(1, ticket)

    assert uses == [True] * 3
    assert fourth is not None


def test_a_million_who_never_come_hold_nobody_longer_than_a_minute() -> None:
    rush = crowd()
    rush.come(0)
    line = rush.door.line
    size = len(line._page)
    for _ in range(20_000):
        line.join()
    line._page[0] += 980_000  # the rest of the million
    told = place_of(rush.ask(7))
    ticket = TICKETS.write(told.place, b"7")
    rush.door.leave("201 CREATED")
    rush.clock.pass_by(told.wait_ms / 1000)

    assert told.before == 1_000_000
    assert told.wait_ms <= LONGEST_MS
    assert rush.come(7, ticket) == ""
    assert len(line._page) == size


def test_a_clock_that_is_set_back_lets_nobody_wait_longer() -> None:
    rush = crowd()
    rush.come(0)
    told = place_of(rush.ask(1))
    ticket = TICKETS.write(told.place, b"1")
    rush.door.leave("201 CREATED")
    rush.clock.pass_by(told.wait_ms / 1000)
    rush.clock.wall -= 3600

    assert rush.come(1, ticket) == ""


def test_a_ticket_of_another_host_stands_by_its_time_of_arrival() -> None:
    clock = Clock()
    here, there = crowd(clock=clock), crowd(clock=clock)
    here.come(0)
    there.come(0)
    first = there.come(1)
    clock.pass_by(1.1)
    for who in range(2, 60):
        here.come(who)
    last = place_of(here.ask(60))
    clock.pass_by(1.0)

    told = place_of(here.ask(1, first))

    assert told.before < last.before
    here.door.leave("201 CREATED")
    clock.pass_by(told.wait_ms / 1000)
    assert here.come(1, here.door.tickets.write(told.place, b"1")) == ""


def test_a_process_that_begins_anew_honours_the_tickets_of_the_one_before() -> None:
    clock = Clock()
    before = crowd(clock=clock)
    before.come(0)
    told = place_of(before.ask(1))
    ticket = TICKETS.write(told.place, b"1")
    clock.pass_by(told.wait_ms / 1000)
    after = crowd(clock=clock)

    assert after.come(1, ticket) == ""


def test_once_all_get_a_no_the_line_is_told_by_lot_and_quickly() -> None:
    rush = crowd()
    rush.come(0)
    tickets = {who: place_of(rush.ask(who)) for who in range(1, 1_000)}
    rush.clock.pass_by(60)
    for _ in range(30):
        rush.door.line.went(is_sold=False)
    rush.door.leave("409 CONFLICT")

    last = replace(tickets[999].place, due_ms=int(rush.clock.wall * 1000))

    assert rush.come(999, TICKETS.write(last, b"999")) == ""


def _join_often(line: Line, told: "multiprocessing.Queue[list[int]]") -> None:
    told.put([line.join().place.number for _ in range(200)])


def _die_alone(page: Page) -> None:
    with page.alone():
        os.kill(os.getpid(), signal.SIGKILL)


def test_processes_share_one_line_and_one_that_dies_with_the_lock_stops_nobody() -> None:
    forked, line = multiprocessing.get_context("fork"), Line()
    dead = forked.Process(target=_die_alone, args=(line._page,))
    dead.start()
    dead.join(10)
    told: multiprocessing.Queue[list[int]] = forked.Queue()
    workers = [forked.Process(target=_join_often, args=(line, told)) for _ in range(3)]
    for worker in workers:
        worker.start()
    numbers = [number for _ in workers for number in told.get(timeout=20)]
    for worker in workers:
        worker.join(10)

    assert dead.exitcode == -signal.SIGKILL
    assert sorted(numbers) == list(range(1, 601))
    assert line.join().place.number == 601


# The door in the whole service.


def hold_the_door(api: Api, path: str = "/v1/orders") -> Door:
    """Fill every hand of a service, and let somebody wait."""
    door = door_of(api.client.application, path)
    assert door is not None
    for _ in range(door.slots.most):
        assert door.slots.enter(0, 0)
    door.line.join()
    return door


def ordered(api: Api, quote: str, key: str, **more: str) -> TestResponse:
    headers = {"Idempotency-Key": key, **{name.replace("_", "-"): value for name, value in more.items()}}
    return checked(api.client.post("/v1/orders", json={"quote_id": quote}, headers=headers))


def test_while_a_commit_waits_nobody_is_told_a_place(api: Api) -> None:
    quote = api.quote()["id"]
    hold_the_door(api)
    commits = api.client.application.extensions["throughfare"].till.database.commits
    with commits.sent():
        commits.seconds = lambda: time.monotonic() + 60
        commits.refuses(1)  # now and then one may try, and has tried

        answer = ordered(api, quote, str(uuid.uuid4()))

    assert answer.status_code == 503
    assert (answer.json or {})["code"] == "commit_waits"


def told_of(answer: TestResponse) -> dict[str, object]:
    assert answer.status_code == 429, answer.json
    return answer.json or {}


def test_a_buyer_is_told_a_place_and_a_time_and_buys_at_that_time(api: Api) -> None:
    quote, key = api.quote()["id"], str(uuid.uuid4())
    door = hold_the_door(api)

    answer = ordered(api, quote, key)
    told = told_of(answer)
    door.slots.leave()
    time.sleep(float(str(told["wait_ms"])) / 1000)
    placed = ordered(api, quote, key, Queue_Ticket=str(told["queue_ticket"]))

    assert (told["code"], told["place"]) == ("in_queue", 1)
    assert answer.headers["Retry-After"] == "1"
    soon = datetime.now(UTC) - timedelta(seconds=2)
    assert soon < datetime.fromisoformat(str(told["told_at"])) < soon + timedelta(seconds=5)
    assert (placed.status_code, (placed.json or {})["quote_id"]) == (201, quote)


def test_an_answer_of_the_door_is_like_every_other(api: Api) -> None:
    other = api.get("/v1/orders/none", "none")
    hold_the_door(api)

    answer = ordered(api, "q", "k" * 32, X_Request_Id="my-request-1", Accept_Language="fi")

    names = {name for name, _ in other.headers} - {"WWW-Authenticate"}
    assert names - {name for name, _ in answer.headers} == set()
    assert answer.headers["X-Request-Id"] == "my-request-1"
    assert (answer.json or {})["instance"] == "urn:throughfare:request:my-request-1"
    assert "olet jonossa, ennen sinua on 1" in (answer.json or {})["detail"]


def test_payments_and_reads_have_no_door(api: Api) -> None:
    order, token = api.order()
    hold_the_door(api)

    paid = api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, token)

    assert paid.status_code == 201
    assert api.get(f"/v1/orders/{order['id']}", token).status_code == 200


def test_a_ticket_goes_with_key_and_body(api: Api) -> None:
    quote, other, key = api.quote()["id"], api.quote()["id"], str(uuid.uuid4())
    door = hold_the_door(api)
    for _ in range(60):
        door.line.join()
    ticket = str(told_of(ordered(api, quote, key))["queue_ticket"])

    places = [
        told_of(ordered(api, wanted, by, Queue_Ticket=ticket))["place"]
        for wanted, by in ((other, key), (quote, str(uuid.uuid4())), (quote, key))
    ]

    assert places == [62, 63, 61]


def test_the_figures_tell_how_many_wait(api: Api) -> None:
    hold_the_door(api)
    told_of(ordered(api, "q", "k" * 32))

    figures = api.client.get("/metrics", headers={"Authorization": f"Bearer {api.key('admin')}"})

    assert "throughfare_queue_waiting 2.0" in figures.get_data(as_text=True)
    assert "throughfare_queue_told_total 2.0" in figures.get_data(as_text=True)


def frozen(api: Api, offer: str, **more: str) -> TestResponse:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    return checked(api.client.post("/v1/quotes", json={"offer_id": offer}, headers=headers))


def test_whoever_wants_a_quote_is_told_a_place_and_has_it_at_that_time(api: Api) -> None:
    offer = api.search()["itineraries"][0]["offer_id"]
    door = hold_the_door(api, "/v1/quotes")

    told = told_of(frozen(api, offer))
    door.slots.leave()
    time.sleep(float(str(told["wait_ms"])) / 1000)
    kept = frozen(api, offer, Queue_Ticket=str(told["queue_ticket"]))

    assert (told["code"], told["place"]) == ("in_queue", 1)
    assert (kept.status_code, (kept.json or {})["id"] != "") == (201, True)


def test_quotes_and_orders_have_queues_of_their_own(api: Api) -> None:
    offer, quote = api.search()["itineraries"][0]["offer_id"], api.quote()["id"]
    hold_the_door(api, "/v1/quotes")

    placed, told = ordered(api, quote, str(uuid.uuid4())), told_of(frozen(api, offer))
    figures = api.client.get("/metrics", headers={"Authorization": f"Bearer {api.key('admin')}"})

    assert placed.status_code == 201
    assert told["place"] == 1
    assert "throughfare_queue_waiting 2.0" in figures.get_data(as_text=True)
