"""The page of `region check --html`: what an engineer sees of a region, and that no feed can steer it."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.regions import begun
from tests.regions.begun import change
from ticketing.cli import main


@pytest.fixture
def region(tmp_path: Path) -> Path:
    place = tmp_path / "rivers"
    begun.write(place)
    return place


def page_of(region: Path, code: int = 0) -> str:
    page = region.parent / "page.html"
    done = CliRunner().invoke(main, ["region", "check", str(region), "--html", str(page)])
    assert done.exit_code == code, done.output
    return page.read_text(encoding="utf-8")


def test_a_sound_region_is_shown_with_its_prices_days_and_borders(region: Path) -> None:
    page = page_of(region)

    assert "No errors" in page
    assert "4.00 EUR" in page
    assert "rail:BRIDGE to rail:SOUTH: AT 1.5 km, SK 2.5 km" in page
    assert "bus-and-rail" in page
    assert page.count("<circle") == 6


def test_rides_without_a_price_are_counted_and_named(region: Path) -> None:
    """The train sells between two of its three stops alone."""
    feed = region / "feeds/rail"
    (feed / "areas.txt").write_text("area_id\nnorth\n", encoding="utf-8")
    (feed / "stop_areas.txt").write_text("area_id,stop_id\nnorth,STN\n", encoding="utf-8")
    (feed / "fare_leg_rules.txt").write_text(
        "leg_group_id,network_id,from_area_id,fare_product_id\nsingle,rail,north,single\n", encoding="utf-8"
    )

    page = page_of(region)

    row = page[page.index("Prices of single rides") :]
    row = row[row.index("Border Rail") :].partition("</tr>")[0]
    assert '<td class="n">6</td><td class="n">4</td>' in row
    assert "4.00 EUR" in row
    assert "to Station" in row


def test_faults_of_one_kind_are_one_line_and_stand_first(region: Path) -> None:
    change(region / "feeds/bus/stop_times.txt", ":00:00", ":xx:00")

    page = page_of(region, code=1)

    assert "Errors: mend these first" in page
    assert "more of this kind" in page
    assert "<svg" not in page


def test_a_name_from_a_feed_is_a_text_and_nothing_else(region: Path) -> None:
    change(region / "feeds/bus/stops.txt", "Station", "<script>alert(1)</script>")
    change(region / "region.toml", 'name = "City Bus"', "name = '<img src=x onerror=alert(1)>'")

    page = page_of(region)

    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_of_a_shipped_region_prices_every_pair(tmp_path: Path) -> None:
    shutil.copytree("regions/oresund", tmp_path / "oresund")

    page = page_of(tmp_path / "oresund")

    prices = page[page.index("Prices of single rides") : page.index("Value added tax")]
    assert prices.count('<td class="n">0</td>') == 4
    assert "24.00 DKK to 36.00 DKK" in prices
