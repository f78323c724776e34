"""Options and choices as holders read them. Pure, but for the names that the region has."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from operators.gtfs.timetable import Timetable
from operators.region import RegionData
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.words import spoken
from throughfare_gate.moments import written
from ticketing.db.disruption.place_holds import PlaceHold
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.rerouting import words
from ticketing.rerouting.cases import Case
from ticketing.rerouting.choosing import LegChoice
from ticketing.rerouting.options import AnotherWay, Option
from ticketing.rerouting.taking import Taken
from ticketing.rights import money_back, rules_for


def choices(data: RegionData, listed: Sequence[LegChoice], language: str) -> list[dict[str, object]]:
    """The disrupted legs of an order with their options, in the reader's language."""
    return [_leg(data, one, language) for one in listed]


def cases(listed: Sequence[Case]) -> list[dict[str, object]]:
    """The cases of an order: one for each event and ticket, with its state."""
    return [
        {
            "event_id": one.event_id,
            "leg": one.leg,
            "passenger": one.passenger,
            "state": one.state,
            "by": one.by,
        }
        for one in listed
    ]


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
        "held": _held(choice.held),
        "notes": [
            {"code": code, "text": words.note(code, language, operator=leg.operator_name)}
            for code in choice.notes
        ],
    }


def _held(hold: PlaceHold | None) -> dict[str, object] | None:
    """The option on which a place is held, and until when; nothing while the operator is asked for it."""
    if hold is None or hold.until is None:
        return None
    return {"option": hold.option_id, "until": written(hold.until)}


def _option(data: RegionData, choice: LegChoice, option: Option, language: str) -> dict[str, object]:
    coming = option.coming
    known = None if coming is None else choice.question.onward.find(coming)
    sold = choice.question.ride
    ride = known.ride if known is not None else sold
    going = _going(data, ride, option)
    said = words.option(
        _kind_of(option),
        language,
        operator=_operator_names(data, ride, option),
        departure=_clock(going["departure"], sold, language),
        arrival=_clock(going["arrival"], sold, language),
        amount=_amount(option, language),
        place=option.way.starts if option.way is not None else None,
        most=spoken(option.way.cap, language) if option.way is not None else None,
    )
    return {
        "id": option.id,
        "kind": option.kind,
        "text": said,
        **going,
        "line": known.line if known is not None else None,
        "places": coming.places if coming is not None else None,
        "cost": (option.way.cost if option.way else Money(0, choice.question.ticket.currency)).as_dict(),
        "refund": option.back.as_dict() if option.back is not None else None,
        "law": _law(data, choice) if option.back is not None else None,
        "order": _order(choice, option.way) if option.way is not None else None,
    }


def _operator_names(data: RegionData, ride: Ride, option: Option) -> str:
    operators = (ride.operator,) if option.way is None else option.way.operators
    return ", ".join(data.operators[operator].name for operator in operators)


def _kind_of(option: Option) -> str:
    """The kind of the sentence: another way that its holder pays nothing for has one of its own."""
    return "other_way_free" if option.way is not None and option.way.due.minor == 0 else option.kind


def _amount(option: Option, language: str) -> str | None:
    """The money that comes back; of another way what its holder pays at first."""
    amount = option.back if option.way is None else option.way.due
    return None if amount is None else spoken(amount, language)


def _order(choice: LegChoice, way: AnotherWay) -> dict[str, object]:
    """The calls that order another way: its offer is frozen, and the leg is exchanged for it."""
    return {
        "offer_id": way.offer_id,
        "offer_expires_at": way.offer_expires_at,
        "exchange": f"/v1/orders/{choice.question.ticket.order_id}/exchanges",
        "passengers": list(way.passengers),
        "legs": [choice.question.leg.at],
        "total": way.total.as_dict(),
        "due": way.due.as_dict(),
        "cap": way.cap.as_dict(),
    }


def _law(data: RegionData, choice: LegChoice) -> dict[str, object] | None:
    """The rule by which the money comes back for a run that does not carry its holder; a missed one has the ordinary terms."""
    ride, question = choice.question.ride, choice.question
    terms = data.operators[ride.operator].rights
    if terms is None or not terms.pays or question.leg.why == "connection":
        return None
    rule = money_back(rules_for(terms.regime, question.leg.departs_at.date()))
    return None if rule is None else {"article": rule.article, "days": rule.days, "level": rule.level}


def _going(data: RegionData, ride: Ride, option: Option) -> dict[str, object]:
    """The departure of an option; nothing of one that brings the money."""
    names = ("operator", "operator_name", "trip_id", "from", "to", "departure", "arrival")
    if option.departs_at is None or option.arrives_at is None:
        return dict.fromkeys(names)
    timetable, is_one = data.timetables[ride.operator], option.way is None
    return {
        "operator": ride.operator if is_one else None,
        "operator_name": data.operators[ride.operator].name if is_one else None,
        "trip_id": ride.trip_id if is_one else None,
        "from": _stop(timetable, ride.from_stop_id),
        "to": _stop(timetable, ride.to_stop_id),
        "departure": _local(option.departs_at, timetable, ride.from_stop_id).isoformat(),
        "arrival": _local(option.arrives_at, timetable, ride.to_stop_id).isoformat(),
    }


def _clock(moment: object, ride: Ride, language: str) -> str:
    """The hour and minute of a written moment, with the day where it is not that of the ride on the ticket."""
    if moment is None:
        return ""
    at = datetime.fromisoformat(str(moment))
    if at.date() == ride.departure.date():
        return f"{at:%H:%M}"
    day = f"{at.day}/{at.month}" if language in {"en", "sv"} else f"{at.day}.{at.month}."
    return f"{at:%H:%M} ({day})"


def _stop(timetable: Timetable, stop_id: str) -> dict[str, str]:
    return {"stop_id": stop_id, "name": timetable.stops[stop_id].name}


def _local(moment: datetime, timetable: Timetable, stop_id: str) -> datetime:
    """A moment by the clock of a stop, in whole seconds."""
    return moment.astimezone(ZoneInfo(timetable.timezone_of(stop_id))).replace(microsecond=0)
