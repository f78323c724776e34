"""A pass's own code opens no gate for a ride that an order took with the pass: online, and offline by the bundle."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.ticketing.gate.test_decision import AT, bundle, facts, judge
from tests.ticketing.identity.people_of import register
from tests.ticketing.identity.test_passes_of_a_party import ME, Rider
from tests.ticketing.tickets.mint import NOW, RING, SIGNER, ticket
from tests.ticketing.validator.test_flap import Bench
from ticketing.app import create_app
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

pytestmark = pytest.mark.usefixtures("quick_hashes")

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
JTI = "A" * 22


@pytest.fixture
def city(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """The service with a carnet of two rides on sale beside the pass of thirty days, and a key for gates of the tram."""
    region = regions["helsinki-tallinn"]
    carnet = replace(region.book.passes[0], id="tll-2", kind="carnet", uses=2)
    book = replace(region.book, passes=(*region.book.passes, carnet))
    app = create_app(
        settings,
        clock=clock,
        regions={"helsinki-tallinn": replace(region, book=book)},
        connectors={"helsinki-tallinn": ferries},
    )
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
        taken = self.store.ordered(jti)
        uses = [
            use for one in (jti, *(ride.ticket for ride in taken.rides)) for use in self.store.known_uses(one)
        ]
        return decide(
            presented, opened.bundle, Seen(uses, ordered={jti: taken}), now, Gate(operator="tlt")
        ).reason

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
