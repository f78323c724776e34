"""Price an itinerary by one operator's tariff: join legs, ask each rule, keep the cheapest valid combination."""

from collections.abc import Sequence
from typing import Any

from tariffs.fares import v1_price
from tariffs.fares.feed import Feed
from tariffs.fares.legs import EffectiveLeg, FareLeg, alone, effective_legs
from tariffs.fares.matching import Match, Offer, Unknown, match
from tariffs.fares.result import MAX_LEGS, FareItem, FarePrice, LegView, Reason
from tariffs.fares.total import Item, Payment, Split, cheapest
from tariffs.fares.transfers import elapsed_seconds
from tariffs.money import Money, written


def price(
    feed: Feed, legs: Sequence[FareLeg], rider: str | None = None, medium: str | None = None
) -> FarePrice:
    """Price 1 to 12 legs for one passenger; rider or medium None means any, the cheapest.

    Raises ValueError for more legs than that, or none.
    """
    if not 1 <= len(legs) <= MAX_LEGS:
        raise ValueError(f"an itinerary has 1 to {MAX_LEGS} legs")
    if feed.v1 is not None:
        return v1_price.price(feed.v1, legs, rider)
    joined = effective_legs(feed, legs)
    matches = [match(feed, leg, rider, medium) for leg in joined]
    views = tuple(
        [
            LegView(index, effective, matched.group, matched.products)
            for effective, (leg, matched) in enumerate(zip(joined, matches, strict=True))
            for index in leg.legs
        ]
    )
    for matched in matches:
        if matched.unknown:
            return _unpriced("unknown_fare", matched.unknown, views, joined, matches)
    for currency in _common_currencies(matches):
        choices = [
            matched.offers if len(matched.currencies) == 1 else _in_currency(matched.offers, currency)
            for matched in matches
        ]
        splits = [
            _split(feed, legs, leg, rider=rider, medium=medium, currency=currency)
            if len(leg.legs) > 1
            else None
            for leg in joined
        ]
        paid = cheapest(feed, joined, choices, splits, currency=currency, rider=rider, medium=medium)
        if paid:
            return _priced(paid, currency, joined, choices, views)
    return _unpriced("mixed_currencies", None, views, joined, matches)


def _in_currency(offers: Sequence[Offer], currency: str) -> tuple[Offer, ...]:
    return tuple(offer for offer in offers if offer.product.price.currency == currency)


def _common_currencies(matches: Sequence[Match]) -> list[str]:
    """The currencies in which every leg has an offer, in code order."""
    common = matches[0].currencies.intersection(*[found.currencies for found in matches])
    return sorted(common) if len(common) > 1 else list(common)


def _split(
    feed: Feed,
    legs: Sequence[FareLeg],
    leg: EffectiveLeg,
    *,
    rider: str | None,
    medium: str | None,
    currency: str,
) -> Split | None:
    """The singles of a joined leg: the best-price guarantee holds a join to their sum (docs/tariffs.md)."""
    if leg.compulsory:
        return None
    bought: list[Offer] = []
    for index in leg.legs:
        single = match(feed, alone(legs, index), rider, medium)
        affordable = _in_currency(single.offers, currency)
        if not affordable:
            return None
        bought.append(min(affordable, key=_order))
    return Split(sum(offer.product.price.minor for offer in bought), tuple(bought))


def _order(offer: Offer) -> tuple[int, str, str, str]:
    product = offer.product
    return (product.price.minor, product.id, product.rider or "", product.medium or "")


def _priced(
    paid: Payment,
    currency: str,
    joined: Sequence[EffectiveLeg],
    choices: Sequence[Sequence[Offer]],
    views: tuple[LegView, ...],
) -> FarePrice:
    items = tuple([_item(item, currency, joined, paid.items) for item in paid.items])
    return FarePrice(
        Money(paid.minor, currency),
        None,
        None,
        items,
        views,
        _derivation(paid, items, choices),
        any(item.split for item in paid.items),
        paid.forced,
    )


def _item(item: Item, currency: str, joined: Sequence[EffectiveLeg], bought: Sequence[Item]) -> FareItem:
    product = item.product
    # The row's own Money serves unless a transfer changed the amount.
    amount = product.price if product.price.minor == item.minor else Money(item.minor, currency)
    return FareItem(
        product.id,
        product.name,
        product.rider,
        product.medium,
        amount,
        _covered(item, joined, bought),
        _because(item, joined),
    )


def _covered(item: Item, joined: Sequence[EffectiveLeg], bought: Sequence[Item]) -> tuple[int, ...]:
    """The legs of the itinerary that an item pays for."""
    if item.split:
        singles = [other for other in bought if other.split and other.legs == item.legs]
        at = next(place for place, other in enumerate(singles) if other is item)
        return (joined[item.legs[0]].legs[at],)
    if len(item.legs) == 1:
        return joined[item.legs[0]].legs
    return tuple(index for effective in item.legs for index in joined[effective].legs)


def _because(item: Item, joined: Sequence[EffectiveLeg]) -> str:
    if item.offer and not item.split and not item.transfer:
        return item.offer.because
    parts = [item.offer.because] if item.offer else []
    if item.split:
        parts.append("bought apart because the joined price is dearer")
    if item.transfer:
        parts.append(_describe_transfer(item, joined))
    return "; ".join(parts)


def _describe_transfer(item: Item, joined: Sequence[EffectiveLeg]) -> str:
    rule = item.transfer
    if rule is None:
        return ""
    since = joined[item.legs[0]]
    text = f"transfer rule row {rule.line - 1} from {since.departure:%H:%M}"
    if rule.duration_limit is None or len(item.legs) == 1:
        return text
    elapsed = elapsed_seconds(rule, since, joined[item.legs[-1]])
    return f"{text}, {elapsed // 60} of {rule.duration_limit // 60} minutes"


def _derivation(
    paid: Payment, items: Sequence[FareItem], choices: Sequence[Sequence[Offer]]
) -> tuple[dict[str, Any], ...]:
    """The machine-readable reasons, in order: what was paid by which row, and what lost."""
    steps: list[dict[str, Any]] = []
    before, currency = 0, items[0].price.currency
    text = written(before, currency)
    for item, shown in zip(paid.items, items, strict=True):
        earlier, before = text, before + item.minor
        text = written(before, currency)
        steps.append(
            {
                "step": len(steps) + 1,
                "legs": list(shown.legs),
                "rule": _rule(item),
                "product": shown.product,
                "amount": written(item.minor, currency),
                "currency": currency,
                "before": earlier,
                "after": text,
                "reason": _reason(item, shown),
                "alternatives": _alternatives(item, choices) if item.offer and not item.split else [],
            }
        )
    if paid.clamped:
        steps.append(
            {
                "step": len(steps) + 1,
                "legs": [],
                "rule": None,
                "product": None,
                "amount": Money(paid.minor - before, currency).text,
                "currency": currency,
                "before": Money(before, currency).text,
                "after": Money(paid.minor, currency).text,
                "reason": "clamp",
                "alternatives": [],
            }
        )
    return tuple(steps)


def _rule(item: Item) -> dict[str, Any]:
    if item.offer and not (item.transfer and item.minor == 0):
        return {"file": "fare_leg_rules.txt", "row": item.offer.rule.line, "id": item.offer.rule.group}
    row = item.transfer.line if item.transfer else 0
    return {"file": "fare_transfer_rules.txt", "row": row, "id": None}


def _reason(item: Item, shown: FareItem) -> str:
    if item.split:
        return "split_cheaper"
    if item.transfer:
        return "transfer"
    return "join" if len(shown.legs) > len(item.legs) else "leg_rule"


def _alternatives(item: Item, choices: Sequence[Sequence[Offer]]) -> list[dict[str, str]]:
    if len(choices[item.legs[0]]) == 1:
        return []
    others = sorted(
        {
            (offer.product.price.minor, offer.product.id, offer.product.price.text)
            for offer in choices[item.legs[0]]
            if offer.product.id != item.product.id
        }
    )
    return [{"product": product, "amount": amount, "why_not": "not cheaper"} for _, product, amount in others]


def _unpriced(
    reason: Reason,
    detail: Unknown | None,
    views: tuple[LegView, ...],
    joined: Sequence[EffectiveLeg],
    matches: Sequence[Match],
) -> FarePrice:
    untold = [(leg, match.unknown) for leg, match in zip(joined, matches, strict=True) if match.unknown]
    steps = tuple(
        {
            "step": number,
            "legs": list(leg.legs),
            "rule": None,
            "product": None,
            "amount": None,
            "currency": None,
            "before": None,
            "after": None,
            "reason": "unknown",
            "detail": why,
            "alternatives": [],
        }
        for number, (leg, why) in enumerate(untold, 1)
    )
    return FarePrice(None, reason, detail, (), views, steps)
