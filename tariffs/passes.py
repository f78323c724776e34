"""Products over time: passes, carnets and return tickets, and which ride is covered by one that is held.

A pass is sold by a region's `passes.json`; once sold it is a `HeldPass` that carries its own scope, so that
what was bought keeps its meaning when the file changes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from tariffs.agreements.model import AgreedPrice
from tariffs.agreements.shares import Step
from tariffs.money import Money

FILE = "passes.json"

PassKind = Literal["pass", "carnet", "return"]
Unit = Literal["hours", "days", "service_days"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The rides that a pass covers; an empty set stands for all. Areas are those of the operators' own tariffs.

    With `directions` a ride must go from the first to the second area of a pair, and each pair is used once.
    """

    operators: frozenset[str]
    networks: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    directions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PassValidity:
    """The validity of a pass: so many `hours`, `days` of 24 hours, or service days that begin `starts_seconds` after midnight."""

    unit: Unit
    length: int
    starts_seconds: int = 0

    def until(self, start: datetime, zone: ZoneInfo) -> datetime:
        """The first instant at which a pass that starts at `start` (aware) covers nothing any more, in UTC."""
        match self.unit:
            case "hours":
                return start.astimezone(UTC) + timedelta(hours=self.length)
            case "days":
                # On the wall clock: a day with a change of clocks is still a day.
                ends = start.astimezone(zone).replace(tzinfo=None) + timedelta(days=self.length)
            case "service_days":
                shift = timedelta(seconds=self.starts_seconds)
                first = (start.astimezone(zone).replace(tzinfo=None) - shift).date()
                ends = datetime.combine(first + timedelta(days=self.length), time.min) + shift
        return ends.replace(tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Territory:
    """The territory of an operator of the pass, for VAT: `metres` weigh its Member State against the others."""

    operator: str
    member_state: str
    mode: str
    metres: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassProduct:
    """One product in one version. `uses` limits a carnet, or a return ticket to its two rides."""

    id: str
    version: int
    row: int
    kind: PassKind
    names: Mapping[str, str]
    scope: Scope
    validity: PassValidity
    uses: int | None
    prices: tuple[AgreedPrice, ...]
    territories: tuple[Territory, ...]
    steps: tuple[Step, ...]
    valid_from: date
    valid_to: date

    @property
    def name(self) -> str:
        """Its id and version, as a statement quotes them."""
        return f"{self.id} v{self.version}"

    def price_for(self, rider: str, channel: str | None) -> Money | None:
        """Return the price for a rider category: that of the sale channel before the one for every channel."""
        for wanted in dict.fromkeys((channel, None)):
            for found in self.prices:
                if (found.rider, found.channel) == (rider, wanted):
                    return found.price
        return None

    def held(self, ticket: str, start: datetime, zone: ZoneInfo) -> "HeldPass":
        """Return the pass as its buyer holds it from `start` on."""
        until = self.validity.until(start, zone)
        return HeldPass(
            ticket=ticket,
            product=self.id,
            scope=self.scope,
            valid_from=start.astimezone(UTC),
            valid_until=until,
            uses_left=self.uses,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPass:
    """A pass that a passenger holds: `ticket` identifies it, `valid_until` is exclusive, `uses_left` None is unlimited.

    It covers the rider category that it was sold to, `rider` (None: any). One that is `shared` is a carnet: everybody
    of the party brings the same, and `tariffs.strokes` says whose rides take its uses.
    """

    ticket: str
    product: str
    scope: Scope
    valid_from: datetime
    valid_until: datetime
    uses_left: int | None
    rider: str | None = None
    shared: bool = False

    def serves(self, rider: str) -> bool:
        """Tell whether it was sold to this rider category."""
        return self.rider in {None, rider}


class Use(NamedTuple):
    """One use of a carnet, or one way of a return ticket (`direction` is the pair of areas)."""

    ticket: str
    direction: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class CoverableRide:
    """A ride as a pass sees it; `areas` are those of every stop called at."""

    operator: str
    network: str | None
    from_areas: frozenset[str]
    to_areas: frozenset[str]
    areas: frozenset[str]
    departure: datetime


def on_sale(products: Iterable[PassProduct], day: date) -> dict[str, PassProduct]:
    """The products on a day of sale, the newest version of each."""
    found: dict[str, PassProduct] = {}
    for product in sorted(products, key=lambda product: (product.id, product.version)):
        if product.valid_from <= day <= product.valid_to:
            found[product.id] = product
    return found


def options(ride: CoverableRide, passes: Iterable[HeldPass]) -> tuple[HeldPass | None, ...]:
    """List the ways to pay for a ride: the pass without a limit that ends first; else a use of any other, or nothing."""
    covering = sorted(
        (found for found in passes if covers(found, ride)),
        key=lambda found: (found.valid_until, found.ticket),
    )
    unlimited = next((found for found in covering if found.uses_left is None), None)
    return (*covering, None) if unlimited is None else (unlimited,)


def uses_of(rides: Iterable[CoverableRide], covered: Iterable[HeldPass | None]) -> tuple[Use, ...]:
    """The uses that a covering takes of carnets and return tickets, one a ride."""
    return tuple(
        Use(found.ticket, _direction(found.scope, ride))
        for ride, found in zip(rides, covered, strict=True)
        if found is not None and found.uses_left is not None
    )


def has_left(uses: Sequence[Use], passes: Iterable[HeldPass]) -> bool:
    """Tell whether the passes can give these uses: as many as are left of each, and each direction once."""
    left = {found.ticket: found.uses_left for found in passes}
    taken = Counter(use.ticket for use in uses)
    directed = [use for use in uses if use.direction is not None]
    return all(count <= (left[ticket] or 0) for ticket, count in taken.items()) and len(directed) == len(
        set(directed)
    )


def covers(held: HeldPass, ride: CoverableRide) -> bool:
    """Tell whether a pass covers a ride: its operator, network and areas, its time at departure, a use left."""
    return (
        ride.operator in held.scope.operators
        and (not held.scope.networks or ride.network in held.scope.networks)
        and (not held.scope.areas or (bool(ride.areas) and ride.areas <= held.scope.areas))
        and held.valid_from <= ride.departure < held.valid_until
        and held.uses_left != 0
        and (held.uses_left is None or not held.scope.directions or _direction(held.scope, ride) is not None)
    )


def _direction(scope: Scope, ride: CoverableRide) -> tuple[str, str] | None:
    return next(
        (pair for pair in scope.directions if pair[0] in ride.from_areas and pair[1] in ride.to_areas), None
    )
