"""The last known state of each run: written by whoever polls, kept when a ship has left, taken back when it sails after all."""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from operators.errors import Unavailable
from operators.port import AddedCall, AddedTrip, CallChange, Capabilities, Disruption, Disruptions, Matching
from tariffs.journey import Ride
from ticketing import logs
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import RunState
from ticketing.errors import Conflict, InvalidRequest
from ticketing.regions import LiveBoard, LiveDesk, Region, ask_now, by_staff, poll_live, polling
from ticketing.regions.polling import forget_runs
from ticketing.regions.run_news import news_of

REGION, DAY = "helsinki-tallinn", date(2026, 10, 13)
# Eckerö's first departure of the day in the region's own feed.
TRIP = "ECK-TH-0600"


@dataclass
class Teller:
    """An operator that tells what the test has it tell."""

    clock: FixedClock
    items: tuple[Disruption, ...] = ()
    silent: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(needs_hold=True, disruptions=True)
    )

    def disruptions(self) -> Disruptions:
        if self.silent:
            raise Unavailable("nobody there")
        return Disruptions(as_of=self.clock.now(), items=self.items, source="gtfs_rt", **self.more)


@dataclass
class Quay:
    """One region with one operator that tells, on either database."""

    desk: LiveDesk
    board: LiveBoard
    eckero: Teller

    def state(self) -> RunState | None:
        with self.desk.database.read() as tx:
            return run_states.find_runs(tx, REGION, {("eckero", TRIP, DAY)}).get(("eckero", TRIP, DAY))

    def tell(self, *items: Disruption) -> dict[str, int]:
        self.eckero.items = items
        return ask_now(self.desk)


@pytest.fixture
def quay(database: Database, clock: FixedClock, regions: dict[str, Region]) -> Quay:
    teller: Any = Teller(clock)
    connectors = {REGION: {"eckero": teller}}
    desk = LiveDesk(
        database=database, clock=clock, regions=dict(regions), connectors=connectors, pause_seconds=30
    )
    return Quay(desk, LiveBoard(database, clock, dict(regions), connectors), teller)


CANCELLED = Disruption(TRIP, DAY, cancelled=True)
LATE = Disruption(TRIP, DAY, delay_seconds=6000)


def test_an_operator_that_never_told_anything_has_no_age(quay: Quay, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exchange of files answers with the beginning of time until a first file has come: no age of 56 years."""
    nothing = Disruptions(
        as_of=datetime.fromtimestamp(0, UTC), items=(), source="exchange", tells_trips=False
    )
    monkeypatch.setattr(quay.eckero, "disruptions", lambda: nothing)

    assert ask_now(quay.desk) == {}

    feed = quay.board.troubles(REGION)["eckero"]
    assert (feed.as_of, feed.trouble) == (None, None)
    assert quay.board.told(REGION).operators == {}


def test_a_change_is_a_revision_and_a_repetition_is_nothing(quay: Quay, clock: FixedClock) -> None:
    first = clock.now()
    assert quay.tell(LATE) == {f"{REGION}/eckero": 1}
    clock.advance(timedelta(seconds=30))
    assert quay.tell(LATE) == {}
    clock.advance(timedelta(seconds=30))
    assert quay.tell(CANCELLED) == {f"{REGION}/eckero": 1}

    found = quay.state()

    assert found is not None
    assert (found.cancelled, found.revision, found.source) == (True, 2, "gtfs_rt")
    assert (found.first_told_at, found.changed_at) == (first, first + timedelta(minutes=1))


def test_what_is_expected_is_kept_as_instants(quay: Quay) -> None:
    quay.tell(Disruption(TRIP, DAY, calls=(CallChange(0, 60, 120), CallChange(1, 3600, 3600))))

    found = quay.state()

    assert found is not None
    leaves, reaches = found.calls
    assert datetime.fromtimestamp(leaves.departure or 0, UTC) == datetime(2026, 10, 13, 3, 2, tzinfo=UTC)
    assert datetime.fromtimestamp(reaches.arrival or 0, UTC) == datetime(2026, 10, 13, 6, 15, tzinfo=UTC)
    assert found.worst_seconds == 3600
    assert quay.board.told(REGION).operators["eckero"].items == (
        Disruption(TRIP, DAY, calls=(CallChange(0, 60, 120), CallChange(1, 3600, 3600))),
    )


def test_a_trip_that_is_replaced_is_served_where_it_still_calls(
    quay: Quay, regions: dict[str, Region]
) -> None:
    at = int(datetime(2026, 10, 13, 4, 0, tzinfo=UTC).timestamp())
    calls = (AddedCall("TLL-A", at, at), AddedCall("HEL-LT2", at + 8100, at + 8100))
    quay.eckero.more = {"added": (AddedTrip(TRIP, DAY, "TLL-A_HEL-LT2", "Helsinki", calls),)}
    quay.tell(replace(CANCELLED, replaced=True))
    found = quay.state()
    assert found is not None
    assert (found.cancelled, found.replaced, quay.board.told(REGION).cancelled) == (False, True, frozenset())
    ferry = Ride(
        operator="eckero",
        trip_id=TRIP,
        route_id="TLL-A_HEL-LT2",
        from_stop_id="TLL-A",
        to_stop_id="HEL-LT2",
        departure=datetime(2026, 10, 13, 3, 0, tzinfo=UTC),
        arrival=datetime(2026, 10, 13, 5, 15, tzinfo=UTC),
        calls=("TLL-A", "HEL-LT2"),
        mode="ferry",
    )

    news, elsewhere = news_of(ferry, found), news_of(replace(ferry, to_stop_id="HEL-KAT"), found)

    assert (news.is_served, news.departure_delay_seconds) == (True, 3600)
    assert (elsewhere.is_served, elsewhere.skipped_stop_id) == (False, "HEL-KAT")


def test_a_run_that_is_no_longer_told_before_it_leaves_is_as_planned_again(quay: Quay) -> None:
    quay.tell(CANCELLED)
    assert quay.board.told(REGION).cancelled == {("eckero", TRIP, DAY)}

    quay.tell()
    assert (quay.state(), quay.board.told(REGION).cancelled) == (None, frozenset())

    quay.tell(CANCELLED)
    found = quay.state()
    assert found is not None
    assert found.revision == 3


def test_the_last_word_on_a_run_that_has_left_stays(quay: Quay, clock: FixedClock) -> None:
    quay.tell(CANCELLED)
    clock.set(datetime(2026, 10, 13, 3, 0, tzinfo=UTC))  # 06:00 in Tallinn: it would leave now

    quay.tell()

    assert quay.state() is not None


def test_an_operator_that_tells_of_the_past_too_takes_back_what_is_missing(
    quay: Quay, clock: FixedClock
) -> None:
    quay.tell(CANCELLED)
    clock.set(datetime(2026, 10, 13, 4, 0, tzinfo=UTC))
    quay.eckero.more = {"keeps_past": True}

    quay.tell()

    assert quay.state() is None


def test_a_message_that_is_too_old_takes_nothing_back(quay: Quay) -> None:
    quay.tell(CANCELLED)
    quay.eckero.more = {"tells_trips": False}

    quay.tell()

    assert quay.state() is not None


def test_a_word_from_the_future_makes_no_later_one_old(
    quay: Quay, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    """The producer's clock was wrong, or ours was, and has been put back."""
    ahead = Disruptions(as_of=clock.now() + timedelta(days=4000), items=(), source="gtfs_rt")
    with monkeypatch.context() as wrong:
        wrong.setattr(quay.eckero, "disruptions", lambda: ahead)
        ask_now(quay.desk)

    assert quay.tell(CANCELLED) == {f"{REGION}/eckero": 1}


def test_the_part_that_could_not_be_had_is_the_trouble_of_the_rest(quay: Quay) -> None:
    quay.eckero.more = {"trouble": "alerts was answered with 500"}

    assert quay.tell(CANCELLED) == {f"{REGION}/eckero": 1}
    assert quay.board.troubles(REGION)["eckero"].trouble == "alerts was answered with 500"
    quay.eckero.more = {}
    quay.tell(CANCELLED)
    assert quay.board.troubles(REGION)["eckero"].trouble is None


def test_silence_ends_a_delay_and_no_cancellation(quay: Quay, clock: FixedClock) -> None:
    other = Disruption("ECK-HT-0900", DAY, delay_seconds=600)
    quay.tell(CANCELLED, other)
    quay.eckero.silent = True
    ask_now(quay.desk)
    assert quay.board.troubles(REGION)["eckero"].trouble == "nobody there"
    assert len(quay.board.told(REGION).operators["eckero"].items) == 2

    clock.advance(timedelta(minutes=11))

    assert quay.board.told(REGION).operators["eckero"].items == (CANCELLED,)


def test_two_workers_ask_once(quay: Quay, clock: FixedClock) -> None:
    quay.eckero.items = (CANCELLED,)

    assert [poll_live(quay.desk), poll_live(replace(quay.desk))] == [{f"{REGION}/eckero": 1}, {}]
    assert poll_live(replace(quay.desk, pause_seconds=0)) == {}
    quay.eckero.items = ()
    clock.advance(timedelta(seconds=29))
    assert poll_live(quay.desk) == {f"{REGION}/eckero": 1}


def test_nobody_waits_for_a_slow_operator_and_its_answer_is_not_lost(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(polling, "_PATIENCE_SECONDS", 0.0)
    quick: Any = Teller(quay.desk.clock)  # type: ignore[arg-type]
    slow = quay.eckero
    tell = slow.disruptions

    def hang() -> Disruptions:
        asked.set()
        go_on.wait(30)
        return tell()

    monkeypatch.setattr(slow, "disruptions", hang)
    slow.items = (CANCELLED,)
    quay.desk.connectors[REGION]["viking"] = quick  # type: ignore[index]

    assert poll_live(quay.desk) == {}
    asked.wait(30)
    assert quay.state() is None
    go_on.set()
    monkeypatch.setattr(polling, "_PATIENCE_SECONDS", 30.0)
    assert poll_live(quay.desk) == {f"{REGION}/eckero": 1}
    assert quay.board.troubles(REGION)["viking"].as_of is not None


def test_words_that_cannot_be_written_keep_nobody_elses_from_being_written(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure("json")  # as the worker does: another format would write out the whole region
    broken: Any = Teller(quay.desk.clock)  # type: ignore[arg-type]
    broken.more = {"matching": None}
    quay.desk.connectors[REGION]["viking"] = broken  # type: ignore[index]

    assert quay.tell(CANCELLED) == {f"{REGION}/eckero": 1}


def test_staff_cancel_what_no_system_tells_and_no_poll_changes_their_word(quay: Quay) -> None:
    by_staff.cancel_departure(quay.desk, REGION, "tallink", "TAL-TH-0730", DAY, by="mari")
    by_staff.cancel_departure(quay.desk, REGION, "eckero", TRIP, DAY, by="mari")
    quay.tell(LATE)
    quay.tell()

    gone = {("tallink", "TAL-TH-0730", DAY), ("eckero", TRIP, DAY)}
    assert quay.board.told(REGION).cancelled == gone
    with pytest.raises(Conflict, match="take that back first"):
        by_staff.delay_departure(quay.desk, REGION, "eckero", TRIP, DAY, seconds=600, by="mari")

    for operator, trip in (("tallink", "TAL-TH-0730"), ("eckero", TRIP)):
        by_staff.take_back(quay.desk, REGION, operator, trip, DAY, by="mari")
    assert quay.board.told(REGION).cancelled == frozenset()
    assert quay.tell(LATE) == {f"{REGION}/eckero": 1}
    with pytest.raises(Conflict):
        by_staff.take_back(quay.desk, REGION, "eckero", TRIP, DAY, by="mari")
    with quay.desk.database.read() as tx:
        done = tx.execute(sa.text("SELECT action FROM audit ORDER BY id")).scalars().all()
    assert done == ["departure_cancelled"] * 2 + ["departure_restored"] * 2


@pytest.mark.parametrize(
    ("operator", "trip", "day", "path"),
    [
        ("nobody", TRIP, DAY, "operator"),
        ("eckero", "?", DAY, "trip"),
        ("eckero", TRIP, date(2036, 1, 1), "day"),
    ],
)
def test_staff_cancel_only_what_would_run(quay: Quay, operator: str, trip: str, day: date, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        by_staff.cancel_departure(quay.desk, REGION, operator, trip, day, by="mari")

    assert [fault.path for fault in refused.value.faults] == [path]


def test_a_version_changes_only_with_what_is_told(quay: Quay, clock: FixedClock) -> None:
    quay.tell(LATE)
    before = quay.board.told(REGION)
    clock.advance(timedelta(seconds=30))
    quay.tell(LATE)

    again = quay.board.told(REGION)

    assert before.version == again.version
    assert again.operators["eckero"].as_of == clock.now()


def test_how_much_fits_is_kept_by_reason(quay: Quay) -> None:
    quay.eckero.more = {"matching": Matching(3, {"unknown_trip": 2})}

    quay.tell(LATE)

    document = quay.board.troubles(REGION)["eckero"].document
    assert (document["messages"], document["unmatched"]) == (3, {"unknown_trip": 2})


def test_runs_are_forgotten_when_nobody_can_claim_anything(quay: Quay, clock: FixedClock) -> None:
    quay.tell(CANCELLED, Disruption("ECK-HT-0900", DAY, delay_seconds=600))
    with quay.desk.database.read() as tx:
        count = tx.execute(sa.text("SELECT count(*) FROM run_state")).scalar_one()
    clock.advance(timedelta(days=4))
    assert (count, forget_runs(quay.desk)) == (2, 1)
    clock.advance(timedelta(days=400))
    assert forget_runs(quay.desk) == 1
