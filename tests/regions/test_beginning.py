"""A region from operators' feeds alone: written, checked, and sold from once the VAT is there."""

import json
import tomllib
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from operators import skeleton
from tests.api import Api, Bought
from tests.operators.written_netex import delivery, document
from tests.waiting import SOON_SECONDS
from ticketing.app import create_app
from ticketing.cli import main
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import check_region

_VAT = (
    "AT,any,domestic,taxable,10.00,2020-01-01,,made up,no,\n"
    "AT,any,international,zero,0.00,2020-01-01,,made up,no,\n"
    "SK,any,domestic,taxable,20.00,2020-01-01,,made up,no,\n"
    "SK,any,international,zero,0.00,2020-01-01,,made up,no,\n"
)

_FARES = (
    "<FareFrame id='x:f' version='1'><FrameDefaults><DefaultCurrency>EUR</DefaultCurrency></FrameDefaults><tariffs>"
    "<Tariff id='x:t' version='1'><fareStructureElements><FareStructureElement id='x:e' version='1'>"
    "<GenericParameterAssignment id='x:g' version='1'><validityParameters><LineRef ref='x:Line:{line}'/></validityParameters>"
    "</GenericParameterAssignment></FareStructureElement></fareStructureElements></Tariff></tariffs><fareProducts>"
    "<PreassignedFareProduct id='x:single' version='1'><Name>Single</Name><validableElements><ValidableElement id='x:v'>"
    "<fareStructureElements><FareStructureElementRef ref='x:e'/></fareStructureElements></ValidableElement></validableElements>"
    "</PreassignedFareProduct></fareProducts><priceGroups><PriceGroup id='x:p' version='1'><members>"
    "<FareProductPrice id='x:pp'><Amount>4.2</Amount><PreassignedFareProductRef ref='x:single'/></FareProductPrice>"
    "</members></PriceGroup></priceGroups></FareFrame>"
)


@pytest.fixture
def feeds(tmp_path: Path) -> dict[str, Path]:
    """The two feeds of the skeleton, packed as operators publish them."""
    packed: dict[str, Path] = {}
    for operator in ("bus", "rail"):
        packed[operator] = tmp_path / f"{operator}.zip"
        with zipfile.ZipFile(packed[operator], "w") as archive:
            for path, text in skeleton.files("x").items():
                if path.startswith(f"feeds/{operator}/"):
                    archive.writestr(Path(path).name, text)
    return packed


@pytest.fixture
def published(tmp_path: Path, feeds: dict[str, Path]) -> Iterator[str]:
    """The folder of the feeds at an address of this machine."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(SOON_SECONDS,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def new(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["region", "new", "rivers", "--folder", str(folder / "regions"), *words])


def buy(place: Path, settings: Settings, clock: FixedClock, start: str) -> Bought:
    """Write the VAT into the region, and buy a ticket from a place to South Town."""
    with (place / "taxes.csv").open("a", encoding="utf-8") as taxes:
        taxes.write(_VAT)
    region, findings = check_region(place)
    assert region is not None, findings
    app = create_app(settings, clock=clock, regions={"rivers": region})
    bought = Api(app.test_client(), clock, lambda *_: "").buy(
        **{
            "from": {"place": start},
            "to": {"place": "South Town"},
            "depart_at": "2026-10-13T07:20:00+02:00",
            "passengers": [{"ref": "ada", "rider_category": "adult"}],
        }
    )
    app.extensions["throughfare"].till.database.close()
    return bought


def test_feeds_become_a_region_that_sells_as_soon_as_it_has_its_vat(
    tmp_path: Path, feeds: dict[str, Path], settings: Settings, clock: FixedClock
) -> None:
    begun = new(tmp_path, "--feed", str(feeds["bus"]), "--feed", str(feeds["rail"]))
    place = tmp_path / "regions/rivers"

    assert begun.exit_code == 0, begun.output
    assert "with city, border. Left to you:" in begun.stdout
    assert "the VAT of AT, SK" in begun.stdout
    written = tomllib.loads((place / "region.toml").read_text(encoding="utf-8"))
    assert written["member_states"] == ["AT", "SK"]
    # The border of a map of Europe lies 600 m before South Town, and the map is not sure of that.
    assert written["operators"][1]["states"] == {"SK": ["SOUTH"]}
    assert written["crossings"] == [
        {"stops": ["border:BRIDGE", "border:SOUTH"], "distance_m": [["AT", 3294], ["SK", 581]]}
    ]
    assert "Check their states: South Town" in begun.stdout
    report = json.loads(CliRunner().invoke(main, ["region", "check", str(place)]).stdout)
    assert report["ok"]
    assert {one["file"] for one in report["warnings"]} == {"taxes.csv"}

    bought = buy(place, settings, clock, "North Gate")

    assert (bought.order["state"], bought.itinerary["price"]["total"]["amount"]) == ("ticketed", "6.00")
    assert [leg["operator"] for leg in bought.itinerary["legs"] if leg.get("operator")] == ["city", "border"]


def test_a_netex_delivery_becomes_a_region_that_sells(
    tmp_path: Path, settings: Settings, clock: FixedClock
) -> None:
    """Its journeys from a timetable, and its price from a fare frame beside it."""
    gtfs = {
        Path(path).name: text for path, text in skeleton.files("x").items() if path.startswith("feeds/rail/")
    }
    deliveries = delivery({name: text for name, text in gtfs.items() if not name.startswith("fare")}, "epip")
    line = gtfs["routes.txt"].splitlines()[1].partition(",")[0]
    (tmp_path / "netex").mkdir()
    for name, content in {**deliveries, "fares.xml": document([_FARES.format(line=line)])}.items():
        (tmp_path / "netex" / name).write_bytes(content)

    begun = new(tmp_path, "--feed", str(tmp_path / "netex"))
    place = tmp_path / "regions/rivers"

    assert begun.exit_code == 0, begun.output
    bought = buy(place, settings, clock, "Station")

    assert (bought.order["state"], bought.itinerary["price"]["total"]["amount"]) == ("ticketed", "4.20")


def test_a_feed_comes_from_its_address_and_the_readme_says_so(tmp_path: Path, published: str) -> None:
    begun = new(tmp_path, "--feed", f"{published}/bus.zip")

    assert begun.exit_code == 0, begun.output
    readme = (tmp_path / "regions/rivers/README.md").read_text(encoding="utf-8")
    assert f"| `city` | City Bus | {published}/bus.zip |" in readme
    assert (tmp_path / "regions/rivers/feeds/city/stops.txt").is_file()


@pytest.mark.parametrize("feed", ["{published}/none.zip", "{folder}/none.zip", "{folder}/broken.zip"])
def test_a_feed_that_cannot_be_read_leaves_nothing(tmp_path: Path, published: str, feed: str) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")

    begun = new(tmp_path, "--feed", feed.format(published=published, folder=tmp_path))

    assert begun.exit_code == 2
    assert json.loads(begun.stderr.splitlines()[-1])["errors"][0]["path"] == "--feed"
    assert list((tmp_path / "regions").iterdir()) == []


def test_a_page_in_place_of_a_feed_is_named_by_its_address(tmp_path: Path, published: str) -> None:
    (tmp_path / "page.zip").write_bytes(b"<html>sign in first</html>")

    begun = new(tmp_path, "--feed", f"{published}/page.zip")

    assert f"{published}/page.zip is not a readable zip" in begun.stderr


def test_faults_of_a_feed_are_named(tmp_path: Path, feeds: dict[str, Path]) -> None:
    with zipfile.ZipFile(feeds["bus"], "w") as archive:
        archive.writestr(
            "agency.txt", "agency_name,agency_url,agency_timezone\nA,https://a.example,Mars/North\n"
        )

    begun = new(tmp_path, "--feed", str(feeds["bus"]))

    assert begun.exit_code == 2
    places = {fault["path"] for fault in json.loads(begun.stderr)["errors"]}
    assert {"agency.txt:2:agency_timezone", "stops.txt"} <= places


def test_an_operator_without_fares_is_begun_and_the_note_says_how_to_sell_it(
    tmp_path: Path, feeds: dict[str, Path]
) -> None:
    bare = tmp_path / "bare.zip"
    with zipfile.ZipFile(feeds["bus"]) as whole, zipfile.ZipFile(bare, "w") as archive:
        for name in whole.namelist():
            if not name.startswith(("fare_", "rider_")):
                archive.writestr(name, whole.read(name))

    begun = new(tmp_path, "--feed", str(bare))

    assert "city publishes no fares" in begun.stdout
    assert 'currency = "EUR"' in (tmp_path / "regions/rivers/region.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "row",
    [
        "AT,any,international,zero,0.00,2020-01-01,,made up,no,\n",
        "AT,any,domestic,taxable,10.00,2099-01-01,,made up,no,\n",
        "AT,rail,domestic,taxable,10.00,2020-01-01,,made up,no,\n",
    ],
)
def test_a_row_of_vat_that_fits_no_ride_is_told(tmp_path: Path, feeds: dict[str, Path], row: str) -> None:
    new(tmp_path, "--feed", str(feeds["bus"]))
    place = tmp_path / "regions/rivers"
    with (place / "taxes.csv").open("a", encoding="utf-8") as taxes:
        taxes.write(row)

    report = json.loads(CliRunner().invoke(main, ["region", "check", str(place)]).stdout)

    (warning,) = report["warnings"]
    assert warning["message"].startswith(
        "AT has no domestic row for the mode bus on the days of the timetable"
    )


def test_several_agencies_of_a_feed_are_told_of(tmp_path: Path, feeds: dict[str, Path]) -> None:
    with zipfile.ZipFile(feeds["bus"]) as whole:
        texts = {name: whole.read(name).decode() for name in whole.namelist()}
    texts["agency.txt"] += "night,Night Bus,https://night.example,Europe/Vienna\n"
    with zipfile.ZipFile(feeds["bus"], "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)

    begun = new(tmp_path, "--feed", str(feeds["bus"]))

    assert "city stands for all 2 agencies of its feed" in begun.stdout


def test_the_key_of_an_address_is_not_written_down(tmp_path: Path, published: str) -> None:
    """Publishers take keys in the address; a region's folder is published."""
    address = published.replace("http://", "http://me:word@")

    begun = new(tmp_path, "--feed", f"{address}/bus.zip?api_key=word")
    refused = new(tmp_path / "other", "--feed", f"{address}/none.zip?api_key=word")

    assert begun.exit_code == 0, begun.output
    readme = (tmp_path / "regions/rivers/README.md").read_text(encoding="utf-8")
    assert f"{published}/bus.zip?..." in readme
    # The publisher's own lines about its calls stand between ours.
    lines = [line for line in (begun.output + refused.output).splitlines() if " HTTP/1.1" not in line]
    assert "answers 404" in lines[-1]
    assert "word" not in readme + "".join(lines)
