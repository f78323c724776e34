"""Quote: read an offer, price it once more, freeze what is promised."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from operators.port import Connector
from tariffs.book import build_book
from tariffs.money import Money
from tariffs.pricing import price_journey
from throughfare_gate.ids import new_id
from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.documents import canonical
from ticketing.db.rights import guarantees
from ticketing.db.sale import gateway_events, offers
from ticketing.db.sale.offers import Quote, TariffVersion
from ticketing.errors import Conflict, NotFound, PriceChanged
from ticketing.frozen import write_quote
from ticketing.quote.freeze import document, priced_again
from ticketing.quote.offered import Shelf, read_offer
from ticketing.regions import Region, require_on_sale, require_running

_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The tools of quoting; `sale_channel` is the point of sale of this deployment, where it has one.

    `why_not` tries a quote before it is made: it answers why its tickets could not be booked, None where they can.
    `connectors` are the operators of each region that say when their sale ends.
    """

    database: Database
    clock: Clock
    regions: Mapping[str, Region]
    shelf: Shelf
    sale_channel: str | None
    why_not: Callable[[Quote, datetime], str | None]
    connectors: Mapping[str, Mapping[str, Connector]] = field(default_factory=dict)


def freeze(desk: Desk, offer_id: str, person_id: str | None = None) -> Quote:
    """Freeze an offer; it holds until the offer's expiry. An offer that counts on an account is that account's.

    It is priced by the tariff that it names, as of the search. Raises OfferGone for an expired or unknown offer,
    DepartureCancelled where a departure does not run, PriceChanged where it costs something else, Conflict where a ride of
    it is no longer in the timetable, or the sale of a departure has ended.
    """
    now = desk.clock.now()
    with desk.database.read() as tx:
        offer = read_offer(desk.shelf, tx, offer_id, person_id, now)
        region = offer.region
        require_running(tx, desk.regions[region.data.id].data, offer.rides, now)
    connectors = desk.connectors.get(region.data.id, {})
    require_on_sale(region.data, connectors, offer.rides, now)
    price = price_journey(
        region.book,
        offer.rides,
        offer.passengers,
        channel=offer.sale_channel,
        at=offer.made_at,
        excluded=offer.excluded,
    )
    if price.total is None or price.total != offer.total:
        raise _price_changed(offer.total, price.total)
    frozen = Quote(
        id=new_id(),
        offer_id=offer.offer_id,
        region=region.data.id,
        tariff_version=price.tariff_version,
        total_minor=price.total.minor,
        currency=price.total.currency,
        created_at=now,
        expires_at=offer.expires_at,
        document=document(offer, price, region.data.product),
        offer_digest=offer.digest,
    )
    return make(desk, frozen, region)


def _price_changed(offered: Money, now: Money | None) -> PriceChanged:
    today = f"costs {now} now" if now is not None else "has no price any more"
    detail = f"the journey was offered for {offered} and {today}; search again"
    return PriceChanged(detail, offered.as_dict(), now.as_dict() if now is not None else None)


def make(desk: Desk, frozen: Quote, region: Region) -> Quote:
    """Store a quote with the tariff that it was made from, if what it promises can be booked.

    Raises Conflict where it cannot: nobody pays for it, and a person is told which rule and rider it was.
    """
    now = frozen.created_at
    reason = desk.why_not(frozen, now)
    with desk.database.write() as tx:
        if reason is not None:
            subject = f"{frozen.region}: {reason}"[:_LONGEST_SUBJECT]
            gateway_events.raise_alert(
                tx, "quote_unbookable", subject, f"not sold: {reason}", now, again=True
            )
        else:
            offers.keep_tariff(
                tx, TariffVersion(frozen.tariff_version, frozen.region, now, dict(region.tariff))
            )
            offers.insert_quote(tx, frozen)
    if reason is not None:
        raise Conflict("this price cannot be sold; the scheme has been told, choose another journey")
    return frozen


def get_quote(desk: Desk, quote_id: str) -> Quote:
    """Read a quote; raises NotFound."""
    with desk.database.read() as tx:
        found = offers.find_quote(tx, quote_id)
    if found is None:
        raise NotFound("there is no such quote")
    return found


def sells_guarantees(desk: Desk, region: str) -> bool:
    """Tell whether guarantees of a region are sold now: not while its pool is below its reserve."""
    if desk.regions[region].data.guarantee is None:
        return False
    with desk.database.read() as tx:
        return not guarantees.is_sale_stopped(tx, region)


@dataclass(frozen=True, slots=True)
class Replay:
    """A quote priced again from its stored version: `differences` are empty when nothing has changed."""

    quote_id: str
    tariff_version: str
    total: Money
    differences: tuple[str, ...]


def replay(database: Database, quote_id: str) -> Replay:
    """Price an old quote again from the tariff it was made with, to the cent and the derivation.

    Raises NotFound for an unknown quote.
    """
    with database.read() as tx:
        quote = offers.get_quote(tx, quote_id)
        stored = offers.get_tariff(tx, quote.tariff_version)
    book, findings = build_book(**stored.document)
    if book is None:
        raise Conflict(f"the stored tariff has {len(findings)} findings and cannot be built")
    promised = quote.document
    price = price_journey(
        book,
        promised.rides,
        [one.passenger for one in promised.passengers],
        channel=promised.sale_channel,
        at=quote.priced_at,
        excluded=promised.excluded,
    )
    before = write_quote(promised)
    again = json.loads(canonical(write_quote(priced_again(promised, price))))
    differences = [name for name in sorted(before) if before[name] != again.get(name)]
    if book.version != quote.tariff_version:
        differences.append("tariff_version")
    return Replay(
        quote.id, quote.tariff_version, Money(quote.total_minor, quote.currency), tuple(differences)
    )
