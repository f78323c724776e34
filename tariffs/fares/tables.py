"""The rows of GTFS-Fares V2 as values (GTFS Schedule Reference, revision of 2026-04-27). Ids are the feed's."""

from dataclasses import dataclass

from tariffs.money import Money


@dataclass(frozen=True, slots=True)
class Product:
    """One price row of `fare_products.txt`; a None rider or medium stands for any."""

    id: str
    name: str
    rider: str | None
    medium: str | None
    price: Money
    line: int


@dataclass(frozen=True, slots=True)
class Timeframe:
    """One row of `timeframes.txt`: `[start, end)` in seconds of the local day, on a service's days."""

    start: int
    end: int
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRule:
    """One row of `fare_leg_rules.txt`; None means the field is empty."""

    line: int
    group: str | None
    network: str | None
    from_area: str | None
    to_area: str | None
    from_timeframe: str | None
    to_timeframe: str | None
    product: str
    priority: int
    contains_exactly: str | None
    contains: str | None


@dataclass(frozen=True, slots=True)
class JoinRule:
    """One row of `fare_leg_join_rules.txt`; `compulsory` is our column `x_compulsory`."""

    line: int
    from_network: str
    to_network: str
    from_stop: str | None
    to_stop: str | None
    compulsory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRule:
    """One row of `fare_transfer_rules.txt`; `count` -1 is unlimited, None where it does not apply."""

    line: int
    from_group: str | None
    to_group: str | None
    count: int | None
    duration_limit: int | None
    duration_type: int | None
    type: int
    product: str | None
    compulsory: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """The facts of a stop that pricing needs: its station, its time zone and its zone of Fares V1, where it has them."""

    id: str
    parent: str | None
    timezone: str | None
    zone: str | None = None
