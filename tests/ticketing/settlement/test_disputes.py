"""A line is disputed once, answered by the other side, and corrected by an entry that names the month it belongs to."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.ticketing.settlement.month import office, sell
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from ticketing.settlement import disputes, lines, service


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

    assert {line["operator"]: line["amount"] for line in october.document["positions"]} == {
        "hsl": "0.50", "tlt": "-0.50", "scheme": "0.00"
    }  # fmt: skip
    told, *_ = lines.stream(desk, october, "hsl")
    assert (told.kind, told.original_period) == ("correction", "2026-09")
    assert line.id in told.rule
    assert [step.state for step in disputes.get_case(desk, case.dispute.id, "hsl").steps] == [
        "open",
        "corrected",
    ]


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
