"""The storm of the demo's story: a departure of the next day is cancelled, one passenger is carried on, the other has the money back."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from throughfare_gate.ids import new_id
from ticketing.cli.demo_scene import Scene, Storm

_PATIENCE_SECONDS, _LOOK_SECONDS = 60.0, 0.2
# The passenger stands at the other line's gate so long after the own departure should have left.
_LATER = timedelta(minutes=75)


@dataclass(frozen=True, slots=True)
class Bought:
    """An order of the storm: as it was paid, its key, its one ticket."""

    order: dict[str, Any]
    key: str
    token: str


class Teller(Protocol):
    """The tools of the story: a line, a promise, a sale, and the API with a key."""

    def say(self, what: object) -> None:
        """Print."""

    def expect(self, held: bool, promise: str) -> None:
        """End the demo when a promise is broken."""

    def get(self, path: str, key: str) -> Any:
        """GET, answers the response."""

    def post(self, path: str, body: Any, key: str) -> dict[str, Any]:
        """POST once, answers the JSON."""

    def put(self, path: str, body: Any, key: str) -> dict[str, Any]:
        """PUT, answers the JSON."""

    def move_clock(self, to: datetime) -> None:
        """Set the service's pretended time."""

    def sell(self, scene: Scene, leaves: datetime, who: dict[str, str]) -> Bought:
        """Search, quote, order and pay for one person, without a word."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of the storm: the staff of the operator that cancels, and the gates of the one that takes its passengers."""

    staff: str
    gate: str


def tell(
    teller: Teller, scene: Scene, storm: Storm, keys: Keys, day: datetime
) -> tuple[list[Bought], list[dict[str, Any]]]:
    """Tell it; answers the two orders, and the refund of the second."""
    leaves = datetime.combine(day.date() + timedelta(days=1), scene.leaves, day.tzinfo)
    stranded = [teller.sell(scene, leaves, {**scene.goes, "ref": name}) for name in storm.passengers]
    ride = _ride_of(teller, stranded[0], storm.operator)
    departs = datetime.fromisoformat(ride["departure"])
    teller.move_clock(departs - timedelta(minutes=50))
    word = {"state": "cancelled", "note": {"en": storm.note}}
    path = f"/v1/operators/{storm.operator}/departures/{ride['trip_id']}/{ride['service_date']}"
    said = teller.put(path, word, keys.staff)
    teller.say(f"  {ride['operator_name']} cancels its {departs:%H:%M}: {said['tickets']} tickets are for it")
    for name, bought in zip(storm.passengers, stranded, strict=True):
        _show_event(teller, name, bought)
    _carry_on(teller, storm, stranded[0], keys.gate, departs)
    refund = _give_back(teller, storm.passengers[1], stranded[1])
    return stranded, [refund]


def _ride_of(teller: Teller, bought: Bought, operator: str) -> dict[str, Any]:
    (ticket,) = teller.get(f"/v1/orders/{bought.order['id']}/tickets", bought.key).json()["tickets"]
    ride: dict[str, Any] = next(leg for leg in ticket["legs"] if leg["operator"] == operator)
    return ride


def _show_event(teller: Teller, name: str, bought: Bought) -> None:
    events = teller.get(f"/v1/orders/{bought.order['id']}/events", bought.key).json()["events"]
    heard = [event for event in events if event["type"].startswith("journey.")]
    teller.expect(len(heard) == 1, f"{name} hears of the cancellation once")
    teller.say(f"  {name} hears {heard[0]['type']}: {heard[0]['data'].get('note', '')}")


def _carry_on(teller: Teller, storm: Storm, bought: Bought, gate: str, departs: datetime) -> None:
    """Show the old code at the other line's gate, and wait until the worker has booked what that line gets."""
    teller.move_clock(departs + _LATER)
    scan = {
        "scan_id": new_id(),
        "token": bought.token,
        "device_ts": (departs + _LATER).isoformat(),
    }
    shown = teller.post("/v1/validations", scan, gate)
    operators = teller.get("/v1/operators", gate).json()["operators"]
    name = next(one["name"] for one in operators if one["id"] == storm.taker)
    answer = f"{shown['decision']} {shown['reason']}, {shown['staff_sees']}"
    teller.say(f"  {storm.passengers[0]} shows the old code at the gate of {name}: {answer}")
    teller.expect(
        shown["decision"] == "accept", "the ticket of a cancelled departure opens another line's gate"
    )
    later = departs + _LATER + timedelta(minutes=10)
    teller.move_clock(later)
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up:
        seen = (teller.get("/healthz", gate).json()["worker"] or {}).get("last_seen")
        if seen and datetime.fromisoformat(seen) >= later:
            return
        time.sleep(_LOOK_SECONDS)
    teller.expect(False, "the worker books what the line that carried on gets")


def _give_back(teller: Teller, name: str, bought: Bought) -> dict[str, Any]:
    refund = teller.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": [name]}, bought.key)
    for line in refund["lines"]:
        teller.say(f"  {name} takes the money: {_text(line['amount'])} back, {line['because']}")
    teller.expect(refund["amount"] == bought.order["total"], "what is not carried comes back whole")
    return refund


def _text(money: dict[str, str]) -> str:
    return f"{money['amount']} {money['currency']}"
