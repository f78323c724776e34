"""Regions by data alone: valid by an independent judge, and a skeleton for the next one."""

import json
import re
import tomllib
from datetime import datetime
from pathlib import Path

import gtfs_guru
import pytest
from click.testing import CliRunner

from tariffs.money import Money
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from ticketing.cli.region.commands import command
from ticketing.regions import Region, check_region
from ticketing.regions.rides import find_ride

FEEDS = [
    pytest.param(feed, id=f"{feed.parts[-3]}-{feed.name}")
    for region in ("oresund", "lille-kortrijk-tournai", "alentejo-extremadura")
    for feed in sorted(Path("regions", region, "feeds").iterdir())
    if (feed / "stops.txt").exists()
]


@pytest.mark.parametrize("feed", FEEDS)
def test_an_independent_validator_finds_no_error(feed: Path) -> None:
    result = gtfs_guru.validate(str(feed), country_code="SE", date="2026-11-23")

    assert [(fault.code, fault.message) for fault in result.errors()] == []


def test_every_region_has_no_fault_and_no_doubt(every_region: dict[str, Region]) -> None:
    assert sorted(every_region) == [
        "alentejo-extremadura",
        "helsinki-tallinn",
        "lille-kortrijk-tournai",
        "oresund",
    ]
    for name in every_region:
        assert check_region(Path("regions", name))[1] == []


def test_a_line_over_a_border_without_its_metres_is_named(tmp_path: Path) -> None:
    for path in sorted(Path("regions/oresund").rglob("*")):
        if path.is_file():
            copy = tmp_path / path.relative_to("regions")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    toml = tmp_path / "oresund" / "region.toml"
    toml.write_text(
        toml.read_text().split("# The border is")[0].replace('"740000937", ', '"740000937", "X", ')
    )

    _, findings = check_region(tmp_path / "oresund")

    assert {(found.field, found.code) for found in findings} == {
        ("crossings", "missing_value"),
        ("operators.oresundstag.states", "unknown_reference"),
    }


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.output


def test_a_new_region_passes_its_check(tmp_path: Path) -> None:
    code, said = run("new", "three-rivers", "--folder", str(tmp_path))
    checked, report = run("check", str(tmp_path / "three-rivers"))

    assert (code, checked) == (0, 0), said + report
    assert json.loads(report) == {"ok": True, "errors": [], "warnings": []}
    for feed in (tmp_path / "three-rivers" / "feeds").iterdir():
        found = gtfs_guru.validate(str(feed), country_code="AT", date="2026-11-23")
        assert [(fault.code, fault.message) for fault in found.errors()] == []


@pytest.mark.parametrize("name", ["Three Rivers", "../x", "x" * 60, "3r"])
def test_a_region_needs_a_name_that_is_one(tmp_path: Path, name: str) -> None:
    code, said = run("new", name, "--folder", str(tmp_path))

    assert code == 2
    assert "small letters" in said


def test_a_region_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "rivers").mkdir()

    code, said = run("new", "rivers", "--folder", str(tmp_path))

    assert code == 2
    assert "exists already" in said


def test_the_golden_journey_of_the_manual_is_what_the_skeleton_costs(tmp_path: Path) -> None:
    run("new", "three-rivers", "--folder", str(tmp_path))
    region, _ = check_region(tmp_path / "three-rivers")
    manual = Path("docs/onboarding.md").read_text(encoding="utf-8")
    journey = tomllib.loads(re.search(r"```toml\n(\[\[journey\]\].*?)```", manual, re.DOTALL)[1])["journey"][
        0
    ]
    rides = [
        find_ride(
            region.data,
            facts[0],
            facts[1],
            (facts[2], facts[3]),
            tuple(map(datetime.fromisoformat, facts[4:])),
        )
        for facts in journey["rides"]
    ]

    found = price_journey(region.book, rides, [Passenger("p", journey["rider"])]).passengers[0]

    assert found.total.text == journey["total"]
    assert {share.operator: Money(share.gross, "EUR").text for share in found.shares} == journey["shares"]
