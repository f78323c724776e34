"""Options and choices as holders read them. Pure, but for the names that the region has."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from operators.gtfs.timetable import Timetable
from operators.region import RegionData
from tariffs.money import Money
from throughfare_gate.moments import written
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.rerouting import words
from ticketing.rerouting.choosing import LegChoice
from ticketing.rerouting.options import Option
from ticketing.rerouting.taking import Taken


def choices(data: RegionData, listed: Sequence[LegChoice], language: str) -> list[dict[str, object]]:
    """The disrupted legs of an order with their options, in the reader's language."""
    return [_leg(data, one, language) for one in listed]


def taken(order_id: str, done: Taken) -> dict[str, object]:
    """The outcome of a choice: the ticket was moved, the choice was noted, or the refund that brings the money."""
    refund = None if done.back is None else _refund(order_id, done, done.back)
    choice = done.choice
    return {
        "id": choice.id if choice is not None else None,
        "state": _state(choice),
        "leg": done.leg,
        "passengers": list(done.passengers),
        "departure": written(choice.departs_at) if choice is not None else None,
        "arrival": written(choice.arrives_at) if choice is not None else None,
        "refund": refund,
    }


def _state(choice: Rerouting | None) -> str:
    if choice is None:
        return "refund"
    return "moved" if choice.kind == "later_departure" else "noted"


def _refund(order_id: str, done: Taken, back: Money) -> dict[str, object]:
    return {
        "method": "POST",
        "path": f"/v1/orders/{order_id}/refunds",
        "body": {"passengers": list(done.passengers), "expected": back.as_dict()},
    }


def _leg(data: RegionData, choice: LegChoice, language: str) -> dict[str, object]:
    question = choice.question
    leg = question.ticket.document.legs[question.leg.at]
    return {
        "leg": question.leg.at,
        "passenger": question.ticket.passenger_ref,
        "jti": question.ticket.jti,
        "why": question.leg.why,
        "operator": leg.operator,
        "operator_name": leg.operator_name,
        "departure": leg.departure.isoformat(),
        "arrival": leg.arrival.isoformat(),
        "options": [_option(data, choice, one, language) for one in choice.options],
        "chosen": None if choice.chosen is None else choice.chosen.option_id,
    }


def _option(data: RegionData, choice: LegChoice, option: Option, language: str) -> dict[str, object]:
    question, coming = choice.question, option.coming
    operator = coming.operator if coming is not None else question.ride.operator
    known = None if coming is None else question.onward.find(coming)
    ride = known.ride if known is not None else question.ride
    timetable, name = data.timetables[operator], data.operators[operator].name
    leaves = _local(option.departs_at, timetable, ride.from_stop_id)
    reaches = _local(option.arrives_at, timetable, ride.to_stop_id)
    said = words.option(
        option.kind,
        language,
        operator=name,
        departure=f"{leaves:%H:%M}" if leaves else "",
        arrival=f"{reaches:%H:%M}" if reaches else "",
        amount=option.back,
    )
    has_times = leaves is not None
    return {
        "id": option.id,
        "kind": option.kind,
        "text": said,
        "operator": operator if has_times else None,
        "operator_name": name if has_times else None,
        "line": known.line if known is not None else None,
        "trip_id": ride.trip_id if has_times else None,
        "from": _stop(timetable, ride.from_stop_id) if has_times else None,
        "to": _stop(timetable, ride.to_stop_id) if has_times else None,
        "departure": leaves.isoformat() if leaves else None,
        "arrival": reaches.isoformat() if reaches else None,
        "places": coming.places if coming is not None else None,
        "cost": Money(0, question.ticket.currency).as_dict(),
        "refund": option.back.as_dict() if option.back is not None else None,
    }


def _stop(timetable: Timetable, stop_id: str) -> dict[str, str]:
    return {"stop_id": stop_id, "name": timetable.stops[stop_id].name}


def _local(moment: datetime | None, timetable: Timetable, stop_id: str) -> datetime | None:
    """A moment by the clock of a stop, in whole seconds."""
    if moment is None:
        return None
    return moment.astimezone(ZoneInfo(timetable.timezone_of(stop_id))).replace(microsecond=0)
