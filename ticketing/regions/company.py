"""Name the travellers that are sold a ticket only together with somebody else: an infant travels with an adult. Pure.

The region says it (`[companions]` of region.toml). A price of nothing is no reason to sell a ticket to nobody's child.
"""

from collections.abc import Mapping, Sequence

from operators.region import RegionData
from ticketing.regions.names import category_name


def lonely(companions: Mapping[str, Sequence[str]], riders: Sequence[str]) -> int | None:
    """The first of some rider categories that needs one of others beside it and has none; None where all have."""
    there = set(riders)
    for at, rider in enumerate(riders):
        if rider in companions and not there.intersection(companions[rider]):
            return at
    return None


def refusal(data: RegionData, rider: str) -> str:
    """Why a rider category is not sold alone, in words for a buyer."""
    beside = " or ".join(category_name(data, one) for one in data.companions[rider])
    return f"{category_name(data, rider)} is sold only together with {beside} in the same order"
