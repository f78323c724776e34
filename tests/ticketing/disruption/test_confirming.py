"""A feed that flaps is told of rarely, and one that says all along that a run does not go as planned is told of soon."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from operators.promises import Promises
from tests.ticketing.disruption.quay import CANCELLED, DAY, OPERATOR, REGION, RUN, SHIP, TRIP, Quay, late
from ticketing.db.disruption import events
from ticketing.db.operators.run_states import ExpectedCall, RunState
from ticketing.db.ticket.legs import HeldLeg
from ticketing.disruption.affected import Rules, affected, kind_of
from ticketing.disruption.confirming import Heard, Seen, is_confirmed, news_for, patience, see
from ticketing.regions import by_staff

BEGINS = SHIP.departs_at - timedelta(hours=12)
HELD = [HeldLeg(leg=replace(SHIP, jti="anna"), then=None)]
RULES = Rules(
    promises={OPERATOR: Promises()},
    change_seconds=lambda *_: 0,
    stays=lambda *_: False,
    expected=lambda leg: leg.departs_at,
)
# The delay in minutes, or another way not to go as planned.
Said = int | str
BAD: st.SearchStrategy[Said] = st.sampled_from(["cancelled", "skipped", 15, 29, 31, 40, 89, 91, 120])
ANY: st.SearchStrategy[Said] = st.one_of(BAD, st.sampled_from([0, 6, 7, 8, 14]))


def words_of(said: st.SearchStrategy[Said]) -> st.SearchStrategy[list[tuple[int, Said]]]:
    """Words of a feed, each with the seconds since the one before."""
    return st.lists(st.tuples(st.integers(5, 90), said), min_size=1, max_size=240)


def state(said: Said) -> RunState:
    """The ship as a feed says that it is."""
    seconds = said * 60 if isinstance(said, int) else 0
    leaves, reaches = (int(moment.timestamp()) + seconds for moment in (SHIP.departs_at, SHIP.arrives_at))
    calls = (
        ExpectedCall(place=0, stop_id=SHIP.from_stop, arrival=None, departure=leaves),
        ExpectedCall(
            place=1, stop_id=SHIP.to_stop, arrival=reaches, departure=None, skipped=said == "skipped"
        ),
    )
    return RunState(
        operator=OPERATOR,
        trip_id=TRIP,
        service_date=DAY,
        cancelled=said == "cancelled",
        calls=calls,
        source="gtfs_rt",
        as_of=BEGINS,
        first_told_at=BEGINS,
        changed_at=BEGINS,
        worst_seconds=seconds,
    )


@dataclass
class Holder:
    """One holder of a ticket for the ship, and what she hears: the second at which, and why."""

    now: datetime = BEGINS
    seen: Seen | None = None
    said: Said = 0
    told: list[tuple[int, str]] = field(default_factory=list)
    heard: dict[str, Heard] = field(default_factory=dict)

    def listen(self, words: Sequence[tuple[int, Said]]) -> None:
        """Hear words; in between the worker looks after what waits, every five seconds."""
        for pause, said in words:
            self.wait(pause)
            self.said = said
            self.judge(self.now)

    def wait(self, seconds: int) -> None:
        """Let time go by without a word."""
        ends = self.now + timedelta(seconds=seconds)
        while self.now + timedelta(seconds=5) <= ends:
            self.now += timedelta(seconds=5)
            if self.seen is not None:
                self.judge(self.seen.first_told_at)
        self.now = ends

    def judge(self, told_at: datetime) -> None:
        told = set(self.heard)
        now_so = affected(HELD, state(self.said), RULES, self.now, told)
        is_well = isinstance(self.said, int) and self.said < 7.5
        news = news_for(now_so, self.heard, 900, is_well=is_well, travelling=["anna"])
        if not news:
            self.seen = None
            return
        self.seen = see(self.seen, kind_of(news), told_at=told_at, now=self.now)
        before = len(self.told)
        if is_confirmed(self.seen, before, is_own_word=False, told_at=told_at, now=self.now):
            self.seen, [word] = None, news
            self.told.append((int((self.now - BEGINS).total_seconds()), word.why))
            self.heard = {"anna": Heard(0, "order", word.why, word.late_seconds)}
            if word.why == "restored":
                self.heard = {}


@given(words_of(ANY))
@example([(30, said) for said in ("cancelled", "cancelled", 0, 0) * 60])
@example([(5, said) for said in ("cancelled", "cancelled", *([0] * 24)) * 9])
@example([(31, said) for said in ("cancelled", 0) * 60])
def test_whatever_a_feed_says_a_ticket_hears_of_a_run_at_most_three_times_in_twenty_minutes(
    words: list[tuple[int, Said]],
) -> None:
    anna = Holder()
    anna.listen(words)

    times = [second for second, _ in anna.told]
    assert all(sum(first <= one < first + 1200 for one in times) <= 3 for first in times)


@given(words_of(BAD))
@example([(20, "cancelled"), (20, 40)] * 20)
@example([(5, "skipped")])
def test_a_run_that_is_bad_in_every_word_for_a_minute_is_told(words: list[tuple[int, Said]]) -> None:
    anna = Holder()
    anna.listen(words)
    anna.wait(60)

    assert anna.told[0][0] <= words[0][0] + 35


@given(words_of(ANY), words_of(BAD))
def test_who_was_told_that_all_is_well_hears_in_the_end_of_a_run_that_stays_bad(
    before: list[tuple[int, Said]], after: list[tuple[int, Said]]
) -> None:
    anna = Holder()
    anna.listen([*before, *after])
    anna.wait(1800)

    assert anna.heard


@given(words_of(ANY))
def test_who_was_told_of_a_run_that_then_goes_well_hears_that_in_the_end(
    words: list[tuple[int, Said]],
) -> None:
    anna = Holder()
    anna.listen([*words, (5, 0)])
    anna.wait(1805)

    assert not anna.heard


def test_a_feed_has_to_stand_by_each_word_longer_than_by_the_one_before() -> None:
    assert [patience(count).total_seconds() / 60 for count in range(6)] == [0.5, 2, 8, 30, 30, 30]


@pytest.mark.parametrize(("own", "confirmed"), [(True, True), (False, False)])
def test_an_operators_own_word_needs_no_patience(*, own: bool, confirmed: bool) -> None:
    seen = see(None, "cancelled", told_at=BEGINS, now=BEGINS)

    assert is_confirmed(seen, 9, is_own_word=own, told_at=BEGINS, now=BEGINS) is confirmed


def told(quay: Quay) -> list[str]:
    """The words that are owed to a ticket for the ship, one after the other."""
    with quay.desk.database.read() as tx:
        return [row.why for row in events.list_heard(tx, REGION, RUN)]


@pytest.mark.parametrize("minutes", [(91, 89), (16, 7), (20, 35), (15, 14)])
def test_a_delay_that_wavers_is_told_once(quay: Quay, minutes: tuple[int, int]) -> None:
    quay.hold()
    for turn in range(20):
        for _ in range(2):
            quay.tell(late(minutes[turn % 2]), after=30)
            quay.watcher.confirm_waiting()

    assert len(told(quay)) == 1


def test_a_ship_that_is_cancelled_and_not_by_turns_is_told_once_and_comes_back_once_that_lasts(
    quay: Quay,
) -> None:
    quay.hold()
    for turn in range(20):
        for _ in range(2):
            quay.tell(*([CANCELLED] if turn % 2 == 0 else []), after=30)
            quay.watcher.confirm_waiting()
    wavering = told(quay)
    quay.clock.advance(timedelta(seconds=120))

    assert (quay.watcher.confirm_waiting(), quay.watcher.confirm_waiting()) == (1, 0)
    assert (wavering, told(quay)) == (["cancelled"], ["cancelled", "restored"])


def test_a_feed_that_wavers_between_two_ways_not_to_go_as_planned_is_told_after_half_a_minute(
    quay: Quay,
) -> None:
    quay.hold()
    quay.tell(CANCELLED)
    quay.tell(late(40), after=20)
    early = told(quay)
    quay.tell(CANCELLED, after=20)

    assert (early, told(quay)) == ([], ["cancelled"])


def test_a_cancellation_does_not_wait_because_delays_were_told_before(quay: Quay) -> None:
    quay.hold()
    for minutes in (20, 36, 52):
        for _ in range(20):
            quay.tell(late(minutes), after=120)
            quay.watcher.confirm_waiting()
    delays = told(quay)
    quay.tell(CANCELLED, after=30)
    quay.tell(CANCELLED, after=10)

    assert (delays, told(quay)) == (["late"] * 3, [*delays, "cancelled"])


def test_what_waits_is_not_judged_again_before_its_time(quay: Quay) -> None:
    quay.hold()
    quay.tell(CANCELLED)
    quay.tell(CANCELLED, after=5)
    quay.tell(after=5)
    quay.clock.advance(timedelta(seconds=119))
    early = quay.watcher.confirm_waiting()
    quay.clock.advance(timedelta(seconds=1))

    assert (early, quay.watcher.confirm_waiting()) == (0, 1)


def test_a_word_of_staff_on_one_ship_confirms_nothing_that_a_feed_says_of_another(quay: Quay) -> None:
    quay.hold()
    quay.tell(CANCELLED)
    by_staff.cancel_departure(quay.desk, REGION, OPERATOR, "ECK-HT-0900", DAY, by="mari")

    assert told(quay) == []


def test_whoever_was_told_of_a_cancelled_ship_hears_that_it_sails_late_rather_than_as_planned(
    quay: Quay,
) -> None:
    quay.hold()
    for item in (CANCELLED, late(10)):
        quay.tell(item, after=5)
        quay.tell(item, after=120)

    assert told(quay) == ["cancelled", "late"]


def flap(quay: Quay, first: datetime, last: datetime, pause: int = 20) -> None:
    """Have the feed say every so many seconds that the ship is cancelled, and that it is not; the worker looks in between."""
    at, turn = first, 0
    while at <= last:
        quay.tell_at(at, *((CANCELLED,) if turn % 2 == 0 else (late(0),)))
        quay.watcher.confirm_waiting()
        at, turn = at + timedelta(seconds=pause), turn + 1


@pytest.mark.parametrize("offset", [0, 20])
def test_a_feed_that_flaps_all_the_time_is_told_of_at_the_departure_and_once(quay: Quay, offset: int) -> None:
    quay.hold()
    leaves = SHIP.departs_at

    flap(quay, leaves - timedelta(minutes=4, seconds=offset), leaves + timedelta(minutes=6))

    [(at, kind)] = confirmed(quay)
    assert kind == "cancelled"
    assert leaves <= at <= leaves + timedelta(seconds=45)


def test_a_ship_that_is_cancelled_in_the_last_second_is_told_when_it_should_leave(quay: Quay) -> None:
    quay.hold()
    quay.tell_at(SHIP.departs_at - timedelta(seconds=2), CANCELLED)
    quay.clock.advance(timedelta(seconds=3))

    assert quay.watcher.confirm_waiting() == 1
    assert confirmed(quay) == [(SHIP.departs_at + timedelta(seconds=1), "cancelled")]


def test_who_was_told_that_a_flapping_ship_goes_after_all_hears_at_the_departure_that_it_does_not(
    quay: Quay,
) -> None:
    quay.hold()
    leaves = SHIP.departs_at
    for at in (20, 19):
        quay.tell_at(leaves - timedelta(minutes=at), CANCELLED)
    for at in (18, 17, 16, 15, 14):
        quay.tell_at(leaves - timedelta(minutes=at))
    flap(quay, leaves - timedelta(minutes=3), leaves + timedelta(minutes=3))

    assert [kind for _, kind in confirmed(quay)] == ["cancelled", "service_restored", "cancelled"]


def confirmed(quay: Quay) -> list[tuple[datetime, str]]:
    """List when each event of the run was confirmed, with its kind."""
    with quay.desk.database.read() as tx:
        rows = events.list_events(tx, REGION, RUN)
    return [(one.confirmed_at or one.last_seen, one.kind) for one in rows if one.status == "confirmed"]


@pytest.mark.parametrize(("stays", "concerned"), [(False, ["connection"]), (True, [])])
def test_whoever_stays_seated_misses_no_change(stays: bool, concerned: list[str]) -> None:
    leaves = SHIP.arrives_at + timedelta(minutes=1)
    then = replace(SHIP, leg=1, trip_id="on", departs_at=leaves, arrives_at=leaves + timedelta(hours=1))
    held = [HeldLeg(leg=replace(SHIP, jti="anna"), then=then)]

    now_so = affected(held, state(10), replace(RULES, stays=lambda *_: stays), BEGINS)

    assert [one.why for one in now_so] == concerned
