"""Read GTFS-Fares V1: `fare_attributes.txt`, `fare_rules.txt`, and prices by rider of `fare_rider_categories.txt`.

The last file is an extension that producers publish and the standard does not have. A feed's V1 tables count only where
it has none of Fares V2. The readings where the standard is silent stand in docs/tariffs.md.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest

from tariffs.fares.tables import Product, Stop
from tariffs.findings import Finding
from tariffs.money import Money, MoneyError, exponent, parse
from tariffs.table import Row, Table, unique

# Route, zone of the first stop and zone of the last; None is any.
Ends = tuple[str | None, str | None, str | None]
# The same three of a row, empty for any.
_Key = tuple[str, str, str]
FILES = ("fare_attributes.txt", "fare_rules.txt", "fare_rider_categories.txt")

# One reading for each text: what has several costs the cube of its length where it is none.
_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]*))?")
# So many of the cheapest fares for the same rides are held against each other one: a warning is not worth a square of rows.
_MOST_COMPARED = 100
# `fare_attributes.transfers` of the standard; more are read as they are, with a warning.
_MOST_TRANSFERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The rows of one fare that share route, origin and destination; `contains` are all their zones. None is any."""

    route: str | None
    origin: str | None
    destination: str | None
    contains: frozenset[str]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fare:
    """One fare. `transfers` None is any number, `duration` seconds from the first boarding to the last.

    `conditions` are alternatives; None is a fare without rules, which applies to every journey of its agency.
    `by_rider` are prices of rider categories that differ from `price`.
    """

    id: str
    price: Money
    by_rider: Mapping[str, Money]
    on_board: bool
    transfers: int | None
    agency: str | None
    duration: int | None
    conditions: tuple[Condition, ...] | None
    line: int

    def price_for(self, rider: str | None) -> Money:
        """The price for a rider category: its own where the fare has one, else everybody's."""
        return self.price if rider is None else self.by_rider.get(rider, self.price)

    def products(self) -> tuple[Product, ...]:
        """The fare's prices as rows of a product: everybody's, and those of rider categories."""
        by_rider: list[tuple[str | None, Money]] = [(None, self.price), *self.by_rider.items()]
        return tuple(
            Product(id=self.id, name=self.id, rider=rider, medium=None, price=price, line=self.line)
            for rider, price in by_rider
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class V1Tariff:
    """All fares, and what their conditions ask for: the agency of each route, and the zone of each stop that has one.

    `by_ends` are the conditions by route, origin and destination, so that a price costs its rides and not the fares;
    those `without_rules` are good for every ride of their agency.
    """

    fares: tuple[Fare, ...]
    agencies: Mapping[str, str]
    zones: Mapping[str, str]
    by_ends: Mapping[Ends, Sequence[tuple[Fare, Condition]]]
    without_rules: tuple[Fare, ...]

    @property
    def asks_for_zones_passed(self) -> bool:
        """Tell whether any rule asks for the zones that a ride passes."""
        return any(condition.contains for _, condition in self.conditions())

    def products(self) -> dict[str, tuple[Product, ...]]:
        """The prices of all fares, as products of Fares V2."""
        return {fare.id: fare.products() for fare in self.fares}

    def conditions(self) -> Iterator[tuple[Fare, Condition]]:
        """Yield every rule with its fare."""
        for fare in self.fares:
            for condition in fare.conditions or ():
                yield fare, condition

    def passed(self, stops: Iterable[str]) -> frozenset[str]:
        """The zones of some stops; a stop without a zone adds none, also where its station has one."""
        return frozenset(self.zones[stop] for stop in stops if stop in self.zones)


def read(
    files: Mapping[str, str], stops: Mapping[str, Stop], riders: Collection[str], findings: list[Finding]
) -> V1Tariff | None:
    """Read a V1 tariff, None where there is none. A rule that refers to nothing is left out with a warning, and never widens its fare."""
    if "fare_attributes.txt" not in files:
        return None
    agencies = _agencies(files)
    routes = _route_agencies(files, agencies)
    attributes = Table("fare_attributes.txt", files.get("fare_attributes.txt"), findings)
    attributes.require("fare_id", "price", "currency_type", "payment_method", "transfers")
    fares: dict[str, Fare] = {}
    for row in attributes.rows():
        fare = _fare(row, agencies)
        if fare and unique(row, "fare_id", fare.id, fares):
            fares[fare.id] = fare
    zones = {stop.id: stop.zone for stop in stops.values() if stop.zone is not None}
    conditions = _conditions(files, fares, routes, frozenset(zones.values()), findings)
    prices = _rider_prices(files, fares, riders, findings)
    completed = tuple(
        replace(fare, conditions=conditions.get(fare.id), by_rider=prices.get(fare.id, {}))
        for fare in fares.values()
    )
    _warn_never_bought(completed, findings)
    by_ends: dict[Ends, list[tuple[Fare, Condition]]] = {}
    for fare in completed:
        for rule in fare.conditions or ():
            by_ends.setdefault((rule.route, rule.origin, rule.destination), []).append((fare, rule))
    return V1Tariff(
        fares=completed,
        agencies=routes,
        zones=zones,
        by_ends=by_ends,
        without_rules=tuple(fare for fare in completed if fare.conditions is None),
    )


def _silent(files: Mapping[str, str], file: str) -> Table:
    """A table that another reader has reported the faults of."""
    return Table(file, files.get(file), [])


def _agencies(files: Mapping[str, str]) -> list[str]:
    return [row.text("agency_id") for row in _silent(files, "agency.txt").rows()]


def _route_agencies(files: Mapping[str, str], agencies: list[str]) -> dict[str, str]:
    """The agency of each route: its own, else the only one of the feed."""
    only = agencies[0] if len(agencies) == 1 else ""
    return {
        row.text("route_id"): row.text("agency_id") or only for row in _silent(files, "routes.txt").rows()
    }


def _fare(row: Row, agencies: Collection[str]) -> Fare | None:
    """Read a row of `fare_attributes.txt`; None where a fault keeps it from being a fare."""
    before = len(row.findings)
    identity, currency = row.required("fare_id"), row.required("currency_type")
    price = _price(row, currency)
    method = row.required("payment_method")
    if method not in {"", "0", "1"}:
        row.fault("payment_method", "invalid_enum", f"{method!r} is neither 0 (on board) nor 1 (before)")
    transfers = row.parsed("transfers", _whole, "invalid_integer", "a whole number")
    if transfers is not None and transfers > _MOST_TRANSFERS:
        _warn(row, "transfers", "unusual_value", f"{transfers} changes: the standard knows 0, 1, 2 and empty")
    duration = row.parsed("transfer_duration", _whole, "invalid_integer", "a whole number of seconds")
    agency = row.text("agency_id")
    if agency and agencies and agency not in agencies:
        row.fault("agency_id", "unknown_reference", f"{agency!r} is not defined")
    if price is None or not identity or _has_error(row.findings[before:]):
        return None
    return Fare(
        id=identity,
        price=price,
        by_rider={},
        on_board=method == "0",
        transfers=transfers,
        agency=agency or None,
        duration=duration,
        conditions=None,
        line=row.line,
    )


def _has_error(findings: Iterable[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _price(row: Row, currency: str) -> Money | None:
    """Read a price, which V1 writes with any number of decimals: `5`, `5.0` and `5.00` are one."""
    amount = row.required("price")
    try:
        digits = exponent(currency)
    except MoneyError as error:
        if currency:
            row.fault("currency_type", "invalid_currency", str(error))
        return None
    match = _AMOUNT.fullmatch(amount)
    if not match:
        if amount:
            row.fault("price", "invalid_amount", f"{amount!r} is not a price like 2.50, zero or more")
        return None
    whole, decimals = match[1].lstrip("0") or "0", (match[2] or "").rstrip("0").ljust(digits, "0")
    try:
        # Decimals that a currency does not have stay, and are refused.
        return parse(f"{whole}.{decimals}" if decimals else whole, currency)
    except MoneyError as error:
        row.fault("price", "invalid_amount", str(error))
        return None


def _whole(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise ValueError(value)
    return int(value)


def _conditions(
    files: Mapping[str, str],
    fares: Mapping[str, Fare],
    routes: Collection[str],
    zones: Collection[str],
    findings: list[Finding],
) -> dict[str, tuple[Condition, ...]]:
    """Read `fare_rules.txt`: the conditions of each fare that has rows, none where all of them refer to nothing."""
    table = Table("fare_rules.txt", files.get("fare_rules.txt"), findings)
    table.require("fare_id")
    rows: dict[str, dict[_Key, tuple[int, set[str]]]] = {}
    never: set[tuple[str, _Key]] = set()
    for row in table.rows():
        fare = row.required("fare_id")
        if fare not in fares:
            if fare:
                _warn(row, "fare_id", "unknown_reference", f"{fare!r} is not defined: the rule is left out")
            continue
        alternatives = rows.setdefault(fare, {})
        key = (row.text("route_id"), row.text("origin_id"), row.text("destination_id"))
        if _refers(row, routes, zones):
            _, contains = alternatives.setdefault(key, (row.line, set()))
            contains.update(filter(None, [row.text("contains_id")]))
        else:
            # All zones of a rule have to be passed: without one of them its other rows would be a wider rule.
            never.add((fare, key))
    for fare, key in never:
        rows[fare].pop(key, None)
    return {fare: tuple(map(_condition, alternatives.items())) for fare, alternatives in rows.items()}


def _condition(alternative: tuple[_Key, tuple[int, set[str]]]) -> Condition:
    key, (line, contains) = alternative
    route, origin, destination = (part or None for part in key)
    return Condition(
        route=route, origin=origin, destination=destination, contains=frozenset(contains), line=line
    )


def _refers(row: Row, routes: Collection[str], zones: Collection[str]) -> bool:
    """Tell whether a rule refers to a route and zones that exist; one that does not can never apply."""
    asked = [("route_id", routes, "route")]
    asked += [(field, zones, "zone of a stop") for field in ("origin_id", "destination_id", "contains_id")]
    good = True
    for field, known, what in asked:
        value = row.text(field)
        if value and value not in known:
            _warn(row, field, "unknown_reference", f"{value!r} is no {what}: the rule is left out")
            good = False
    return good


def _rider_prices(
    files: Mapping[str, str], fares: Mapping[str, Fare], riders: Collection[str], findings: list[Finding]
) -> dict[str, dict[str, Money]]:
    """Read the prices of rider categories, in the currency of their fare."""
    table = Table("fare_rider_categories.txt", files.get("fare_rider_categories.txt"), findings)
    table.require("fare_id", "rider_category_id", "price")
    prices: dict[str, dict[str, Money]] = {}
    for row in table.rows():
        fare, rider = fares.get(row.required("fare_id")), row.required("rider_category_id")
        if fare is None:
            row.fault("fare_id", "unknown_reference", f"{row.text('fare_id')!r} is not defined")
            continue
        if riders and rider not in riders:
            row.fault("rider_category_id", "unknown_reference", f"{rider!r} is not defined")
        if row.text("currency_type") not in {"", fare.price.currency}:
            row.fault(
                "currency_type", "mixed_currencies", f"{fare.id} is sold in {fare.price.currency} otherwise"
            )
        price = _price(row, fare.price.currency)
        by_rider = prices.setdefault(fare.id, {})
        if price and unique(row, "rider_category_id", rider, by_rider):
            by_rider[rider] = price
    return prices


def _warn_never_bought(fares: Sequence[Fare], findings: list[Finding]) -> None:
    """Name the fares beside which a cheaper one is good for the same rides, as a child's fare is: V1 cannot say who may buy it."""
    alike: dict[object, list[Fare]] = {}
    for fare in fares:
        alike.setdefault((fare.price.currency, _rides(fare)), []).append(fare)
    # Nearly every fare is for rides of its own: only those for the same rides are compared.
    pairs = [pair for group in alike.values() for pair in _outdone(group)]
    cheaper = {fare.id: other.id for fare, other in pairs}
    if not cheaper:
        return
    shown = ", ".join(f"{fare} ({other} is cheaper)" for fare, other in sorted(cheaper.items())[:3])
    message = (
        f"nobody would ever buy {len(cheaper)} of {len(fares)} fares, because another is good for the same rides: "
        f"{shown}; write Fares V2 by `throughfare tariff convert` and name the rider of each product"
    )
    findings.append(
        Finding(
            file="fare_attributes.txt",
            row=min(fare.line for fare, _ in pairs),
            field="price",
            code="never_bought",
            message=message,
            severity="warning",
        )
    )


def _outdone(group: Sequence[Fare]) -> Iterator[tuple[Fare, Fare]]:
    """Yield each fare of a group that a cheaper one outdoes, with the cheapest that does."""
    cheapest = nsmallest(_MOST_COMPARED, group, key=lambda fare: fare.price.minor)
    for fare in group:
        other = next((other for other in cheapest if _outdoes(other, fare)), None)
        if other:
            yield fare, other


def _outdoes(fare: Fare, other: Fare) -> bool:
    """Tell whether a fare costs less than another one for the same rides, and has no narrower limit."""
    if fare.price.minor >= other.price.minor or fare.agency not in {None, other.agency}:
        return False
    return _reaches(fare.transfers, other.transfers) and _reaches(fare.duration, other.duration)


def _rides(fare: Fare) -> frozenset[tuple[Ends, frozenset[str]]] | None:
    if fare.conditions is None:
        return None
    return frozenset(((rule.route, rule.origin, rule.destination), rule.contains) for rule in fare.conditions)


def _reaches(limit: int | None, other: int | None) -> bool:
    """Tell whether a limit is no narrower than another; None is no limit."""
    return limit is None or (other is not None and limit >= other)


def _warn(row: Row, field: str, code: str, message: str) -> None:
    row.findings.append(Finding(row.file, row.line, field, code, message, severity="warning"))
