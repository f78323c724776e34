"""Ferries that do not sail, and the holders of their tickets: what the tests of options have in common."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from operators.departures import departure_of
from operators.fake import FakeOperator
from operators.port import HoldRequest, Traveller
from tariffs.agreements import OtherWay
from tariffs.money import Money
from tests.api import Api, Bought
from tests.working import round_of
from ticketing.regions import by_staff
from ticketing.regions.planned import find_ride_on

REGION = "helsinki-tallinn"
ONE: dict[str, Any] = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
TWO: dict[str, Any] = {"passengers": [*ONE["passengers"], {"ref": "bo", "rider_category": "adult"}]}

# Whose ferry of Eckerö does not sail goes another way, which Eckerö pays.
BORNE = OtherWay(
    id="gulf-other-way",
    version=1,
    givers=frozenset({"eckero"}),
    valid_from=date(2026, 1, 1),
    valid_to=date.max,
    cap=Money(4000, "EUR"),
    bearer="causing_operator",
)


def take(
    api: Api,
    bought: Bought,
    option: dict[str, Any],
    passengers: list[str] | None = None,
    *,
    once: str = "new",
) -> Any:
    """Take an option of the ferry, for these passengers or for all."""
    leg = next(at for at, one in enumerate(bought.tickets[0]["legs"]) if one["mode"] == "ferry")
    wish = {"leg": leg, "option": option["id"], "passengers": passengers or []}
    return api.post(f"/v1/orders/{bought.order['id']}/options", wish, bought.token, once=once)


@dataclass(frozen=True)
class Harbour:
    """The service, and the systems of its ferries."""

    api: Api
    ferries: dict[str, FakeOperator]

    @property
    def rooms(self) -> Any:
        """The rooms of the service."""
        return self.api.client.application.extensions["throughfare"]

    def buys(self, riders: dict[str, Any] = ONE, code: str | None = None) -> Bought:
        """Buy a journey with a ferry, perhaps with one code for all."""
        if code is None:
            return self.api.buy(**riders)
        itinerary = self.api.search(**riders)["itineraries"][0]
        quote = self.api.post("/v1/quotes", {"offer_id": itinerary["offer_id"]}).json
        order = self.api.post("/v1/orders", {"quote_id": quote["id"], "code": code}).json
        path, token = f"/v1/orders/{order['id']}", order["access_token"]
        paid = self.api.post(f"{path}/payments", {"method": "demo_ok"}, token).json
        return Bought(paid, token, self.api.get(f"{path}/tickets", token).json["tickets"], itinerary)

    def ship(self, bought: Bought) -> tuple[int, dict[str, Any]]:
        """The leg that crosses the gulf as it was bought, with its place."""
        legs = bought.tickets[0]["legs"]
        return next((at, leg) for at, leg in enumerate(legs) if leg["mode"] == "ferry")

    def _run(self, bought: Bought, leg: dict[str, Any] | None) -> tuple[str, str, date]:
        ship = leg or self.ship(bought)[1]
        return ship["operator"], ship["trip_id"], date.fromisoformat(ship["service_date"])

    def cancels(self, bought: Bought, leg: dict[str, Any] | None = None) -> None:
        """Have the operator's staff say that the ferry does not sail."""
        by_staff.cancel_departure(self.rooms.live, REGION, *self._run(bought, leg), by="mari")

    def sails(self, bought: Bought) -> None:
        """Have the operator's staff say that the ferry goes after all."""
        by_staff.take_back(self.rooms.live, REGION, *self._run(bought, None), by="mari")

    def delays(self, bought: Bought, minutes: int) -> None:
        """Have the operator's staff say that the ferry is late."""
        run = self._run(bought, None)
        by_staff.delay_departure(self.rooms.live, REGION, *run, seconds=minutes * 60, by="mari")

    def lets_in(self, bought: Bought) -> None:
        """Show the first passenger's ticket at the gate of the ferry, three quarters of an hour before it leaves."""
        _, ship = self.ship(bought)
        self.api.clock.set(datetime.fromisoformat(ship["departure"]) - timedelta(minutes=45))
        gate = self.api.key("gate", ship["operator"])
        self.api.scan(bought.tickets[0]["token"], gate, stop_id=ship["from"]["stop_id"])

    def leaves_one_way(self, bought: Bought, *, places: int = 3) -> dict[str, Any]:
        """Have the ferry cancelled where the next one has so many places left, and those behind it none; answers the next one."""
        self.cancels(bought)
        self.api.clock.advance(timedelta(seconds=1))
        return self.leaves_one_of(bought, self.options(bought)[0]["options"], places=places)

    def leaves_one_of(
        self, bought: Bought, options: list[dict[str, Any]], *, places: int = 3
    ) -> dict[str, Any]:
        """Leave so many places on the first later departure of some options, and none on the others; answers the first one."""
        operator = self.ship(bought)[1]["operator"]
        first, *others = [one for one in options if one["kind"] == "later_departure"]
        self.leaves_places(operator, first, places)
        for other in others:
            self.leaves_places(operator, other, 0)
        return first

    def is_told(self, bought: Bought, address: str = "anna@example.org") -> None:
        """Have mails about an order sent to an address."""
        answer = self.api.client.put(
            f"/v1/orders/{bought.order['id']}/notify",
            json={"contacts": [{"kind": "email", "address": address}]},
            headers={"Authorization": f"Bearer {bought.token}"},
        )
        assert answer.status_code == 200, answer.json

    def options(self, bought: Bought, language: str = "en") -> list[dict[str, Any]]:
        """The disrupted legs with their options."""
        headers = {"Authorization": f"Bearer {bought.token}", "Accept-Language": language}
        answer = self.api.client.get(f"/v1/orders/{bought.order['id']}/options", headers=headers)
        assert answer.status_code == 200, answer.json
        return list((answer.json or {})["legs"])

    def cases(self, bought: Bought) -> list[tuple[str, str, str | None]]:
        """The cases of an order: whose, in which state, and by whom."""
        listed = self.api.get(f"/v1/orders/{bought.order['id']}/options", bought.token).json or {}
        return [(one["passenger"], one["state"], one["by"]) for one in listed["cases"]]

    def order(self, bought: Bought) -> dict[str, Any]:
        """The order as it is now."""
        return self.api.get(f"/v1/orders/{bought.order['id']}", bought.token).json or {}

    def _shown(self, bought: Bought) -> dict[str, Any]:
        return self.api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json or {}

    def tickets(self, bought: Bought) -> list[dict[str, Any]]:
        """The tickets of an order as they are now."""
        return list(self._shown(bought)["tickets"])

    def group_code(self, bought: Bought) -> dict[str, Any] | None:
        """The one code of an order."""
        code: dict[str, Any] | None = self._shown(bought)["group_code"]
        return code

    def ticket(self, bought: Bought, ref: str = "anna") -> dict[str, Any]:
        """The ticket of a passenger as it is now."""
        return next(one for one in self.tickets(bought) if one["passenger"] == ref)

    def postings(self) -> int:
        """Count the postings of the books."""
        with self.rooms.till.database.read() as tx:
            return int(tx.execute(sa.text("SELECT count(*) FROM posting")).scalar_one())

    def places(self, operator: str) -> list[tuple[str, str]]:
        """The places that an operator's own system keeps for us, by trip."""
        ferry = self.ferries[operator]
        kept = [one for state in ("held", "confirmed") for one in ferry.standing(state)]
        return sorted((one.sailing.trip_id, one.state) for one in kept)

    def leaves_places(self, operator: str, option: dict[str, Any], count: int) -> None:
        """Have others take all places of an option's departure but so many."""
        region = self.rooms.till.regions[REGION]
        ends = option["from"]["stop_id"], option["to"]["stop_id"]
        times = tuple(_seconds(option[name]) for name in ("departure", "arrival"))
        known = find_ride_on(region, operator, option["trip_id"], ends, (times[0], times[1]))
        assert known is not None
        departure = departure_of(known.ride, region.data.timetables[operator])
        ferry = self.ferries[operator]
        free = ferry.inventory.free(departure, ferry.now())["foot"]
        for _ in range(free - count):
            ferry.hold(HoldRequest(str(uuid.uuid4()), departure, (Traveller("other", "adult"),)))

    def gives_back(self, operator: str, trip_id: str, count: int) -> None:
        """Have others give so many places of a departure back."""
        ferry = self.ferries[operator]
        others = [one for one in ferry.standing("held") if one.sailing.trip_id == trip_id]
        for other in others[:count]:
            ferry.release(other.key)

    def work(self, only: str | None = None) -> None:
        """Let the worker do a round, or only one of its jobs."""
        for job in round_of(self.rooms, REGION):
            if only in (None, job.name):
                job.go(self.api.clock.now())


def subjects(folder: Path) -> list[str]:
    """The subjects of the mails that were written below a folder."""
    return [str(message_from_bytes(path.read_bytes())["Subject"]) for path in folder.rglob("*.eml")]


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
