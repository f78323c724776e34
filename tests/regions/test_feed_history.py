"""The history of feeds: each version that is served is noted once, one that comes back is noted again, and people read it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.regions import begun
from ticketing.cli import deployment, main
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.regions import Region, check_region
from ticketing.regions.history import FeedHistory

_TIMES = "feeds/bus/frequencies.txt"


def loaded(folder: Path) -> Region:
    region, findings = check_region(folder)
    assert region is not None, findings
    return region


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return begun.write(tmp_path / "rivers")


@pytest.fixture(autouse=True)
def environment(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tell commands of the database under test."""
    url = database.url.render_as_string(hide_password=False).replace("+psycopg", "")
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", url)
    deployment.settings.cache_clear()
    yield
    deployment.settings.cache_clear()


def test_a_version_is_noted_once_and_again_when_it_comes_back(
    folder: Path, database: Database, clock: FixedClock
) -> None:
    regions = {"rivers": loaded(folder)}
    history = FeedHistory(database, clock, regions)

    noted = [history.note(), history.note()]
    old = (folder / _TIMES).read_text(encoding="utf-8")
    for text in (old.replace("05:00:00", "06:00:00"), old):
        clock.advance(timedelta(hours=1))
        (folder / _TIMES).write_text(text, encoding="utf-8")
        regions["rivers"] = loaded(folder)
        noted.append(history.note())
    # Another process, or this one after a restart, has nothing to add.
    noted.append(FeedHistory(database, clock, regions).note())

    assert noted == [2, 0, 1, 1, 0]
    answer = CliRunner().invoke(main, ["region", "history", "rivers", "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    buses = [row for row in told["feeds"] if row["operator"] == "bus"]
    assert [row["first_served_at"][11:13] for row in buses] == sorted(
        (row["first_served_at"][11:13] for row in buses), reverse=True
    )
    assert buses[0]["digest"] == buses[2]["digest"] != buses[1]["digest"]
    assert (buses[1]["stops"], buses[0]["first_day"], buses[0]["last_day"]) == (3, "2026-01-01", "2035-12-31")
    assert buses[0]["trips"] > buses[1]["trips"]
    lines = CliRunner().invoke(main, ["region", "history", "rivers"]).stdout.splitlines()
    assert len(lines) == 4
    assert "3 stops, 2026-01-01 to 2035-12-31" in lines[0]


def test_a_region_that_was_never_served_says_so() -> None:
    done = CliRunner().invoke(main, ["region", "history", "nowhere"])

    assert done.stdout == "no feed of nowhere is noted: the worker has not served it yet\n"
