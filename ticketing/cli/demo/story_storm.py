"""The storm of the demo's story: a departure of the next day is cancelled, one passenger is carried on, the other has the money back."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from throughfare_gate.ids import new_id
from ticketing.cli.demo import story_month
from ticketing.cli.demo_scene import Scene, Storm

_PATIENCE_SECONDS, _LOOK_SECONDS = 60.0, 0.2
# The passenger stands at the other line's gate so long before its boat leaves.
_BOARDS = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Bought:
    """An order of the storm: its id, what was paid, its key, its one ticket."""

    id: str
    paid: Decimal
    key: str
    token: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The ride that is cancelled: its operator by name, its trip and service day, its planned departure."""

    operator_name: str
    trip_id: str
    service_date: str
    departs: datetime


class Teller(story_month.Teller, Protocol):
    """The tools of the story: those of the month, and a sale."""

    def put(self, path: str, body: object, key: str) -> Any:
        """PUT, answers the JSON."""

    def move_clock(self, to: datetime) -> None:
        """Set the service's pretended time."""

    def check(self) -> None:
        """End the demo where one of its processes has ended."""

    def sell(self, scene: Scene, leaves: datetime, who: dict[str, str]) -> Bought:
        """Search, quote, order and pay for one person, without a word."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of the storm: the staff of the operator that cancels, and the gates of the one that takes its passengers."""

    staff: str
    gate: str


def tell(teller: Teller, scene: Scene, storm: Storm, keys: Keys, day: datetime) -> tuple[Decimal, Decimal]:
    """Tell it; answers what its two passengers have paid, and what came back."""
    leaves = datetime.combine(day.date() + timedelta(days=1), scene.leaves, day.tzinfo)
    stranded = [teller.sell(scene, leaves, {**scene.goes, "ref": name}) for name in storm.passengers]
    ride = _ride_of(teller, stranded[0], storm.operator)
    teller.move_clock(ride.departs - timedelta(minutes=50))
    path = f"/v1/operators/{storm.operator}/departures/{ride.trip_id}/{ride.service_date}"
    word = teller.put(path, {"state": "cancelled", "note": {"en": storm.note}}, keys.staff)
    teller.say(
        f"  {ride.operator_name} cancels its {ride.departs:%H:%M}: {word['tickets']} tickets are for it"
    )
    for name, bought in zip(storm.passengers, stranded, strict=True):
        _show_event(teller, name, bought)
    _carry_on(teller, storm, stranded[0], keys.gate)
    back = _give_back(teller, storm.passengers[1], stranded[1])
    return sum((bought.paid for bought in stranded), Decimal(0)), back


def _ride_of(teller: Teller, bought: Bought, operator: str) -> Cancelled:
    (ticket,) = teller.get(f"/v1/orders/{bought.id}/tickets", bought.key).json()["tickets"]
    leg = next(leg for leg in ticket["legs"] if leg["operator"] == operator)
    departs = datetime.fromisoformat(leg["departure"])
    return Cancelled(leg["operator_name"], leg["trip_id"], leg["service_date"], departs)


def _show_event(teller: Teller, name: str, bought: Bought) -> None:
    events = teller.get(f"/v1/orders/{bought.id}/events", bought.key).json()["events"]
    heard = [event for event in events if event["type"].startswith("journey.")]
    teller.expect(len(heard) == 1, f"{name} hears of the cancellation once")
    teller.say(f"  {name} hears {heard[0]['type']}: {heard[0]['data'].get('note', '')}")


def _carry_on(teller: Teller, storm: Storm, bought: Bought, gate: str) -> None:
    """Show the old code at the other line's gate, and wait until the worker has booked what that line gets."""
    boat = _option_of(teller, bought, "other_operator")
    teller.expect(boat["operator"] == storm.taker, "the agreement sends the passenger to the other line")
    boards = datetime.fromisoformat(boat["departure"]) - _BOARDS
    teller.move_clock(boards)
    scan = {
        "scan_id": new_id(),
        "token": bought.token,
        "device_ts": boards.isoformat(),
        "trip_id": boat["trip_id"],
    }
    shown = teller.post("/v1/validations", scan, gate)
    leaves = f"{datetime.fromisoformat(boat['departure']):%H:%M}"
    answer = f"{shown['decision']} {shown['reason']}, {shown['staff_sees']}"
    teller.say(
        f"  {storm.passengers[0]} shows the old code for the {leaves} of {boat['operator_name']}: {answer}"
    )
    teller.expect(
        shown["decision"] == "accept", "the ticket of a cancelled departure opens another line's gate"
    )
    # The first round that is seen may have begun before the scan; the one behind it has not.
    for minutes in (10, 20):
        _await_round(teller, boards + timedelta(minutes=minutes), gate)


def _option_of(teller: Teller, bought: Bought, kind: str) -> Any:
    """The first way on of a kind, as the holder reads it."""
    (leg,) = teller.get(f"/v1/orders/{bought.id}/options", bought.key).json()["legs"]
    return next(one for one in leg["options"] if one["kind"] == kind)


def _await_round(teller: Teller, moment: datetime, key: str) -> None:
    """Put the pretended time forward, and wait until the worker has ended a round by it."""
    teller.move_clock(moment)
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up:
        teller.check()
        seen = (teller.get("/healthz", key).json()["worker"] or {}).get("last_seen")
        if seen and datetime.fromisoformat(seen) >= moment:
            return
        time.sleep(_LOOK_SECONDS)
    teller.expect(False, "the worker books what the line that carried on gets")


def _give_back(teller: Teller, name: str, bought: Bought) -> Decimal:
    law = _option_of(teller, bought, "refund")["law"]
    refund = teller.post(f"/v1/orders/{bought.id}/refunds", {"passengers": [name]}, bought.key)
    for line in story_month.rows_of(refund, "lines"):
        amount = f"{line['amount']['amount']} {line['amount']['currency']}"
        teller.say(f"  {name} takes the money: {amount} back, {line['because']}")
    teller.say(
        f"  {name}'s money is on its way, within {law['days']} days: {law['article']} (level {law['level']})"
    )
    back = Decimal(refund["amount"]["amount"])
    teller.expect(back == bought.paid, "what is not carried comes back whole")
    return back
