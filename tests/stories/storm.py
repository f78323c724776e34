"""A storm that cancels two ferries: three ways in which their operators tell it, and the holders of their tickets."""

import csv
import io
import shutil
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from beancount import loader

from operators.simulators.exchange import ExchangeSimulator
from operators.simulators.gtfs import GtfsSimulator
from operators.table import ConnectorTable
from tests.api import Api, Bought
from tests.working import round_of
from ticketing.cli.gate import answer
from ticketing.clock import FixedClock
from ticketing.regions import Region
from ticketing.settlement import service

REGION, DAY = "helsinki-tallinn", date(2026, 10, 13)
LINES = ("viking", "tallink", "eckero")
IN_AN_ORDER = 10
# Passengers leave home so as to be in time for Viking's 10:30, Tallink's 09:00, and Tallink's 07:30, which sails.
LEAVES = {"viking": ("viking", "08:00"), "tallink": ("tallink", "07:00"), "early": ("tallink", "06:10")}
# Three quarters of an hour before Eckerö's 12:00, the first boat after the two that do not sail.
LET_IN = datetime.fromisoformat("2026-10-13T11:15:00+03:00")
# The boat that carries on the passengers of other lines.
NEXT_BOAT = {"operator": "eckero", "trip_id": "ECK-TH-1200", "arrival": "2026-10-13T14:15:00+03:00"}
# A closed month is looked at on a working day after its end.
CLOSING = datetime.fromisoformat("2026-11-03T08:00:00+00:00")


@dataclass(frozen=True)
class Telling:
    """The region with the lines as they tell, and the way in which a ferry is said to be cancelled."""

    regions: dict[str, Region]
    cancel: Callable[["Storm", str, str], None]


@contextmanager
def telling(way: str, clock: FixedClock, regions: dict[str, Region], folder: Path) -> Iterator[Telling]:
    """Let the lines tell in one way: `gtfs_rt` over HTTP, `events` by files, or `staff` by the API."""
    with ExitStack() as stack:
        if way == "gtfs_rt":
            feeds = {one: stack.enter_context(GtfsSimulator(clock.now, {})) for one in LINES}
            tables = {
                one: {"trip_updates_url": f"{feed.start()}/trip_updates.pb", "allow_private": True}
                for one, feed in feeds.items()
            }
            yield Telling(
                _told_by(regions, "gtfs", tables),
                lambda _, operator, trip: feeds[operator].cancel_sailing(trip, DAY),
            )
        elif way == "events":
            clerks = {one: ExchangeSimulator(clock.now, folder / one, one) for one in LINES}
            yield Telling(
                _told_by(regions, "exchange", {one: {"folder": str(folder / one)} for one in LINES}),
                lambda _, operator, trip: clerks[operator].cancel_sailing(trip, DAY),
            )
        else:
            yield Telling(regions, _by_staff)


def _told_by(
    regions: dict[str, Region], kind: str, tables: dict[str, dict[str, str | bool]]
) -> dict[str, Region]:
    """The regions, with lines that tell by one protocol."""
    region = regions[REGION]
    operators = dict(region.data.operators)
    for line, values in tables.items():
        operators[line] = replace(operators[line], connector=ConnectorTable(kind, values))
    return {REGION: replace(region, data=replace(region.data, operators=operators))}


def _by_staff(storm: "Storm", operator: str, trip: str) -> None:
    said = storm.say(operator, trip, {"state": "cancelled"})
    assert said.status_code == 200, said.json


@dataclass
class Storm:
    """The service, the lines, and the orders for each ferry."""

    api: Api
    telling: Telling
    orders: dict[str, list[Bought]] = field(default_factory=dict)
    keys: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def rooms(self) -> Any:
        """The rooms of the service."""
        return self.api.client.application.extensions["throughfare"]

    def key(self, role: str, operator: str) -> str:
        """The key of a role at an operator, the same each time."""
        if (role, operator) not in self.keys:
            self.keys[role, operator] = self.api.key(role, operator)
        return self.keys[role, operator]

    def sells(self, ferry: str, tickets: int, *, guarantee: bool = False) -> None:
        """Sell so many tickets for a ferry, ten of them an order, perhaps with their connections guaranteed."""
        refs = [{"ref": f"p{at}", "rider_category": "adult"} for at in range(IN_AN_ORDER)]
        operator, hour = LEAVES[ferry]
        leaves = f"{DAY}T{hour}:00+03:00"
        ways = self.api.search(depart_at=leaves, passengers=refs)["itineraries"]
        way = next(one for one in ways if operator in {leg.get("operator") for leg in one["legs"]})
        self.orders[ferry] = [self._buy(way, guarantee=guarantee) for _ in range(tickets // IN_AN_ORDER)]

    def _buy(self, way: dict[str, Any], *, guarantee: bool) -> Bought:
        quote = self.api.post("/v1/quotes", {"offer_id": way["offer_id"]}).json or {}
        placed = self.api.post("/v1/orders", {"quote_id": quote["id"], "guarantee": guarantee}).json or {}
        token, path = placed["access_token"], f"/v1/orders/{placed['id']}"
        paid = self.api.post(f"{path}/payments", {"method": "demo_ok"}, token)
        assert paid.status_code == 201, paid.json
        held = self.api.get(f"{path}/tickets", token).json or {}
        return Bought(paid.json or {}, token, held["tickets"], way)

    def ship(self, operator: str) -> dict[str, Any]:
        """The ferry that was sold of a line."""
        return ship_of(self.orders[operator][0])

    def cancels(self, operator: str) -> None:
        """Have the line tell that its ferry does not sail."""
        self.telling.cancel(self, operator, self.ship(operator)["trip_id"])

    def say(self, operator: str, trip: str, word: dict[str, Any]) -> Any:
        """Say as an operator's staff what becomes of a departure."""
        headers = {"Authorization": f"Bearer {self.key('operator_staff', operator)}"}
        path = f"/v1/operators/{operator}/departures/{trip}/{DAY}"
        return self.api.client.put(path, json=word, headers=headers)

    def hears(self) -> None:
        """Let the worker ask the lines twice: the second message of a feed confirms what the first has told."""
        for _ in range(2):
            self.api.clock.advance(timedelta(seconds=31))
            self.work()

    def work(self, rounds: int = 1) -> None:
        """Let the worker do some rounds."""
        for _ in range(rounds):
            for job in round_of(self.rooms, REGION):
                job.go(self.api.clock.now())
                assert job.detail == "", (job.name, job.detail)

    def cases(self, operator: str) -> Counter[tuple[str, str]]:
        """Count the cases of a line's tickets by state and who has brought them there."""
        listed = [self._options(bought)["cases"] for bought in self.orders[operator]]
        return Counter((one["state"], str(one["by"])) for cases in listed for one in cases)

    def claims(self) -> Counter[tuple[str, str]]:
        """Count the claims by operator and state."""
        finance, after, counted = self.api.key("finance"), "", Counter[tuple[str, str]]()
        while True:
            page = self.api.get(f"/v1/claims?limit=100{after}", finance).json or {}
            counted.update((one["operator"], one["state"]) for one in page["claims"])
            if page["next"] is None:
                return counted
            after = f"&after={page['next']}"

    def paid_by_guarantee(self, operator: str) -> list[str]:
        """The amounts that the pool has paid to passengers of a line's orders."""
        paths = [
            (f"/v1/orders/{one.order['id']}/guarantee-cases", one.token) for one in self.orders[operator]
        ]
        listed = [(self.api.get(path, token).json or {})["cases"] for path, token in paths]
        return [one["amount"]["amount"] for cases in listed for one in cases if one["state"] == "paid"]

    def lines(self, operator: str, run: dict[str, Any]) -> list[dict[str, str]]:
        """The lines of an operator's statement."""
        text = self.api.get(
            f"/v1/settlement-runs/{run['id']}/statements/{operator}.csv", self.api.key("finance")
        ).text
        rows = list(csv.reader(io.StringIO(text)))
        return [dict(zip(rows[2], row, strict=True)) for row in rows[3:]]

    def named_cases(self) -> list[tuple[str, int, str, int, str]]:
        """Name each case: by line and number of the order, passenger, leg and state. Ids differ from sale to sale, these do not."""
        return sorted(
            (operator, at, one["passenger"], one["leg"], one["state"])
            for operator, orders in self.orders.items()
            for at, bought in enumerate(orders)
            for one in self._options(bought)["cases"]
        )

    def _options(self, bought: Bought) -> dict[str, Any]:
        told = self.api.get(f"/v1/orders/{bought.order['id']}/options", bought.token)
        assert told.status_code == 200, told.json
        return dict(told.json or {})

    def takes(self, bought: Bought, kind: str) -> dict[str, Any]:
        """Take the first option of a kind, for all of an order."""
        (leg, *_) = self._options(bought)["legs"]
        option = next(one for one in leg["options"] if one["kind"] == kind)
        wish = {"leg": leg["leg"], "option": option["id"], "passengers": []}
        taken = self.api.post(f"/v1/orders/{bought.order['id']}/options", wish, bought.token)
        assert taken.status_code == 200, taken.json
        if kind == "refund":
            call = taken.json["refund"]
            back = self.api.post(call["path"], call["body"], bought.token)
            assert back.status_code == 201, back.json
        return dict(option)

    def held(self, bought: Bought) -> list[dict[str, Any]]:
        """The tickets of an order as they are now."""
        return list(
            (self.api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json or {})["tickets"]
        )

    def every_fourth(self, first: int, operators: Sequence[str]) -> list[Bought]:
        """The orders of some lines by a way on: four ways, in turn."""
        return [one for operator in operators for one in self.orders[operator][first::4]]

    def bundle(self, operator: str) -> str:
        """Fetch the bundle that gates without a network decide by."""
        return self.api.get(f"/v1/operators/{operator}/gate-bundle?format=2", self.key("gate", operator)).text

    def offline(self, taker: str, bundle: str, bought: Sequence[Bought]) -> list[str]:
        """Show old tickets to a gate of another line that has no network, and have it upload later; answers its reasons."""
        gate, now = self.key("gate", taker), self.api.clock.now()
        trust = self.api.get("/.well-known/gate-bundle-jwks.json").json
        request = {"bundle": bundle, "trust": trust, "at": now.isoformat(), "seen": []}
        scans: list[dict[str, Any]] = []
        for one in bought:
            for ticket in one.tickets:
                asked = {**request, "token": ticket["token"], "gate": {"operator": taker}}
                scan = {"scan_id": str(uuid.uuid4()), "seq": len(scans) + 1, "leg": place_of_ship(one)}
                scans.append({**answer(asked), **scan, "device_ts": now.isoformat()})
        for first in range(0, len(scans), 500):
            told = self.api.post("/v1/validations/batch", {"scans": scans[first : first + 500]}, gate)
            assert told.status_code == 200, told.json
            results = {one["result"] for one in (told.json or {})["outcomes"]}
            assert results == {"recorded"}, results
        return [scan["reason"] for scan in scans]

    def rides(self, bought: Bought, option: dict[str, Any]) -> None:
        """Let the passengers of an order in for the departure that they have chosen."""
        gate = self.key("gate", option["operator"])
        self.api.clock.set(datetime.fromisoformat(option["departure"]) - timedelta(minutes=40))
        for ticket in self.held(bought):
            shown = self.api.scan(ticket["token"], gate, stop_id=option["from"]["stop_id"])
            assert (shown.json or {})["decision"] == "accept", shown.json

    def arrive(self, options: Sequence[dict[str, Any]]) -> None:
        """Have the departures that were chosen arrive ten minutes late, by their operators' word, and wait until claims open."""
        for operator, trip in sorted({(one["operator"], one["trip_id"]) for one in options}):
            said = self.say(operator, trip, {"state": "late", "minutes": 10})
            assert said.status_code == 200, said.json
        last = max(datetime.fromisoformat(one["arrival"]) for one in options)
        self.api.clock.set(last + timedelta(hours=2, minutes=11))

    def close(self) -> dict[str, Any]:
        """Close the month."""
        body = {"region": REGION, "period": "2026-10"}
        run = self.api.post("/v1/settlement-runs", body, self.api.key("finance"))
        assert run.status_code in {200, 201}, run.json
        return dict(run.json or {})

    def accepts(self, form: str, folder: Path) -> str:
        """Give the journal of the month to another accounting program; answers what it says against it."""
        path = folder / f"2026-10.{form}"
        journal = "".join(service.write_journal(self.rooms.office, REGION, "2026-10", form))
        path.write_text(journal, encoding="utf-8")
        if form == "beancount":
            return "\n".join(str(error) for error in loader.load_file(str(path))[1])
        program = shutil.which("hledger")
        if program is None:
            return ""
        command = [program, "-f", str(path), "check", "--strict"]
        return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stderr


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long a part of the story takes (`pytest -s`)."""
    began = time.monotonic()
    yield
    sys.stdout.write(f"{what}: {time.monotonic() - began:.1f} s\n")


def ship_of(bought: Bought) -> dict[str, Any]:
    """The ferry of an order as it was sold."""
    return dict(next(leg for leg in bought.tickets[0]["legs"] if leg["mode"] == "ferry"))


def place_of_ship(bought: Bought) -> int:
    """The leg of the ferry."""
    return [leg["mode"] for leg in bought.tickets[0]["legs"]].index("ferry")
