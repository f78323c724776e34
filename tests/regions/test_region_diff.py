"""`region diff`: what a new season changes, before it is sold."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.regions import begun
from tests.regions.begun import change
from ticketing.cli import main


@pytest.fixture
def seasons(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders of one region, the second to be changed."""
    old, new = tmp_path / "rivers", tmp_path / "next"
    begun.write(old)
    shutil.copytree(old, new)
    return old, new


def diff(*words: object) -> Result:
    return CliRunner().invoke(main, ["region", "diff", *map(str, words), "--on", "2026-10-13", "--days", "1"])


def test_nothing_changed(seasons: tuple[Path, Path]) -> None:
    assert diff(*seasons).output == "nothing changed\n"


@pytest.mark.parametrize(
    ("file", "before", "after", "subject", "kind", "told"),
    [
        ("feeds/rail/fare_products.txt", "4.00", "4.50", "price", "changed", ("4.00 EUR", "4.50 EUR")),
        ("feeds/rail/stops.txt", "South Town", "Southtown", "stop", "changed", ("South Town", "Southtown")),
        (
            "feeds/rail/frequencies.txt",
            "05:00:00,23:00:00",
            "05:30:00,23:00:00",
            "departure",
            "gone",
            ("1", ""),
        ),
        ("taxes.csv", "AT,any,domestic,taxable,10.00", "AT,any,domestic,taxable,13.00", "tax", "new", None),
        (
            "agreements.json",
            '"version": 1',
            '"version": 2',
            "agreement",
            "changed",
            ("version 1", "version 2"),
        ),
        ("feeds/bus/routes.txt", ",3", ",0", "line", "changed", None),
        (
            "region.toml",
            'name = "City Bus"',
            'name = "Town Bus"',
            "operator",
            "changed",
            ("City Bus", "Town Bus"),
        ),
    ],
)
def test_each_kind_of_change_is_told(  # noqa: PLR0917  one for each column
    seasons: tuple[Path, Path],
    file: str,
    before: str,
    after: str,
    subject: str,
    kind: str,
    told: tuple[str, str] | None,
) -> None:
    change(seasons[1] / file, before, after)

    changes = json.loads(diff(*seasons, "--json").output)

    alike = [one for one in changes if (one["subject"], one["change"]) == (subject, kind)]
    assert alike, changes
    if told is not None:
        assert (alike[0]["old"], alike[0]["new"]) == told


def test_a_stop_that_moved_tells_how_far(seasons: tuple[Path, Path]) -> None:
    feed = seasons[1] / "feeds/rail/stops.txt"
    rows = feed.read_text(encoding="utf-8").splitlines()
    stop, name, lat, lon = rows[1].split(",")
    rows[1] = f"{stop},{name},{float(lat) + 0.001:.5f},{lon}"
    feed.write_text("\n".join(rows) + "\n", encoding="utf-8")

    assert "m from its old place" in diff(*seasons).output


def test_a_region_with_an_error_is_not_compared(seasons: tuple[Path, Path]) -> None:
    (seasons[1] / "feeds/rail/stops.txt").unlink()

    done = diff(*seasons)

    assert done.exit_code == 1
    assert not json.loads(done.stdout)["ok"]
    assert done.stderr.splitlines()[-1] == f"{seasons[1]} has errors: nothing is compared"


def test_a_new_doubt_is_told_beside_the_changes(seasons: tuple[Path, Path]) -> None:
    with (seasons[1] / "taxes.csv").open("a", encoding="utf-8") as taxes:
        taxes.write("HU,any,domestic,taxable,0.27,2026-01-01,,made up,no,\n")

    done = diff(*seasons)

    assert "warning: taxes.csv:" in done.stderr
    assert "0.27 % is hardly the rate of a state" in done.stderr
