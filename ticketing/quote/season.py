"""Passes, carnets and return tickets: what is on sale, and a frozen price like that of any journey."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tariffs.party import Passenger
from tariffs.pass_price import price_pass
from tariffs.passes import PassProduct, on_sale
from throughfare_gate.ids import new_id
from ticketing.db.sale.offers import Quote
from ticketing.errors import InvalidRequest
from ticketing.frozen import CARNET, PricedPassenger, QuoteDocument, is_unverified
from ticketing.quote.holder import sold_pass
from ticketing.quote.service import Desk, make
from ticketing.regions import Region, category_name

_LIFE = timedelta(minutes=15)
_EARLIEST = timedelta(minutes=5)
_LATEST = timedelta(days=60)


def list_passes(desk: Desk, region_id: str | None, language: str) -> list[dict[str, object]]:
    """List the passes on sale today, with a price for each rider category; without those of operators that have no fares."""
    now = desk.clock.now()
    now = desk.clock.now()
    names = [region_id] if region_id else list(desk.regions)
    return [
        _shown(desk, name, product, language)
        for name in names
        for product in _with_fares(_region(desk, name), now)
    ]


def _with_fares(region: Region, now: datetime) -> list[PassProduct]:
    """List the passes on sale whose operators all have fares."""
    on_sale = _on_sale(region, now).values()
    return [product for product in on_sale if not _without_fares(region, product, now)]


def freeze_pass(
    desk: Desk,
    person_id: str | None,
    *,
    region_id: str | None,
    product_id: str,
    rider: str,
    start: datetime | None,
    holder: str | None = None,
) -> Quote:
    """Freeze the price of a pass: for an account, whose `holder` will travel on it, or for the bearer of its order.

    Who needs company is sold a pass alone: company is asked of each journey that it pays for, and not of the purchase.
    Raises InvalidRequest naming what is wrong.
    """
    now = desk.clock.now()
    name = region_id or next(iter(desk.regions))
    region = _region(desk, name)
    product = _on_sale(region, now).get(product_id)
    if product is None:
        raise InvalidRequest.at("product", "is not on sale here")
    _check_holder(product, holder, person_id)
    zone = _zone(region, product)
    begins = _beginning(start or now, now, zone)
    _require_fares(region, product, begins)
    price = price_pass(
        region.book,
        product,
        Passenger("holder", rider),
        day=begins.astimezone(zone).date(),
        channel=desk.sale_channel,
    )
    if price.total is None:
        raise InvalidRequest.at(
            "rider_category",
            f"this pass has no price for the category {category_name(region.data, rider)} ({price.reason})",
        )
    held = product.held("", begins, zone)
    passengers = (PricedPassenger.of(price),)
    document = QuoteDocument(
        product=product.id,
        rides=(),
        legs=(),
        passengers=passengers,
        tax_unverified=is_unverified(passengers),
        season=sold_pass(product, held, holder),
        person_id=person_id,
    )
    frozen = Quote(
        id=new_id(),
        offer_id=None,
        region=name,
        tariff_version=region.book.version,
        total_minor=price.total.minor,
        currency=price.total.currency,
        created_at=now,
        expires_at=now + _LIFE,
        document=document,
    )
    return make(desk, frozen, region)


def _require_fares(region: Region, product: PassProduct, begins: datetime) -> None:
    """Raise InvalidRequest where a pass would cover no ride of one of its operators, because it has no fares."""
    without = _without_fares(region, product, begins)
    if without:
        names = " and ".join(region.operators[operator].name for operator in without)
        message = f"cannot be sold: no fares of {names} are known, so it would cover no ride there"
        raise InvalidRequest.at("product", message)


def _without_fares(region: Region, product: PassProduct, begins: datetime) -> list[str]:
    """The operators of a pass that have no fares on its first or its last day."""
    zone = _zone(region, product)
    last = product.held("", begins, zone).valid_until - timedelta(seconds=1)
    days = {moment.astimezone(zone).date() for moment in (begins, last)}
    return [
        operator
        for operator in sorted(product.scope.operators)
        if not region.book.has_fares_on_all(operator, days)
    ]


def _check_holder(product: PassProduct, holder: str | None, person_id: str | None) -> None:
    if holder is None:
        return
    if person_id is None:
        raise InvalidRequest.at("holder", "is a name within an account; sign in, or leave it out")
    if product.kind == CARNET:
        raise InvalidRequest.at("holder", "a carnet serves the whole party and has no holder")


def _shown(desk: Desk, name: str, product: PassProduct, language: str) -> dict[str, object]:
    region = _region(desk, name)
    return {
        "product": product.id,
        "id": product.id,
        "region": name,
        "kind": product.kind,
        "name": product.names.get(language, product.names["en"]),
        "operators": sorted(product.scope.operators),
        "uses": product.uses,
        "prices": [
            {"rider_category": rider, "price": price.as_dict()}
            for rider in _riders(region.data.categories)
            if (price := product.price_for(rider, desk.sale_channel)) is not None
        ],
    }


def _riders(riders: Mapping[str, object]) -> list[str]:
    return list(riders)


def _beginning(wanted: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the begin of a pass: as wanted, or now where that is earlier today. Raises InvalidRequest. Pure.

    Whoever wants it for today travels on it from now on; no ride of before is paid for afterwards.
    """
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if not min(today, now - _EARLIEST) <= wanted <= now + _LATEST:
        raise InvalidRequest.at("start", "must lie between today and 60 days ahead")
    return wanted if wanted >= now - _EARLIEST else now


def _on_sale(region: Region, now: datetime) -> dict[str, PassProduct]:
    """The passes that are sold now, each by the day of its own wall clock."""
    products = sorted(region.book.passes, key=lambda product: product.version)
    found: dict[str, PassProduct] = {}
    for product in products:
        found |= on_sale([product], now.astimezone(_zone(region, product)).date())
    return dict(sorted(found.items()))


def _zone(region: Region, product: PassProduct) -> ZoneInfo:
    """The wall clock that a pass's days follow: that of its first operator."""
    return ZoneInfo(region.data.timetables[min(product.scope.operators)].timezone)


def _region(desk: Desk, name: str) -> Region:
    if name not in desk.regions:
        raise InvalidRequest.at("region", f"must be one of {', '.join(desk.regions)}")
    return desk.regions[name]
