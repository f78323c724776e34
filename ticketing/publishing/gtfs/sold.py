"""The fares of the joint feed as values: who prices rides by which rules, and what a product costs each rider. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from tariffs.money import Money, parse
from ticketing.publishing.gtfs.fares import MEDIUM
from ticketing.publishing.gtfs.rows import Row

# Fields of a leg rule by which a ride is told from another.
_ENDS = ("from_area_id", "to_area_id")
_CONTENTS = ("contains_exactly_area_set_id", "contains_area_set_id")
_FRAMES = ("from_timeframe_group_id", "to_timeframe_group_id")
_FIELDS = ("network_id", *_ENDS, *_CONTENTS, *_FRAMES)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The leg rules of one operator, of one network."""

    operator: str
    network: str
    rules: tuple[Row, ...]

    @property
    def is_flat(self) -> bool:
        """Tell whether any ride costs the same, wherever it goes."""
        return all(set(_set_fields(rule)) <= {"network_id"} for rule in self.rules)

    @property
    def is_by_ends(self) -> bool:
        """Tell whether the two ends of a ride, and its day, are all that its price depends on."""
        set_fields = [set(_set_fields(rule)) for rule in self.rules]
        return all(one.issuperset(_ENDS) and one.isdisjoint(_CONTENTS) for one in set_fields)

    @property
    def groups(self) -> dict[str, str]:
        """The product of each leg group that has one product; a group with several says no price."""
        products: dict[str, set[str]] = {}
        for rule in self.rules:
            products.setdefault(rule.get("leg_group_id", ""), set()).add(rule["fare_product_id"])
        return {group: next(iter(one)) for group, one in products.items() if group and len(one) == 1}


def is_uniform(rules: Iterable[Row]) -> bool:
    """Tell whether each field is in all rules or in none: then a priority changes no meaning of theirs."""
    listed = list(rules)
    set_fields = {frozenset(_set_fields(rule)) for rule in listed}
    return len(set_fields) <= 1


def _set_fields(rule: Row) -> Iterator[str]:
    return (name for name in _FIELDS if rule.get(name))


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of products for the scheme's riders, in minor units."""

    currency: str
    riders: tuple[str, ...]
    by_product: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, rows: Iterable[Row], riders: Iterable[str], currency: str) -> "Prices":
        """Read the prices in the region's currency."""
        names, known = tuple(riders), dict[str, dict[str, int]]()
        for row in rows:
            if row.get("currency") == currency:
                amount = parse(row["amount"], currency).minor
                of_product = known.setdefault(row["fare_product_id"], {})
                of_product |= dict.fromkeys(
                    [row["rider_category_id"]] if row.get("rider_category_id") else names, amount
                )
        return cls(currency, names, known)

    def of_all(self, product: str) -> dict[str, int] | None:
        """The price of a product for each rider; None where somebody cannot buy it."""
        known = self.by_product.get(product, {})
        return {rider: known[rider] for rider in self.riders} if set(self.riders) <= known.keys() else None

    def rows(self, product: str, name: str, amounts: Mapping[str, int]) -> list[Row]:
        """Write a product of the scheme, which may take something off."""
        return [
            {
                "fare_product_id": product,
                "fare_product_name": name,
                "rider_category_id": rider,
                "fare_media_id": MEDIUM,
                "amount": Money(minor, self.currency).text,
                "currency": self.currency,
            }
            for rider, minor in amounts.items()
        ]


def weekdays_of(frames: Iterable[Row], calendar: Iterable[Row], group: str) -> frozenset[int] | None:
    """Find the weekdays (1 is Monday) of a timeframe group that says whole days; None where it says something else."""
    rows = [row for row in frames if row.get("timeframe_group_id") == group]
    if not rows or any(row.get("start_time") or row.get("end_time") for row in rows):
        return None
    services = {row.get("service_id") for row in rows}
    days = [row for row in calendar if row.get("service_id") in services]
    return frozenset(at for at, name in enumerate(_DAYS, 1) if _is_set(days, name))


def _is_set(rows: Iterable[Row], name: str) -> bool:
    return any(row.get(name) == "1" for row in rows)


def is_valid(document: Mapping[str, object], day: date) -> bool:
    """Tell whether an agreement is valid on a day."""
    first, last = document.get("valid_from") or "", document.get("valid_to") or "9999"
    return str(first) <= day.isoformat() <= str(last)
