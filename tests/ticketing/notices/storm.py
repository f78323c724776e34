"""The ferry of an order that was bought, and the word of its operator that it does not sail."""

from datetime import date

from tests.api import Bought
from tests.ticketing.notices.conftest import Town
from ticketing.regions import by_staff


def ferry_of(bought: Bought) -> tuple[int, str, str, date]:
    """The ferry's place among the legs, its operator, trip and day."""
    legs = bought.tickets[0]["legs"]
    at = next(place for place, leg in enumerate(legs) if leg["mode"] == "ferry")
    leg = legs[at]
    return at, leg["operator"], leg["trip_id"], date.fromisoformat(leg["departure"][:10])


def cancel(town: Town, bought: Bought) -> None:
    _, operator, trip, day = ferry_of(bought)
    by_staff.cancel_departure(town.live, "helsinki-tallinn", operator, trip, day, by="mari")
