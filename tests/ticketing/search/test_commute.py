"""The commute: early and late, both ways, someone who leaves home reaches the other capital before work begins."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ticketing.regions import Region
from ticketing.search.network import build, days_around
from ticketing.search.planner import Access, Question, Timeline, plan_departing

KOPLI, PASILA = {"tlt:09005-1": Access(0, 0)}, {"hsl:HSL-R-PSL": Access(0, 0), "hsl:HSL-T-PAS": Access(0, 0)}


@pytest.mark.parametrize("day", ["2026-10-13", "2027-02-24", "2028-12-24"])
@pytest.mark.parametrize(("leaves", "there_within_hours"), [("05:30", 7), ("08:00", 6), ("23:00", 8)])
@pytest.mark.parametrize("northward", [True, False])
def test_whoever_leaves_early_or_late_crosses_within_hours(
    regions: dict[str, Region], day: str, leaves: str, there_within_hours: int, northward: bool
) -> None:
    region = regions["helsinki-tallinn"].data
    at = datetime.fromisoformat(f"{day}T{leaves}:00").replace(tzinfo=ZoneInfo("Europe/Tallinn"))
    network = build(region, days_around(at, "Europe/Tallinn"))
    question = Question(KOPLI, PASILA) if northward else Question(PASILA, KOPLI)

    plans = plan_departing(region, [Timeline(network, network.reversed())], question, int(at.timestamp()), 2)

    assert plans[0].arrival <= (at + timedelta(hours=there_within_hours)).timestamp()
    assert len(plans) >= 3
