"""The region Helsinki-Tallinn: valid by an independent judge, reproducible, and large enough to live in."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import gtfs_guru
import pytest
from click.testing import CliRunner

from operators.region import load_region
from regions import author
from tariffs.findings import errors
from ticketing.cli.region.commands import command
from ticketing.regions import Region, check_region

FOLDER = Path("regions/helsinki-tallinn")
OPERATORS = ("tlt", "hsl", "tallink", "viking", "eckero")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the region to damage."""
    shutil.copytree(FOLDER, tmp_path / "damaged")
    return tmp_path / "damaged"


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_independent_validator_finds_no_error(operator: str) -> None:
    result = gtfs_guru.validate(str(FOLDER / "feeds" / operator), country_code="FI", date="2026-11-23")

    assert [(fault.code, fault.message) for fault in result.errors()] == []


def test_the_committed_feeds_are_what_the_facts_give() -> None:
    for operator, files in author.feeds().items():
        for name, text in files.items():
            assert (FOLDER / "feeds" / operator / name).read_text(encoding="utf-8") == text, (
                f"{operator}/{name}"
            )
        assert {path.name for path in (FOLDER / "feeds" / operator).iterdir()} == set(files)


def test_the_region_is_large_enough_to_live_in(regions: dict[str, Region]) -> None:
    data = regions["helsinki-tallinn"].data
    stops = sum(not stop.is_station for table in data.timetables.values() for stop in table.stops.values())
    lines = {(name, route.line) for name, table in data.timetables.items() for route in table.routes.values()}
    sailings = {"TLL": 0, "HEL": 0}
    for table in data.timetables.values():
        for pattern in table.patterns:
            if table.routes[pattern.route].mode == "ferry":
                sailings[pattern.stops[0][:3]] += len(pattern.trips)

    assert len(data.operators) >= 5
    assert stops >= 150
    assert len(lines) >= 20
    assert min(sailings.values()) >= 20
    assert all(
        service.end >= date(2028, 12, 31)
        for table in data.timetables.values()
        for service in table.services.values()
    )


def test_public_holidays_run_as_sundays(regions: dict[str, Region]) -> None:
    services = regions["helsinki-tallinn"].data.timetables["tlt"].services
    independence_day = date(2027, 2, 24)

    assert independence_day.weekday() == 2
    assert [
        name for name in ("weekday", "saturday", "sunday") if services[name].runs_on(independence_day)
    ] == ["sunday"]


def run(argument: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(command, ["check", argument])
    return result.exit_code, json.loads(result.stdout)


def test_the_check_passes_by_name_and_by_folder() -> None:
    assert run("helsinki-tallinn") == (0, {"ok": True, "errors": [], "warnings": []})
    assert run(str(FOLDER))[0] == 0


def test_every_fault_is_reported_at_once(copy: Path) -> None:
    edit(copy / "region.toml", 'product = "through"', 'product = "much-too-long-a-code"')
    edit(copy / "region.toml", 'stop = "viking:TLL-A"', 'stop = "viking:NOWHERE"')
    edit(copy / "region.toml", 'tlt = "reduced"', 'tlt = "dragon"')
    edit(copy / "agreements.json", '"amount": "32.00"', '"amount": "32.0"')
    edit(copy / "agreements.json", '"operator": "viking"', '"operator": "titanic"')
    edit(copy / "taxes.csv", "taxable,13.50", "taxable,")
    edit(copy / "feeds/hsl/fare_products.txt", "3.20,EUR", "3.2,EUR")
    edit(copy / "feeds/tlt/stop_times.txt", "05:15:00,05:15:00", "05:75:00,05:15:00")
    edit(copy / "feeds/tallink/trips.txt", ",daily,", ",never,")
    shutil.rmtree(copy / "feeds/eckero")

    code, answer = run(str(copy))
    found = {(fault["file"], fault["code"]) for fault in answer["errors"] + answer["warnings"]}

    assert code == 1
    assert {
        ("region.toml", "invalid_value"),
        ("region.toml", "unknown_reference"),
        ("tallink/trips.txt", "unknown_reference"),
        ("tlt/stop_times.txt", "invalid_time"),
        ("feeds/eckero", "unreadable_feed"),
        ("agreements.json", "invalid_amount"),
        ("agreements.json", "unknown_reference"),
        ("taxes.csv", "missing_value"),
        ("hsl/fare_products.txt", "invalid_amount"),
    } <= found


def test_a_rider_that_an_operator_does_not_sell_to_is_a_fault(copy: Path) -> None:
    edit(copy / "region.toml", 'hsl = "infant"', 'hsl = "baby"')

    _, findings = check_region(copy)

    assert [fault.field for fault in errors(findings)] == ["rider_categories.infant.hsl"]


def test_a_damaged_file_loads_nothing(copy: Path) -> None:
    (copy / "region.toml").write_text("not toml [", encoding="utf-8")

    _, findings = load_region(copy)

    assert "unreadable_toml" in {fault.code for fault in findings}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
