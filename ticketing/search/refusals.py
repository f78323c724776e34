"""Why a way has no price, in plain words. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from operators.region import RegionData
from tariffs.party import Passenger
from tariffs.result import JourneyPrice, PassengerPrice
from ticketing.regions import category_name

CANCELLED = "cancelled"
CANCELLED_WHY = "a departure of this way is cancelled"
# With `operator`, and `rider` as the region's people call the passenger.
_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "no_allotment": "{operator} has allotted no places to sell on this departure",
        "sold_out": "{operator} has no places left on this departure",
        "sale_ended": "{operator} has ended its sale for this departure",
        "unknown_fare": "{operator} has no fare for this ride and a passenger of the category {rider}",
        "needs_company": "{operator} sells a passenger of the category {rider} no ticket without company: {rule}",
        "offer_expired": "the price that {operator} offered has expired",
        "mixed_currencies": "the rides are sold in currencies that cannot be added",
        "currency_without_rates": "no exchange rates are published for the currency of this price",
        "unknown_tax": "the tax on a ride is not known",
        CANCELLED: CANCELLED_WHY,
    }
)


def unsold(people: Sequence[Passenger], reason: str, operator: str, version: str) -> JourneyPrice:
    """No price for anybody, because of an operator."""
    persons = tuple(
        PassengerPrice(passenger=one, total=None, reason=reason, unpriced_operator=operator) for one in people
    )
    return JourneyPrice(None, reason, persons, version)


def why(region: RegionData, price: JourneyPrice) -> str | None:
    """Why a journey has no price; None where there is one."""
    if price.reason is None:
        return None
    refused = next((one for one in price.passengers if one.reason), None)
    return why_not(region, refused) if refused else _written(price.reason)


def why_not(region: RegionData, price: PassengerPrice) -> str | None:
    """Why a passenger has no price; None where there is one."""
    if price.reason is None:
        return None
    operator = region.operators.get(price.unpriced_operator or "")
    return _written(
        price.reason,
        operator.name if operator else "an operator",
        category_name(region, price.passenger.rider),
        price.unpriced_rule,
    )


def _written(reason: str, operator: str = "an operator", rider: str = "", rule: str | None = None) -> str:
    text = _SENTENCES.get(reason, "this way cannot be sold: {reason}")
    return text.format(operator=operator, rider=rider, reason=reason, rule=rule)
