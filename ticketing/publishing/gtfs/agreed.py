"""Read the agreements that Fares V2 can say: through fares over three operators, and add-ons on a main ride. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from tariffs.money import half_up, parse
from ticketing.publishing.gtfs.sold import is_valid

_SAYS = frozenset({"operator", "mode", "add_on"})
_ADD_ON, _THROUGH = "add_on", "through_fare"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOn:
    """A ride that costs less beside a main ride; the amounts for each rider, or the percent of its own price."""

    id: str
    limit: int
    percent: int | None
    amounts: Mapping[str, int]

    def added(self, own: int, rider: str) -> int:
        """The price of the added ride; its own where the agreement has none for a rider."""
        agreed = (
            half_up(Fraction(own * self.percent, 100))
            if self.percent is not None
            else self.amounts.get(rider, own)
        )
        return min(own, agreed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """One price for three rides in a row, on some weekdays; the longest changes in seconds."""

    id: str
    limits: tuple[int, int]
    weekdays: frozenset[int] | None
    amounts: Mapping[str, int]

    def holds_on(self, days: frozenset[int] | None) -> bool | None:
        """Tell whether it holds on all of these days or on none; None where on some."""
        if self.weekdays is None:
            return True
        if days is None or (days & self.weekdays and not days <= self.weekdays):
            return None
        return bool(days & self.weekdays)


@dataclass(frozen=True, slots=True)
class Agreed:
    """The agreements by their operators in order: add-ons as (before, after) with the added one, through fares as three."""

    add_ons: dict[tuple[str, str, str], AddOn] = field(default_factory=dict)
    throughs: dict[tuple[str, str, str], Through] = field(default_factory=dict)

    def add_on(self, before: str, after: str, added: str) -> AddOn | None:
        """Find the add-on of two rides in a row by which the named one is added."""
        return self.add_ons.get((before, after, added))


def read_agreed(documents: Iterable[Mapping[str, object]], currency: str, day: date) -> Agreed:
    """Read those agreements of a day that Fares V2 may say."""
    agreed = Agreed()
    for document in documents:
        pattern = document.get("pattern")
        if not is_valid(document, day) or not isinstance(pattern, list):
            continue
        if any(not isinstance(one, dict) or not one.keys() <= _SAYS for one in pattern):
            continue
        operators = tuple(str(one["operator"]) for one in pattern)
        _take(agreed, document, operators, [bool(one.get("add_on")) for one in pattern], currency)
    return agreed


def _take(
    agreed: Agreed,
    document: Mapping[str, object],
    operators: tuple[str, ...],
    added: list[bool],
    currency: str,
) -> None:
    limits = document.get("max_connection_seconds")
    conditions = document.get("conditions")
    known = conditions if isinstance(conditions, dict) else {}
    if not isinstance(limits, list) or known.get("compulsory") or known.get("same_calendar_day"):
        return
    amounts, weekdays = _amounts(document.get("prices"), currency), known.get("weekdays")
    percent = document.get("percent")
    if document.get("kind") == _ADD_ON and len(operators) == 2 and sum(added) == 1 and weekdays is None:  # noqa: PLR2004
        key = operators[0], operators[1], operators[added.index(True)]
        share = percent if isinstance(percent, int) else None
        agreed.add_ons[key] = AddOn(id=str(document["id"]), limit=limits[0], percent=share, amounts=amounts)
    if document.get("kind") == _THROUGH and len(operators) == 3 and amounts:  # noqa: PLR2004  three rides
        days = frozenset(weekdays) if isinstance(weekdays, list) else None
        if not document.get("return_within_seconds"):
            agreed.throughs[operators] = Through(
                id=str(document["id"]), limits=(limits[0], limits[1]), weekdays=days, amounts=amounts
            )


def _amounts(prices: object, currency: str) -> dict[str, int]:
    """The agreed amounts by rider that hold for every sale channel."""
    rows = prices if isinstance(prices, list) else []
    return {
        str(row["rider"]): parse(row["amount"], currency).minor
        for row in rows
        if row.get("sale_channel") is None and row.get("currency") == currency
    }
