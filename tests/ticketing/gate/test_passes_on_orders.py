"""A pass's own code opens no gate while the ticket of an order on it rides: online, and offline by the bundle."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.ticketing.gate.telling import tell
from tests.ticketing.identity.people_of import register
from tests.ticketing.identity.riders import ME, Rider, app_with_carnet
from tests.ticketing.purchase.sea import Sea
from tests.ticketing.validator.bench import Bench
from tests.waiting import until_it_waits
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import Opened
from throughfare_gate.gate.decision import Gate, Presented, Seen, decide
from throughfare_gate.tickets.jwk import load_jwks
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.gate import ordered
from ticketing.identity import create_key
from ticketing.regions import Region
from ticketing.tickets.own import of_own

pytestmark = pytest.mark.usefixtures("quick_hashes")


ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def city(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """The service with a carnet of two rides on sale beside the pass of thirty days, and a key for gates of the tram."""
    app = app_with_carnet(settings, clock, regions, ferries, 2)
    database = app.extensions["throughfare"].till.database
    with lent(app):
        yield Api(
            app.test_client(),
            clock,
            lambda role, operator: create_key(database, clock, role=role, operator=operator, label="g")[1],
        )
    database.close()


class Tram:
    """A gate of the tram that asks online, and one that decides by the bundles that it has fetched."""

    def __init__(self, api: Api, folder: Path) -> None:
        self.api, self.key = api, api.key("gate", "tlt")
        self.store = Bench(folder).store
        self.cursor = 0

    def fetch(self) -> Opened:
        """Take in what has changed since the last bundle."""
        path = f"/v1/operators/tlt/gate-bundle?format=2&since={self.cursor}"
        trust = load_jwks(self.api.get("/.well-known/gate-bundle-jwks.json").json or {})
        text = self.api.get(path, self.key).text
        opened = bundles.open_bundle(text, trust, "tlt")
        self.store.apply(text, opened, "", {})
        self.cursor = opened.delta.cursor if opened.delta else 0
        return opened

    def offline(self, token: str) -> str:
        """The reason of the offline gate, after its last bundle."""
        opened = self.fetch()
        now = int(self.api.clock.now().timestamp())
        presented = Presented.scanned(token)
        jti = opened.bundle.read(token, opened.bundle.issuer, "tlt").jti or ""
        passes = (jti, *self.store.passes_behind(jti))
        taken = {one: self.store.ordered(one) for one in passes}
        known = {*passes, *(ride.ticket for one in taken.values() for ride in one.rides)}
        uses = [use for one in sorted(known) for use in self.store.known_uses(one)]
        return decide(presented, opened.bundle, Seen(uses, ordered=taken), now, Gate(operator="tlt")).reason

    def online(self, token: str) -> str:
        """The reason of the online gate, which uses the ticket up."""
        return (self.api.scan(token, self.key).json or {})["reason"]


def codes(api: Api, order: dict[str, Any]) -> list[str]:
    """The codes of an order."""
    order_id = order.get("order_id") or order["id"]
    found = api.get(f"/v1/orders/{order_id}/tickets", order["access_token"]).json or {}
    return [one["token"] for one in found["tickets"]]


def test_an_offline_gate_knows_what_orders_took_of_a_carnet(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (carnet,) = codes(city, rider.season("tll-2"))
    before = tram.offline(carnet)
    city.clock.advance(timedelta(minutes=2))

    order = rider.buy(rider.quote(ME, {"ref": "bo"}))
    empty = tram.offline(carnet), tram.online(carnet)
    city.clock.advance(timedelta(minutes=2))
    city.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["bo"]}, order["access_token"])

    assert (before, empty) == ("ok", ("uses_exhausted", "uses_exhausted"))
    assert (tram.offline(carnet), tram.online(carnet)) == ("ok", "ok")
    tram.cursor = 0
    assert [taken.strokes for taken in tram.fetch().ordered.values()] == [1]


@ONE
@pytest.mark.parametrize("first", ["told", "given back"])
def test_a_carnet_of_two_gives_two_rides_whatever_is_known_first(
    city: Api, tmp_path: Path, first: str
) -> None:
    """One stroke by an order that is given back, one online, one that a gate without a network tells later."""
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    season = rider.season("tll-2")
    path = f"/v1/orders/{season['order_id']}/tickets"
    (carnet,) = (city.get(path, season["access_token"]).json or {})["tickets"]
    order = rider.buy(rider.quote(ME))
    opened = tram.online(carnet["token"])
    city.clock.advance(timedelta(minutes=5))
    scan = {
        "scan_id": str(uuid.uuid4()),
        "seq": 1,
        "jti": carnet["jti"],
        "leg": 0,
        "device_ts": int(city.clock.now().timestamp()),
        "decision": "accept",
        "reason": "ok",
    }
    steps = [
        lambda: tell(city, tram.key, scan),
        lambda: city.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["me"]}, order["access_token"]),
    ]
    for step in steps if first == "told" else reversed(steps):
        step()
    city.clock.advance(timedelta(minutes=5))

    (left,) = (city.get(path, season["access_token"]).json or {})["tickets"]
    assert (opened, left["uses_left"], tram.online(carnet["token"])) == ("ok", 0, "uses_exhausted")


def test_a_pass_opens_no_gate_while_the_ticket_of_its_order_rides(city: Api, tmp_path: Path) -> None:
    """Before that ride, and after it, the pass opens gates: its holder may have missed the ride, or ride another line."""
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    order = rider.buy(rider.quote(ME))
    (journey,) = codes(city, order)

    before = tram.offline(season)
    opened = tram.online(journey)
    on_board = tram.offline(season), tram.online(season)
    city.clock.advance(timedelta(minutes=40))
    after = tram.offline(season), tram.online(season)

    assert (before, opened) == ("ok", "ok")
    assert on_board == ("ride_of_an_order", "ride_of_an_order")
    assert after == ("ok", "ok")


@ONE
def test_a_pass_that_waits_says_until_when(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    (journey,) = codes(city, rider.buy(rider.quote(ME)))
    tram.online(journey)
    shown = city.scan(season, tram.key).json

    assert shown["reason"] == "ride_of_an_order"
    until = datetime.fromisoformat(shown["values"]["until"])
    assert shown["staff_sees"].endswith(f"the pass opens one again at {until:%H:%M}")
    assert until > city.clock.now()
    assert shown["passenger_sees"] == "Your journey is under way"


@ONE
def test_a_carnet_says_how_many_rides_are_left(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (carnet,) = codes(city, rider.season("tll-2"))
    shown = city.scan(carnet, tram.key).json
    city.clock.advance(timedelta(minutes=2))

    rider.buy(rider.quote(ME))
    empty = city.scan(carnet, tram.key).json

    assert (shown["reason"], shown["attention"]) == ("ok", None)
    assert shown["notes"] == [{"code": "uses_left", "values": {"left": 1, "count": 2}}]
    assert shown["staff_sees"] == "trips left: 1 of 2"
    assert empty["reason"] == "uses_exhausted"


def asked_for(tram: Tram, token: str) -> bool:
    """Tell whether an inspector to whom a pass is shown is told to ask for the ticket of its order."""
    seen = tram.api.post("/v1/inspections", {"token": token}, tram.key, once=None).json or {}
    assert seen["decision"] == "accept"
    return "ride_of_an_order" in [note["code"] for note in seen["notes"]]


def test_a_pass_is_free_again_when_its_order_is_given_back(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    order = rider.buy(rider.quote(ME))
    tram.fetch()
    taken = asked_for(tram, season)
    city.clock.advance(timedelta(minutes=1))
    city.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["me"]}, order["access_token"])

    assert (taken, asked_for(tram, season)) == (True, False)
    assert (tram.offline(season), tram.online(season)) == ("ok", "ok")


@ONE
def test_a_pass_whose_code_is_on_a_ride_pays_for_no_order_at_that_time(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    quote = rider.quote(ME, depart_at="2026-10-13T05:12:00+03:00")
    opened = tram.online(season)

    refused = city.post("/v1/orders", {"quote_id": quote["id"]}, rider.token)
    fresh = rider.quote(ME, depart_at="2026-10-13T09:10:00+03:00")
    later = city.post("/v1/orders", {"quote_id": fresh["id"]}, rider.token)

    assert (opened, refused.status_code, later.status_code) == ("ok", 409, 201)
    assert "opened a gate at" in (refused.json or {})["detail"]


def test_two_tickets_of_one_pass_carry_one_person(city: Api, tmp_path: Path) -> None:
    """Tickets that are bound to no departure are good hours before it: those of two rides that follow each other too."""
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    rider.season("tll-30d")
    (first,) = codes(city, rider.buy(rider.quote(ME)))
    (second,) = codes(city, rider.buy(rider.quote(ME, depart_at="2026-10-13T06:50:00+03:00")))
    tram.fetch()

    opened = tram.online(first)
    beside = tram.online(second), tram.offline(second)
    seen = city.post("/v1/inspections", {"token": second}, tram.key, once=None).json or {}
    city.clock.advance(timedelta(minutes=30))
    after = tram.offline(second), tram.online(second)

    assert (opened, beside) == ("ok", ("pass_on_another_ride", "pass_on_another_ride"))
    assert "pass_on_another_ride" in [note["code"] for note in seen["notes"]]
    assert after == ("ok", "ok")


def test_a_ticket_that_was_blocked_on_board_frees_its_pass_for_nobody(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    order = rider.buy(rider.quote(ME))
    (journey,) = codes(city, order)
    jti = (city.get(f"/v1/orders/{order['id']}/tickets", order["access_token"]).json or {})["tickets"][0][
        "jti"
    ]
    tram.fetch()
    opened = tram.online(journey)
    city.clock.advance(timedelta(minutes=1))

    path, mine = (
        f"/v1/orders/{order['id']}/tickets/{jti}/suspension",
        {"Authorization": f"Bearer {order['access_token']}"},
    )
    blocked = city.client.put(path, headers=mine)
    on_board = tram.offline(season), tram.online(season)
    city.clock.advance(timedelta(minutes=40))

    assert (opened, blocked.status_code) == ("ok", 200)
    assert on_board == ("ride_of_an_order", "ride_of_an_order")
    assert (tram.offline(season), tram.online(season)) == ("ok", "ok")


def test_an_order_that_is_paid_while_its_pass_is_on_board_opens_no_second_gate(
    city: Api, tmp_path: Path
) -> None:
    """The pass goes on to open gates for as long, so that its holder is never left standing."""
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    placed = (
        city.post("/v1/orders", {"quote_id": rider.quote(ME, {"ref": "bo"})["id"]}, rider.token).json or {}
    )

    shown = tram.online(season)
    city.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, placed["access_token"])
    found = city.get(f"/v1/orders/{placed['id']}/tickets", placed["access_token"]).json or {}
    tokens = {one["passenger"]: one["token"] for one in found["tickets"]}
    journey, of_bo = tokens["me"], tokens["bo"]
    beside = tram.offline(journey), tram.online(journey)
    city.clock.advance(timedelta(minutes=2))
    goes_on = tram.offline(season), tram.online(of_bo)
    city.clock.advance(timedelta(minutes=20))

    assert (shown, beside) == ("ok", ("pass_on_another_ride", "pass_on_another_ride"))
    assert goes_on == ("ok", "ok")
    assert (tram.offline(journey), tram.online(journey)) == ("ok", "ok")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_codes_of_one_pass_at_two_gates_in_one_moment_let_one_in(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    rider.season("tll-30d")
    times = [f"2026-10-13T{hour:02}:{minute}:00+03:00" for hour in (6, 9, 12, 15) for minute in ("12", "50")]
    shown = [codes(city, rider.buy(rider.quote(ME, depart_at=at)))[0] for at in times]
    for first, second, hour in zip(shown[::2], shown[1::2], (6, 9, 12, 15), strict=True):
        city.clock.set(datetime(2026, 10, 13, hour - 3, 10, tzinfo=UTC))
        both = threading.Barrier(2)

        def show(token: str, both: threading.Barrier = both) -> str:
            both.wait()
            return tram.online(token)

        with ThreadPoolExecutor(2) as gates:
            assert sorted(gates.map(show, (first, second))) == ["ok", "pass_on_another_ride"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_ticket_that_has_just_come_waits_for_the_gate_that_its_pass_is_shown_at(
    city: Api, tmp_path: Path
) -> None:
    """While that gate decides, it knows of no ticket, and the order is paid at another place."""
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    quote = rider.quote(ME, {"ref": "bo"})
    placed = city.post("/v1/orders", {"quote_id": quote["id"]}, rider.token).json or {}
    database: Database = city.client.application.extensions["throughfare"].till.database

    with ThreadPoolExecutor(1) as other:
        with database.write() as gate:
            ordered.for_ticket(gate, of_own(season), "tlt", city.clock.now(), hold=True)
            city.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, placed["access_token"])
            found = city.get(f"/v1/orders/{placed['id']}/tickets", placed["access_token"]).json or {}
            journey = next(one["token"] for one in found["tickets"] if one["passenger"] == "me")
            shown = other.submit(tram.online, journey)
            until_it_waits(gate, shown)
        assert shown.result() == "ok"


@ONE
def test_an_inspector_asks_for_the_ticket_of_the_order(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    rider.buy(rider.quote(ME))

    assert asked_for(tram, season)


TWO_TRAMS: dict[str, Any] = {"from": {"place": "Tondi"}, "to": {"place": "Kopli"}}


FIRST_STOP, CHANGE, LAST_STOP = "07406-1", "21208-1", "09007-2"


def at_stop(tram: Tram, token: str, stop: str) -> str:
    """The reason of the online gate at a stop."""
    return str((tram.api.scan(token, tram.key, stop_id=stop).json or {})["reason"])


@ONE
def test_a_pass_opens_where_a_leg_of_its_order_was_given_back(city: Api, tmp_path: Path) -> None:
    """The ticket opens nothing there, and one code of the holder must open the gate."""
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    order = rider.buy(rider.quote(ME, **TWO_TRAMS))
    back = {"passengers": ["me"], "legs": [0]}
    given = city.post(f"/v1/orders/{order['id']}/refunds", back, order["access_token"])
    (journey,) = codes(city, order)
    tram.fetch()

    assert given.status_code == 201
    assert at_stop(tram, journey, FIRST_STOP) == "wrong_leg"
    assert at_stop(tram, season, FIRST_STOP) == "ok"
    assert at_stop(tram, journey, CHANGE) == "pass_on_another_ride"
    assert at_stop(tram, season, CHANGE) in {"ok", "passback"}


@ONE
def test_a_ticket_for_two_rides_on_a_pass_carries_one_person(city: Api, tmp_path: Path) -> None:
    """One who rides the first leg cannot let another in for the second, until they can be there."""
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    rider.season("tll-30d")
    (journey,) = codes(city, rider.buy(rider.quote(ME, **TWO_TRAMS)))
    tram.fetch()

    opened = at_stop(tram, journey, FIRST_STOP)
    beside = at_stop(tram, journey, CHANGE), tram.offline(journey), tram.online(journey)
    city.clock.advance(timedelta(minutes=6))

    assert (opened, beside) == ("ok", ("pass_on_another_ride",) * 3)
    assert (tram.offline(journey), at_stop(tram, journey, CHANGE)) == ("ok", "ok")


@ONE
def test_a_ticket_that_a_late_ferry_keeps_good_carries_one_person_too(city: Api, tmp_path: Path) -> None:
    rider, tram, sea = Rider(city, register(city)), Tram(city, tmp_path), Sea(city)
    (season,) = codes(city, rider.season("tll-30d"))
    order = rider.buy(rider.quote(ME, to={"place": "Pasila"}))
    (journey,) = codes(city, order)
    found = city.get(f"/v1/orders/{order['id']}/tickets", order["access_token"]).json or {}
    (held,) = found["tickets"]
    sea.tell(sea.ferry(held["legs"]), delay_seconds=5 * 3600)
    city.clock.set(datetime.fromisoformat(held["expires_at"]) + timedelta(hours=4))

    assert (tram.online(journey), tram.online(season)) == ("ok_attention", "ride_of_an_order")
