"""Keep what a buyer was told of connections between contracts, and the guarantee that they have bought for them."""

import json
from dataclasses import dataclass, replace

from operators.place_kinds import FOOT, kind_of
from ticketing.connections import VERSION, is_separate
from ticketing.db import Transaction
from ticketing.db.documents import canonical
from ticketing.db.rights import guarantees
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.errors import Conflict, InvalidRequest
from ticketing.frozen import SoldGuarantee, write_guarantee
from ticketing.regions import Region, guarantee_for, news_of_rides

_BROKEN = "the ride before the connection is known to come too late: it cannot be guaranteed"


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
    tx: Transaction, quote: Quote, region: Region, disclosed: Disclosed | None, exchange_of: str | None
) -> SoldGuarantee | None:
    """Write the guarantee that a buyer wants; raises InvalidRequest where none is sold."""
    if disclosed is None or not disclosed.wants_guarantee:
        return None
    if guarantees.is_sale_stopped(tx, region.data.id):
        raise InvalidRequest.at(
            "guarantee",
            "no guarantee is sold now: its pool is below its reserve; those that are sold are paid",
        )
    offered = guarantee_on_offer(quote, region)
    if offered is None:
        raise InvalidRequest.at("guarantee", "no connection of this journey can be guaranteed")
    if exchange_of is not None:
        raise InvalidRequest.at("guarantee", "an exchange ends a guarantee, and begins none")
    if _is_broken(tx, quote, region, offered):
        raise InvalidRequest.at("guarantee", _BROKEN)
    return offered


def require_unbroken(tx: Transaction, order: Order, quote: Quote, region: Region) -> None:
    """Raise Conflict where an order buys a guarantee for a connection that is known to be broken before it is paid."""
    if order.guarantee is not None and _is_broken(tx, quote, region, order.guarantee):
        raise Conflict(f"{_BROKEN}; order again without the guarantee")


def _is_broken(tx: Transaction, quote: Quote, region: Region, sold: SoldGuarantee) -> bool:
    """Tell whether a ride before a guaranteed connection is known to come too late, or not at all."""
    news = news_of_rides(tx, region.data, quote.document.rides)
    for one in sold.connections:
        known = news.get(one.after_leg)
        late = (known.arrival_delay_seconds or 0) if known is not None else 0
        if known is not None and (not known.is_served or late > one.planned_seconds - one.needed_seconds):
            return True
    return False


def with_guarantee(order: Order, sold: SoldGuarantee | None) -> Order:
    """The order with a guarantee, whose fee is part of its total."""
    if sold is None:
        return order
    total = order.total_minor + sold.fee_minor
    return replace(order, total_minor=total, guaranteed=canonical(write_guarantee(sold)))
