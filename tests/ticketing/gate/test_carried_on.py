"""Carried on: the ticket of a cancelled ferry opens the gate of another line by their agreement, online and offline, and once."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.gate.telling import tell
from tests.ticketing.purchase.sea import Sea
from tests.working import round_of
from ticketing.cli.gate import answer
from ticketing.gate import carrying_on
from ticketing.regions import by_staff

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
HOUR = timedelta(hours=1)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sea(api: Api) -> Sea:
    return Sea(api)


class Stranded:
    """A ticket for a ferry, and the gates of another line."""

    def __init__(self, sea: Sea, taker: str = "eckero") -> None:
        self.api, self.sea, self.taker = sea.api, sea, taker
        self.bought = sea.api.buy(**ONE)
        self.token = self.bought.tickets[0]["token"]
        self.ferry = sea.ferry(self.bought.tickets[0]["legs"])
        assert self.ferry["operator"] != taker
        self.gate = sea.api.key("gate", taker)
        self.leaves = datetime.fromisoformat(self.ferry["departure"])

    def shows(self, moment: datetime, token: str | None = None) -> dict[str, Any]:
        """Show the ticket, or another one, at the other line's gate, after that gate has decided the same without a network."""
        self.api.clock.set(moment)
        shown_token = token or self.token
        bundle = self.api.get(f"/v1/operators/{self.taker}/gate-bundle?format=2", self.gate).text
        offline = answer(
            {
                "bundle": bundle,
                "trust": self.api.get("/.well-known/gate-bundle-jwks.json").json,
                "token": shown_token,
                "at": moment.isoformat(),
                "seen": [],
                "gate": {"operator": self.taker},
            }
        )
        shown = self.api.scan(shown_token, self.gate)
        assert shown.status_code == 200, shown.json
        assert (offline["decision"], offline["reason"]) == (shown.json["decision"], shown.json["reason"])
        return dict(shown.json)

    def tells(self, operator: str, leg: int, moment: datetime) -> str:
        """Have a gate without a network upload that it let the ticket in; answers what came of it."""
        scan = {
            "scan_id": str(uuid.uuid4()),
            "seq": leg,
            "jti": self.bought.tickets[0]["jti"],
            "leg": leg,
            "device_ts": moment.isoformat(),
            "decision": "accept",
            "reason": "ok_attention",
        }
        (outcome,) = tell(self.api, self.sea.api.key("gate", operator), scan)
        return str(outcome["result"])

    @property
    def crossing(self) -> int:
        """The place of the ferry in the journey."""
        return list(self.bought.tickets[0]["legs"]).index(self.ferry)

    def refund(self) -> Any:
        path = f"/v1/orders/{self.bought.order['id']}/refund-offers"
        return self.api.post(path, {}, self.bought.token)


def test_the_ticket_of_a_cancelled_ferry_opens_the_next_boat_of_another_line(sea: Sea) -> None:
    stranded = Stranded(sea)

    before = stranded.shows(stranded.leaves - HOUR)
    sea.tell(stranded.ferry)
    after = stranded.shows(stranded.leaves + HOUR)
    again = stranded.api.scan(stranded.token, stranded.gate)

    assert (before["decision"], before["reason"]) == ("refuse", "wrong_audience")
    assert (after["decision"], after["reason"]) == ("accept", "ok_attention")
    assert after["staff_sees"].startswith("rerouted from")
    assert (again.json["decision"], again.json["reason"]) == ("refuse", "already_used")


@ON_SQLITE
def test_a_cancellation_that_is_taken_back_sends_nobody_elsewhere(sea: Sea) -> None:
    stranded = Stranded(sea)
    sea.tell(stranded.ferry)
    sea.tell(stranded.ferry, delay_seconds=0)

    assert stranded.shows(stranded.leaves - HOUR)["reason"] == "wrong_audience"


@ON_SQLITE
def test_a_ferry_that_is_only_late_sends_nobody_elsewhere(sea: Sea) -> None:
    stranded = Stranded(sea)
    sea.tell(stranded.ferry, delay_seconds=2 * 3600)

    assert stranded.shows(stranded.leaves - HOUR)["reason"] == "wrong_audience"


@ON_SQLITE
def test_a_line_outside_the_agreement_takes_nobody(sea: Sea) -> None:
    stranded = Stranded(sea, taker="hsl")
    stranded.gate = sea.api.key("gate", "tlt")
    stranded.taker = "tlt"
    sea.tell(stranded.ferry)

    reason = stranded.api.scan(stranded.token, stranded.gate, stop_id="nowhere").json["reason"]

    assert reason != "ok_attention"


@ON_SQLITE
def test_a_passenger_who_was_carried_on_gets_no_refund_for_the_cancelled_ferry(sea: Sea) -> None:
    stranded = Stranded(sea)
    sea.tell(stranded.ferry)
    whole = stranded.refund().json["amount"]["amount"]
    stranded.shows(stranded.leaves + HOUR)

    left = stranded.refund()

    assert float(whole) > 0
    assert left.status_code == 409 or float(left.json["amount"]["amount"]) < float(whole)
    assert "cancelled" not in left.text


def test_the_line_that_carried_on_is_owed_its_fare_once_by_the_line_that_cancelled(sea: Sea) -> None:
    stranded = Stranded(sea)
    sea.tell(stranded.ferry)
    stranded.shows(stranded.leaves + HOUR)
    house = sea.api.client.application.extensions["throughfare"].gatehouse

    booked = [carrying_on.book_rides(house), carrying_on.book_rides(house)]

    assert booked == [1, 0]
    with house.database.read() as tx:
        query = sa.text(
            "SELECT account.operator, posting.amount_minor FROM posting"
            " JOIN account ON account.id = posting.account_id"
            " JOIN entry ON entry.period = posting.period AND entry.id = posting.entry_id"
            " WHERE entry.kind = 'continuation'"
        )
        owed = {row[0]: row[1] for row in tx.execute(query)}
    assert owed == {stranded.ferry["operator"]: 1200, "eckero": -1200}


def test_a_ride_that_a_gate_without_a_network_tells_later_is_paid_and_gives_no_refund(sea: Sea) -> None:
    stranded = Stranded(sea)
    sea.tell(stranded.ferry)
    moment = stranded.leaves + HOUR
    sea.api.clock.set(moment)
    house = sea.api.client.application.extensions["throughfare"].gatehouse

    told = stranded.tells("eckero", stranded.crossing, moment)

    assert told == "recorded"
    assert "cancelled" not in stranded.refund().text
    assert carrying_on.book_rides(house) == 1


@ON_SQLITE
def test_a_ride_on_another_line_stays_whatever_other_gates_tell_of_the_ticket(sea: Sea) -> None:
    stranded = Stranded(sea)
    sea.tell(stranded.ferry)
    stranded.shows(stranded.leaves + HOUR)
    house = sea.api.client.application.extensions["throughfare"].gatehouse

    stranded.tells("tlt", 0, stranded.leaves - HOUR)

    assert carrying_on.book_rides(house) == 1


def test_who_has_missed_the_ferry_by_a_late_tram_goes_by_another_line_that_the_tram_pays(sea: Sea) -> None:
    stranded = Stranded(sea)
    tram = stranded.bought.tickets[0]["legs"][0]
    rooms = sea.api.client.application.extensions["throughfare"]
    run = tram["operator"], tram["trip_id"], date.fromisoformat(tram["service_date"])
    before = sea.api.scan(stranded.token, stranded.gate).json["reason"]
    by_staff.delay_departure(rooms.live, "helsinki-tallinn", *run, seconds=3600, by="mari")
    moment = stranded.leaves + HOUR
    sea.api.clock.set(moment)
    told = stranded.tells("eckero", stranded.crossing, moment)
    after = sea.api.scan(stranded.token, stranded.gate).json

    booked = [carrying_on.book_rides(rooms.gatehouse), carrying_on.book_rides(rooms.gatehouse)]

    assert (before, told) == ("wrong_audience", "recorded")
    assert (after["decision"], after["reason"]) == ("refuse", "already_used")
    assert booked == [1, 0]
    with rooms.till.database.read() as tx:
        query = sa.text(
            "SELECT account_id, amount_minor FROM posting JOIN entry ON entry.id = posting.entry_id"
            " WHERE entry.kind = 'continuation'"
        )
        owed = {row[0]: row[1] for row in tx.execute(query)}
    assert owed == {"operator_payable:tlt:EUR": 1200, "operator_payable:eckero:EUR": -1200}


@ON_SQLITE
def test_a_late_tram_opens_the_other_line_for_those_who_have_missed_the_ferry_alone(sea: Sea) -> None:
    stranded, other = Stranded(sea), sea.api.buy(**{**ONE, "depart_at": "2026-10-13T05:50:00+03:00"})
    tram = stranded.bought.tickets[0]["legs"][0]
    rooms = sea.api.client.application.extensions["throughfare"]
    run = tram["operator"], tram["trip_id"], date.fromisoformat(tram["service_date"])
    by_staff.delay_departure(rooms.live, "helsinki-tallinn", *run, seconds=3600, by="mari")
    options = sea.api.get(f"/v1/orders/{stranded.bought.order['id']}/options", stranded.bought.token).json

    missed = stranded.shows(stranded.leaves + HOUR)
    same_tram = other.tickets[0]["legs"][0]["trip_id"] == tram["trip_id"]
    punctual = stranded.shows(stranded.leaves + HOUR, other.tickets[0]["token"])

    kinds = [one["kind"] for one in options["legs"][0]["options"]]
    assert "other_operator" in kinds
    assert (missed["decision"], missed["reason"]) == ("accept", "ok_attention")
    assert missed["staff_sees"].startswith("rerouted from")
    assert punctual["reason"] == ("ok_attention" if same_tram else "wrong_audience")


@ON_SQLITE
def test_a_tram_that_comes_in_time_after_all_opens_the_other_line_for_nobody(sea: Sea) -> None:
    stranded = Stranded(sea)
    tram = stranded.bought.tickets[0]["legs"][0]
    live = sea.api.client.application.extensions["throughfare"].live
    run = "helsinki-tallinn", tram["operator"], tram["trip_id"], date.fromisoformat(tram["service_date"])
    by_staff.delay_departure(live, *run, seconds=3600, by="mari")
    by_staff.take_back(live, *run, by="mari")

    assert stranded.shows(stranded.leaves + HOUR)["reason"] == "wrong_audience"


@ON_SQLITE
def test_a_gate_tells_nothing_of_the_legs_of_others_but_what_an_agreement_lets_in(sea: Sea) -> None:
    stranded = Stranded(sea)
    sea.api.clock.set(stranded.leaves + timedelta(hours=30))
    late = stranded.leaves + timedelta(hours=25)

    sails = stranded.tells("eckero", stranded.crossing, late)
    sea.tell(stranded.ferry)
    stranger = stranded.tells("tlt", stranded.crossing, stranded.leaves + HOUR)
    too_late = stranded.tells("eckero", stranded.crossing, late)

    assert (sails, stranger, too_late) == ("unknown_ticket",) * 3


@ON_SQLITE
def test_a_ticket_that_was_given_back_opens_no_other_boat(sea: Sea) -> None:
    stranded = Stranded(sea)
    sea.tell(stranded.ferry)
    back = stranded.api.post(
        f"/v1/orders/{stranded.bought.order['id']}/refunds",
        {"passengers": ["anna"]},
        stranded.bought.token,
    )

    assert back.status_code == 201, back.json
    assert stranded.shows(stranded.leaves + HOUR)["decision"] == "refuse"


@ON_SQLITE
def test_who_was_carried_on_is_compensated_by_the_run_that_was_ridden(sea: Sea) -> None:
    stranded = Stranded(sea)
    rooms = sea.api.client.application.extensions["throughfare"]
    ferry, region = stranded.ferry, "helsinki-tallinn"
    day = date.fromisoformat(ferry["service_date"])
    by_staff.cancel_departure(rooms.live, region, ferry["operator"], ferry["trip_id"], day, by="mari")
    stranded.shows(datetime.fromisoformat("2026-10-13T08:00:00+03:00"))
    # Eckero's 08:30 is the boat that the ticket has opened: it arrives at 10:45 and 70 minutes, 145 after the plan of 09:30.
    by_staff.delay_departure(rooms.live, region, "eckero", "ECK-TH-0830", day, seconds=70 * 60, by="mari")
    sea.api.clock.set(datetime.fromisoformat("2026-10-13T14:00:00+03:00"))
    for _ in range(3):
        for job in round_of(rooms, region):
            job.go(sea.api.clock.now())

    (claim,) = sea.api.get(f"/v1/orders/{stranded.bought.order['id']}/claims", stranded.bought.token).json[
        "claims"
    ]

    assert (claim["state"], claim["reason"]) == ("paid", "delayed")
    with rooms.till.database.read() as tx:
        facts, operator = tx.exec_driver_sql("SELECT facts, operator FROM claim").one()
    assert '"arrival_delay_minutes":145' in facts
    assert operator == ferry["operator"]
