"""Price a pass, a carnet or a return ticket: what it costs, the VAT of where its operators run, who gets what of it."""

from collections.abc import Mapping
from datetime import date

from tariffs.agreements.shares import Claim, share
from tariffs.book import TariffBook
from tariffs.money import Money
from tariffs.parts import Bought, Part, step
from tariffs.party import Passenger
from tariffs.passes import FILE, PassProduct
from tariffs.result import PassengerPrice, shares_of
from tariffs.taxes import Stretch, UnknownTax, split


def price_pass(
    book: TariffBook, product: PassProduct, passenger: Passenger, *, day: date, channel: str | None = None
) -> PassengerPrice:
    """Price one product for one passenger; `day` is its first day of validity, whose VAT rates hold.

    A price that cannot be told comes with its reason: `unknown_fare` (not sold to the rider category) or
    `unknown_tax`. The pass is sold before anybody has travelled, so VAT follows the metres of its territories.
    """
    price = product.price_for(passenger.rider, channel)
    if price is None:
        return PassengerPrice(passenger=passenger, total=None, reason="unknown_fare")
    try:
        taxes = split([(price.minor, _stretches(product, day))], book.taxes)
    except UnknownTax:
        return PassengerPrice(passenger=passenger, total=None, reason="unknown_tax")
    part = _part(product, price)
    return PassengerPrice(
        passenger=passenger,
        total=price,
        reason=None,
        bought=part.bought,
        shares=shares_of(book, [part], taxes),
        taxes=tuple(taxes),
        derivation=tuple({**made, "step": number} for number, made in enumerate(part.derivation, 1)),
    )


def _part(product: PassProduct, price: Money) -> Part:
    because = f"{product.kind} {product.name}, row {product.row} of {FILE}"
    seller = "+".join(sorted(product.scope.operators))
    bought = Bought(
        seller=seller,
        fare_product_id=product.id,
        rider_category_id=None,
        fare_media_id=None,
        price=price,
        legs=(),
        because=because,
    )
    explained = step(
        "sale", legs=(), rule=(FILE, product.row, product.name), product=product.id, amount=price, before=None
    )
    gross = tuple(sorted(_gross(product, price).items()))
    rule = f"{product.kind} {product.name}, {', '.join(one.method for one in product.steps)}"
    return Part(
        cost=price.minor,
        currency=price.currency,
        bought=(bought,),
        gross=gross,
        rule=rule,
        derivation=(explained,),
    )


def _gross(product: PassProduct, price: Money) -> dict[str, int]:
    """Share the price of a pass by the steps, on the metres of the territories; nothing has been ridden yet."""
    metres: dict[str, int] = {}
    for territory in product.territories:
        metres[territory.operator] = metres.get(territory.operator, 0) + territory.metres
    claims = [Claim(operator, 0, distance) for operator, distance in sorted(metres.items())]
    return share(price.minor, claims, product.steps)


def _stretches(product: PassProduct, day: date) -> tuple[Stretch, ...]:
    states = _states(product)
    return tuple(
        Stretch(
            operator=territory.operator,
            member_state=territory.member_state,
            mode=territory.mode,
            scope="international" if len(states[territory.operator]) > 1 else "domestic",
            metres=territory.metres,
            day=day,
        )
        for territory in product.territories
    )


def _states(product: PassProduct) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for territory in product.territories:
        found[territory.operator] = found.get(territory.operator, frozenset()) | {territory.member_state}
    return found
