"""Write GTFS-Fares V1 as Fares V2, and note what V2 cannot say.

A fare becomes a product and a leg group, a zone an area, a rule a leg rule with the column `rule_priority` (an empty
field is then no constraint), changes a transfer rule within the group. Routes that the same rules name share a
network. The price of a single ride stays; docs/tariffs.md tells what changes with changes of vehicle.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tariffs.fares import feed as fares
from tariffs.fares.v1 import Condition, Fare, V1Tariff
from tariffs.findings import Finding, errors

# Its own tables must be the only ones of V2: what a feed already says is not overwritten.
WRITTEN = (
    "areas.txt", "stop_areas.txt", "networks.txt", "route_networks.txt", "fare_products.txt", "area_sets.txt",
    "area_set_elements.txt", "fare_leg_rules.txt", "fare_transfer_rules.txt",
)  # fmt: skip

_LEG_RULES = "leg_group_id,network_id,from_area_id,to_area_id,contains_exactly_area_set_id,fare_product_id,rule_priority"
_TRANSFER_RULES = (
    "from_leg_group_id,to_leg_group_id,transfer_count,duration_limit,duration_limit_type,fare_transfer_type"
)
_UNLIMITED = -1
_END = "\r\n"
# GTFS, duration_limit_type: from the departure of the current ride to the departure of the next.
_BOARDING_TO_BOARDING = 1
# GTFS, fare_transfer_type: what has been paid, and the transfer's product, which is none.
_FREE = 0

# What the conditions of all fares ask of a route: two routes of which they ask the same share a network.
_Rule = tuple[str, str | None, str | None, frozenset[str]]
_Asked = tuple[str, frozenset[_Rule]]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the conversion could not keep, with the row of V1 that says it."""

    file: str
    row: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """The tables of V2 by file name, the numbers of their rows, and the notes."""

    files: Mapping[str, str]
    products: int
    leg_rules: int
    transfer_rules: int
    notes: tuple[Note, ...]


def convert(files: Mapping[str, str]) -> tuple[Converted | None, list[Finding]]:
    """Convert the fare tables of a feed; None with the findings where it has no readable V1, or already has V2."""
    feed, findings = fares.load(files)
    findings += [_already(name) for name in WRITTEN if name in files]
    if feed is not None and feed.v1 is None:
        findings.append(Finding("fare_attributes.txt", 0, "", "no_fares", "the feed has no Fares V1"))
    if errors(findings) or feed is None or feed.v1 is None:
        return None, findings
    warned = [Note(one.file, one.row, one.message) for one in findings]
    return _converted(feed.v1, {stop.parent for stop in feed.stops.values()}, warned), findings


def _converted(tariff: V1Tariff, stations: Collection[str | None], warned: Sequence[Note]) -> Converted:
    networks = _Networks(tariff)
    sets = _ZoneSets(tariff)
    # Routes of one network may have a row each for the same rule.
    leg_rules = list(dict.fromkeys(row for fare in tariff.fares for row in _leg_rules(fare, networks, sets)))
    sold = {row[0] for row in leg_rules}
    transfers = [_transfer(fare) for fare in tariff.fares if fare.id in sold and fare.transfers != 0]
    products = [row for fare in tariff.fares for row in _products(fare)]
    return Converted(
        files={
            **_zones(tariff, stations),
            **networks.tables(),
            **sets.tables(),
            "fare_products.txt": _table("fare_product_id,rider_category_id,amount,currency", products),
            "fare_leg_rules.txt": _table(_LEG_RULES, leg_rules),
            "fare_transfer_rules.txt": _table(_TRANSFER_RULES, transfers),
        },
        products=len(products),
        leg_rules=len(leg_rules),
        transfer_rules=len(transfers),
        notes=(*_on_board(tariff), *_by_extension(tariff), *_with_changes(tariff), *warned),
    )


def _zones(tariff: V1Tariff, stations: Collection[str | None]) -> dict[str, str]:
    """The zones as areas. A station is in none: its platforms would take its area, and V1 does not ask for it."""
    stops = [(zone, stop) for stop, zone in sorted(tariff.zones.items()) if stop not in stations]
    return {
        "areas.txt": _table("area_id", [(zone,) for zone in sorted(set(tariff.zones.values()))]),
        "stop_areas.txt": _table("area_id,stop_id", stops),
    }


def _already(name: str) -> Finding:
    return Finding(name, 0, "", "already_v2", "the feed has this table of Fares V2 already")


class _Networks:
    """The networks that stand for routes and agencies."""

    def __init__(self, tariff: V1Tariff) -> None:
        # An agency without a route counts too: its fares are for no ride, and not for every one.
        named = {fare.agency for fare in tariff.fares if fare.agency}
        self._several = len(named.union(tariff.agencies.values())) > 1
        asked: dict[str, set[_Rule]] = {}
        for fare, condition in tariff.conditions():
            asked.setdefault(condition.route or "", set()).add(_rule(fare, condition))
        by_asked: dict[_Asked, list[str]] = {}
        for route, agency in tariff.agencies.items():
            key = (agency if self._several else "", frozenset(asked.get(route, ())))
            by_asked.setdefault(key, []).append(route)
        self._named = {routes[0]: key for key, routes in by_asked.items()}
        self._of_routes = [(routes[0], route) for routes in by_asked.values() for route in routes]

    def tables(self) -> dict[str, str]:
        """The networks, each named by its first route, and the routes of each."""
        return {
            "networks.txt": _table("network_id", [(name,) for name in self._named]),
            "route_networks.txt": _table("network_id,route_id", self._of_routes),
        }

    def of_rule(self, fare: Fare, condition: Condition | None) -> Sequence[str | None]:
        """The networks in which a rule of a fare holds; one None is any."""
        bound = fare.agency if self._several else None
        asked = _rule(fare, condition) if condition and condition.route else None
        if bound is None and asked is None:
            return [None]
        return [
            name
            for name, (agency, rules) in self._named.items()
            if bound in {None, agency} and (asked is None or asked in rules)
        ]


def _rule(fare: Fare, condition: Condition) -> _Rule:
    """The demands of a condition, but for its route."""
    return fare.id, condition.origin, condition.destination, condition.contains


class _ZoneSets:
    """The sets of zones that rules want passed, named by their members."""

    def __init__(self, tariff: V1Tariff) -> None:
        distinct = sorted({tuple(sorted(rule.contains)) for _, rule in tariff.conditions() if rule.contains})
        self._names = {frozenset(zones): f"zones_{number}" for number, zones in enumerate(distinct, 1)}

    def name(self, zones: frozenset[str]) -> str | None:
        """The id of a set, None for no zones."""
        return self._names.get(zones)

    def tables(self) -> dict[str, str]:
        """The tables of the sets; none where no rule has zones passed."""
        if not self._names:
            return {}
        members = [(name, zone) for zones, name in self._names.items() for zone in sorted(zones)]
        return {
            "area_sets.txt": _table("area_set_id", [(name,) for name in self._names.values()]),
            "area_set_elements.txt": _table("area_set_id,area_id", members),
        }


def _leg_rules(fare: Fare, networks: _Networks, sets: _ZoneSets) -> Iterator[tuple[object, ...]]:
    for condition in (None,) if fare.conditions is None else fare.conditions:
        for network in networks.of_rule(fare, condition):
            if condition is None:
                yield (fare.id, network, None, None, None, fare.id, 0)
            else:
                ends = (condition.origin, condition.destination)
                yield (fare.id, network, *ends, sets.name(condition.contains), fare.id, 0)


def _transfer(fare: Fare) -> tuple[object, ...]:
    count = _UNLIMITED if fare.transfers is None else fare.transfers
    kind = None if fare.duration is None else _BOARDING_TO_BOARDING
    return (fare.id, fare.id, count, fare.duration, kind, _FREE)


def _products(fare: Fare) -> Iterator[tuple[object, ...]]:
    for product in fare.products():
        yield (product.id, product.rider, product.price.text, product.price.currency)


def _on_board(tariff: V1Tariff) -> Iterator[Note]:
    """Note once the fares that are paid on board."""
    lines = {fare.id: fare.line for fare in tariff.fares if fare.on_board}
    if lines:
        message = (
            f"payment_method 0 (on board) of {len(lines)} fares is not kept: {', '.join(list(lines)[:3])}"
        )
        yield Note("fare_attributes.txt", min(lines.values()), message)


def _by_extension(tariff: V1Tariff) -> Iterator[Note]:
    """Note once the zones passed, which the standard of V2 does not know."""
    lines = [condition.line for _, condition in tariff.conditions() if condition.contains]
    if lines:
        message = (
            "contains_id became contains_exactly_area_set_id, an extension that other programs do not read"
        )
        yield Note("fare_rules.txt", lines[0], message)


def _with_changes(tariff: V1Tariff) -> Iterator[Note]:
    """Note each fare with zones whose price may differ after a change."""
    lines: dict[str, int] = {}
    for fare, rule in tariff.conditions():
        if fare.transfers != 0 and (rule.origin or rule.destination or rule.contains):
            lines.setdefault(fare.id, rule.line)
    for fare_id, line in lines.items():
        message = (
            f"{fare_id} allows changes: V1 asks for the zones of the whole journey, V2 for those of each ride, so a "
            "journey with a change may cost more"
        )
        yield Note("fare_rules.txt", line, message)


class _Lines:
    """Takes lines of a CSV writer, and ends each of them in the short way."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, line: str) -> None:
        """Take a line."""
        self.written.append(line.removesuffix(_END) + "\n")


def _table(header: str, rows: Iterable[Sequence[object]]) -> str:
    """A CSV text; None is an empty field."""
    lines = _Lines()
    # The writer quotes what ends its own lines: with this end, either kind of it in a value.
    writer = csv.writer(lines, lineterminator=_END)
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return "".join(lines.written)
