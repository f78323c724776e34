"""Why a way has no price, in plain words. Pure."""

from collections.abc import Sequence

from operators.region import RegionData
from tariffs.party import Passenger
from tariffs.result import JourneyPrice, PassengerPrice
from ticketing.regions import category_name
from ticketing.search import words

CANCELLED = "cancelled"


def unsold(people: Sequence[Passenger], reason: str, operator: str, version: str) -> JourneyPrice:
    """No price for anybody, because of an operator."""
    persons = tuple(
        PassengerPrice(passenger=one, total=None, reason=reason, unpriced_operator=operator) for one in people
    )
    return JourneyPrice(None, reason, persons, version)


def why(region: RegionData, price: JourneyPrice, language: str = "en") -> str | None:
    """Why a journey has no price; None where there is one."""
    if price.reason is None:
        return None
    refused = next((one for one in price.passengers if one.reason), None)
    return why_not(region, refused, language) if refused else words.why(price.reason, language)


def why_not(region: RegionData, price: PassengerPrice, language: str = "en") -> str | None:
    """Why a passenger has no price; None where there is one."""
    if price.reason is None:
        return None
    operator = region.operators.get(price.unpriced_operator or "")
    return words.why(
        price.reason,
        language,
        operator=operator.name if operator else None,
        rider=category_name(region, price.passenger.rider, language),
        rule=price.unpriced_rule,
    )
