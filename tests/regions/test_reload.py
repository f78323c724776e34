"""`region reload`: a new tariff is sold without a restart, whole or not at all, and what was offered keeps its price."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.api import Api
from tests.regions import begun
from tests.regions.begun import change
from ticketing.app import create_app
from ticketing.cli import main
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import reload
from ticketing.regions.watch import Watch

_RIDE: dict[str, Any] = {
    "from": {"place": "Station"},
    "to": {"place": "South Town"},
    "depart_at": "2026-10-13T07:20:00+02:00",
    "passengers": [{"ref": "ada", "rider_category": "adult"}],
}


@dataclass
class Running:
    """A service that sells a region from its folder."""

    api: Api
    folder: Path
    watch: Watch

    def offer(self) -> dict[str, Any]:
        answer = self.api.post("/v1/journeys", _RIDE).get_json()
        return answer["itineraries"][0]

    def ask(self) -> Result:
        return CliRunner().invoke(main, ["region", "reload", str(self.folder)])

    def reprice(self, amount: str) -> None:
        change(self.folder / "feeds/rail/fare_products.txt", "4.00", amount)


@pytest.fixture
def running(tmp_path: Path, settings: Settings, clock: FixedClock) -> Iterator[Running]:
    folder = tmp_path / "regions/rivers"
    begun.write(folder)
    configured = replace(settings, regions=("rivers",), regions_folder=folder.parent)
    app = create_app(configured, clock=clock)
    rooms = app.extensions["throughfare"]
    assert rooms.planner.watch is not None
    yield Running(Api(app.test_client(), clock, lambda *_: ""), folder, rooms.planner.watch)
    rooms.till.database.close()


def total(itinerary: dict[str, Any]) -> str:
    return itinerary["price"]["total"]["amount"]


def test_a_new_price_is_sold_and_an_offer_keeps_the_old_one(running: Running) -> None:
    offered = running.offer()
    running.reprice("4.50")
    assert total(running.offer()) == "4.00"

    done = running.ask()
    running.watch.reload()

    assert done.exit_code == 0, done.output
    assert total(running.offer()) == "4.50"
    quote = running.api.post("/v1/quotes", {"offer_id": offered["offer_id"]})
    assert quote.status_code == 201
    assert quote.get_json()["total"] == {"amount": "4.00", "currency": "EUR"}


def test_a_search_has_it_loaded_beside_itself(running: Running) -> None:
    running.reprice("4.50")
    running.ask()
    running.watch._marks_at = float("-inf")

    running.offer()
    for thread in [one for one in threading.enumerate() if one.name == "watch"]:
        thread.join()

    assert total(running.offer()) == "4.50"


def test_a_folder_with_a_fault_is_not_asked_for(running: Running) -> None:
    (running.folder / "feeds/rail/stops.txt").unlink()

    done = running.ask()
    running.watch.reload()

    assert done.exit_code == 1
    assert not (running.folder / reload.MARK).exists()
    assert total(running.offer()) == "4.00"


def test_a_folder_that_changes_after_its_check_is_nobodys_region(running: Running) -> None:
    running.reprice("4.50")
    running.ask()
    change(running.folder / "feeds/rail/fare_products.txt", "4.50", "0.01")

    running.watch.reload()

    assert total(running.offer()) == "4.00"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('name = "Border Rail"', 'name = "Rail"'),
        ("until_hours_before = 1, percent = 100", "until_hours_before = 2, percent = 100"),
    ],
)
def test_what_processes_read_at_their_start_alone_waits_for_one(
    running: Running, before: str, after: str
) -> None:
    running.reprice("4.50")
    change(running.folder / "region.toml", before, after)

    assert running.ask().exit_code == 0
    running.watch.reload()

    assert total(running.offer()) == "4.00"


def test_a_process_that_starts_later_has_it_already(
    running: Running, settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.reprice("4.50")
    running.ask()
    monkeypatch.setattr("ticketing.regions.watch._BEGAN", (running.folder / reload.MARK).stat().st_mtime + 1)

    configured = replace(settings, regions=("rivers",), regions_folder=running.folder.parent)
    later = create_app(configured, clock=clock).extensions["throughfare"]
    before = later.planner.watch.version
    later.planner.watch.reload()
    later.till.database.close()

    assert later.planner.watch.version == before


def test_the_mark_names_all_files_and_none_with_a_dot(running: Running, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    shutil.copytree(running.folder, twin)
    (twin / ".hidden").write_text("x", encoding="utf-8")

    assert reload.digest(twin) == reload.digest(running.folder)
    (twin / "feeds/rail/levels.txt").write_text("level_id\n", encoding="utf-8")
    assert reload.digest(twin) != reload.digest(running.folder)
