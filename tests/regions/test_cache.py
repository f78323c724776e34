"""Regions from the cache: the same as from their folders, never out of date, never a stranger's."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.regions import begun
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.errors import Misconfigured
from ticketing.regions import cache
from ticketing.regions.cache import kept_region, load_served
from ticketing.regions.load import check_region


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "rivers"
    begun.write(place)
    return place


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """The folders that were read in full."""
    read: list[Path] = []

    def checked(folder: Path, *more: object) -> object:
        read.append(folder)
        return check_region(folder, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "check_region", checked)
    return read


def test_the_second_start_takes_the_same_region_from_the_file(
    folder: Path, tmp_path: Path, reads: list[Path]
) -> None:
    first = kept_region(folder, tmp_path / "cache")
    second = kept_region(folder, tmp_path / "cache")

    assert len(reads) == 1
    assert first[0] is not None
    assert second[0] is not None
    assert second[0].data == first[0].data
    assert second[0].book == first[0].book
    assert second[1] == first[1]


@pytest.mark.parametrize("name", ["helsinki-tallinn", "oresund", "lille-kortrijk-tournai"])
def test_a_shipped_region_loses_nothing(tmp_path: Path, name: str) -> None:
    place = Path("regions") / name
    kept_region(place, tmp_path)
    (kept, findings), (read, told) = kept_region(place, tmp_path), check_region(place)

    assert kept is not None
    assert read is not None
    assert (kept.data, kept.book, kept.tariff, findings) == (read.data, read.book, read.tariff, told)


def test_a_changed_folder_a_newer_feed_and_other_code_are_read_anew(
    folder: Path, tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_region(folder, tmp_path / "cache")
    fares = folder / "feeds/rail/fare_products.txt"
    fares.write_text(fares.read_text(encoding="utf-8").replace("4.00", "4.50"), encoding="utf-8")
    changed, _ = kept_region(folder, tmp_path / "cache")
    kept_region(folder, tmp_path / "cache", {"rail": {"agency.txt": "x"}})
    monkeypatch.setattr(cache, "_code", lambda: "another release")
    kept_region(folder, tmp_path / "cache")

    assert len(reads) == 4
    assert changed is not None
    assert {str(row.price) for row in changed.book.feeds["rail"].prices()} == {"4.50 EUR"}


@pytest.mark.parametrize("spoil", ["cut", "empty", "others"])
def test_a_file_that_cannot_be_trusted_is_not_read(
    folder: Path, tmp_path: Path, reads: list[Path], spoil: str
) -> None:
    kept_region(folder, tmp_path / "cache")
    (file,) = (tmp_path / "cache").glob("*.region")
    if spoil == "others":
        file.chmod(0o666)
    else:
        file.write_bytes(file.read_bytes()[: 1000 if spoil == "cut" else 0])

    region, _ = kept_region(folder, tmp_path / "cache")

    assert region is not None
    assert len(reads) == 2


def test_a_region_with_a_fault_is_not_kept(folder: Path, tmp_path: Path) -> None:
    (folder / "feeds/rail/stops.txt").unlink()

    region, findings = kept_region(folder, tmp_path / "cache")

    assert region is None
    assert findings
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_takes_no_files_is_no_trouble(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")

    region, _ = kept_region(folder, tmp_path / "cache")

    assert region is not None


def test_files_of_long_ago_are_forgotten(folder: Path, tmp_path: Path) -> None:
    import os  # noqa: PLC0415

    kept_region(folder, tmp_path / "cache")
    old = tmp_path / "cache/gone-0.region"
    shutil.copy(next((tmp_path / "cache").glob("*.region")), old)
    os.utime(old, (0, 0))
    (folder / "README.md").write_text("changed", encoding="utf-8")

    kept_region(folder, tmp_path / "cache")

    assert not old.exists()
    assert len(list((tmp_path / "cache").glob("*.region"))) == 2


def test_nobody_else_can_read_or_write_it(folder: Path, tmp_path: Path) -> None:
    kept_region(folder, tmp_path / "cache")

    (file,) = (tmp_path / "cache").glob("*.region")
    assert file.stat().st_mode & 0o777 == 0o600


class TestASickRegion:
    """A region whose folder cannot be used does not keep the others from being sold."""

    @pytest.fixture
    def deployment(self, folder: Path, tmp_path: Path) -> Settings:
        shutil.copytree(folder, tmp_path / "isles")
        return Settings(
            database_url="sqlite://",
            regions=("rivers", "isles"),
            regions_folder=tmp_path,
            cache_folder=tmp_path / "cache",
        )

    def break_rivers(self, deployment: Settings) -> None:
        (deployment.regions_folder / "rivers/feeds/rail/stops.txt").unlink()

    def test_it_is_served_as_it_was_last_good_and_its_fault_is_told(self, deployment: Settings) -> None:
        before = load_served(deployment, lambda _: True)
        self.break_rivers(deployment)

        served = load_served(deployment, lambda _: True)

        assert (before.sick, before.regions.keys()) == ({}, {"rivers", "isles"})
        assert served.regions["rivers"].book.version == before.regions["rivers"].book.version
        assert served.sick == {"rivers": "rail/stops.txt: stops.txt is required"}

    def test_without_a_last_good_version_the_others_are_served(self, deployment: Settings) -> None:
        self.break_rivers(deployment)

        served = load_served(deployment, lambda _: False)

        assert served.regions.keys() == {"isles"}
        assert served.sick.keys() == {"rivers"}

    def test_orders_that_need_it_keep_the_service_from_starting(self, deployment: Settings) -> None:
        self.break_rivers(deployment)

        with pytest.raises(Misconfigured, match="the region rivers has 9 faults"):
            load_served(deployment, lambda _: True)

    def test_another_release_does_not_take_objects_of_this_one(
        self, deployment: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load_served(deployment, lambda _: True)
        self.break_rivers(deployment)
        monkeypatch.setattr(cache, "_code", lambda: "another release")

        assert load_served(deployment, lambda _: False).regions.keys() == {"isles"}

    def test_no_region_at_all_is_no_service(self, deployment: Settings) -> None:
        self.break_rivers(deployment)
        shutil.rmtree(deployment.regions_folder / "isles/feeds")

        with pytest.raises(Misconfigured, match="no region can be used: rivers: "):
            load_served(deployment, lambda _: False)

    def test_the_probe_names_it(self, deployment: Settings, settings: Settings, clock: FixedClock) -> None:
        self.break_rivers(deployment)
        app = create_app(
            replace(settings, regions=deployment.regions, regions_folder=deployment.regions_folder),
            clock=clock,
        )

        answer = app.test_client().get("/readyz")
        app.extensions["throughfare"].till.database.close()

        assert (answer.status_code, answer.get_json()["status"]) == (200, "ready")
        assert answer.get_json()["sick_regions"] == {"rivers": "rail/stops.txt: stops.txt is required"}
