"""Write the fares of a NeTEx delivery as GTFS-Fares V2, and tell what is not written. Pure.

A product for a single trip becomes a product of V2: its lines a network, the cells of its matrix rules from area to area, its user
profiles rider categories. A product with a condition that V2 cannot say is left out and told: it would be sold to the wrong people.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from operators.netex.fare_parts import Cell, Fares, Price, Product, Rules
from operators.netex.parts import Parts
from operators.netex.stops import zones_of
from operators.netex.values import Unread, duration
from operators.netex.written import table
from tariffs.money import MoneyError, exponent

_SINGLE = {"", "single"}
# GTFS: any number of changes; between two departures; the second ride is free.
_UNLIMITED, _BOARDING_TO_BOARDING, _FREE = "-1", "1", "0"
_HUNDRED = Decimal(100)
_RIDERS = ("rider_category_id", "rider_category_name", "is_default_fare_category")
_PRODUCTS = ("fare_product_id", "fare_product_name", "rider_category_id", "amount", "currency")
_LEG_RULES = ("leg_group_id", "network_id", "from_area_id", "to_area_id", "fare_product_id", "rule_priority")
_TRANSFER_RULES = (
    *("from_leg_group_id", "to_leg_group_id", "transfer_count"),
    *("duration_limit", "duration_limit_type", "fare_transfer_type"),
)
StopOf = Callable[[str], str]


class Unwritable(Exception):
    """A product cannot be said in Fares V2; the message says why."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """The structure elements of a product, taken together."""

    lines: tuple[str, ...]
    cells: tuple[str, ...]
    profiles: tuple[str, ...]
    may_change: bool
    changes: int | None
    seconds: str


class FareTables:
    """The rows of Fares V2, as they are gathered product by product."""

    def __init__(self, parts: Parts, fares: Fares, stop_of: StopOf) -> None:
        self._parts, self._fares, self._stop_of = parts, fares, stop_of
        self.areas: dict[str, None] = {}
        self.stop_areas: dict[tuple[str, str], None] = {}
        self.lines: dict[str, tuple[str, ...]] = {}
        self.riders: dict[str, str] = {}
        self.products: list[Sequence[str]] = []
        self.rules: list[tuple[str, str, str, str]] = []
        self.transfers: list[Sequence[str]] = []
        self.left: list[str] = list(fares.unread)

    def gather(self) -> None:
        """Write every product that can be said, and name the others."""
        for product in self._fares.products.values():
            try:
                self._write(product)
            except Unwritable as error:
                self.left.append(f"PreassignedFareProduct {product.id}: {error}")

    def _write(self, product: Product) -> None:
        """Write a product; nothing of it is written before all of it can be."""
        terms = _together(product, self._fares)
        prices = _prices_of(product, terms, self._fares)
        if not prices:
            raise Unwritable("no price of it is in the delivery")
        riders = {rider: self._percent(rider) for rider in terms.profiles} or {"": _HUNDRED}
        rows = [row for cell, price in prices.items() for row in self._priced(product, cell, price, riders)]
        rules = [self._rule(product, cell) for cell in prices]
        self.products += rows
        self.rules += rules
        self.transfers += _transfer(product, terms)
        self.riders.update({rider: self._fares.profiles.get(rider, rider) for rider in terms.profiles})
        self.lines[product.id] = terms.lines
        if terms.cells and terms.may_change:
            self.left.append(
                f"PreassignedFareProduct {product.id}: changes on one ticket are not written, each ride is paid"
            )

    def tables(self, routes: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """The tables of Fares V2; `routes` are the routes of each line. Empty where no product was written."""
        if not self.products:
            return {}
        networks = self._networks(routes)
        legs = [row for rule in self.rules for row in self._leg_rules(rule, networks)]
        return {
            "areas.txt": table(("area_id",), [(area,) for area in self.areas]),
            "stop_areas.txt": table(("area_id", "stop_id"), self.stop_areas),
            "networks.txt": table(
                ("network_id",), [(network,) for network in dict.fromkeys(networks.values())]
            ),
            "route_networks.txt": table(
                ("network_id", "route_id"), [(name, route) for route, name in networks.items()]
            ),
            "rider_categories.txt": table(
                _RIDERS,
                [(rider, name, str(int(at == 0))) for at, (rider, name) in enumerate(self.riders.items())],
            ),
            "fare_products.txt": table(_PRODUCTS, self.products),
            "fare_leg_rules.txt": table(_LEG_RULES, legs),
            "fare_transfer_rules.txt": table(_TRANSFER_RULES, self.transfers),
        }

    def _networks(self, routes: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """The network of each route that products name: GTFS gives it one, so routes of the same products share it."""
        named: dict[str, list[str]] = {}
        for product, lines in self.lines.items():
            for route in (route for line in lines for route in routes.get(line, (line,))):
                named.setdefault(route, []).append(product)
        return {route: "+".join(products) for route, products in named.items()}

    def _leg_rules(
        self, rule: tuple[str, str, str, str], networks: Mapping[str, str]
    ) -> Iterator[Sequence[str]]:
        """The rows of a rule, one for each network of its product; `rule_priority` makes an empty field no constraint."""
        product, start, end, name = rule
        mine = [network for network in dict.fromkeys(networks.values()) if product in network.split("+")]
        for network in mine if self.lines[product] else [""]:
            yield (product, network, start, end, name, "0")

    def _percent(self, rider: str) -> Decimal:
        """The part of the price that a profile pays, in percent."""
        rule = self._fares.discounts.get(rider)
        if rule is None:
            return _HUNDRED
        try:
            return _HUNDRED - Decimal(self._fares.percents[rule])
        except (KeyError, InvalidOperation) as error:
            raise Unwritable(f"the discount {rule!r} of {rider} has no percentage in the delivery") from error

    def _priced(
        self, product: Product, cell: str, price: Price, riders: Mapping[str, Decimal]
    ) -> Iterator[Sequence[str]]:
        """The rows of a price in fare_products.txt, one for each rider category."""
        currency = price.currency or self._parts.defaults.get("currency", "")
        for rider, percent in riders.items():
            yield (_name(product, cell), product.name, rider, _amount(price, percent, currency), currency)

    def _rule(self, product: Product, cell: str) -> tuple[str, str, str, str]:
        start, end = self._areas(self._fares.cells[cell]) if cell else ("", "")
        return product.id, start, end, _name(product, cell)

    def _areas(self, cell: Cell) -> tuple[str, str]:
        ends = (cell.start, cell.end)
        for end in ends:
            self.areas[end] = None
            for point in self._points(end, of_zones=cell.of_zones):
                self.stop_areas[end, self._stop_of(point)] = None
        return ends

    def _points(self, end: str, *, of_zones: bool) -> list[str]:
        """The stop points of a zone, or the one that a cell names."""
        if not of_zones:
            return [end]
        members = self._parts.zones.get(end, set())
        return sorted(
            members | {point for point in self._parts.points if end in zones_of(point, self._parts)}
        )


def _name(product: Product, cell: str) -> str:
    return f"{product.id}:{cell}" if cell else product.id


def _amount(price: Price, percent: Decimal, currency: str) -> str:
    """An amount less its discount, with the decimals of its currency; raises Unwritable for one that would have to be rounded."""
    try:
        amount = Decimal(price.amount) * percent / _HUNDRED
        decimals = exponent(currency)
    except (InvalidOperation, MoneyError) as error:
        raise Unwritable(f"{price.amount[:40]!r} {currency} is no amount") from error
    if not amount.is_finite() or amount < 0:
        raise Unwritable(f"{price.amount[:40]!r} is no amount that one can pay")
    written = f"{amount:.{decimals}f}"
    if Decimal(written) != amount:
        raise Unwritable(
            f"{amount.normalize()} {currency} has more decimals than the currency, and nothing says how it is rounded"
        )
    return written


def _together(product: Product, fares: Fares) -> _Terms:
    """Take the structure elements of a product together; raises Unwritable for a condition that V2 has no word for."""
    all_rules = [_known(rules, fares) for rules in product.rules]
    _check(product, all_rules)
    limit = next((rules for rules in all_rules if rules.limits_changes), None)
    return _Terms(
        lines=_all(rules.lines for rules in all_rules),
        cells=_all(rules.cells for rules in all_rules),
        profiles=_all(rules.profiles for rules in all_rules),
        may_change=limit is not None and limit.changes != 0,
        changes=limit.changes if limit else 0,
        seconds=_seconds(limit) if limit else "",
    )


def _known(rules: str, fares: Fares) -> Rules:
    if rules not in fares.rules:
        raise Unwritable(f"its FareStructureElement {rules!r} is not in the delivery")
    return fares.rules[rules]


def _check(product: Product, all_rules: Sequence[Rules]) -> None:
    unknown = sorted(set(_all(rules.unknown for rules in all_rules)))
    if unknown:
        raise Unwritable(f"it depends on {', '.join(unknown)}")
    if product.accesses > 1 or any(rules.trip not in _SINGLE for rules in all_rules):
        raise Unwritable("it is for more than one trip")
    if sum(rules.limits_changes for rules in all_rules) > 1:
        raise Unwritable("two of its structure elements limit changes")


def _all(groups: Iterator[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for group in groups for one in group))


def _seconds(rules: Rules) -> str:
    """The time within which one may change, which stands before the time that the ticket lasts."""
    text = rules.change_seconds or rules.lasts
    try:
        return str(duration(text)) if text else ""
    except Unread as error:
        raise Unwritable(str(error)) from error


def _prices_of(product: Product, terms: _Terms, fares: Fares) -> dict[str, Price]:
    """The prices of a product by its cells, or one under the empty name; raises Unwritable for two of the same thing."""
    packages = [package for package, products in fares.packages.items() if products == [product.id]]
    prices: dict[str, Price] = {}
    for price in fares.prices:
        if price.of in ({product.id, *packages} if not terms.cells else terms.cells):
            name = price.of if terms.cells else ""
            if _is_of(price, product, fares):
                _add(prices, name, price)
    missing = [name for name in prices if name and name not in fares.cells]
    if missing:
        raise Unwritable(f"its DistanceMatrixElement {missing[0]!r} is not in the delivery")
    return prices


def _add(prices: dict[str, Price], name: str, price: Price) -> None:
    before = prices.setdefault(name, price)
    if before.amount != price.amount:
        raise Unwritable(f"{name or 'it'} has two prices, {before.amount} and {price.amount}")


def _is_of(price: Price, product: Product, fares: Fares) -> bool:
    """Tell whether a list of prices is the product's, or names no product."""
    return fares.tables.get(price.table, product.id) == product.id


def _transfer(product: Product, terms: _Terms) -> list[Sequence[str]]:
    """The rule for free changes within a product. A matrix with changes prices the way as a whole, which one rule for legs cannot say."""
    if terms.cells or not terms.may_change:
        return []
    count = _UNLIMITED if terms.changes is None else str(terms.changes)
    kind = _BOARDING_TO_BOARDING if terms.seconds else ""
    return [(product.id, product.id, count, terms.seconds, kind, _FREE)]
