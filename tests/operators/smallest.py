"""The smallest connector with its simulator: an operator that knows our key. `docs/connectors.md` shows this file."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from operators.connectors.basis import Basis
from operators.errors import Expired, OutcomeUnknown, Refused
from operators.gtfs.timetable import Timetable
from operators.port import Booking, Capabilities, Hold, HoldRequest, Release, Standing
from operators.simulators.server import Answer, Request, Route, Simulator
from operators.transport import LazyWire, Limits

_NO = {409: "sold_out", 404: "not_found", 422: "key_reused"}


class Seats(Basis):
    """PUT, POST, DELETE and GET on `/seats/<our key>`: repeating any of them is harmless, so nothing is journaled."""

    def __init__(
        self, operator: str, published: Timetable | None, now: Callable[[], datetime], url: str
    ) -> None:
        super().__init__(operator, published, now)
        self._url, self._wire = url, LazyWire(Limits(call_seconds=2.0), {}, allow_private=True)
        self.capabilities = Capabilities(needs_hold=True, releases=True, finds_by="our_key", hold_seconds=600)

    def hold(self, request: HoldRequest) -> Hold:
        departure = request.departure
        wanted = {
            "trip": departure.trip_id,
            "date": departure.service_date.isoformat(),
            "people": len(request.travellers),
        }
        seat = self._call("PUT", request.key, wanted)
        return Hold(request.key, request.key, datetime.fromisoformat(seat["until"]), request.price)

    def confirm(self, key: str) -> Booking:
        seat = self._call("POST", key)
        if seat["state"] != "sold":
            raise Expired(f"the seat {key} was not taken in time")
        return Booking(key, key)

    def release(self, key: str) -> Release:
        if self._call("DELETE", key)["state"] == "sold":
            raise Refused("already_confirmed", f"{key} is sold")
        return Release(key, freed=True)

    def find(self, key: str) -> Standing | None:
        seat = self._call("GET", key)
        if seat["state"] == "sold":
            return Standing(key, "confirmed", booking=Booking(key, key))
        if seat["state"] == "held":
            return Standing(key, "held", hold=Hold(key, key, datetime.fromisoformat(seat["until"])))
        return None

    def _call(self, method: str, key: str, body: Any = None) -> dict[str, Any]:
        reply = self._wire.call(method, f"{self._url}/seats/{key}", changes=method != "GET", body=body)
        if reply.status in _NO:
            raise Refused(_NO[reply.status])
        seat = reply.json() if reply.status == 200 else {}
        if "state" not in seat:
            raise OutcomeUnknown(f"the operator answered {reply.status}")
        return seat


class SeatServer(Simulator):
    """The operator's side: a stand-in with forty places a trip."""

    name = "an operator that knows our keys"

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.now, self.seats = now, {}

    def routes(self) -> list[Route]:
        acts = {"PUT": self.put, "POST": self.sell, "DELETE": self.drop, "GET": self.look}
        return [Route(act.__name__, method, "/seats/(.+)", act) for method, act in acts.items()]

    def state(self) -> dict[str, Any]:
        return {"seats": self.seats}

    def put(self, request: Request) -> Answer:
        key, wanted = request.parts[0], request.body
        if key in self.seats:
            same = self.seats[key]["wanted"] == wanted and self.seats[key]["state"] != "dropped"
            return Answer(200, self.seats[key]) if same else Answer(422, {})
        held = [
            one["wanted"]["people"] for one in self.seats.values() if one["wanted"]["trip"] == wanted["trip"]
        ]
        if sum(held) + wanted["people"] > 40 or wanted["people"] > 9:
            return Answer(409, {})
        until = (self.now() + timedelta(minutes=10)).isoformat()
        self.seats[key] = {"state": "held", "until": until, "wanted": wanted}
        return Answer(200, self.seats[key])

    def sell(self, request: Request) -> Answer:
        seat = self.seats.get(request.parts[0])
        if seat is None or seat["state"] == "dropped":
            return Answer(404, {})
        if self.now() < datetime.fromisoformat(seat["until"]):
            seat["state"] = "sold"
        return Answer(200, seat)

    def drop(self, request: Request) -> Answer:
        seat = self.seats.get(request.parts[0], {"state": "dropped"})
        if seat["state"] == "held":
            seat["state"] = "dropped"
            seat["wanted"]["people"] = 0
        return Answer(200, seat)

    def look(self, request: Request) -> Answer:
        return Answer(200, self.seats.get(request.parts[0], {"state": "none"}))
