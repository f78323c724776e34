"""The clocks of NIS2, GDPR and CRA run from the moment of knowing: hours are hours, months end on the same day or the last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from tests.ticketing.incidents.records import AT, record
from ticketing.frozen import Vulnerability
from ticketing.incidents.clocks import Deadline, a_month_after, deadlines
from ticketing.incidents.severity import Spread, severity


def by_duty(found: object) -> dict[str, Deadline]:
    return {one.duty: one for one in cast("list[Deadline]", found)}


@pytest.mark.parametrize(
    ("begins", "zone", "ends"),
    [
        ("2026-01-31T10:00+00:00", "UTC", "2026-02-28T10:00+00:00"),
        ("2028-01-31T10:00+00:00", "UTC", "2028-02-29T10:00+00:00"),
        ("2028-02-29T10:00+00:00", "UTC", "2028-03-29T10:00+00:00"),
        ("2026-12-31T23:30+00:00", "UTC", "2027-01-31T23:30+00:00"),
        ("2026-05-31T00:00+00:00", "UTC", "2026-06-30T00:00+00:00"),
        # The local day counts: in Tallinn it is the 1st already.
        ("2026-01-31T22:30+00:00", "Europe/Tallinn", "2026-02-28T22:30+00:00"),
        # Summer time begins between: the same local hour is one hour earlier.
        ("2026-03-10T08:00+00:00", "Europe/Tallinn", "2026-04-10T07:00+00:00"),
        ("2026-10-10T07:00+00:00", "Europe/Tallinn", "2026-11-10T08:00+00:00"),
        # 03:30 on 29 March does not exist in Tallinn.
        ("2026-02-28T01:30+00:00", "Europe/Tallinn", "2026-03-28T01:30+00:00"),
        ("2027-02-28T01:30+00:00", "Europe/Tallinn", "2027-03-28T01:30+00:00"),
        # 03:30 on 25 October comes twice: the first one counts.
        ("2026-09-25T00:30+00:00", "Europe/Tallinn", "2026-10-25T00:30+00:00"),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last(begins: str, zone: str, ends: str) -> None:
    assert a_month_after(datetime.fromisoformat(begins), zone) == datetime.fromisoformat(ends)


@pytest.mark.parametrize("at", ["2026-03-28T12:00+00:00", "2026-10-24T12:00+00:00", "2028-02-28T12:00+00:00"])
def test_hours_are_hours_whatever_the_clock_on_the_wall_does(at: str) -> None:
    aware = datetime.fromisoformat(at)
    due = by_duty(deadlines(record(aware_at=aware), {}, aware, "Europe/Tallinn"))

    assert due["nis2_early_warning"].due_at == aware + timedelta(hours=24)
    assert due["nis2_notification"].due_at == aware + timedelta(hours=72)


def test_the_final_report_is_due_a_month_after_the_notification_itself() -> None:
    notified = AT + timedelta(hours=50)
    before = by_duty(deadlines(record(), {}, AT))
    after = by_duty(deadlines(record(), {"nis2_notification": notified}, AT))

    assert before["nis2_final_report"].due_at == a_month_after(AT + timedelta(hours=72))
    assert after["nis2_final_report"].due_at == a_month_after(notified)
    assert after["nis2_notification"].state == "done"


@pytest.mark.parametrize(
    ("after", "done_after", "state"),
    [(24, None, "open"), (25, None, "late"), (80, 24, "done"), (80, 25, "done_late")],
)
def test_a_deadline_is_open_late_or_done(after: int, done_after: int | None, state: str) -> None:
    done = {} if done_after is None else {"nis2_early_warning": AT + timedelta(hours=done_after)}

    assert (
        by_duty(deadlines(record(), done, AT + timedelta(hours=after)))["nis2_early_warning"].state == state
    )


def test_each_law_has_its_own_incidents() -> None:
    def running(**more: object) -> set[str]:
        made = record(**more)  # type: ignore[arg-type]
        return {one.duty for one in deadlines(made, {}, AT) if one.state != "does_not_apply"}

    nis2 = {"nis2_early_warning", "nis2_notification", "nis2_final_report"}
    assert running() == nis2
    assert running(is_significant=False) == set()
    assert running(kind="personal_data_breach") == {*nis2, "gdpr_notification"}
    assert running(kind="supplier_or_software_vulnerability", is_significant=False) == {
        "cra_early_warning",
        "cra_notification",
        "cra_final_report",
    }
    assert running(status="false_alarm", kind="personal_data_breach") == set()


def test_the_final_report_of_a_vulnerability_waits_for_its_measure() -> None:
    known = record("supplier_or_software_vulnerability")
    facts = cast("Vulnerability", known.facts)
    unknown = replace(known, facts=replace(facts, measure_at=None))

    assert by_duty(deadlines(known, {}, AT))["cra_final_report"].due_at == AT + timedelta(days=14)
    waiting = by_duty(deadlines(unknown, {}, AT))["cra_final_report"]
    assert (waiting.due_at, waiting.state) == (None, "not_due")


@pytest.mark.parametrize(
    ("kind", "status", "spread", "expected"),
    [
        ("other_failure", "confirmed", Spread(), 0),
        ("other_failure", "confirmed", Spread(passengers=1), 1),
        ("other_failure", "confirmed", Spread(passengers=100), 2),
        ("other_failure", "confirmed", Spread(passengers=100, is_cross_border=True), 3),
        ("other_failure", "confirmed", Spread(money_minor=10_000_000, operators=3, is_cross_border=True), 4),
        ("signing_key_leaked", "confirmed", Spread(), 3),
        ("signing_key_leaked", "contained", Spread(), 0),
        ("personal_data_breach", "suspected", Spread(), 2),
        ("signing_key_leaked", "false_alarm", Spread(passengers=10_000), 0),
        ("other_failure", "confirmed", Spread(operators=2, is_cross_border=True), 1),
    ],
)
def test_severity_is_judged_by_the_worst_measure_and_the_spread(
    kind: str, status: str, spread: Spread, expected: int
) -> None:
    assert severity(kind, status, spread) == expected  # type: ignore[arg-type]


def test_the_clock_is_aware() -> None:
    assert a_month_after(AT).tzinfo is UTC
