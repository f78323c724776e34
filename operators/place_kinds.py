"""Kinds of places beside that of a person: what a region sells for a bicycle, a car, a cabin, a dog, and who takes it.

`[place_kinds.bicycle]` of region.toml names, by operator, what its tariff calls it: a rider category of its fare tables, so
that its own fare products price it. An operator that is not named takes none.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, get_args

from operators.port import PlaceKind

FOOT: PlaceKind = "foot"
KINDS: tuple[PlaceKind, ...] = get_args(PlaceKind)
OTHER_KINDS: tuple[PlaceKind, ...] = tuple(kind for kind in KINDS if kind != FOOT)
_Fault = Callable[[str, str, str], None]


def kind_of(rider: str) -> PlaceKind:
    """The kind of place that a traveller takes: a kind of its own is its own category, everybody else is on foot."""
    return next((kind for kind in OTHER_KINDS if kind == rider), FOOT)


def kinds_in(names: Collection[str]) -> tuple[PlaceKind, ...]:
    """The kinds among some names."""
    return tuple(kind for kind in KINDS if kind in names)


def read_place_kinds(
    value: Any, operators: Collection[str], riders: Collection[str], fault: _Fault
) -> dict[str, dict[str, str]]:
    """Read `[place_kinds]` of region.toml: kind → operator → what the operator's tariff calls it."""
    for name in sorted(set(riders) & set(OTHER_KINDS)):
        fault(
            f"rider_categories.{name}", "invalid_value", f"{name} is a kind of place, and nobody's category"
        )
    if not isinstance(value, Mapping):
        fault("place_kinds", "invalid_value", "must be a table by kind of place")
        return {}
    kinds: dict[str, dict[str, str]] = {}
    for kind, mapped in value.items():
        path = f"place_kinds.{kind}"
        if kind not in OTHER_KINDS:
            fault(path, "unknown_key", f"must be one of {', '.join(OTHER_KINDS)}")
        elif not isinstance(mapped, Mapping) or not all(isinstance(own, str) for own in mapped.values()):
            fault(path, "invalid_value", 'must name what tariffs call it, like ferry = "bicycle"')
        else:
            for unknown in sorted(set(mapped) - set(operators)):
                fault(f"{path}.{unknown}", "unknown_reference", f"{unknown!r} is not an operator")
            kinds[kind] = dict(mapped)
    return kinds


def in_company(kinds: Collection[str], riders: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Sell each kind of place only together with somebody of the region's riders, because nothing travels without a person."""
    return {kind: tuple(riders) for kind in kinds}
