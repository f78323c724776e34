"""Write what one operator asks as a part of a price: by its tariff, its own offer, a claim, company or a pass."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tariffs import eligibility, passes
from tariffs.agreements import Run
from tariffs.companions import FILE, Rule
from tariffs.fares.result import FarePrice
from tariffs.money import Money
from tariffs.parts import Bought, OfferedFare, Part, Unpriced, step
from tariffs.passes import HeldPass


def by_tariff(run: Run, fare: FarePrice, total: Money) -> Part:
    """A tariff's price, with its legs numbered in the whole journey."""
    bought = tuple(
        Bought(
            seller=run.operator,
            fare_product_id=item.product,
            rider_category_id=item.rider,
            fare_media_id=item.medium,
            price=item.price,
            legs=_of_journey(item.legs, run),
            because=item.because,
        )
        for item in fare.items
    )
    clamp = total.minor - sum(item.price.minor for item in bought)
    if clamp:
        because = "a chain of transfers below zero counts as zero"
        bought += (
            Bought(
                seller=run.operator,
                fare_product_id="clamp",
                rider_category_id=None,
                fare_media_id=None,
                price=Money(clamp, total.currency),
                legs=run.legs,
                because=because,
            ),
        )
    steps = tuple({**step, "legs": list(_of_journey(step["legs"], run))} for step in fare.derivation)
    gross = ((run.operator, total.minor),)
    return Part(
        cost=total.minor,
        currency=total.currency,
        bought=bought,
        gross=gross,
        rule="own fare",
        derivation=steps,
    )


def _of_journey(legs: Iterable[int], run: Run) -> tuple[int, ...]:
    """Legs of a run, numbered in the whole journey."""
    return tuple(run.legs[leg] for leg in legs)


def by_offer(offer: OfferedFare) -> Part:
    """An operator's own price for its rides, as long as it lives."""
    because = f"the operator's own offer {offer.fare_class}, until {offer.valid_until:%Y-%m-%dT%H:%M:%S%z}"
    bought = Bought(
        seller=offer.operator,
        fare_product_id=offer.fare_class,
        rider_category_id=None,
        fare_media_id=None,
        price=offer.price,
        legs=offer.legs,
        because=because,
    )
    explained = step(
        "offer",
        legs=offer.legs,
        rule=(None, 0, offer.id),
        product=offer.fare_class,
        amount=offer.price,
        before=None,
    )
    return Part(
        cost=offer.price.minor,
        currency=offer.price.currency,
        bought=(bought,),
        gross=((offer.operator, offer.price.minor),),
        rule="own offer",
        derivation=(explained,),
        expires_at=offer.valid_until,
    )


def by_claim(part: Part, ordinary: Part | Unpriced, row: eligibility.Eligibility, proof: str) -> Part:
    """An entitled price; where an authority pays for it, the operator gets its ordinary price."""
    because = f"entitled as {row.claim}, proven by {row.issuer}"
    bought = tuple(replace(item, because=f"{because}; {item.because}") for item in part.bought)
    legs = tuple(leg for item in part.bought for leg in item.legs)
    before = ordinary.cost if isinstance(ordinary, Part) and ordinary.currency == part.currency else None
    amount = Money(part.cost, part.currency)
    explained = step(
        "eligibility",
        legs=legs,
        rule=(eligibility.FILE, row.line, row.claim),
        product=row.rider,
        amount=amount,
        before=None if before is None else Money(before, part.currency).text,
    )
    gross = part.gross
    if row.bearer and before is not None and before > part.cost:
        gross = ((row.operator, before), (row.bearer, part.cost - before))
    rule_text = f"own fare, {row.claim}"
    return replace(
        part,
        bought=bought,
        gross=gross,
        rule=rule_text,
        derivation=(*part.derivation, {**explained, "proof": proof}),
    )


def by_company(part: Part, ordinary: Part | Unpriced, rule: Rule) -> Part:
    """The price of somebody who travels beside another; the operator itself forgoes the difference."""
    because = f"travels beside {' or '.join(rule.beside)}, {rule.id}"
    legs = tuple(leg for item in part.bought for leg in item.legs)
    before = ordinary.cost if isinstance(ordinary, Part) and ordinary.currency == part.currency else None
    explained = step(
        "company",
        legs=legs,
        rule=(FILE, rule.line, rule.id),
        product=rule.priced_as,
        amount=Money(part.cost, part.currency),
        before=None if before is None else Money(before, part.currency).text,
    )
    return replace(
        part,
        bought=tuple(replace(item, because=f"{because}; {item.because}") for item in part.bought),
        rule=f"own fare, {rule.id}",
        derivation=(*part.derivation, explained),
    )


def by_pass(run: Run, held: HeldPass, legs: tuple[int, ...], currency: str) -> Part:
    """Rides that a pass covers: they cost nothing."""
    nothing = Money(0, currency)
    because = f"covered by {held.product}, valid until {held.valid_until:%Y-%m-%dT%H:%M:%SZ}"
    bought = Bought(
        seller=run.operator,
        fare_product_id=held.product,
        rider_category_id=None,
        fare_media_id=None,
        price=nothing,
        legs=legs,
        because=because,
        held_ticket=held.ticket,
    )
    explained = step(
        "pass",
        legs=legs,
        rule=(passes.FILE, 0, held.ticket),
        product=held.product,
        amount=nothing,
        before=None,
    )
    return Part(
        cost=0,
        currency=nothing.currency,
        bought=(bought,),
        gross=((run.operator, 0),),
        rule=f"pass {held.product}",
        derivation=(explained,),
    )


def one_after_the_other(parts: Sequence[Part]) -> Part | Unpriced:
    """Parts of one run as one; what costs something must be in one currency."""
    currencies = {part.currency for part in parts if part.cost}
    if len(currencies) > 1:
        return Unpriced("mixed_currencies")
    return Part(
        cost=sum(part.cost for part in parts),
        currency=currencies.pop() if currencies else parts[0].currency,
        bought=tuple(item for part in parts for item in part.bought),
        gross=tuple(pair for part in parts for pair in part.gross),
        rule="; ".join(dict.fromkeys(part.rule for part in parts)),
        derivation=tuple(step for part in parts for step in part.derivation),
    )
