"""One currency for a journey whose operators ask for several: each part at the reference rate of the day."""

from dataclasses import replace
from datetime import datetime

from tariffs.book import TariffBook
from tariffs.money import Money
from tariffs.parts import Part, Unpriced, step
from tariffs.rates import FILE, UsedRate


def in_one_currency(
    book: TariffBook, at: datetime | None, parts: tuple[Part, ...]
) -> tuple[Part, ...] | Unpriced:
    """Parts in several currencies become the region's, at the rate of the day; without a rate there is no price."""
    if len({part.currency for part in parts}) == 1:
        return parts
    if at is None:
        return Unpriced("mixed_currencies")
    target, day = book.currency, at.date()
    converted = []
    for part in parts:
        rate = None if part.currency == target else book.rates.find(part.currency, target, day)
        if rate is None and part.currency != target:
            return Unpriced("mixed_currencies")
        converted.append(part if rate is None else _converted(part, rate))
    return tuple(converted)


def _converted(part: Part, rate: UsedRate) -> Part:
    """A part in another currency: each thing that is bought is converted and rounded once."""
    before = Money(part.cost, part.currency)
    bought = tuple(
        replace(item, price=rate.convert(item.price), because=f"{item.because}; {item.price} at {rate.day}")
        for item in part.bought
    )
    cost = sum(item.price.minor for item in bought)
    after = Money(cost, rate.target)
    made = step(
        "conversion", legs=[leg for item in bought for leg in item.legs], rule=(FILE, 0, rate.day.isoformat()),
        product=None, amount=after, before=f"{before.text} {before.currency}",
    )  # fmt: skip
    own = part.gross[0][0]
    gross = [(party, rate.convert(Money(amount, part.currency)).minor) for party, amount in part.gross[1:]]
    return replace(
        part, cost=cost, currency=rate.target, bought=bought, derivation=(*part.derivation, {**made, "rate": rate.text}),
        gross=((own, cost - sum(amount for _, amount in gross)), *gross),
        tap=part.tap and replace(part.tap, price=after),
    )  # fmt: skip
