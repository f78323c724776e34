"""File exchange: sequences without gaps, replays without harm, wrong files set aside, nothing lost in a crash."""

import csv
import io
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.connectors.exchange import FileExchange
from operators.errors import WORDS, Reason, Refused
from operators.exchange.folder import PostOffice
from operators.exchange.format import Broken, ExchangeFile, Incomplete, Name, Record, read, write
from operators.fault_plan import Fault, plan
from operators.inventory import Inventory
from operators.memory import MemorySailings
from operators.simulators.exchange import ExchangeSimulator
from tests.operators.sample import MORNING, clock, departure, request

DAY = date(2026, 10, 13)


class Quay:
    """An operator's folder with its clerk on one side and our connector on the other."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.folder = clock(), folder
        self.clerk = ExchangeSimulator(self.clock.now, folder, "viking")
        self.sailings = MemorySailings()
        self.ferry = self.connector()

    def connector(self) -> FileExchange:
        """The same connector in another process, or after a crash."""
        terms = Inventory(
            operator="viking",
            sailings=self.sailings,
            capacity=lambda _: {},
            hold_life=timedelta(minutes=20),
            sale_ends=timedelta(minutes=60),
        )
        post = PostOffice(folder=self.folder, me="throughfare", other="viking", now=self.clock.now)
        return FileExchange("viking", None, self.clock.now, terms, post)

    def fails(self, call: str, kind: str, nth: int = 1, **more: object) -> None:
        self.clerk.plan = plan([Fault(call, kind, nth, **more)])

    def free(self) -> object:
        told = self.ferry.availability([departure()])
        return told[0].free if told else None

    def age(self, minutes: int) -> None:
        """Let the files that wait have waited."""
        self.clock.advance(timedelta(minutes=minutes))
        for path in (self.folder / "in").iterdir():
            os.utime(path, (MORNING.timestamp(), MORNING.timestamp()))

    def names(self, place: str) -> list[str]:
        return sorted(path.name for path in (self.folder / place).iterdir())


@pytest.fixture
def quay(tmp_path: Path) -> Quay:
    return Quay(tmp_path / "viking")


def record(**changes: Any) -> Record:
    """Write the clerk's record of the 07:30; by default allotments on foot."""
    base = Record(
        record_id="r1",
        action="ADD",
        ticket_id="",
        trip_id="T0730",
        service_date=DAY,
        from_stop="",
        to_stop="",
        category="",
        place="foot",
        seats=5,
    )
    return replace(base, **changes)


def test_an_allotment_is_sold_and_told_by_manifest(quay: Quay) -> None:
    quay.clerk.allot("T0730", DAY, {"foot": 3, "car": 1})
    assert quay.ferry.tend() == []

    quay.ferry.hold(request("k", adults=2))
    quay.ferry.confirm("k")
    quay.clerk.turn()

    assert quay.free() == {"foot": 1, "car": 1}
    assert quay.clerk.seats() == {"T0730 2026-10-13": 2}
    assert quay.ferry.tend() == []
    with pytest.raises(Refused, match="1 left"):
        quay.ferry.hold(request(adults=2))


def test_what_is_not_allotted_is_not_sold(quay: Quay) -> None:
    with pytest.raises(Refused) as no:
        quay.ferry.hold(request())

    assert no.value.reason == "not_found"


def test_a_cancellation_is_told_and_the_seat_is_free_again(quay: Quay) -> None:
    quay.clerk.allot("T0730", DAY, {"foot": 1})
    quay.ferry.tend()
    quay.ferry.hold(request("k"))
    quay.ferry.confirm("k")
    quay.clerk.turn()

    quay.ferry.cancel("k")
    quay.ferry.cancel("k")
    quay.clerk.turn()

    assert quay.clerk.seats() == {}
    assert quay.free() == {"foot": 1}
    assert quay.clerk.desk.read.keys() == {("MANIFEST", 1), ("MANIFEST", 2), ("ACK", 1)}


def test_a_sale_is_told_once_whoever_tells_it(quay: Quay) -> None:
    quay.clerk.allot("T0730", DAY, {"foot": 9})
    quay.ferry.tend()
    for key in ("a", "b"):
        quay.ferry.hold(request(key))
        quay.ferry.confirm(key)

    for _ in range(2):
        quay.connector().tend()

    assert [name for name in quay.names("sent") if name.startswith("MANIFEST")] == [
        "MANIFEST_throughfare_viking_00000001.csv",
        "MANIFEST_throughfare_viking_00000002.csv",
    ]


def test_a_gap_waits_is_reported_and_asked_for_and_then_filled(quay: Quay) -> None:
    quay.fails("allotment", "late")
    quay.clerk.allot("T0730", DAY, {"foot": 3})
    quay.clerk.allot("T0730", DAY, {"foot": 4}, record="more")

    assert quay.ferry.tend() == []
    assert quay.free() is None
    quay.age(15)
    assert quay.ferry.tend() == [
        "gap: ALLOTMENT_viking_throughfare_00000002.csv: waits for ALLOTMENT_viking_throughfare_00000001.csv"
    ]
    quay.ferry.tend()
    quay.clerk.turn()

    assert quay.clerk.desk.acknowledged == {("ALLOTMENT", 1): "REJECTED"}
    assert quay.ferry.tend() == []
    assert quay.free() == {"foot": 7}


@pytest.mark.parametrize("kind", ["duplicate", "wrong_identity"])
def test_a_replay_is_harmless_and_a_changed_one_is_set_aside(quay: Quay, kind: str) -> None:
    quay.fails("allotment", kind)
    quay.clerk.allot("T0730", DAY, {"foot": 3})
    quay.ferry.tend()
    quay.clerk.turn()

    alarms = quay.ferry.tend()

    assert quay.free() == {"foot": 3}
    assert quay.names("in") == []
    if kind == "duplicate":
        assert alarms == []
        assert quay.names("quarantine") == []
    else:
        assert [alarm.split(":")[0] for alarm in alarms] == ["changed_replay"]
        assert len(quay.names("quarantine")) == 2


def test_a_file_that_is_cut_is_left_alone_until_it_is_whole(quay: Quay) -> None:
    quay.fails("allotment", "truncated")
    quay.clerk.allot("T0730", DAY, {"foot": 3})

    assert quay.ferry.tend() == []
    quay.age(15)
    assert [alarm.split(":")[0] for alarm in quay.ferry.tend()] == ["incomplete"]
    assert quay.names("in") == ["ALLOTMENT_viking_throughfare_00000001.csv"]

    quay.clerk.desk.written["ALLOTMENT"] = 0
    quay.clerk.allot("T0730", DAY, {"foot": 3})
    assert quay.ferry.tend() == []
    assert quay.free() == {"foot": 3}


def test_a_wrong_file_is_quarantined_with_its_reason_and_its_number_may_be_sent_again(quay: Quay) -> None:
    quay.fails("allotment", "malformed")
    quay.clerk.allot("T0730", DAY, {"foot": 3})

    assert [alarm.split(":")[0] for alarm in quay.ferry.tend()] == ["quarantined"]

    reason = next((quay.folder / "quarantine").glob("*.reason.txt")).read_text()
    assert reason == "the trailer counts 91 rows, there are 1\n"
    quay.clerk.turn()
    assert quay.clerk.desk.acknowledged == {("ALLOTMENT", 1): "REJECTED"}
    quay.clerk.desk.written["ALLOTMENT"] = 0
    quay.clerk.allot("T0730", DAY, {"foot": 3})
    quay.ferry.tend()
    assert quay.free() == {"foot": 3}


def test_silence_is_answered_with_the_same_bytes(quay: Quay) -> None:
    quay.clerk.allot("T0730", DAY, {"foot": 3})
    quay.ferry.tend()
    quay.ferry.hold(request("k"))
    quay.ferry.confirm("k")
    name = "MANIFEST_throughfare_viking_00000001.csv"
    first = (quay.folder / "out" / name).read_bytes()
    quay.fails("read", "hang_after", 2)  # the acknowledgement of the allotment is read first
    quay.clerk.turn()

    quay.age(60)
    alarms = quay.ferry.tend()

    assert [alarm.split(":")[0] for alarm in alarms] == ["no_acknowledgement"]
    assert (quay.folder / "out" / name).read_bytes() == first
    quay.clerk.turn()
    assert quay.ferry.tend() == []
    assert quay.clerk.seats() == {"T0730 2026-10-13": 1}


def test_a_record_that_the_operator_refuses_is_an_alarm(quay: Quay) -> None:
    quay.clerk.allot("T0730", DAY, {"foot": 3})
    quay.ferry.tend()
    quay.ferry.hold(request("k"))
    quay.ferry.confirm("k")
    quay.fails("read", "refuse", 2, detail="OVERBOOKED")
    quay.clerk.turn()

    alarms = quay.ferry.tend()

    assert len(alarms) == 1
    assert "k:0: OVERBOOKED" in alarms[0]


def test_a_crash_between_acceptance_and_acknowledgement_is_made_good(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    quay.clerk.allot("T0730", DAY, {"foot": 3})
    with monkeypatch.context() as patch:
        patch.setattr(PostOffice, "_acknowledge", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            quay.ferry.tend()

    again = quay.connector()
    again.tend()
    quay.clerk.turn()

    assert again.availability([departure()])[0].free == {"foot": 3}
    assert quay.clerk.desk.acknowledged == {("ALLOTMENT", 1): "ACCEPTED"}


def test_a_folder_that_is_away_delays_the_manifest_and_not_the_sale(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    quay.clerk.allot("T0730", DAY, {"foot": 3})
    quay.ferry.tend()
    quay.ferry.hold(request("k"))
    with monkeypatch.context() as patch:
        patch.setattr(PostOffice, "send", lambda *_: (_ for _ in ()).throw(OSError("the disk is away")))
        assert quay.ferry.confirm("k").reference == "k"

    quay.ferry.tend()
    quay.clerk.turn()

    assert quay.clerk.seats() == {"T0730 2026-10-13": 1}


def test_events_tell_delays_and_cancellations(quay: Quay) -> None:
    quay.clerk.report("T0730", DAY, "DELAY", 40)
    quay.clerk.report("T1030", DAY, "CANCELLATION")
    quay.ferry.tend()

    told = quay.ferry.disruptions()

    assert [(one.trip_id, one.cancelled, one.delay_seconds) for one in told.items] == [
        ("T0730", False, 2400),
        ("T1030", True, 0),
    ]
    assert told.as_of == MORNING


def test_a_sailing_that_its_operator_has_cancelled_is_not_sold_until_it_goes_after_all(quay: Quay) -> None:
    quay.clerk.allot("T0730", DAY, {"foot": 3})
    quay.ferry.tend()
    quay.ferry.hold(request("k"))
    quay.clerk.report("T0730", DAY, "CANCELLATION")
    quay.ferry.tend()

    for act in (lambda: quay.ferry.confirm("k"), lambda: quay.ferry.hold(request("l"))):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.reason == "cancelled"
    assert quay.free() == {"foot": 0}

    quay.clerk.say(
        "EVENTS",
        [record(record_id="r", action="CANCEL", place="CANCELLATION", seats=0)],
    )
    quay.ferry.tend()
    assert quay.ferry.confirm("k").reference == "k"
    assert quay.free() == {"foot": 2}


def test_a_cancelled_record_stays_cancelled_whatever_comes_later(quay: Quay) -> None:
    row = record(action="CANCEL", seats=0)
    quay.clerk.say("ALLOTMENT", [row])
    quay.clerk.say(
        "ALLOTMENT",
        [record()],
    )
    quay.clerk.say(
        "ALLOTMENT",
        [record(record_id="r2", seats=2)],
    )
    quay.clerk.say(
        "CORRECTION",
        [record(record_id="r2", action="CHANGE", seats=1)],
    )
    quay.ferry.tend()

    assert quay.free() == {"foot": 1}


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=30)
RECORDS = st.lists(
    st.builds(
        Record,
        record_id=TEXTS,
        action=st.sampled_from(["ADD", "CHANGE", "CANCEL"]),
        ticket_id=TEXTS,
        trip_id=TEXTS,
        service_date=st.dates(date(2020, 1, 1)),
        from_stop=TEXTS,
        to_stop=TEXTS,
        category=TEXTS,
        place=st.sampled_from(["foot", "car", "cabin"]),
        seats=st.integers(0, 999),
        amount_minor=st.integers(-(10**9), 10**9),
        currency=st.sampled_from(["EUR", "SEK", "DKK"]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda record: record.record_id,
)


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''", "'a", "-5", "+5", "@x", "a,b", 'a"b', "a\nb"])
def test_a_cell_that_a_spreadsheet_would_run_is_disarmed_and_comes_back(text: str) -> None:
    file = ExchangeFile(
        Name("MANIFEST", "a", "b", 1),
        MORNING,
        (record(record_id=text, ticket_id=text, trip_id=text, category=text, seats=1),),
    )

    assert read(file.name, write(file)) == file
    assert b",=" not in write(file)


@given(RECORDS)
def test_what_is_written_is_what_is_read(records: list[Record]) -> None:
    file = ExchangeFile(Name("MANIFEST", "a", "b", 7), MORNING, tuple(records))
    content = write(file)

    assert read(file.name, content) == file
    # Cells as a spreadsheet reads them: a comma or a quote inside a cell starts no new one.
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert not any(cell.startswith(("=", "@", "\t")) for row in rows for cell in row)


@given(st.data())
def test_no_changed_byte_goes_unnoticed(data: st.DataObject) -> None:
    name = Name("ALLOTMENT", "a", "b", 1)
    content = write(
        ExchangeFile(
            name,
            MORNING,
            (record(record_id="r", trip_id="T", seats=3),),
        )
    )
    at = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises((Broken, Incomplete)):
        read(name, bytes(changed))


def test_every_refusal_has_its_words() -> None:
    assert {*WORDS} == {*get_args(Reason)}


def test_the_manual_shows_a_whole_file_of_events() -> None:
    shown = Path("docs/connectors.md").read_text(encoding="utf-8")
    content = shown.partition("```csv\n")[2].partition("```")[0].encode()

    file = read(Name("EVENTS", "viking", "throughfare", 1), content)

    assert [(one.place, one.seats) for one in file.records] == [("CANCELLATION", 0), ("DELAY", 45)]
