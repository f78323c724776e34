"""Strangers' feeds that cannot be copied are refused by name, and nothing is left behind."""

import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from ticketing.cli import main
from ticketing.cli.region.begin import begin_region
from ticketing.errors import InvalidRequest

_FEED = Path("regions/oresund/feeds/metro")


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in _FEED.iterdir():
            archive.write(file, file.name)
    return path


def test_a_name_that_no_disk_takes_is_a_fault_of_the_feed(feed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(feed, "a") as archive:
        archive.writestr("n" * 300, "")

    with pytest.raises(InvalidRequest, match="not a readable zip"):
        begin_region(tmp_path / "isle", [str(feed)])

    assert [file.name for file in tmp_path.iterdir()] == ["feed.zip"]


def test_a_feed_does_not_steer_the_terminal(feed: Path, tmp_path: Path) -> None:
    """An id is told as it stands in the feed, without the signs that move the cursor or write a title."""
    folder = tmp_path / "metro"
    with zipfile.ZipFile(feed) as archive:
        archive.extractall(folder)
    stops = (folder / "stops.txt").read_text(encoding="utf-8")
    columns = stops.splitlines()[0].split(",")
    row = dict.fromkeys(columns, "") | {
        "stop_id": "x\x1b]0;owned\x07",
        "stop_name": "X",
        "stop_lat": "55.6",
        "stop_lon": "12.5",
        "parent_station": "nowhere",
    }
    header = [*columns, *(name for name in row if name not in columns)]
    text = ",".join(header) + stops[stops.index("\n") :] + ",".join(row[name] for name in header) + "\n"
    (folder / "stops.txt").write_text(text, encoding="utf-8")

    done = CliRunner().invoke(
        main, ["region", "new", "isle", "--folder", str(tmp_path / "regions"), "--feed", str(folder)]
    )

    assert done.exit_code == 0, done.output
    assert "is a place of its own" in done.output
    assert "\x1b" not in done.output


def test_two_feeds_of_one_agency_are_named(feed: Path, tmp_path: Path) -> None:
    beginning, _ = begin_region(tmp_path / "isle", [str(feed), str(_FEED)])

    assert any(
        note.startswith(f"{' and '.join(beginning.operators)} have one name") for note in beginning.notes
    )
