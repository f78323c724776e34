"""Keep what a buyer was told of connections between contracts, and the guarantee that they have bought for them."""

import json
from dataclasses import dataclass, replace

from operators.place_kinds import FOOT, kind_of
from ticketing.connections import VERSION, is_separate
from ticketing.db.documents import canonical
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.errors import InvalidRequest
from ticketing.frozen import SoldGuarantee, write_guarantee
from ticketing.regions import Region, guarantee_for


@dataclass(frozen=True, slots=True)
class Disclosed:
    """The way a buyer was told: in which language, whether they said that they have read it, and want the connections guaranteed."""

    language: str
    acknowledged: bool
    wants_guarantee: bool = False


def disclosure_of(quote: Quote, told: Disclosed | None) -> str | None:
    """Write what is kept with an order, as JSON; None where one operator carries its holder all the way, or nobody was told."""
    if told is None or not is_separate([leg.operator for leg in quote.document.legs]):
        return None
    kept = {"version": VERSION, "language": told.language, "acknowledged": told.acknowledged}
    return json.dumps(kept, sort_keys=True)


def guarantee_on_offer(quote: Quote, region: Region) -> SoldGuarantee | None:
    """Write the guarantee that may be bought with a quote; None where there is none."""
    people = sum(kind_of(one.rider) == FOOT for one in quote.document.passengers)
    return guarantee_for(region.data, quote.document.rides, people)


def guarantee_wanted(
    quote: Quote, region: Region, told: Disclosed | None, exchange_of: str | None
) -> SoldGuarantee | None:
    """Write the guarantee that a buyer wants; raises InvalidRequest where none is sold."""
    if told is None or not told.wants_guarantee:
        return None
    offered = guarantee_on_offer(quote, region)
    if offered is None:
        raise InvalidRequest.at("guarantee", "no connection of this journey can be guaranteed")
    if exchange_of is not None:
        raise InvalidRequest.at("guarantee", "an exchange ends a guarantee, and begins none")
    return offered


def with_guarantee(order: Order, sold: SoldGuarantee | None) -> Order:
    """The order with a guarantee, whose fee is part of its total."""
    if sold is None:
        return order
    total = order.total_minor + sold.fee_minor
    return replace(order, total_minor=total, guaranteed=canonical(write_guarantee(sold)))
