"""Offers that nobody stores: a search writes nothing, and what was offered is sold at its price until its last second."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.spoiled import spoiled
from tests.ticketing.identity.people_of import register
from tests.ticketing.purchase.watching import watched
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.documents import canonical
from ticketing.db.tables import sale as tables
from ticketing.frozen import write_ride
from ticketing.quote.service import replay
from ticketing.regions import Region
from ticketing.regions.planned import find_ride_on

ONE = {"to": {"place": "Balti jaam"}, "passengers": [{"ref": "anna", "rider_category": "adult"}]}
HT = "helsinki-tallinn"
# The same tables and statements on either database: what differs is asked of both above.
# Fields of a ride in a search beside its plan; no quote keeps them.
OF_THE_DAY = {"waiting_seconds", "notices", "boards_at", "alights_at", "vehicle", "in_seat_transfer"}
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Start = Callable[[], Api]


def offered(api: Api, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = api.search(**{**ONE, **changes})["itineraries"][0]
    return found


def frozen(api: Api, offer: dict[str, Any], token: str | None = None) -> Any:
    return api.post("/v1/quotes", {"offer_id": offer["offer_id"]}, token, once=None)


def test_a_search_writes_nothing(api: Api, database: Database) -> None:
    offered(api)
    told = watched(api)

    offer = offered(api)

    assert offer["offer_id"].startswith("tf_offer_")
    assert told["commits"] == 0
    assert told["statements"] <= 1  # the versions of operators' live data
    with database.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(tables.offer)).scalar_one() == 0


def test_a_quote_keeps_a_digest_and_no_token(api: Api, database: Database) -> None:
    offer = offered(api)
    quote = frozen(api, offer).json

    with database.read() as tx:
        row: Any = tx.execute(sa.select(tables.quote)).one()

    assert (row.id, row.offer_id, len(row.offer_digest)) == (quote["id"], None, 32)
    assert offer["offer_id"] not in str(tuple(row))
    assert quote["total"] == offer["price"]["total"]
    assert quote["expires_at"] == offer["offer_expires_at"]
    assert replay(database, quote["id"]).differences == ()


@ON_SQLITE
def test_a_quote_has_the_rides_of_its_offer(api: Api) -> None:
    way = api.search()["itineraries"][0]

    quote = frozen(api, way).json

    shown = [leg for leg in way["legs"] if leg["kind"] == "ride"]
    assert quote["legs"] == [
        {name: value for name, value in leg.items() if name not in OF_THE_DAY} for leg in shown
    ]


@ON_SQLITE
def test_a_party_of_thirty_is_quoted_over_the_whole_way(api: Api) -> None:
    riders = ["adult", "child"]
    party = [{"ref": f"passenger-{at}", "rider_category": riders[at % 2]} for at in range(30)]
    way = api.search(passengers=party)["itineraries"][0]

    quote = frozen(api, way)

    assert len([leg for leg in way["legs"] if leg["kind"] == "ride"]) >= 3
    assert len(way["offer_id"]) <= 2048
    assert (quote.status_code, quote.json["total"]) == (201, way["price"]["total"])
    assert [one["ref"] for one in quote.json["passengers"]] == [one["ref"] for one in party]


@ON_SQLITE
def test_an_offer_ends_at_its_second(api: Api) -> None:
    api.clock.advance(timedelta(microseconds=999_999))
    offer = offered(api)
    expires = datetime.fromisoformat(offer["offer_expires_at"])
    assert expires.microsecond == 0
    assert api.clock.now() + timedelta(minutes=14, seconds=59) < expires

    api.clock.advance(expires - api.clock.now() - timedelta(microseconds=1))
    assert frozen(api, offer).status_code == 201

    api.clock.advance(timedelta(microseconds=1))
    over = frozen(api, offer)
    assert (over.status_code, over.json["type"]) == (410, "/errors/gone")
    assert "expired" in over.json["detail"]


@ON_SQLITE
def test_whatever_is_no_offer_here_has_one_answer(api: Api) -> None:
    token = offered(api)["offer_id"]
    wrong = [
        "none",
        "tf_offer_",
        "tf_offer_" + "A" * 80,
        spoiled(token),
        token[:40] + ("A" if token[40] != "A" else "B") + token[41:],
        "x" * 2048,
        "ä",
    ]

    answers = [api.post("/v1/quotes", {"offer_id": one}, once=None) for one in wrong]

    assert {one.status_code for one in answers} == {410}
    assert len({(one.json["type"], one.json["detail"], str(one.json["errors"])) for one in answers}) == 1
    assert answers[0].json["errors"][0]["path"] == "offer_id"
    assert api.post("/v1/quotes", {"offer_id": "x" * 2049}, once=None).status_code == 422


@ON_SQLITE
def test_a_token_says_nothing_of_its_account_and_is_not_logged(
    api: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    anna = register(api)
    mine = {**ONE, "passengers": [{"ref": "anna", "rider_category": "adult", "account_holder": True}]}
    way = anna.post("/v1/journeys", {**_WISH, **mine}, once=None).json["itineraries"][0]
    quoted = frozen(api, way, anna.access)
    strangers = [frozen(api, way), frozen(api, way, register(api, "mari@example.org").access)]

    body = _tokens(api).read(way["offer_id"])

    assert quoted.status_code == 201
    assert {one.status_code for one in strangers} == {410}
    assert body is not None
    assert anna.id not in str(body)
    assert way["offer_id"][:60] not in "".join(capfd.readouterr())


@ON_SQLITE
def test_refs_that_do_not_fit_are_named(api: Api) -> None:
    party = [
        {
            "ref": f"{at:02}" + "".join(chr(0x4E00 + (at * 62 + i) * 7 % 20_000) for i in range(62)),
            "rider_category": "adult",
        }
        for at in range(30)
    ]

    refused = api.post("/v1/journeys", {**_WISH, "passengers": party}, once=None)

    assert (refused.status_code, refused.json["errors"][0]["path"]) == (422, "passengers")  # type: ignore[index]


# --- a tariff that changes --------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of regions that a test may change."""
    shutil.copytree(Path("regions", HT), tmp_path / "regions" / HT)
    return tmp_path / "regions"


@pytest.fixture
def start(
    settings: Settings, clock: FixedClock, folder: Path, ferries: dict[str, FakeOperator]
) -> Iterator[Start]:
    """Start a process of one deployment, as often as a test likes."""
    apps = []

    def started() -> Api:
        app = create_app(
            replace(settings, regions_folder=folder), clock=clock, connectors={HT: ferries}, announces=False
        )
        apps.append(app)
        return Api(app.test_client(), clock, lambda *_: "")

    yield started
    for app in apps:
        app.extensions["throughfare"].till.database.close()


def dearer(folder: Path) -> None:
    """Tallinn's tram becomes dearer."""
    path = folder / HT / "feeds" / "tlt" / "fare_products.txt"
    path.write_text(path.read_text().replace(",2.00,EUR", ",2.50,EUR"))


def without_trip(folder: Path, trip_id: str) -> None:
    """A tram does not run any more."""
    for name in ("trips.txt", "stop_times.txt"):
        path = folder / HT / "feeds" / "tlt" / name
        path.write_text("".join(row for row in path.read_text().splitlines(True) if f"{trip_id}," not in row))


def refreshed(api: Api) -> None:
    """The process takes what the folder has now."""
    api.client.application.extensions["throughfare"].planner.watch._rebuild(HT, {}, {})


def before_midnight(clock: FixedClock) -> dict[str, Any]:
    """Five minutes to midnight in Tallinn; the trams of the next morning."""
    clock.advance(datetime(2026, 10, 13, 20, 55, tzinfo=UTC) - clock.now())
    return {"depart_at": "2026-10-14T06:10:00+03:00"}


@ON_SQLITE
def test_what_was_offered_before_midnight_is_sold_at_its_price_after_it(start: Start, folder: Path) -> None:
    api = start()
    tomorrow = before_midnight(api.clock)
    offer = offered(api, **tomorrow)
    dearer(folder)
    refreshed(api)
    api.clock.advance(timedelta(minutes=10))

    quote = frozen(api, offer)
    new = offered(api, **tomorrow)

    assert quote.status_code == 201
    assert quote.json["total"] == offer["price"]["total"] == {"amount": "2.00", "currency": "EUR"}
    assert new["price"]["total"]["amount"] == "2.50"
    assert frozen(api, new).json["tariff_version"] != quote.json["tariff_version"]
    database = api.client.application.extensions["throughfare"].till.database
    assert replay(database, quote.json["id"]).differences == ()


@ON_SQLITE
def test_a_price_keeps_the_rates_of_its_search_when_a_new_day_has_others(
    settings: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    shutil.copytree(Path("regions", "oresund"), tmp_path / "regions" / "oresund")
    rates = tmp_path / "regions" / "oresund" / "rates.csv"
    rates.write_text(rates.read_text().replace("2026-10-13,7.4600,11.1900", "2026-10-13,7.4600,2.1900"))
    app = create_app(
        replace(settings, regions_folder=tmp_path / "regions", regions=("oresund",)),
        clock=clock,
        announces=False,
    )
    api = Api(app.test_client(), clock, lambda *_: "")
    clock.advance(datetime(2026, 10, 13, 23, 55, tzinfo=UTC) - clock.now())
    ways = {
        "from": {"place": "Rådhuspladsen"},
        "to": {"place": "Malmö Värnhem"},
        "depart_at": "2026-10-14T07:00:00+02:00",
    }
    offer = offered(api, **ways)
    clock.advance(timedelta(minutes=10))

    quote = frozen(api, offer)
    new = offered(api, **ways)
    database = app.extensions["throughfare"].till.database

    assert (quote.status_code, quote.json["total"]) == (201, offer["price"]["total"])
    assert new["price"]["total"] != offer["price"]["total"]
    assert replay(database, quote.json["id"]).differences == ()
    database.close()


@ON_SQLITE
def test_another_process_takes_the_stored_tariff_or_names_both_prices(start: Start, folder: Path) -> None:
    api = start()
    tomorrow = before_midnight(api.clock)
    first, second = offered(api, **tomorrow), offered(api, **tomorrow)
    dearer(folder)
    restarted = start()

    unknown = frozen(restarted, first)
    assert frozen(api, second).status_code == 201  # the old process stores the version with its quote
    known = frozen(restarted, first)

    assert (unknown.status_code, unknown.json["type"]) == (409, "/errors/price_changed")
    assert unknown.json["offered"] == {"amount": "2.00", "currency": "EUR"}
    assert unknown.json["now"] == {"amount": "2.50", "currency": "EUR"}
    assert known.status_code == 201
    assert known.json["total"] == {"amount": "2.00", "currency": "EUR"}


@ON_SQLITE
def test_a_journey_that_has_no_price_any_more_is_told_with_the_one_it_had(
    api: Api, settings: Settings, regions: dict[str, Region]
) -> None:
    offer, region = offered(api), regions[HT]
    nobody = replace(region.book, version="another", riders={rider: {} for rider in region.book.riders})
    other = create_app(settings, clock=api.clock, regions={HT: replace(region, book=nobody)}, announces=False)

    refused = frozen(Api(other.test_client(), api.clock, api.key), offer)

    assert (refused.status_code, refused.json["type"]) == (409, "/errors/price_changed")
    assert (refused.json["offered"], refused.json["now"]) == ({"amount": "2.00", "currency": "EUR"}, None)
    assert "has no price any more" in refused.json["detail"]
    other.extensions["throughfare"].till.database.close()


@ON_SQLITE
def test_a_tariff_that_changes_elsewhere_changes_no_offer(start: Start, folder: Path) -> None:
    api = start()
    offer = offered(api)
    taxes = folder / HT / "taxes.csv"
    taxes.write_text(taxes.read_text() + "\n")

    quote = frozen(start(), offer)
    same = frozen(api, offer)

    assert (quote.status_code, quote.json["total"]) == (201, offer["price"]["total"])
    assert quote.json["tariff_version"] != same.json["tariff_version"]


@ON_SQLITE
def test_a_replaced_region_is_kept_for_its_offers_and_no_longer(start: Start, folder: Path) -> None:
    api = start()
    version = api.client.application.extensions["throughfare"].planner.regions[HT].book.version
    earlier = api.client.application.extensions["throughfare"].desk.shelf.earlier
    dearer(folder)
    refreshed(api)

    api.clock.advance(timedelta(minutes=15))
    held = earlier.of_version(HT, version)
    api.clock.advance(timedelta(minutes=2))

    assert [one.book.version for one in held] == [version]
    assert earlier.of_version(HT, version) == []


@ON_SQLITE
def test_a_ride_that_the_timetable_has_lost_is_searched_again(start: Start, folder: Path) -> None:
    api = start()
    offer = offered(api)
    ride = next(leg for leg in offer["legs"] if leg["kind"] == "ride")
    without_trip(folder, ride["trip_id"])

    lost = frozen(start(), offer)
    refreshed(api)
    here = frozen(api, offer)

    assert (lost.status_code, lost.json["errors"][0]["path"]) == (409, "legs[0]")
    assert f"the trip {ride['trip_id']} is no longer in the timetable; search again" in lost.json["detail"]
    assert here.status_code == 201  # the timetable that it was offered from is still known here


@ON_SQLITE
def test_another_deployment_knows_no_offer_of_ours(api: Api, settings: Settings, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    shutil.copy(tmp_path / "test.db", tmp_path / "theirs.db")
    with Database(url).write() as tx:
        tx.exec_driver_sql("DELETE FROM known_key")
    theirs = create_app(
        replace(settings, database_url=url, keys_folder=tmp_path / "theirs"), clock=api.clock, announces=False
    )
    offer = offered(api)

    refused = frozen(Api(theirs.test_client(), api.clock, api.key), offer)

    assert refused.status_code == 410
    theirs.extensions["throughfare"].till.database.close()


# --- what an account brings -------------------------------------------------------------------------------------------


@ON_SQLITE
def test_a_pass_that_is_used_up_in_the_meantime_changes_the_price(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> None:
    region = regions[HT]
    carnet = replace(region.book.passes[0], id="tll-1", kind="carnet", uses=1)
    book = replace(region.book, passes=(carnet,))
    app = create_app(
        settings,
        clock=clock,
        regions={HT: replace(region, book=book)},
        connectors={HT: ferries},
        announces=False,
    )
    with lent(app):
        api = Api(app.test_client(), clock, lambda *_: "")
        anna = register(api)
        bought = anna.post("/v1/passes/quotes", {"product": "tll-1"}, once=None).json
        placed = anna.post("/v1/orders", {"quote_id": bought["id"]}).json
        anna.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"})
        mine = {
            **_WISH,
            **ONE,
            "passengers": [{"ref": "me", "rider_category": "adult", "account_holder": True}],
        }
        first, second = (anna.post("/v1/journeys", mine, once=None).json["itineraries"][0] for _ in range(2))
        quote = frozen(api, first, anna.access).json
        placed = anna.post("/v1/orders", {"quote_id": quote["id"]}).json

        late = frozen(api, second, anna.access)

        assert (quote["total"]["amount"], placed["state"]) == ("0.00", "ticketed")
        assert (late.status_code, late.json["offered"]["amount"], late.json["now"]["amount"]) == (
            409,
            "0.00",
            "2.00",
        )
    app.extensions["throughfare"].till.database.close()


# --- offers of the release before -------------------------------------------------------------------------------------


def stored(api: Api, database: Database, regions: dict[str, Region], **more: Any) -> dict[str, Any]:
    """An offer as the release before stored it, of the first tram."""
    way = offered(api)
    leg = next(leg for leg in way["legs"] if leg["kind"] == "ride")
    times = tuple(int(datetime.fromisoformat(leg[end]).timestamp()) for end in ("departure", "arrival"))
    ends = leg["from"]["stop_id"], leg["to"]["stop_id"]
    known = find_ride_on(regions[HT], "tlt", leg["trip_id"], ends, (times[0], times[1]))
    assert known is not None
    document = {
        "rides": [write_ride(known.ride)],
        "legs": [
            {name: value for name, value in leg.items() if name not in OF_THE_DAY - {"waiting_seconds"}}
        ],
        "passengers": [{"ref": "anna", "rider": "adult"}],
        "total_minor": 200,
        "currency": "EUR",
        "tariff_version": regions[HT].book.version,
        **more,
    }
    now = api.clock.now()
    offer_id = "01a1328e-f2ab-7345-aff0-65c95976ce45"
    with database.write() as tx:
        tx.execute(
            sa.insert(tables.offer).values(
                id=offer_id,
                region=HT,
                created_at=now,
                expires_at=now + timedelta(minutes=15),
                document=canonical(document),
            )
        )
    return {"offer_id": offer_id}


def test_an_offer_of_the_release_before_is_sold_until_it_expires(
    api: Api, database: Database, regions: dict[str, Region]
) -> None:
    offer = stored(api, database, regions)

    quote = frozen(api, offer)

    assert (quote.status_code, quote.json["total"]["amount"]) == (201, "2.00")
    with database.read() as tx:
        row: Any = tx.execute(sa.select(tables.quote)).one()
        assert (row.offer_id, row.offer_digest) == (offer["offer_id"], None)
        assert json.loads(row.document)["legs"][0]["line"]
    api.clock.advance(timedelta(minutes=15))
    assert frozen(api, offer).status_code == 410


@ON_SQLITE
def test_an_offer_of_the_release_before_stays_its_accounts(
    api: Api, database: Database, regions: dict[str, Region]
) -> None:
    anna = register(api)
    offer = stored(api, database, regions, person_id=anna.id)

    assert frozen(api, offer).status_code == 410
    assert frozen(api, offer, anna.access).status_code == 201


_WISH: dict[str, Any] = {
    "from": {"place": "Kopli"},
    "to": {"place": "Balti jaam"},
    "depart_at": "2026-10-13T06:10:00+03:00",
}


def _tokens(api: Api) -> Any:
    return api.client.application.extensions["throughfare"].planner.offers
