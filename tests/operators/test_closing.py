"""The full manifest at closing: once a sailing, when nobody can book it any more, and the operator's ledger agrees."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.connectors.exchange import FileExchange
from operators.departures import boarding_ends, upcoming
from operators.exchange.folder import PostOffice
from operators.exchange.format import ExchangeFile
from operators.exchange.manifest import CLOSING, Told, changes, closing
from operators.fault_plan import Fault, plan
from operators.inventory import Inventory, Reservation, Sailing
from operators.memory import MemorySailings
from operators.simulators.exchange import ExchangeSimulator
from tariffs.money import Money
from tests.operators.sample import MORNING, clock, request
from ticketing.regions import Region

DAY = date(2026, 10, 13)


class Quay:
    """Viking's folder, with its timetable on our side and its clerk on the other; sale ends an hour before."""

    def __init__(self, folder: Path, region: Region) -> None:
        self.folder, self.clock = folder, clock()
        self.timetable = region.data.timetables["viking"]
        ahead = upcoming(self.timetable, self.clock.now() + timedelta(hours=2), 1)
        self.sailing, self.trip = ahead[0], ahead[0].trip_id
        self.clerk = ExchangeSimulator(self.clock.now, folder, "viking")
        self.sailings = MemorySailings()
        self.ferry = self.connector()

    def connector(self) -> FileExchange:
        terms = Inventory(
            operator="viking",
            sailings=self.sailings,
            capacity=lambda _: {},
            hold_life=timedelta(minutes=20),
            sale_ends=timedelta(minutes=60),
        )
        post = PostOffice(folder=self.folder, me="throughfare", other="viking", now=self.clock.now)
        return FileExchange("viking", self.timetable, self.clock.now, terms, post)

    def sell(self, key: str, adults: int = 1, *, confirm: bool = True) -> None:
        self.ferry.hold(request(key, adults, departure=self.sailing))
        if confirm:
            self.ferry.confirm(key)

    def before_departure(self, minutes: int) -> None:
        self.clock.set(self.sailing.departs_at - timedelta(minutes=minutes))

    def exchange(self) -> list[str]:
        """The worker's round, the clerk's visit, and the worker again, who hears what the clerk said."""
        told = [*self.ferry.tend()]
        self.clerk.turn()
        return [*told, *self.ferry.tend()]

    def closings(self) -> list[ExchangeFile]:
        post = PostOffice(folder=self.folder, me="throughfare", other="viking", now=self.clock.now)
        return [file for file in post.files("sent", "MANIFEST") if file.records[0].place == CLOSING]


@pytest.fixture
def quay(tmp_path: Path, regions: dict[str, Region]) -> Quay:
    made = Quay(tmp_path / "viking", regions["helsinki-tallinn"])
    made.clerk.allot(made.trip, DAY, {"foot": 9, "car": 2})
    made.ferry.tend()
    return made


def test_boarding_ends_where_the_last_passenger_can_board(quay: Quay) -> None:
    assert boarding_ends(quay.timetable, quay.trip, DAY) == quay.sailing.departs_at
    assert boarding_ends(quay.timetable, "gone", DAY) is None


def test_a_sailing_is_told_whole_once_its_sale_has_ended(quay: Quay) -> None:
    quay.sell("a", 2)
    quay.sell("b")
    quay.ferry.cancel("b")
    quay.before_departure(61)
    quay.exchange()
    assert quay.closings() == []

    quay.before_departure(60)
    alarms = quay.exchange()

    assert alarms == []
    (file,) = quay.closings()
    assert [(row.ticket_id, row.place, row.seats, row.amount_minor) for row in file.records] == [
        ("", CLOSING, 2, 0),
        ("a", "foot", 2, 5000),
    ]
    assert quay.clerk.desk.closed == {f"{quay.trip} {DAY}": 2}
    assert quay.clerk.seats() == {f"{quay.trip} {DAY}": 2}


def test_that_nobody_sails_is_told_as_well(quay: Quay) -> None:
    quay.before_departure(60)

    assert quay.exchange() == []

    assert quay.clerk.desk.closed == {f"{quay.trip} {DAY}": 0}


def test_a_hold_of_the_last_minute_is_waited_for(quay: Quay) -> None:
    quay.before_departure(61)
    quay.sell("late", confirm=False)
    quay.before_departure(55)
    quay.exchange()
    assert quay.closings() == []

    quay.ferry.confirm("late")
    quay.exchange()

    assert quay.clerk.desk.closed == {f"{quay.trip} {DAY}": 1}


def test_a_hold_that_runs_out_delays_the_closing_no_longer(quay: Quay) -> None:
    quay.before_departure(61)
    quay.sell("never", confirm=False)
    quay.before_departure(40)

    quay.exchange()

    assert quay.clerk.desk.closed == {f"{quay.trip} {DAY}": 0}


def test_whoever_closes_and_however_often_it_is_one_file(quay: Quay) -> None:
    quay.sell("a")
    quay.before_departure(30)

    for connector in (quay.ferry, quay.connector(), quay.connector(), quay.ferry):
        connector.tend()

    assert len(quay.closings()) == 1


def test_a_cancellation_after_the_closing_is_told_as_a_change(quay: Quay) -> None:
    quay.sell("a")
    quay.before_departure(30)
    quay.exchange()

    quay.ferry.cancel("a")

    assert quay.exchange() == []
    assert quay.clerk.seats() == {}
    assert len(quay.closings()) == 1


def test_a_closing_that_is_put_out_again_does_not_undo_what_came_after(quay: Quay) -> None:
    quay.sell("a")
    quay.before_departure(30)
    quay.exchange()
    quay.ferry.cancel("a")
    quay.exchange()
    name = str(quay.closings()[0].name)

    (quay.folder / "out" / name).write_bytes((quay.folder / "sent" / name).read_bytes())

    assert quay.exchange() == []
    assert quay.clerk.seats() == {}


def test_a_ledger_that_differs_is_an_alarm_and_the_manifest_counts(quay: Quay) -> None:
    quay.clerk.plan = plan([Fault("read", "refuse", 2, detail="OVERBOOKED")])  # the first is an ACK
    quay.sell("a")
    quay.clerk.turn()
    quay.before_departure(30)

    alarms = quay.exchange()

    (alarm,) = [alarm for alarm in alarms if "DIFFERS" in alarm]
    assert alarm.endswith(f"closing:{quay.trip}:{DAY}: DIFFERS not as told before: a:0")
    assert quay.clerk.seats() == {f"{quay.trip} {DAY}": 1}


def test_a_trip_that_no_timetable_has_any_more_is_closed_when_it_has_surely_left(quay: Quay) -> None:
    quay.clerk.allot("gone", DAY - timedelta(days=1), {"foot": 3})
    quay.clock.set(MORNING)
    unknown = FileExchange(
        "viking",
        None,
        quay.clock.now,
        quay.ferry.inventory,
        PostOffice(folder=quay.folder, me="throughfare", other="viking", now=quay.clock.now),
    )
    unknown.tend()
    assert quay.closings() == []

    quay.clock.set(MORNING.replace(hour=12))
    unknown.tend()

    assert [file.records[0].trip_id for file in quay.closings()] == ["gone"]


def test_a_crash_before_a_manifest_is_put_out_is_made_good_at_the_next_start(quay: Quay) -> None:
    quay.sell("a")
    quay.before_departure(30)
    quay.ferry.tend()
    for path in (quay.folder / "out").glob("MANIFEST*"):
        path.unlink()  # written down as sent, and gone before the operator could see it

    quay.connector().tend()
    quay.clerk.turn()

    assert quay.clerk.desk.closed == {f"{quay.trip} {DAY}": 1}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["sell", "cancel", "tell"])), max_size=20))
def test_told_by_changes_or_as_a_whole_the_list_is_the_same(story: list[tuple[str, str]]) -> None:
    sailing, told, state, ledger = Sailing("viking", "T", DAY), Told(), {}, {}

    def reservations() -> list[Reservation]:
        travellers = (("adult", "foot"), ("child", "foot"))
        return [
            Reservation(
                key=key,
                digest="",
                sailing=sailing,
                places={"foot": 2},
                state=now,
                expires_at=MORNING,
                price=Money(100, "EUR"),
                travellers=travellers,
            )
            for key, now in sorted(state.items())
        ]

    for key, what in [*story, ("", "tell")]:
        if what == "sell":
            state.setdefault(key, "confirmed")
        elif what == "cancel" and key in state:
            state[key] = "cancelled"
        elif what == "tell":
            for record in changes(reservations(), told):
                told.actions[record.record_id] = record.action
                if record.action == "ADD":
                    ledger[record.record_id] = record
                else:
                    del ledger[record.record_id]

    first, *rows = closing(sailing, reservations())
    assert {row.record_id: row for row in rows} == ledger
    assert first.seats == sum(row.seats for row in ledger.values())
