"""A pass's own code opens no gate for a ride that an order took with the pass: online, and offline by the bundle."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.ticketing.gate.deciding import AT, bundle, facts, judge
from tests.ticketing.identity.people_of import register
from tests.ticketing.identity.riders import ME, Rider, app_with_carnet
from tests.ticketing.tickets.mint import NOW, RING, SIGNER, ticket
from tests.ticketing.validator.bench import Bench
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.gate import bundle as bundles
from ticketing.gate.additions import ordered_of
from ticketing.gate.bundle import BadBundle, Delta, Opened
from ticketing.gate.decision import Gate, Presented, ProductRule, Seen, Use, decide
from ticketing.gate.model import NOTHING_ORDERED, Extras, Ordered, OrderedRide
from ticketing.identity import create_key
from ticketing.regions import Region
from ticketing.tickets.jwk import load_jwks
from ticketing.validator.courier import merged
from ticketing.validator.store import Store

pytestmark = pytest.mark.usefixtures("quick_hashes")

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
JTI = "A" * 22


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


def test_a_ride_that_an_order_took_is_opened_by_the_orders_ticket_alone(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    first = tram.offline(season)
    order = rider.buy(rider.quote(ME))
    (journey,) = codes(city, order)

    before = tram.offline(season), tram.online(season)
    opened = tram.online(journey)
    on_board = tram.offline(season), tram.online(season)
    city.clock.advance(timedelta(minutes=40))
    after = tram.offline(season), tram.online(season)

    assert (first, opened) == ("ok", "ok")
    assert before == on_board == ("ride_of_an_order", "ride_of_an_order")
    assert after == ("ok", "ok")


@ONE
def test_a_pass_whose_ride_is_under_way_says_until_when(city: Api, tmp_path: Path) -> None:
    """The ticket of that journey is used, and opens no gate: nobody is told that it does."""
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    (journey,) = codes(city, rider.buy(rider.quote(ME)))
    waiting = city.scan(season, tram.key).json
    tram.online(journey)
    shown = city.scan(season, tram.key).json

    assert "the ticket of that journey opens the gate" in waiting["staff_sees"]
    assert "until" not in waiting["values"]
    assert shown["reason"] == "ride_of_an_order"
    until = datetime.fromisoformat(shown["values"]["until"])
    assert shown["staff_sees"] == f"the journey that this pass pays for is under way until {until:%H:%M}"
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


def test_a_pass_is_free_again_when_its_order_is_given_back(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    order = rider.buy(rider.quote(ME))
    taken = tram.offline(season)
    city.clock.advance(timedelta(minutes=1))

    city.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["me"]}, order["access_token"])

    assert (taken, tram.offline(season), tram.online(season)) == ("ride_of_an_order", "ok", "ok")


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


@ONE
def test_an_inspector_asks_for_the_ticket_of_the_order(city: Api, tmp_path: Path) -> None:
    rider, tram = Rider(city, register(city)), Tram(city, tmp_path)
    (season,) = codes(city, rider.season("tll-30d"))
    rider.buy(rider.quote(ME))

    seen = city.post("/v1/inspections", {"token": season}, tram.key, once=None).json or {}

    assert seen["decision"] == "accept"
    assert "ride_of_an_order" in [note["code"] for note in seen["notes"]]


def test_strokes_that_orders_took_leave_the_times_of_a_carnet_alone() -> None:
    carnet = ticket(u=0, c=3)
    held = bundle({}, rules={"through": ProductRule(window_seconds=3600, transfer_seconds=600)})

    def reason(strokes: int, *uses: Use) -> str:
        return judge(carnet, held, seen=Seen(uses, ordered={JTI: Ordered(strokes)})).reason

    assert reason(2) == "ok"
    assert reason(3) == "uses_exhausted"
    assert reason(2, Use(JTI, 0, NOW - 1200, "g0")) == "uses_exhausted"


def test_a_page_that_names_a_pass_says_all_that_orders_took_of_it(tmp_path: Path) -> None:
    ride = OrderedRide(
        ticket="B" * 22,
        leg=0,
        departs=NOW,
        arrives=NOW + 600,
        starts=NOW - 7200,
        ends=NOW + 10_800,
        to_stop="Z9",
    )
    bench = Bench(tmp_path, extras=Extras(), ordered={JTI: Ordered(2), "C" * 22: Ordered(0, (ride,))})

    def page(since: int, **ordered: Ordered) -> Opened:
        delta = Delta(since, since + 1, complete=True, cleared=(JTI,))
        told = facts(extras=Extras(), delta=delta, ordered=ordered)
        return bundles.open_bundle(bundles.sign(SIGNER, told, AT), RING)

    both = merged([page(1, **{JTI: Ordered(3)}), page(2)])
    before = bench.store.ordered(JTI).strokes
    bench.store.apply("token", both, "", {})

    assert (before, both.ordered, bench.store.ordered(JTI)) == (2, {}, NOTHING_ORDERED)
    assert bench.store.ordered("C" * 22).rides == (ride,)
    assert bench.store.passes_behind("B" * 22) == ["C" * 22]


def test_a_gates_file_of_the_release_before_tells_which_tickets_its_passes_pay_for(tmp_path: Path) -> None:
    ride = OrderedRide(
        ticket="B" * 22, leg=0, departs=NOW, arrives=NOW + 600, starts=NOW, ends=NOW + 600, to_stop="Z9"
    )
    bench = Bench(tmp_path, extras=Extras(), ordered={"C" * 22: Ordered(0, (ride,))})
    with bench.store.write() as tx:
        tx.execute("DROP TABLE ordered_ride")
    bench.store.close()

    assert Store(tmp_path / "gate.db").passes_behind("B" * 22) == ["C" * 22]


@pytest.mark.parametrize(
    "ordered",
    [
        [["A", -1, []]],
        [["A", 1]],
        [[1, 1, []]],
        [["A", 1, [["B", 0, 1, 2, 3]]]],
        [["A", 1, [["B", 8, 1, 2, 3, 4]]]],
    ],
)
def test_a_bundle_whose_passes_are_not_understood_is_refused(ordered: list[Any]) -> None:
    with pytest.raises(BadBundle, match=r"ordered"):
        ordered_of({"ordered": ordered})


def test_a_pass_opens_the_stop_where_the_ordered_ride_ends() -> None:
    """The ticket of the order opens nothing at that stop, so its holder would stand before a closed gate."""
    ride = OrderedRide(
        ticket="B" * 22,
        leg=0,
        departs=NOW,
        arrives=NOW + 600,
        starts=NOW - 7200,
        ends=NOW + 10_800,
        to_stop="Z9",
    )
    seen = Seen(ordered={JTI: Ordered(0, (ride,))})

    def reason(stop: str | None) -> str:
        return judge(ticket(u=0), gate=Gate(operator="tlt", stop_id=stop), seen=seen).reason

    assert [reason(stop) for stop in (None, "A1", "Z9")] == ["ride_of_an_order", "ride_of_an_order", "ok"]
