"""A ferry ticket is good for its sailing: online, offline and in the manifest; another sailing, the wrong end, a late ship."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api import Api, Bought
from tests.ticketing.gate.enrolling import enrol
from tests.ticketing.purchase.sea import Sea
from tests.ticketing.tickets.mint import phone_jwk, proof
from throughfare_gate.gate.bundle import open_bundle
from throughfare_gate.gate.decision import Gate, Presented, Seen, decide
from throughfare_gate.gate.document import ADDED, MEMBERS
from throughfare_gate.tickets.jwk import load_jwks
from ticketing.cli.gate import answer
from ticketing.tickets.own import payload_of

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
HOUR = timedelta(hours=1)
# These tests do not depend on the database: one kind is enough.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sea(api: Api) -> Sea:
    return Sea(api)


class Crossing:
    """A ticket with its ferry, the key of the ferry's gates, and what they hold."""

    def __init__(self, sea: Sea) -> None:
        self.api = sea.api
        self.bought: Bought = sea.api.buy(**ONE)
        self.token = self.bought.tickets[0]["token"]
        self.ferry = sea.ferry(self.bought.tickets[0]["legs"])
        self.gate = sea.api.key("gate", self.ferry["operator"])
        self.leaves = datetime.fromisoformat(self.ferry["departure"])
        self.stop = self.ferry["from"]["stop_id"]

    def at(self, moment: datetime, stop: str | None = None, **named: Any) -> dict[str, Any]:
        """Show the ticket at the ferry's gate at a moment, after the gate without a network has decided the same."""
        self.api.clock.set(moment)
        stop_id = stop or self.stop
        offline = answer(
            {
                "bundle": self.bundle("?format=2"),
                "trust": self.api.get("/.well-known/gate-bundle-jwks.json").json,
                "token": self.token,
                "at": moment.isoformat(),
                "seen": [],
                "gate": {"operator": self.ferry["operator"], "stop_id": stop_id, **named},
            }
        )
        shown = self.api.scan(self.token, self.gate, stop_id=stop_id, **named)
        assert shown.status_code == 200, shown.json
        assert (offline["decision"], offline["reason"]) == (shown.json["decision"], shown.json["reason"])
        return dict(shown.json)

    def offline(self, stop_id: str) -> dict[str, Any]:
        """The answer of the gate without a network at a stop."""
        opened = open_bundle(
            self.bundle("?format=2"),
            load_jwks(self.api.get("/.well-known/gate-bundle-jwks.json").json),
            self.ferry["operator"],
        ).bundle
        gate = Gate(operator=self.ferry["operator"], stop_id=stop_id)
        now = int(self.api.clock.now().timestamp())
        decided = decide(Presented.scanned(self.token), opened, Seen(), now, gate)
        return {
            "reason": decided.reason,
            "values": {**decided.values, "operators": list(decided.values["operators"])},
        }

    def bundle(self, query: str = "") -> str:
        path = f"/v1/operators/{self.ferry['operator']}/gate-bundle{query}"
        return self.api.get(path, self.gate).text


def test_a_ferry_boards_its_own_sailing_at_its_own_end_in_its_own_hours(sea: Sea) -> None:
    """Case 04: the gate where the leg ended took the ride, and so did the gate of the next sailing."""
    crossing = Crossing(sea)
    end, leaves = crossing.ferry["to"]["stop_id"], crossing.leaves

    early = crossing.at(leaves - 2 * HOUR - timedelta(minutes=1))
    wrong_end = crossing.at(leaves - HOUR / 2, end)
    other = crossing.at(leaves - HOUR / 2, departure=(leaves + 3 * HOUR).isoformat())
    gone = crossing.at(leaves + timedelta(minutes=16))
    last = crossing.at(leaves + timedelta(minutes=15), trip_id=crossing.ferry["trip_id"])

    assert [shown["reason"] for shown in (early, wrong_end, other, gone, last)] == [
        "check_in_not_open",
        "wrong_leg",
        "wrong_sailing",
        "wrong_sailing",
        "ok",
    ]
    assert early["values"]["opens"] == (leaves - 2 * HOUR).isoformat()
    assert other["values"] == {
        "departure": leaves.isoformat(),
        "boarding": (leaves + 3 * HOUR).isoformat(),
    }
    assert other["staff_sees"].startswith(f"another sailing: the ticket is for {leaves:%Y-%m-%d %H:%M}")
    assert gone["staff_sees"].startswith(
        f"boarding for {leaves:%Y-%m-%d %H:%M} closed at {leaves + HOUR / 4:%H:%M}"
    )


@ON_SQLITE
def test_a_late_ferry_boards_until_a_quarter_of_an_hour_after_it_is_expected_to_leave(sea: Sea) -> None:
    crossing = Crossing(sea)
    sea.tell(crossing.ferry, delay_seconds=5 * 3600)

    gone = crossing.at(crossing.leaves + 5 * HOUR + timedelta(minutes=16))
    boards = crossing.at(crossing.leaves + 5 * HOUR + timedelta(minutes=14))

    assert (gone["reason"], boards["decision"]) == ("wrong_sailing", "accept")


@ON_SQLITE
def test_at_another_ship_a_passenger_hears_that_the_own_departure_is_cancelled(sea: Sea) -> None:
    crossing = Crossing(sea)
    sea.tell(crossing.ferry)
    later = (crossing.leaves + 3 * HOUR).isoformat()

    other = crossing.at(crossing.leaves - HOUR / 2, departure=later)
    gone = crossing.at(crossing.leaves + HOUR)

    assert (other["reason"], gone["reason"]) == ("wrong_sailing", "wrong_sailing")
    assert other["values"]["cancelled"] is True
    said = f"the ticket's own departure {crossing.leaves:%Y-%m-%d %H:%M} is cancelled: it can be exchanged, or its money given back"
    assert other["staff_sees"].startswith(f"{said}; boarding now is {crossing.leaves + 3 * HOUR:%H:%M}")
    assert gone["staff_sees"] == said
    assert other["passenger_sees"].startswith("Your departure is cancelled")


@ON_SQLITE
def test_an_inspector_aboard_is_not_bound_to_hours_but_to_the_sailing(sea: Sea) -> None:
    crossing = Crossing(sea)
    sea.api.clock.set(crossing.leaves + HOUR)

    def inspect(**aboard: str) -> str:
        return str(
            sea.api.post("/v1/inspections", {"token": crossing.token, **aboard}, crossing.gate).json["reason"]
        )

    assert inspect() == inspect(trip_id=crossing.ferry["trip_id"]) == "ok_attention"  # nobody saw it used
    assert inspect(departure=(crossing.leaves + 3 * HOUR).isoformat()) == "wrong_sailing"


@ON_SQLITE
def test_the_tram_behind_a_late_ferry_knows_of_it_without_a_network(sea: Sea) -> None:
    crossing = Crossing(sea)
    legs = crossing.bought.tickets[0]["legs"]
    behind = legs[legs.index(crossing.ferry) + 1]
    sea.tell(crossing.ferry, delay_seconds=5 * 3600)
    ended = datetime.fromisoformat(crossing.bought.tickets[0]["expires_at"])
    api, key = sea.api, sea.api.key("gate", behind["operator"])
    held = {}
    for query in ("", "?format=2"):
        api.clock.set(ended - HOUR)
        held[query] = api.get(f"/v1/operators/{behind['operator']}/gate-bundle{query}", key).text
    api.clock.set(ended + HOUR)
    decided = {
        query: answer(
            {
                "bundle": bundle,
                "trust": api.get("/.well-known/gate-bundle-jwks.json").json,
                "token": crossing.token,
                "at": (ended + HOUR).isoformat(),
                "seen": [],
                "gate": {"operator": behind["operator"], "stop_id": behind["from"]["stop_id"]},
            }
        )["reason"]
        for query, bundle in held.items()
    }

    assert decided == {"": "expired", "?format=2": "ok_attention"}
    assert api.scan(crossing.token, key).json["reason"] == "ok_attention"


@ON_SQLITE
def test_a_gate_that_asks_for_no_format_gets_the_members_of_the_last_release(sea: Sea) -> None:
    crossing = Crossing(sea)
    first, second = payload_of(crossing.bundle()), payload_of(crossing.bundle("?format=2"))

    assert set(first) <= MEMBERS
    assert set(second) >= ADDED
    assert (second["format"], second["waivers"], second["issuers"]) == (2, [], [])
    assert [crossing.ferry["trip_id"], crossing.stop, int(crossing.leaves.timestamp())] in second["sailings"]
    assert (
        sea.api.get(
            f"/v1/operators/{crossing.ferry['operator']}/gate-bundle?format=3", crossing.gate
        ).status_code
        == 422
    )
    assert json.dumps(first["rules"]) == json.dumps(second["rules"])


@ON_SQLITE
def test_the_manifest_counts_who_boarded(sea: Sea) -> None:
    crossing = Crossing(sea)
    staff = sea.api.key("operator_staff", crossing.ferry["operator"])
    path = f"/v1/operators/{crossing.ferry['operator']}/sailings?on={crossing.leaves:%Y-%m-%d}"

    def mine() -> tuple[int, int]:
        told = sea.api.get(path, staff).json["sailings"]
        row = next(
            one
            for one in told
            if one["departure"] == crossing.leaves.isoformat() and one["stop_id"] == crossing.stop
        )
        return row["booked"], row["boarded"]

    before = mine()
    crossing.at(crossing.leaves - HOUR)

    assert (before, mine()) == ((1, 0), (1, 1))
    assert (
        sea.api.get(path.replace(crossing.ferry["operator"], "tlt"), sea.api.key("admin")).status_code == 404
    )
    assert sea.api.get(path, sea.api.key("operator_staff", "hsl")).status_code == 403


@ON_SQLITE
def test_a_leg_that_was_given_back_keeps_its_stops_for_the_gate_where_it_began(sea: Sea) -> None:
    crossing = Crossing(sea)
    order, key = crossing.bought.order["id"], crossing.bought.token
    first = crossing.bought.tickets[0]["legs"][0]
    refund = {"passengers": ["anna"], "legs": [0]}
    assert sea.api.post(f"/v1/orders/{order}/refunds", refund, key).status_code == 201

    token = sea.api.get(f"/v1/orders/{order}/tickets", key).json["tickets"][0]["token"]

    assert payload_of(token)["l"][0] == ["-", first["from"]["stop_id"], first["to"]["stop_id"]]
    shown = sea.api.scan(token, sea.api.key("gate", first["operator"])).json
    stranger = sea.api.scan(token, sea.api.key("gate", "eckero")).json
    crossing.ferry = first
    crossing.token, crossing.gate = token, sea.api.key("gate", first["operator"])
    offline = crossing.offline(first["from"]["stop_id"])

    assert (shown["reason"], shown["values"]) == (
        "wrong_audience",
        {"operators": ["tallink", "hsl"], "given_back": True},
    )
    assert shown["staff_sees"] == "its ride with this operator was given back; it is good with Tallink, HSL"
    assert shown["passenger_sees"] == "This ride was given back"
    assert offline["values"] == shown["values"]
    assert stranger["values"] == {"operators": ["tallink", "hsl"]}


def bound(api: Api) -> str:
    """A ticket that is bound to a phone."""
    phones = [{"passenger": "anna", "key": phone_jwk()}]
    placed = api.post("/v1/orders", {"quote_id": api.quote(**ONE)["id"], "phones": phones}).json
    path, key = f"/v1/orders/{placed['id']}", placed["access_token"]
    api.post(f"{path}/payments", {"method": "demo_ok"}, key)
    return str(api.get(f"{path}/tickets", key).json["tickets"][0]["token"])


def test_a_device_that_reads_two_codes_of_one_phone_has_one_scan(api: Api) -> None:
    device = enrol(api)
    ticket = bound(api)
    api.clock.advance(timedelta(minutes=70))
    moment = int(api.clock.now().timestamp())

    def show(second: int, nonce: str) -> dict[str, Any]:
        api.clock.set(datetime.fromtimestamp(moment + second, UTC))
        code = f"{ticket}~{proof(ticket, iat=moment + second, n=nonce)}"
        shown = api.scan(code, device.token())
        assert shown.status_code == 200, shown.json
        return dict(shown.json)

    first, renewed, copy = show(0, "A" * 11), show(2, "B" * 11), show(5, "C" * 11)

    assert [shown["decision"] for shown in (first, renewed, copy)] == ["accept", "accept", "refuse"]
    assert (renewed["decided_at"], copy["reason"]) == (first["decided_at"], "already_used")
