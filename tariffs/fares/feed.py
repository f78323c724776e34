"""One operator's tariff, read from its files, checked as a whole and indexed so that a price costs its legs."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

from tariffs.calendars import Service, read_services
from tariffs.fares import columns, places, prices, v1
from tariffs.fares.tables import JoinRule, LegRule, Product, Stop, Timeframe, TransferRule
from tariffs.fares.v1 import V1Tariff
from tariffs.findings import Finding, errors
from tariffs.table import Read, Table

FILES = (
    "agency.txt", "stops.txt", "routes.txt", "areas.txt", "stop_areas.txt", "networks.txt",
    "route_networks.txt", "calendar.txt", "calendar_dates.txt", "rider_categories.txt", "fare_media.txt",
    "fare_products.txt", "timeframes.txt", "area_sets.txt", "area_set_elements.txt", "fare_leg_rules.txt",
    "fare_leg_join_rules.txt", "fare_transfer_rules.txt", *v1.FILES,
)  # fmt: skip

# A feed with one of these has a tariff of Fares V2.
_V2 = ("fare_products.txt", "fare_leg_rules.txt")

R = TypeVar("R")
K = TypeVar("K", bound=Hashable)
Key = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A tariff ready to price. `priority_mode` is decided by the header of `fare_leg_rules.txt` alone.

    `v1` is the tariff where the feed has Fares V1 and nothing of V2; its prices are then the products.
    `default_rider` is the one category that the feed calls its default; None where it names none, or several.
    """

    timezone: str | None
    stops: Mapping[str, Stop]
    stop_areas: Mapping[str, frozenset[str]]
    route_networks: Mapping[str, str | None]
    services: Mapping[str, Service]
    products: Mapping[str, tuple[Product, ...]]
    timeframes: Mapping[str, tuple[Timeframe, ...]]
    area_sets: Mapping[str, frozenset[str]]
    priority_mode: bool
    leg_rules: Mapping[Key, tuple[LegRule, ...]]
    listed: tuple[frozenset[str], frozenset[str], frozenset[str]]
    join_rules: Mapping[tuple[str, str], tuple[JoinRule, ...]]
    transfer_rules: Mapping[tuple[str | None, str | None], tuple[TransferRule, ...]]
    transfer_groups: tuple[frozenset[str], frozenset[str]]
    compulsory_transfers: bool
    default_rider: str | None = None
    v1: V1Tariff | None = None
    matched: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)
    """What `matching.match` found before: a leg of the same network, areas and rider is a single look-up."""

    @property
    def sells_rides(self) -> bool:
        """Tell whether any ride has a price: by a rule of V2, or by a fare of V1."""
        return bool(self.leg_rules or (self.v1 and self.v1.fares))

    def prices(self) -> Iterator[Product]:
        """Yield the price rows of all products."""
        return chain.from_iterable(self.products.values())

    def station(self, stop_id: str) -> str:
        """The station of a stop: its parent, or the stop itself."""
        stop = self.stops.get(stop_id)
        return stop.parent if stop and stop.parent else stop_id

    def areas_of(self, stop_id: str) -> frozenset[str]:
        """The areas of a stop: its own rows, else those of its station."""
        own = self.stop_areas.get(stop_id)
        return own if own is not None else self.stop_areas.get(self.station(stop_id), frozenset())

    def timezone_of(self, stop_id: str | None) -> str | None:
        """The time zone of a stop, else of its station, else of the agency."""
        for candidate in (stop_id, self.station(stop_id)) if stop_id else ():
            stop = self.stops.get(candidate)
            if stop and stop.timezone:
                return stop.timezone
        return self.timezone


def files_of(files: Mapping[str, str]) -> dict[str, str]:
    """The files of a feed that belong to its tariff."""
    return {name: text for name, text in files.items() if name in FILES}


def _is_there(table: Mapping[str, Table], *files: str) -> bool:
    """Tell whether a feed has one of some files."""
    return any(table[file].present for file in files)


def _named(ids: Iterable[str | None]) -> frozenset[str]:
    return frozenset(one for one in ids if one)


def _warn_of_no_fares(table: Mapping[str, Table], findings: list[Finding]) -> None:
    if _is_there(table, *_V2, "fare_attributes.txt"):
        return
    findings.append(
        Finding(
            file="fare_products.txt",
            row=0,
            field="",
            code="no_fares",
            message="the feed has no fares (GTFS-Fares V2 or V1, or NeTEx): a `flat_fare` in region.toml sells its rides",
            severity="warning",
        )
    )


def load(files: Mapping[str, str], read: Read | None = None) -> tuple[Feed | None, list[Finding]]:
    """Read a tariff from the texts of its files; None when any finding is an error. `read` hears of its lines.

    Rules: GTFS Schedule Reference (2026-04-27) and the decisions of docs/tariffs.md.
    """
    findings: list[Finding] = []
    table = {name: Table(name, files.get(name), findings, read) for name in FILES}
    stops = places.read_stops(table["stops.txt"])
    timezone = places.read_agency_zone(table["agency.txt"])
    areas, stop_areas = places.read_areas(table["areas.txt"], table["stop_areas.txt"], stops)
    networks, route_networks = places.read_networks(
        table["networks.txt"], table["route_networks.txt"], table["routes.txt"], findings
    )
    known_areas = _defined(areas, "areas.txt", _is_there(table, "areas.txt", "stops.txt"), findings)
    known_networks = _defined(
        networks, "networks.txt", _is_there(table, "networks.txt", "routes.txt"), findings
    )
    services = read_services(table["calendar.txt"], table["calendar_dates.txt"])
    riders = prices.read_riders(table["rider_categories.txt"])
    media = prices.read_media(table["fare_media.txt"])
    products, product_ids = prices.read_products(table["fare_products.txt"], riders, media, findings)
    timeframes = prices.read_timeframes(table["timeframes.txt"], services)
    area_sets = prices.read_area_sets(table["area_sets.txt"], table["area_set_elements.txt"], known_areas)
    leg_rules = prices.read_leg_rules(
        table["fare_leg_rules.txt"],
        {
            "network_id": known_networks,
            "from_area_id": known_areas,
            "to_area_id": known_areas,
            "from_timeframe_group_id": timeframes,
            "to_timeframe_group_id": timeframes,
            "fare_product_id": product_ids,
            "contains_exactly_area_set_id": area_sets,
            "contains_area_set_id": area_sets,
        },
    )
    join_rules = prices.read_join_rules(table["fare_leg_join_rules.txt"], known_networks, stops)
    groups = {rule.group for rule in leg_rules if rule.group}
    transfer_rules = prices.read_transfer_rules(table["fare_transfer_rules.txt"], groups, product_ids)
    _warn_of_no_fares(table, findings)
    findings += columns.unread(table)
    tariff = None if _is_there(table, *_V2) else v1.read(files, stops, riders, findings)
    products = tariff.products() if tariff else products
    priority_mode = "rule_priority" in table["fare_leg_rules.txt"].columns
    _warn_unmatchable(leg_rules, priority_mode, findings)
    _refuse_negative(leg_rules, products, findings)
    if errors(findings):
        return None, findings
    feed = Feed(
        timezone=timezone,
        stops=stops,
        stop_areas=stop_areas,
        route_networks=route_networks,
        services=services,
        products=products,
        timeframes=timeframes,
        area_sets=area_sets,
        priority_mode=priority_mode,
        leg_rules=_index(leg_rules),
        listed=(
            _named(rule.network for rule in leg_rules),
            _named(rule.from_area for rule in leg_rules),
            _named(rule.to_area for rule in leg_rules),
        ),
        join_rules=_group(join_rules, lambda rule: (rule.from_network, rule.to_network)),
        transfer_rules=_group(transfer_rules, lambda rule: (rule.from_group, rule.to_group)),
        transfer_groups=(
            _named(rule.from_group for rule in transfer_rules),
            _named(rule.to_group for rule in transfer_rules),
        ),
        compulsory_transfers=any(rule.compulsory for rule in transfer_rules),
        v1=tariff,
        default_rider=_the_only(rider for rider, is_default in riders.items() if is_default),
    )
    return feed, findings


class _Undefined(set[str]):
    """Ids of a kind that this feed leaves to whoever prices with it: every reference is good, and is warned of."""

    def __init__(self, file: str, findings: list[Finding]) -> None:
        super().__init__()
        self._file, self._findings = file, findings

    def __contains__(self, _key: object) -> bool:
        message = f"{self._file} is absent: its ids come with the legs"
        warning = Finding(
            file=self._file, row=0, field="", code="not_defined_here", message=message, severity="warning"
        )
        if warning not in self._findings:
            self._findings.append(warning)
        return True


def _defined(ids: set[str], file: str, defined: bool, findings: list[Finding]) -> set[str]:
    """The ids that may be referred to; fare tables alone, without stops and routes, need not define them."""
    return ids if defined else _Undefined(file, findings)


def _the_only(found: Iterable[str]) -> str | None:
    """The one item of several, None where there is none or more than one."""
    first = list(found)
    return first[0] if len(first) == 1 else None


def _index(rules: tuple[LegRule, ...]) -> dict[Key, tuple[LegRule, ...]]:
    """File rules under (network, from area, to area), so that a leg looks up only its own combinations."""
    return _group(rules, lambda rule: (rule.network, rule.from_area, rule.to_area))


def _group(rules: Iterable[R], key: Callable[[R], K]) -> dict[K, tuple[R, ...]]:
    found: dict[K, list[R]] = {}
    for rule in rules:
        found.setdefault(key(rule), []).append(rule)
    return {name: tuple(members) for name, members in found.items()}


def _refuse_negative(
    rules: tuple[LegRule, ...], products: Mapping[str, tuple[Product, ...]], findings: list[Finding]
) -> None:
    """Report the fares of a ride that are below zero: GTFS allows that for what a transfer takes off, and nowhere else."""
    of_rides = {rule.product for rule in rules}
    for product in sorted(of_rides & products.keys()):
        findings.extend(
            Finding(
                "fare_products.txt",
                row.line,
                "amount",
                "invalid_amount",
                f"{product!r} is the fare of a ride and is below zero; only the reduction by a transfer may be",
            )
            for row in products[product]
            if row.price.minor < 0
        )


def _warn_unmatchable(rules: tuple[LegRule, ...], priority_mode: bool, findings: list[Finding]) -> None:
    """In exclusion mode a row set only by network and one only by areas can leave a leg that has both without a rule."""
    if priority_mode:
        return
    by_network = [rule for rule in rules if rule.network and not (rule.from_area or rule.to_area)]
    by_area = [rule for rule in rules if not rule.network and (rule.from_area or rule.to_area)]
    if by_network and by_area:
        message = (
            f"rows set only by network (line {by_network[0].line}) and only by areas (line {by_area[0].line}): "
            "without the column rule_priority a ride that has both matches neither"
        )
        findings.append(
            Finding(
                file="fare_leg_rules.txt",
                row=by_area[0].line,
                field="network_id",
                code="rules_exclude_each_other",
                message=message,
                severity="warning",
            )
        )
