"""A line is disputed once, answered by the other side, and corrected by an entry that names the month it belongs to."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ticketing.settlement.month import dataset_of, office, sell
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.settlement.disputes import Correction
from ticketing.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from ticketing.settlement import service
from ticketing.settlement.claims import disputes, trace
from ticketing.settlement.office import Office
from ticketing.settlement.statement import lines


def test_a_correction_is_an_entry_of_the_open_month_and_both_sides_see_the_trail(database: Database) -> None:
    sell(database, "t1", {"hsl": 300, "tlt": 200})
    desk = office(database)
    run = service.close(desk, "r", "2026-09", "Anna")
    line, *_ = lines.stream(desk, run, "hsl")

    case = disputes.open_dispute(desk, run.id, "hsl", line.id, by="Heli", reason="the tram was ours")
    with pytest.raises(Conflict, match="disputed already"):
        disputes.open_dispute(desk, run.id, "hsl", line.id, by="Heli", reason="again")
    with pytest.raises(NotAllowed, match="another person"):
        disputes.reject(desk, case.dispute.id, by="Heli", text="no")
    with pytest.raises(InvalidRequest, match="2 decimals"):
        disputes.correct(desk, case.dispute.id, by="Anna", text="right", amount="1")
    disputes.correct(desk, case.dispute.id, by="Anna", text="you are right", amount="0.50", against="tlt")
    with pytest.raises(Conflict, match="is corrected"):
        disputes.correct(desk, case.dispute.id, by="Anna", text="twice", amount="0.50", against="tlt")
    october = service.close(
        replace(desk, clock=FixedClock(datetime(2026, 11, 2, tzinfo=UTC))), "r", "2026-10", "Anna"
    )

    assert {line["operator"]: line["amount"] for line in dataset_of(october)["positions"]} == {
        "hsl": "0.50",
        "tlt": "-0.50",
        "scheme": "0.00",
    }
    told, *_ = lines.stream(desk, october, "hsl")
    assert (told.kind, told.original_period) == ("correction", "2026-09")
    assert line.id in told.rule
    assert [step.state for step in disputes.get_case(desk, case.dispute.id, "hsl").steps] == [
        "open",
        "corrected",
    ]


@pytest.fixture
def disputed(database: Database) -> tuple[Office, disputes.Case]:
    """A line of 3.00 of hsl in a month that is closed, disputed by Heli."""
    sell(database, "t1", {"hsl": 300, "tlt": 200})
    desk = office(database)
    run = service.close(desk, "r", "2026-09", "Anna")
    line, *_ = lines.stream(desk, run, "hsl")
    return desk, disputes.open_dispute(desk, run.id, "hsl", line.id, by="Heli", reason="the tram was ours")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"stands": True, "amount": "0.50"}, "amount"),
        ({"stands": True, "against": "tlt"}, "against"),
        ({"stands": False}, "amount"),
        ({"stands": False, "against": "tlt"}, "amount"),
        ({"stands": False, "amount": "0.50", "against": "nobody"}, "against"),
        ({"stands": False, "amount": "0.50", "against": "hsl"}, "against"),
        ({"stands": False, "amount": "3.01"}, "amount"),
        ({"stands": False, "amount": "-3.01"}, "amount"),
    ],
)
def test_an_answer_that_does_not_say_one_thing_decides_nothing(
    disputed: tuple[Office, disputes.Case], said: dict[str, Any], field: str
) -> None:
    desk, case = disputed

    with pytest.raises(InvalidRequest) as refusal:
        disputes.answer(desk, case.dispute.id, by="Anna", text="yes", **said)

    assert [fault.path for fault in refusal.value.faults] == [field]
    assert disputes.get_case(desk, case.dispute.id).state == "open"


def test_more_than_the_line_is_refused_with_both_amounts_and_a_negative_amount_takes_back(
    disputed: tuple[Office, disputes.Case],
) -> None:
    desk, case = disputed

    with pytest.raises(InvalidRequest, match=r"3\.01 EUR is more than .* gross is 3\.00 EUR"):
        disputes.correct(desk, case.dispute.id, by="Anna", text="yes", amount="3.01")
    taken = disputes.correct(desk, case.dispute.id, by="Anna", text="yes", amount="-3.00", against="scheme")

    assert taken.correction == Correction(-300, "EUR", None)


def test_who_bears_a_correction_reads_the_dispute_and_nobody_else_does(
    disputed: tuple[Office, disputes.Case],
) -> None:
    desk, case = disputed
    assert disputes.list_cases(desk, "tlt") == []

    disputes.correct(desk, case.dispute.id, by="Anna", text="yes", amount="0.50", against="tlt")

    told = disputes.list_cases(desk, "tlt")
    assert [one.correction for one in told] == [Correction(50, "EUR", "tlt")]
    assert told == [disputes.get_case(desk, case.dispute.id, "tlt")] == disputes.list_cases(desk, "hsl")
    assert disputes.list_cases(desk, "viking") == []
    with pytest.raises(NotAllowed, match="another operator"):
        disputes.withdraw(desk, case.dispute.id, "tlt", by="Tiit", text="no")


def test_an_operator_disputes_and_sees_its_own_lines_only(database: Database) -> None:
    sell(database, "t1", {"hsl": 300, "tlt": 200})
    desk = office(database)
    run = service.close(desk, "r", "2026-09", "Anna")
    line, *_ = lines.stream(desk, run, "tlt")

    with pytest.raises(NotFound):
        disputes.open_dispute(desk, run.id, "hsl", line.id, by="Heli", reason="not mine")
    case = disputes.open_dispute(desk, run.id, "tlt", line.id, by="Tiit", reason="too little")
    with pytest.raises(NotFound):
        disputes.get_case(desk, case.dispute.id, "hsl")
    with pytest.raises(NotFound):
        disputes.withdraw(desk, case.dispute.id, "hsl", by="Heli", text="x")
    assert disputes.withdraw(desk, case.dispute.id, "tlt", by="Tiit", text="my mistake").state == "withdrawn"
    assert disputes.list_cases(desk, "hsl") == []


def test_a_line_is_named_by_its_end_or_its_beginning_where_no_other_is_like_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "throughfare_gate.ids.time.time_ns", lambda: 1_792_000_000_000_000_000
    )  # ids that begin alike
    for at in range(3):
        sell(database, f"t{at}", {"hsl": 300, "tlt": 200})
    desk = office(database)
    run = service.close(desk, "r", "2026-09", "Anna")
    ids = sorted(line.id for line in lines.stream(desk, run, "hsl"))
    shared = next(ids[0][:at] for at in range(36, 0, -1) if ids[0][:at] == ids[-1][:at])

    with pytest.raises(NotFound, match=f"3 lines have an id like {shared}"):
        disputes.open_dispute(desk, run.id, "hsl", shared, by="Heli", reason="which?")
    with pytest.raises(NotFound, match="3 lines have an id"):
        trace.find_lines(desk, "r", shared, "hsl")
    with pytest.raises(NotFound, match=f"no line {shared[:7]}"):
        disputes.open_dispute(desk, run.id, "hsl", shared[:7], by="Heli", reason="too short")
    case = disputes.open_dispute(desk, run.id, "hsl", ids[0][:-1], by="Heli", reason="ours")

    assert case.dispute.line_id == ids[0]
    assert trace.find_lines(desk, "r", ids[0][:-1]) == [("2026-09", "hsl", ids[0])]
    assert trace.find_lines(desk, "r", ids[0][:-1], "tlt") == []
    for line_id in ids:  # lines of one moment begin alike, and their last eight characters tell them apart
        assert trace.find_lines(desk, "r", line_id[-8:], "hsl") == [("2026-09", "hsl", line_id)]
    assert trace.find_lines(desk, "r", case.dispute.id) == [("2026-09", "hsl", ids[0])]
