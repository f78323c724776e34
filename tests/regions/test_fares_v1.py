"""An operator with Fares V1 is sold as it publishes: priced by its own rules, bought over HTTP, and converted on wish."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from operators import skeleton
from operators.files import FARE_FILES
from tests.api import Api
from tests.tariffs.island import table
from ticketing.app import create_app
from ticketing.cli import main
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region, check_region

_V1 = {
    "stops.txt": table(
        "stop_id,stop_name,stop_lat,stop_lon,zone_id",
        "NORTH,North Gate,48.1460,16.9430,outer",
        "MARKET,Market,48.1410,16.9480,middle",
        "STATION,Station,48.1360,16.9530,inner",
    ),
    "fare_attributes.txt": table(
        "fare_id,price,currency_type,payment_method,transfers,agency_id,transfer_duration",
        "short,1.3,EUR,1,0,bus,",
        "long,2.1,EUR,1,,bus,5400",
    ),
    "fare_rules.txt": table(
        "fare_id,route_id,contains_id",
        "short,line-1,outer",
        "short,line-1,middle",
        "long,line-1,",
    ),
}
_RIDE = {
    "route_id": "line-1",
    "from_stop_id": "NORTH",
    "to_stop_id": "STATION",
    "departure": "2026-10-13T07:30:00",
    "arrival": "2026-10-13T07:42:00",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The skeleton of a region whose bus has Fares V1 and nothing of V2."""
    place = tmp_path / "rivers"
    for path, text in skeleton.files("rivers").items():
        if path.startswith("feeds/bus/") and Path(path).name in FARE_FILES:
            continue
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    for name, text in _V1.items():
        (place / "feeds/bus" / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture
def region(folder: Path) -> Region:
    loaded, findings = check_region(folder)
    assert loaded is not None, findings
    assert findings == []
    return loaded


@pytest.fixture
def rivers(settings: Settings, clock: FixedClock, region: Region) -> Iterator[Api]:
    app = create_app(settings, clock=clock, regions={"rivers": region})
    yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


@pytest.mark.parametrize(
    ("place", "price", "because"),
    [
        ("Market", "1.30", "fare rule row 1: route line-1, exactly the zones middle, outer"),
        ("Station", "2.10", "fare rule row 3: route line-1"),
    ],
)
def test_a_ride_is_bought_at_the_fare_of_v1(rivers: Api, place: str, price: str, because: str) -> None:
    bought = rivers.buy(
        **{
            "from": {"place": "North Gate"},
            "to": {"place": place},
            "depart_at": "2026-10-13T07:20:00+02:00",
            "passengers": [{"ref": "ada", "rider_category": "adult"}],
        }
    )

    quote = rivers.get(f"/v1/orders/{bought.order['id']}", bought.token).json or {}
    assert (bought.order["state"], quote["total"]["amount"]) == ("ticketed", price)
    (passenger,) = bought.itinerary["price"]["passengers"]
    assert passenger["because"] == [because]


def run(*words: str, document: Any = None) -> Result:
    return CliRunner().invoke(main, ["tariff", *words], input=json.dumps(document))


def test_the_stops_passed_come_from_the_trips_of_the_feed(folder: Path) -> None:
    feed = str(folder / "feeds/bus")

    far = run("price", feed, "-", document={"legs": [_RIDE]})
    near = run("price", feed, "-", document={"legs": [{**_RIDE, "to_stop_id": "MARKET"}]})
    told = run("explain", feed, "-", document={"legs": [{**_RIDE, "to_stop_id": "MARKET"}]})

    assert json.loads(far.stdout)["total"] == {"amount": "2.10", "currency": "EUR"}
    assert json.loads(near.stdout)["total"] == {"amount": "1.30", "currency": "EUR"}
    assert "fare rule row 1: route line-1, exactly the zones middle, outer" in told.stdout
    assert "2.10 EUR  long: not cheaper" in told.stdout


def test_a_ride_without_a_price_is_told_and_explained_by_its_zones(folder: Path) -> None:
    for name in ("fare_attributes.txt", "fare_rules.txt"):
        short = [row for row in _V1[name].splitlines() if not row.startswith("long,")]
        (folder / "feeds/bus" / name).write_text(table(*short), encoding="utf-8")

    answer = CliRunner().invoke(main, ["region", "check", str(folder)])
    told = run("explain", str(folder / "feeds/bus"), "-", document={"legs": [_RIDE]})

    (warning,) = (one for one in json.loads(answer.stdout)["warnings"] if one["code"] == "unpriced")
    assert warning["file"] == "feeds/bus"
    assert "single rides have no price for adult, such as line" in warning["message"]
    assert told.stdout.splitlines() == [
        "no price: unknown_fare, no_rule",
        "  legs[0]: route line-1, from zone outer to zone inner",
    ]


def test_a_feed_is_converted_beside_its_other_files(folder: Path, tmp_path: Path) -> None:
    feed, out = folder / "feeds/bus", tmp_path / "deep/converted"

    done = run("convert", str(feed), str(out))
    answer = json.loads(done.stdout)

    assert (answer["fare_products"], answer["leg_rules"], answer["transfer_rules"]) == (2, 2, 1)
    assert [(note["file"], note["row"]) for note in answer["notes"]] == [("fare_rules.txt", 2)]
    for file in feed.iterdir():
        assert (out / file.name).read_bytes() == file.read_bytes()
    again = json.loads(run("check", str(out)).stdout)
    assert again == {"ok": True, "errors": [], "warnings": []}
    stops = {"areas_travelled": ["inner", "middle", "outer"]}
    priced = run("price", str(out), "-", document={"legs": [{**_RIDE, **stops}]})
    assert json.loads(priced.stdout)["total"] == {"amount": "2.10", "currency": "EUR"}


def test_an_explanation_names_stops_and_routes_that_the_feed_has_not(folder: Path) -> None:
    strange = {**_RIDE, "route_id": "line-9", "to_stop_id": "bus:STATION"}

    told = run("explain", str(folder / "feeds/bus"), "-", document={"legs": [strange]}).stdout

    assert "legs[0].to_stop_id: 'bus:STATION' is not in the feed" in told
    assert "legs[0].route_id: 'line-9' is not in the feed" in told
    assert "NORTH" not in told


def test_a_feed_in_another_encoding_is_converted_in_it(folder: Path, tmp_path: Path) -> None:
    stops = folder / "feeds/bus/stops.txt"
    stops.write_bytes(_V1["stops.txt"].replace("outer", "äußere").encode("windows-1252"))
    rules = folder / "feeds/bus/fare_rules.txt"
    rules.write_bytes(_V1["fare_rules.txt"].replace("outer", "äußere").encode("windows-1252"))
    out, words = tmp_path / "converted", ("--encoding", "windows-1252")

    refused = run("convert", str(stops.parent), str(out))
    done = run("convert", str(stops.parent), str(out), *words)

    assert "--encoding" in refused.stderr
    assert done.exit_code == 0, done.stderr
    assert json.loads(run("check", str(out), *words).stdout) == {"ok": True, "errors": [], "warnings": []}


def test_what_is_there_is_not_written_over(folder: Path) -> None:
    feed = folder / "feeds/bus"

    done = run("convert", str(feed), str(folder))

    assert (done.exit_code, json.loads(done.stderr)["errors"][0]["path"]) == (2, "OUT")


def test_a_feed_that_cannot_be_converted_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    broken = folder / "feeds/bus/fare_attributes.txt"
    broken.write_text(_V1["fare_attributes.txt"].replace("1.3,EUR", "1.3,euros"), encoding="utf-8")
    place = tmp_path / "new/out"

    done = run("convert", str(broken.parent), str(place))
    has_v2 = run("convert", str(folder / "feeds/rail"), str(place))

    assert json.loads(done.stderr)["errors"][0]["path"] == "fare_attributes.txt:2:currency_type"
    assert "fare_leg_rules.txt" in has_v2.stderr
    assert (done.exit_code, has_v2.exit_code, place.parent.exists()) == (2, 2, False)


@pytest.mark.parametrize("command", [["matrix", "{feed}"], ["diff", "{feed}", "{feed}"]])
def test_a_table_of_areas_asks_for_the_conversion(folder: Path, command: list[str]) -> None:
    done = run(*(word.format(feed=folder / "feeds/bus") for word in command))

    assert done.exit_code == 2
    assert "throughfare tariff convert" in done.stderr


def test_an_operator_without_fares_is_sold_at_a_flat_fare_in_its_own_encoding(
    folder: Path, settings: Settings, clock: FixedClock
) -> None:
    toml, feed = folder / "region.toml", folder / "feeds/bus"
    for name in ("fare_attributes.txt", "fare_rules.txt"):
        (feed / name).unlink()
    stops = _V1["stops.txt"].replace("North Gate", "Nördliches Tor")
    (feed / "stops.txt").write_bytes(stops.encode("windows-1252"))
    terms = 'feed = { encoding = "windows-1252", flat_fare = { adult = "1.10", child = "0.55" } }'
    text = toml.read_text(encoding="utf-8").replace('id = "bus"\n', f'id = "bus"\n{terms}\n')
    toml.write_text(text, encoding="utf-8")
    region, findings = check_region(folder)
    assert region is not None, findings

    app = create_app(settings, clock=clock, regions={"rivers": region})
    bought = Api(app.test_client(), clock, lambda *_: "").buy(
        **{
            "from": {"place": "Nördliches Tor"},
            "to": {"place": "Station"},
            "depart_at": "2026-10-13T07:20:00+02:00",
            "passengers": [{"ref": "ada", "rider_category": "adult"}],
        }
    )

    assert findings == []
    assert (bought.order["state"], bought.itinerary["price"]["total"]["amount"]) == ("ticketed", "1.10")
    app.extensions["throughfare"].till.database.close()
