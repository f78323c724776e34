"""One currency for a journey whose operators ask for several: each part at the reference rate of the day."""

from dataclasses import replace
from datetime import datetime

from tariffs.book import TariffBook
from tariffs.money import Money
from tariffs.parts import Part, Unpriced, step
from tariffs.rates import FILE, UsedRate


def in_one_currency(
    book: TariffBook, at: datetime | None, parts: tuple[Part, ...], currency: str | None = None
) -> tuple[Part, ...] | Unpriced:
    """State all parts in one currency, at the rate of the day; without a rate there is no price.

    The currency is the given one, else the one that every part is sold in, else the region's. A part that costs
    nothing (a pass covers it) needs no rate: nothing is nothing in every currency.
    """
    target = currency or _common_currency(book, parts)
    converted = []
    for part in parts:
        if part.currency == target:
            converted.append(part)
        elif _is_nothing(part):
            converted.append(_restated(part, target))
        else:
            rate = at and book.rates.find(part.currency, target, at.date())
            if not rate:
                return Unpriced("mixed_currencies")
            converted.append(_converted(part, rate))
    return tuple(converted)


def _common_currency(book: TariffBook, parts: tuple[Part, ...]) -> str:
    """The currency that every part is sold in; the region's where there are several."""
    sold_in = {part.currency for part in parts if not _is_nothing(part)} or {part.currency for part in parts}
    return sold_in.pop() if len(sold_in) == 1 else book.currency


def _is_nothing(part: Part) -> bool:
    """Tell whether a part costs nothing, and nobody gets or bears anything of it."""
    return not part.cost and not any(amount for _, amount in part.gross)


def _restated(part: Part, target: str) -> Part:
    """A part of nothing, as nothing in another currency."""
    nothing = Money(0, target)
    bought = tuple(replace(item, price=nothing) for item in part.bought)
    return replace(part, currency=target, bought=bought)


def _converted(part: Part, rate: UsedRate) -> Part:
    """A part in another currency: each thing that is bought is converted and rounded once."""
    before = Money(part.cost, part.currency)
    bought = tuple(
        replace(item, price=rate.convert(item.price), because=f"{item.because}; {item.price} at {rate.day}")
        for item in part.bought
    )
    cost = sum(item.price.minor for item in bought)
    after = Money(cost, rate.target)
    explained = step(
        "conversion",
        legs=[leg for item in bought for leg in item.legs],
        rule=(FILE, 0, rate.day.isoformat()),
        product=None,
        amount=after,
        before=f"{before.text} {before.currency}",
    )
    own = part.gross[0][0]
    gross = [(party, rate.convert(Money(amount, part.currency)).minor) for party, amount in part.gross[1:]]
    return replace(
        part,
        cost=cost,
        currency=rate.target,
        bought=bought,
        derivation=(*part.derivation, {**explained, "rate": rate.text}),
        gross=((own, cost - sum(amount for _, amount in gross)), *gross),
        tap=part.tap and replace(part.tap, price=after),
    )
