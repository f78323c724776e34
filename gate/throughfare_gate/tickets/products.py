"""Define the rules of a product: how often, how long, with which proof, and how it behaves at a gate. Pure.

A ticket carries the numbers that its holder paid for (`u` uses a leg, `c` uses in all, validity, legs or zones
and so the operators); a bundle carries the rule of its product. Both together are all that a gate needs.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

Binding = Literal["required", "optional", "none"]
Stops = Literal["any", "board"]
Check = Literal["once", "in_out"]

_BINDINGS = ("required", "optional", "none")
_STOPS = ("any", "board")
_CHECKS = ("once", "in_out")
_DAY_SECONDS = 24 * 3600
_YEAR_SECONDS = 366 * _DAY_SECONDS
_WEEK_DAYS = 7
_EPOCH_WEEKDAY = 4  # 1 January 1970 was a Thursday
_PAIR = 2
_MAX_CODE = 12
_MAX_USES_A_LEG = 99
_MAX_USES = 999
_MAX_TRANSFERS = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRule:
    """The behaviour of a product at a gate.

    `stops` is `any`, or `board` where the gate's stop must be the leg's start (or its zone one of the leg's).
    `classes` are those that pass, `hours` and `days` when: `[start, end)` in seconds of the local day, and ISO
    weekdays (1 is Monday); empty is no rule.

    A use within `transfer_seconds` of the one that was counted is a transfer and costs nothing, at most
    `transfers` times (None: any number). `window_seconds` ends a ticket so long after its first use.
    With `check` `in_out` a ride begins and ends at a gate, and only the beginning is counted.
    """

    binding: Binding = "optional"
    passback_seconds: int = 60
    stops: Stops = "any"
    classes: tuple[str, ...] = ()
    hours: tuple[tuple[int, int], ...] = ()
    days: tuple[int, ...] = ()
    transfer_seconds: int = 0
    transfers: int | None = None
    window_seconds: int | None = None
    check: Check = "once"

    @property
    def is_timed(self) -> bool:
        """True where it speaks of the local day, which nobody can tell without the operator's offsets."""
        return bool(self.hours or self.days)

    def allows(self, local_seconds: int) -> bool:
        """Tell whether a moment of the local clock (POSIX seconds moved east) is within its hours and days."""
        day, second = divmod(local_seconds, _DAY_SECONDS)
        in_hours = not self.hours or any(start <= second < end for start, end in self.hours)
        return in_hours and (not self.days or (day + _EPOCH_WEEKDAY - 1) % _WEEK_DAYS + 1 in self.days)


_SILENT = ProductRule()
# Members that gates of earlier releases refuse.
_LATER = frozenset({"transfer_seconds", "transfers", "window_seconds", "check"})


@dataclass(frozen=True, slots=True)
class Product:
    """A product that is sold under a code: its rule at gates, and the numbers that its tickets carry.

    `uses_per_leg` 0 is unlimited, `uses` limits the whole ticket (carnet), `life_seconds` is how long a ticket
    is valid from its start (None: as long as its journey).
    """

    code: str
    rule: ProductRule
    uses_per_leg: int = 1
    uses: int | None = None
    life_seconds: int | None = None


class BadProduct(ValueError):
    """A product or rule that cannot be understood; the message begins with the path of what is wrong."""


# One ticket for the whole way: each leg once, paper allowed, no second gate within a minute.
THROUGH = Product("through", ProductRule())


def read_products(document: Any) -> dict[str, Product]:
    """Read `{code: {rule, uses_per_leg, uses, life_seconds}}`; raises BadProduct."""
    _require(isinstance(document, dict), "products", "an object")
    return {code: _product(code, found) for code, found in document.items()}


def read_rule(document: Any, path: str) -> ProductRule:
    """Read one rule; raises BadProduct. A member that is not understood must not be skipped."""
    _require(isinstance(document, dict), path, "an object")
    _known(document, set(ProductRule.__dataclass_fields__), f"{path}.")
    days = document.get("days", [])
    _require(isinstance(days, list), f"{path}.days", "a list")
    return ProductRule(
        binding=cast("Binding", _one_of(document, "binding", _BINDINGS, path)),
        passback_seconds=whole(
            document.get("passback_seconds", 60), f"{path}.passback_seconds", 0, _DAY_SECONDS
        ),
        stops=cast("Stops", _one_of(document, "stops", _STOPS, path)),
        classes=_texts(document.get("classes", []), f"{path}.classes"),
        hours=tuple(
            _span(row, f"{path}.hours[{at}]")
            for at, row in enumerate(_pairs(document.get("hours", []), f"{path}.hours"))
        ),
        days=tuple(whole(day, f"{path}.days", 1, _WEEK_DAYS) for day in days),
        transfer_seconds=whole(
            document.get("transfer_seconds", 0), f"{path}.transfer_seconds", 0, _DAY_SECONDS
        ),
        transfers=_optional(document, "transfers", path, 0, _MAX_TRANSFERS),
        window_seconds=_optional(document, "window_seconds", path, 1, _YEAR_SECONDS),
        check=cast("Check", _one_of(document, "check", _CHECKS, path)),
    )


def rule_document(rule: ProductRule) -> dict[str, Any]:
    """Write a rule as `read_rule` reads it; members that only later gates know are left out where they say nothing."""
    members, silent = _members(rule), _members(_SILENT)
    return {name: value for name, value in members.items() if name not in _LATER or value != silent[name]}


def _members(rule: ProductRule) -> Mapping[str, object]:
    """Every member of a rule as JSON has it."""
    return asdict(rule) | {
        "classes": list(rule.classes),
        "hours": [*map(list, rule.hours)],
        "days": list(rule.days),
    }


def whole(value: Any, path: str, low: int, high: int) -> int:
    """A whole number within its range; raises BadProduct. Truth values are no numbers."""
    if type(value) is not int or not low <= value <= high:
        raise BadProduct(f"{path} must be a whole number from {low} to {high}")
    return value


def _product(code: Any, document: Any) -> Product:
    path = f"products.{code}"
    _require(
        isinstance(code, str) and 0 < len(code) <= _MAX_CODE, path, f"a code of 1 to {_MAX_CODE} characters"
    )
    _require(isinstance(document, dict), path, "an object")
    _known(document, {"rule", "uses_per_leg", "uses", "life_seconds"}, f"{path}.")
    uses_per_leg = whole(document.get("uses_per_leg", 1), f"{path}.uses_per_leg", 0, _MAX_USES_A_LEG)
    return Product(
        code=code,
        rule=read_rule(document.get("rule", {}), f"{path}.rule"),
        uses_per_leg=uses_per_leg,
        uses=_optional(document, "uses", path, 1, _MAX_USES),
        life_seconds=_optional(document, "life_seconds", path, 60, _YEAR_SECONDS),
    )


def _optional(document: Mapping[str, Any], name: str, path: str, low: int, high: int) -> int | None:
    value = document.get(name)
    return None if value is None else whole(value, f"{path}.{name}", low, high)


def _one_of(document: Mapping[str, Any], name: str, allowed: tuple[str, ...], path: str) -> str:
    value = document.get(name, allowed[1] if name == "binding" else allowed[0])
    _require(value in allowed, f"{path}.{name}", f"one of {', '.join(allowed)}")
    return str(value)


def _span(row: list[Any], path: str) -> tuple[int, int]:
    start, end = (whole(value, path, 0, _DAY_SECONDS) for value in row)
    _require(start < end, path, "a start before its end; a span over midnight is two")
    return start, end


def _pairs(value: Any, path: str) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) and len(row) == _PAIR for row in value):
        raise BadProduct(f"{path} must be a list of lists of {_PAIR}")
    return value


def _texts(value: Any, path: str) -> tuple[str, ...]:
    _require(
        isinstance(value, list) and all(isinstance(text, str) for text in value), path, "a list of texts"
    )
    return tuple(value)


def _known(document: Mapping[str, Any], names: set[str], path: str) -> None:
    unknown = sorted(set(document) - names)
    if unknown:
        raise BadProduct(f"{path}{unknown[0]} is unknown")


def _require(holds: bool, path: str, what: str) -> None:
    if not holds:
        raise BadProduct(f"{path} must be {what}")
