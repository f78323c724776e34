"""Ways to pay for a stretch of a journey, and what is bought by them: the words that pricing speaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tariffs.caps import Tap
from tariffs.money import Money
from tariffs.passes import Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """One thing that is bought: a product of an operator, or an agreement over several.

    `held_ticket` names the pass that pays for it, where one does.
    """

    seller: str
    fare_product_id: str
    rider_category_id: str | None
    fare_media_id: str | None
    price: Money
    legs: tuple[int, ...]
    because: str
    held_ticket: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A way to pay for some runs: by one operator's tariff, by a pass, or by an agreement.

    `gross` is what each party gets of `cost` (minor units of `currency`); `tap` is set where caps may lower it;
    `uses` are those of carnets and return tickets that it takes.
    """

    cost: int
    currency: str
    bought: tuple[Bought, ...]
    gross: tuple[tuple[str, int], ...]
    rule: str
    derivation: tuple[dict[str, Any], ...]
    tap: Tap | None = None
    expires_at: datetime | None = None
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Why a stretch has no price, and whose stretch where it is one operator's, by which rule where there is one: never a guess."""

    reason: str
    derivation: tuple[dict[str, Any], ...] = ()
    operator: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedFare:
    """A price that an operator itself gave for its rides (a ferry's fare class); the engine never computes one.

    `legs` are indices into the journey, `rider` is the scheme's category; at `valid_until` it is gone.
    """

    id: str
    operator: str
    legs: tuple[int, ...]
    rider: str
    fare_class: str
    price: Money
    valid_until: datetime


def step(
    reason: str,
    *,
    legs: Sequence[int],
    rule: tuple[str | None, int, str],
    product: str | None,
    amount: Money,
    before: str | None,
    alternatives: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """One entry of a derivation; `rule` is file, row and id. Its number is given when all are known."""
    file, row, identity = rule
    return {
        "step": 0,
        "legs": list(legs),
        "rule": {"file": file, "row": row, "id": identity},
        "product": product,
        "amount": amount.text,
        "currency": amount.currency,
        "before": before,
        "after": amount.text,
        "reason": reason,
        "alternatives": [dict(other) for other in alternatives],
    }
