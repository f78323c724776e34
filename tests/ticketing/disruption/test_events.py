"""A holder of a ticket for a run that does not go as planned hears of it once it is sure, and once."""

import queue
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from operators.port import Alert, CallChange, Disruption, Selector
from tests.ticketing.disruption.quay import (
    CANCELLED,
    DAY,
    OPERATOR,
    REGION,
    RUN,
    SHIP,
    TRIP,
    Quay,
    calls,
    late,
)
from ticketing.db.disruption import events
from ticketing.db.ticket import legs, tickets
from ticketing.regions import ask_now, by_staff

ARRIVES = datetime(2026, 10, 13, 5, 15, tzinfo=UTC)
AGAIN = replace(SHIP, trip_id="ECK-HT-0900", from_stop="HEL-LT2", to_stop="TLL-A")
SKIPPED = Disruption(TRIP, DAY, calls=(CallChange(0, 0, 0), CallChange(1, 0, 0, skipped=True)))


def happened(quay: Quay) -> list[tuple[str, str, dict[str, str]]]:
    """The events of the run: kind, status, and whom each concerns and why."""
    with quay.desk.database.read() as tx:
        return [
            (one.kind, one.status, {row.jti: row.why for row in events.list_affected(tx, one.id)})
            for one in events.list_events(tx, REGION, RUN)
        ]


def owed(quay: Quay) -> list[dict[str, str]]:
    """The messages that are owed, revision by revision."""
    return [whom for _, status, whom in happened(quay) if status == "confirmed"]


def give_back(quay: Quay, jti: str) -> None:
    with quay.desk.database.write() as tx:
        tickets.revoke_tickets(tx, [jti], quay.clock.now())


@pytest.mark.parametrize("who", ["feed", "file", "staff"])
def test_whoever_cancels_a_ship_the_same_tickets_are_concerned(quay: Quay, who: str) -> None:
    everybody = {f"person-{at}": "cancelled" for at in range(12)}
    for jti in everybody:
        quay.hold(jti=jti)
    quay.hold(AGAIN, jti="on another ship")
    if who == "staff":
        by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")
    for _ in range(3):
        quay.eckero.source = "exchange" if who == "file" else "gtfs_rt"
        quay.tell(*(() if who == "staff" else (CANCELLED,)), after=30)

    assert happened(quay) == [("cancelled", "confirmed", everybody)]


def test_the_operators_own_word_counts_at_once(quay: Quay) -> None:
    quay.hold()

    by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")

    with quay.desk.database.read() as tx:
        event = events.last_event(tx, REGION, RUN)
    assert event is not None
    assert (event.status, event.source, event.confirmed_at) == (
        "confirmed",
        "operator_report",
        quay.clock.now(),
    )
    assert event.evidence == (quay.facts()[0].id,)


def test_a_feeds_word_counts_by_its_second_message(quay: Quay) -> None:
    quay.hold()

    quay.tell(CANCELLED)
    quay.tell(CANCELLED)
    first = happened(quay)
    quay.tell(CANCELLED, after=5)

    assert first == [("cancelled", "seen", {})]
    assert happened(quay) == [("cancelled", "confirmed", {"anna": "cancelled"})]


def test_a_feeds_word_counts_half_a_minute_after_it_where_no_other_comes(quay: Quay) -> None:
    quay.hold()
    quay.tell(CANCELLED)
    quay.clock.advance(timedelta(seconds=29))
    early = quay.watcher.confirm_waiting(), owed(quay)
    quay.clock.advance(timedelta(seconds=1))

    assert early == (0, [])
    assert (quay.watcher.confirm_waiting(), quay.watcher.confirm_waiting()) == (1, 0)
    assert owed(quay) == [{"anna": "cancelled"}]


def test_what_a_feed_takes_back_at_once_nobody_hears_of(quay: Quay) -> None:
    quay.hold()

    quay.tell(CANCELLED)
    quay.tell(after=5)
    quay.clock.advance(timedelta(minutes=5))
    quay.watcher.confirm_waiting()

    assert happened(quay) == [("cancelled", "dropped", {})]


def test_a_feed_that_says_something_else_begins_anew(quay: Quay) -> None:
    quay.hold()

    quay.tell(late(40))
    quay.tell(CANCELLED, after=5)
    between = happened(quay)
    quay.tell(CANCELLED, after=5)

    assert between == [("cancelled", "seen", {})]
    assert owed(quay) == [{"anna": "cancelled"}]


def test_exactly_those_who_were_told_hear_that_it_sails_after_all(quay: Quay) -> None:
    for jti in ("anna", "bo", "cleo"):
        quay.hold(jti=jti)
    quay.tell(CANCELLED)
    quay.tell(CANCELLED, after=30)
    give_back(quay, "bo")
    quay.hold(jti="who came later")

    quay.tell(after=30)
    quay.tell(after=119)
    flapping = owed(quay)
    quay.tell(after=1)
    quay.tell(after=30)

    assert flapping == owed(quay)[:1]
    assert owed(quay)[1:] == [dict.fromkeys(("anna", "bo", "cleo"), "restored")]
    assert happened(quay)[-1][0] == "service_restored"


def test_a_ship_that_is_cancelled_again_is_told_again(quay: Quay) -> None:
    quay.hold()
    by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")
    by_staff.take_back(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")
    by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")

    assert owed(quay) == [{"anna": "cancelled"}, {"anna": "restored"}, {"anna": "cancelled"}]


@pytest.mark.parametrize(
    ("told", "reasons"),
    [
        ((14,), []),
        ((15,), ["late"]),
        ((20, 29), ["late"]),
        ((20, 35), ["late", "late"]),
        ((20, 90), ["late", "late"]),
        ((20, 91), ["late", "too_late"]),
        ((89, 91), ["late", "too_late"]),
        ((91, 89), ["too_late"]),
        ((91, 77), ["too_late"]),
        ((91, 76), ["too_late", "late"]),
        ((91, 14), ["too_late", "late"]),
        ((91, 7), ["too_late", "restored"]),
        ((95, 20), ["too_late", "late"]),
        ((20, 8), ["late"]),
        ((20, 7), ["late", "restored"]),
        ((14, 7, 14), []),
    ],
)
def test_a_delay_is_told_from_a_quarter_of_an_hour_on_and_again_when_it_differs_by_as_much(
    quay: Quay, told: tuple[int, ...], reasons: list[str]
) -> None:
    quay.hold()
    for minutes in told:
        quay.tell(late(minutes), after=30)
        quay.tell(late(minutes), after=120)

    assert [whom["anna"] for whom in owed(quay)] == reasons


def test_an_operator_may_promise_to_tell_sooner(quay: Quay) -> None:
    region = quay.watcher.regions[REGION]
    operator = region.data.operators[OPERATOR]
    soon = replace(operator, promises=replace(operator.promises, tell_minutes=5))
    data = replace(region.data, operators={**region.data.operators, OPERATOR: soon})
    quay.watcher.regions[REGION] = replace(region, data=data)
    quay.hold()

    by_staff.delay_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, seconds=300, by="mari")

    assert owed(quay) == [{"anna": "late"}]


def test_a_call_that_is_not_served_concerns_whoever_boards_or_alights_there(quay: Quay) -> None:
    quay.hold()
    quay.hold(replace(SHIP, to_stop="elsewhere"), jti="bo")

    for _ in range(2):
        quay.tell(SKIPPED, after=5)

    assert happened(quay) == [("call_skipped", "confirmed", {"anna": "skipped"})]


@pytest.mark.parametrize(
    ("mode", "minutes", "late_minutes", "concerned"),
    [("ferry", 120, 10, False), ("ferry", 25, 10, True), ("ferry", 25, 0, False), ("tram", 8, 10, False)],
)
def test_a_change_that_cannot_be_made_any_more_concerns_its_holder_unless_the_next_one_takes_over(
    quay: Quay, mode: str, minutes: int, late_minutes: int, concerned: bool
) -> None:
    leaves = ARRIVES + timedelta(minutes=minutes)
    operator = "hsl" if mode == "tram" else OPERATOR
    then = replace(
        AGAIN, operator=operator, mode=mode, departs_at=leaves, arrives_at=leaves + timedelta(hours=2)
    )
    quay.hold(SHIP, then)

    for _ in range(2):
        quay.tell(late(late_minutes), after=5)

    expected = [("connection_broken", "confirmed", {"anna": "connection"})] if concerned else []
    assert happened(quay) == expected


def test_a_change_to_a_ship_that_waits_is_not_missed(quay: Quay) -> None:
    leaves = ARRIVES + timedelta(minutes=25)
    then = replace(AGAIN, departs_at=leaves, arrives_at=leaves + timedelta(hours=2))
    quay.hold(SHIP, then)
    by_staff.delay_departure(quay.desk, REGION, OPERATOR, "ECK-HT-0900", DAY, seconds=86_400, by="mari")

    for _ in range(2):
        quay.tell(late(10), after=5)

    assert happened(quay) == []


def test_a_change_that_is_missed_is_saved_when_the_next_ship_waits_and_missed_again_when_it_does_not(
    quay: Quay,
) -> None:
    leaves = ARRIVES + timedelta(minutes=25)
    quay.hold(SHIP, replace(AGAIN, departs_at=leaves, arrives_at=leaves + timedelta(hours=2)))
    by_staff.delay_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, seconds=600, by="mari")
    quay.watcher.judge_changes()
    waits = (quay.desk, REGION, OPERATOR, "ECK-HT-0900", DAY)

    for act in (
        lambda: by_staff.delay_departure(*waits, seconds=86_400, by="mari"),
        lambda: by_staff.take_back(*waits, by="mari"),
    ):
        quay.clock.advance(timedelta(seconds=30))
        act()
        quay.clock.advance(timedelta(seconds=5))
        quay.watcher.judge_changes()
        quay.watcher.judge_changes()

    assert owed(quay) == [{"anna": "connection"}, {"anna": "restored"}, {"anna": "connection"}]


def test_a_delay_that_grows_is_told_to_those_alone_for_whom_it_is_news(quay: Quay) -> None:
    leaves = ARRIVES + timedelta(minutes=25)
    quay.hold(SHIP, replace(AGAIN, departs_at=leaves, arrives_at=leaves + timedelta(hours=2)))
    quay.hold(jti="bo")
    quay.tell(late(10), after=5)
    quay.tell(late(10), after=5)
    quay.tell(late(16), after=5)
    quay.tell(late(16), after=120)

    assert owed(quay) == [{"anna": "connection"}, {"bo": "late"}]


def test_who_has_arrived_is_not_concerned(quay: Quay) -> None:
    quay.hold()
    quay.clock.set(ARRIVES)

    by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")

    assert owed(quay) == []


def test_who_gives_the_ticket_back_first_hears_nothing(quay: Quay) -> None:
    quay.hold()
    give_back(quay, "anna")

    by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")

    assert happened(quay) == []


def test_a_run_that_has_ended_tells_nobody_that_it_is_well(quay: Quay) -> None:
    quay.hold()
    quay.tell(calls((0, None, 2400), (1, 2400, 2400)))
    quay.tell(calls((0, None, 2400), (1, 2400, 2400)), after=30)
    quay.clock.set(ARRIVES + timedelta(minutes=41))
    for _ in range(3):
        quay.tell(after=30)

    assert owed(quay) == [{"anna": "late"}]


def test_events_are_forgotten_with_the_runs_that_they_are_of(quay: Quay) -> None:
    quay.hold()
    by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")
    quay.clock.advance(timedelta(days=402))

    quay.tell()

    with quay.desk.database.write() as tx:
        quay.watcher.forget(tx, quay.clock.now().date(), DAY + timedelta(days=1))
    assert happened(quay) == []
    with quay.desk.database.read() as tx:
        assert legs.list_held(tx, REGION, RUN) == []


def test_a_feed_and_staff_who_say_it_at_once_owe_each_ticket_one_message(quay: Quay) -> None:
    for at in range(20):
        quay.hold(jti=f"person-{at}")
    quay.eckero.items = (CANCELLED,)
    quay.eckero.source = "exchange"
    desks = [replace(quay.desk, under_way=set(), answers=queue.SimpleQueue()) for _ in range(4)]
    failed: list[BaseException] = []

    def act(at: int) -> None:
        try:
            if at < len(desks):
                ask_now(desks[at])
            else:
                by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")
        except BaseException as error:  # noqa: BLE001  of a thread of its own: the test has to see it
            failed.append(error)

    threads = [threading.Thread(target=act, args=(at,)) for at in range(len(desks) + 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failed == []
    assert owed(quay) == [{f"person-{at}": "cancelled" for at in range(20)}]


@pytest.mark.parametrize(("effect", "cause"), [("no_service", "weather"), ("stop_moved", None)])
def test_an_event_has_the_cause_that_an_alert_about_its_run_gives(
    quay: Quay, effect: str, cause: str | None
) -> None:
    quay.hold()
    alert = Alert(header={"": "storm"}, cause="weather", effect=effect, about=(Selector(mode="ferry"),))
    elsewhere = Alert(
        header={"": "works"}, cause="strike", effect="no_service", about=(Selector(mode="tram"),)
    )
    quay.eckero.more = {"alerts": (elsewhere, alert)}

    for _ in range(2):
        quay.tell(CANCELLED, after=5)

    with quay.desk.database.read() as tx:
        event = events.last_event(tx, REGION, RUN)
    assert event is not None
    assert (event.status, event.cause) == ("confirmed", cause)
