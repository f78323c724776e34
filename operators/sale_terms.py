"""To whom a region sells: who travels only in company, and how much is kept for people without an account."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

Fault = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class Guests:
    """The places kept for people without an account.

    So many places in an order; and for all of them together so many percent of a sailing that nobody has paid for.
    """

    places_in_an_order: int = 30
    percent_of_a_sailing: int = 20


def read_companions(value: Any, riders: Collection[str], fault: Fault) -> dict[str, tuple[str, ...]]:
    """Read `[companions]` of region.toml: a rider category, and those of whom one must come along."""
    if not isinstance(value, Mapping):
        fault("companions", "invalid_value", "must be a table from rider category to a list of them")
        return {}
    companions: dict[str, tuple[str, ...]] = {}
    for rider, company in value.items():
        path = f"companions.{rider}"
        if not isinstance(company, list) or not company or not all(isinstance(one, str) for one in company):
            fault(path, "invalid_value", 'must be a list of rider categories like ["adult"]')
            continue
        for unknown in sorted({rider, *company} - set(riders)):
            fault(path, "unknown_reference", f"{unknown!r} is not a rider category")
        if rider in company:
            fault(path, "invalid_value", "a category that needs company is no company for another")
        companions[rider] = tuple(company)
    return companions


def read_category_names(value: Any, categories: Collection[str], fault: Fault) -> dict[str, dict[str, str]]:
    """Read `[category_names.<category>]` of region.toml: what people call a rider category or a kind of place, by language."""
    if not isinstance(value, Mapping):
        fault("category_names", "invalid_value", "must be a table from category to its names by language")
        return {}
    by_category: dict[str, dict[str, str]] = {}
    for category, names in value.items():
        path = f"category_names.{category}"
        if category not in categories:
            fault(path, "unknown_reference", f"{category!r} is not a rider category or a kind of place")
        if not isinstance(names, Mapping) or not all(isinstance(one, str) and one for one in names.values()):
            fault(path, "invalid_value", 'must be a table like { en = "child", et = "laps" }')
            continue
        by_category[category] = dict(names)
    return by_category
