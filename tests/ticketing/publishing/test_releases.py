"""A month is counted once: the same bytes for ever, a ledger that refuses, and a withdrawal that gives nothing back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.ticketing.publishing.counted import MONTH, REGION, SHIP, NoNoise, SeededNoise, desk_of, ride
from ticketing.db import Database
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.publishing import (
    get_file,
    journeys_by_corridor,
    list_due,
    list_spendings,
    make,
    spend_unknown,
    withdraw,
)
from ticketing.publishing.privacy import OpenDpNoise
from ticketing.regions import Region

AFTER = "2026-11-12T00:00:00+00:00"


def lines(content: bytes) -> list[str]:
    return content.decode().splitlines()


def test_rides_are_counted_where_and_when_people_board(
    database: Database, regions: dict[str, Region]
) -> None:
    for number in range(22):
        ride(database, f"t{number}", SHIP)
    ride(database, "late", SHIP - timedelta(hours=6, minutes=1))
    desk = desk_of(database, regions, NoNoise(), AFTER)

    hours, months, ends = make(desk, REGION, "ridership", MONTH)

    # 03:00 in Greenwich is six in the morning in Tallinn.
    assert "eckero:TLL-A,2026-10-13,06,20" in lines(hours.content)
    assert "eckero:TLL-A,2026-10-12,23," in lines(hours.content)
    assert "eckero:TLL-A,25" in lines(months.content)
    assert "eckero:HEL-LT2,25" in lines(ends.content)
    assert lines(hours.content)[0] == "stop_group,date,hour,boardings"


def test_a_file_has_the_same_rows_whoever_rides(database: Database, regions: dict[str, Region]) -> None:
    nobody = make(desk_of(database, regions, NoNoise(), AFTER), REGION, "ridership", MONTH)[0]
    for number in range(30):
        ride(database, f"t{number}", SHIP - timedelta(days=30))
    busy = make(desk_of(database, regions, SeededNoise(3), AFTER), REGION, "ridership", "2026-09")[0]

    def keys(content: bytes) -> set[tuple[str, str]]:
        rows = (line.split(",") for line in lines(content)[1:])
        return {(row[0], row[2]) for row in rows}

    assert keys(nobody.content) == keys(busy.content)
    assert len(lines(nobody.content)) - 1 == len(keys(nobody.content)) * 31
    assert len(lines(busy.content)) - 1 == len(keys(busy.content)) * 30


def test_one_ticket_counts_four_times_a_week_at_most(database: Database, regions: dict[str, Region]) -> None:
    ride(database, "anna", SHIP, times=40)

    (weeks,) = make(
        desk_of(database, regions, NoNoise(), AFTER, since=MONTH), REGION, "ridership-weeks", MONTH
    )

    assert "eckero:TLL-A,2026-W42," in lines(weeks.content)
    with database.read() as tx:
        assert tx.execute(sa.text("SELECT count(*) FROM ticket_use")).scalar_one() == 40


def test_journeys_are_counted_between_zones(database: Database, regions: dict[str, Region]) -> None:
    for number in range(23):
        ride(database, f"t{number}", SHIP)
    desk = desk_of(database, regions, NoNoise(), AFTER)

    assert journeys_by_corridor(desk, REGION, MONTH) is None
    make(desk, REGION, "journeys", MONTH)
    corridors = journeys_by_corridor(desk, REGION, MONTH) or []

    busy = [one for one in corridors if one.journeys is not None]
    assert [(one.origin.id, one.destination.id, one.journeys) for one in busy] == [
        ("eckero:TLL", "eckero:HEL", 25)
    ]
    assert (busy[0].origin.name, len(corridors)) == (
        "Tallinn",
        len({one.origin.id for one in corridors}) ** 2,
    )


def test_asking_again_gives_the_same_bytes_and_spends_nothing(
    database: Database, regions: dict[str, Region]
) -> None:
    for number in range(15):
        ride(database, f"t{number}", SHIP)
    desk = desk_of(database, regions, OpenDpNoise(), AFTER)

    first = make(desk, REGION, "ridership", MONTH)
    ride(database, "told later", SHIP)
    again = [make(desk, REGION, "ridership", MONTH) for _ in range(5)]

    assert all([file.content for file in files] == [file.content for file in first] for files in again)
    assert get_file(desk, REGION, "ridership", MONTH, "hours").sha256 == first[0].sha256
    assert [(one.key.part, one.epsilon_micro, one.unit) for one in list_spendings(desk, REGION)] == [
        ("alightings", 500_000, "one ride"),
        ("hours", 1_000_000, "one ride"),
        ("months", 500_000, "one ride"),
    ]


def test_several_at_once_publish_one_file(database: Database, regions: dict[str, Region]) -> None:
    desk = desk_of(database, regions, OpenDpNoise(), AFTER)

    with ThreadPoolExecutor(4) as threads:
        files = list(threads.map(lambda _: make(desk, REGION, "journeys", MONTH), range(4)))

    assert len({tuple(file.sha256 for file in each) for each in files}) == 1
    assert len(list_spendings(desk, REGION)) == 2


def test_a_budget_that_is_too_small_publishes_nothing(database: Database, regions: dict[str, Region]) -> None:
    desk = desk_of(database, regions, NoNoise(), AFTER, budgets={"ridership": 1.0})

    with pytest.raises(Conflict, match=r"the budget is 1, 0 of it is spent, and this needs 2"):
        make(desk, REGION, "ridership", MONTH)

    assert list_spendings(desk, REGION) == []
    assert {due.dataset for due in list_due(desk)}.isdisjoint({"ridership"})


def test_a_withdrawn_file_is_gone_and_never_drawn_again(
    database: Database, regions: dict[str, Region]
) -> None:
    desk = desk_of(database, regions, NoNoise(), AFTER)
    make(desk, REGION, "ridership", MONTH)

    assert withdraw(desk, REGION, "ridership", MONTH) == 3

    with pytest.raises(NotFound):
        get_file(desk, REGION, "ridership", MONTH, "hours")
    with pytest.raises(Conflict, match="2 of it is spent"):
        make(desk, REGION, "ridership", MONTH)
    assert [one.is_open for one in list_spendings(desk, REGION)] == [False] * 3
    assert ("ridership", MONTH) not in {(due.dataset, due.month) for due in list_due(desk)}


def test_after_a_restore_nothing_is_drawn_that_may_have_been_published(
    database: Database, regions: dict[str, Region]
) -> None:
    desk = desk_of(database, regions, SeededNoise(3), AFTER)
    make(desk, REGION, "journeys", "2026-09")

    unknown = spend_unknown(desk, REGION)

    assert ("journeys", "2026-09") not in {(one.dataset, one.month) for one in unknown}
    assert ("journeys", MONTH) in {(one.dataset, one.month) for one in unknown}
    assert list_due(desk) == []
    assert spend_unknown(desk, REGION) == []
    assert len(make(desk, REGION, "journeys", "2026-09")) == 2
    with pytest.raises(Conflict, match="is spent"):
        make(desk, REGION, "journeys", MONTH)


def test_a_larger_budget_does_not_draw_a_withdrawn_file_again(
    database: Database, regions: dict[str, Region]
) -> None:
    desk = desk_of(database, regions, NoNoise(), AFTER, budgets={"ridership": 99})
    make(desk, REGION, "ridership", MONTH)
    withdraw(desk, REGION, "ridership", MONTH)

    with pytest.raises(Conflict, match="spent before"):
        make(desk, REGION, "ridership", MONTH)


@pytest.mark.parametrize(
    ("month", "at", "said"),
    [
        ("2026-10", "2026-11-10T23:59:00+00:00", "from 2026-11-11 on"),
        ("2026-08", AFTER, "publishes from 2026-09 on"),
    ],
)
def test_a_month_that_is_not_in_is_refused(
    database: Database, regions: dict[str, Region], month: str, at: str, said: str
) -> None:
    with pytest.raises(Conflict, match=said):
        make(desk_of(database, regions, NoNoise(), at), REGION, "ridership", month)


def test_a_month_whose_facts_are_gone_is_refused(database: Database, regions: dict[str, Region]) -> None:
    with database.write() as tx:
        tx.execute(
            sa.text(
                "INSERT INTO gate_retention (id, kept_since) VALUES (1, '2026-10-01T00:00:00.000000+00:00')"
            )
        )

    with pytest.raises(Conflict, match="have been deleted"):
        make(desk_of(database, regions, NoNoise(), AFTER), REGION, "ridership", MONTH)


@pytest.mark.parametrize(
    ("dataset", "month"), [("taps", MONTH), ("ridership", "October"), ("ridership", "2026-13")]
)
def test_a_name_that_means_nothing_is_refused(
    database: Database, regions: dict[str, Region], dataset: str, month: str
) -> None:
    with pytest.raises(InvalidRequest):
        make(desk_of(database, regions, NoNoise(), AFTER), REGION, dataset, month)


def test_past_months_are_due_once_they_have_settled(database: Database, regions: dict[str, Region]) -> None:
    desk = desk_of(database, regions, NoNoise(), AFTER)

    due = {(one.dataset, one.month) for one in list_due(desk)}
    make(desk, REGION, "journeys", MONTH)

    assert {month for _, month in due} == {"2026-09", "2026-10"}
    assert ("journeys", MONTH) in due
    assert ("journeys", MONTH) not in {(one.dataset, one.month) for one in list_due(desk)}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM privacy_spend", "append-only"),
        ("UPDATE privacy_spend SET epsilon_micro = 0", "append-only"),
        ("UPDATE open_file SET sha256 = 'x'", "as it was published|append-only"),
    ],
)
def test_the_database_keeps_what_was_spent(
    database: Database, regions: dict[str, Region], statement: str, said: str
) -> None:
    make(desk_of(database, regions, NoNoise(), AFTER), REGION, "journeys", MONTH)

    with pytest.raises(sa.exc.IntegrityError, match=said), database.write() as tx:
        tx.exec_driver_sql(statement)
