"""Model an agreement: a pattern of operators' rides, its validity, its price, and its shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from tariffs.agreements.shares import Step
from tariffs.money import Money, half_up

FILE = "agreements.json"

Kind = Literal[
    "through_fare",
    "add_on",
    "highest_fare_window",
    "border_point",
    "border_zone",
    "one_sided",
    "revenue_share",
    "supplement",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One part of a pattern: rides of one operator; an empty field matches anything.

    `stops` limits a ride to these stops at both ends; `add_on` marks what an add-on makes cheaper; `turn` is
    where a return trip turns round: one run there and back.
    """

    operator: str
    network: str | None = None
    from_area: str | None = None
    to_area: str | None = None
    mode: str | None = None
    stops: frozenset[str] = frozenset()
    add_on: bool = False
    turn: bool = False

    def fits(self, run: "Run") -> bool:
        """Tell whether a run of rides is of this element."""
        return (
            self.operator == run.operator
            and (self.network is None or run.networks == {self.network})
            and (self.from_area is None or self.from_area in run.from_areas)
            and (self.to_area is None or self.to_area in run.to_areas)
            and (self.mode is None or run.modes == {self.mode})
            and (not self.stops or set(run.ends) <= self.stops)
            and (not self.turn or run.returns)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive rides of one operator, as an agreement sees them. Instants in POSIX seconds."""

    operator: str
    legs: tuple[int, ...]
    networks: frozenset[str | None]
    from_areas: frozenset[str]
    to_areas: frozenset[str]
    modes: frozenset[str]
    ends: tuple[str, str]
    metres: int
    departure_seconds: int
    arrival_seconds: int
    first_day: date
    last_day: date

    @property
    def returns(self) -> bool:
        """True where it ends where it began: at the same stop, or in a same area."""
        there_and_back = self.ends[0] == self.ends[1] or bool(self.from_areas & self.to_areas)
        return len(self.legs) > 1 and there_and_back


@dataclass(frozen=True, slots=True)
class AgreedPrice:
    """An amount for a rider; a None channel means every channel, a None operator the whole."""

    rider: str
    channel: str | None
    operator: str | None
    price: Money


@dataclass(frozen=True, slots=True)
class Terms:
    """The effect of an agreement on some runs: the price, and how much of it each operator has by itself.

    `own` are amounts that belong to an operator before anything is shared; the rest follows the steps.
    """

    cost: int
    own: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One rule between operators, in one version; of two that cost the same the higher `priority` is taken."""

    id: str
    version: int
    row: int
    kind: Kind
    parties: tuple[str, ...]
    valid_from: date
    valid_to: date
    pattern: tuple[Element, ...]
    max_connection_seconds: tuple[int, ...]
    window_seconds: int
    prices: tuple[AgreedPrice, ...]
    percent: int | None
    steps: tuple[Step, ...]
    bearers: tuple[str, ...]
    same_calendar_day: bool
    weekdays: frozenset[int]
    compulsory: bool
    priority: int = 0

    @property
    def name(self) -> str:
        """Its id and version, as a statement quotes them."""
        return f"{self.id} v{self.version}"

    def may_cover(self, operators: Sequence[str]) -> bool:
        """Tell whether it could cover rides of these operators in this order: those of its pattern, or of any parties within a window."""
        if self.kind == "highest_fare_window":
            return set(self.parties).issuperset(operators)
        return [one.operator for one in self.pattern] == list(operators)

    def covers(self, runs: Sequence[Run]) -> bool:
        """Tell whether these runs are within its days, its pattern and its connection times (inclusive)."""
        if len(runs) != len(self.pattern) and self.kind != "highest_fare_window":
            return False
        if not self.valid_from <= runs[0].first_day <= self.valid_to:
            return False
        if runs[0].first_day.isoweekday() not in self.weekdays:
            return False
        if self.same_calendar_day and runs[0].first_day != runs[-1].last_day:
            return False
        return self._in_window(runs) if self.kind == "highest_fare_window" else self._fits(runs)

    def terms(
        self, runs: Sequence[Run], apart: Sequence[int], rider: str, channel: str | None, currency: str
    ) -> Terms | None:
        """Price the runs under this agreement, given the price of each apart; None where it has no price.

        Amounts are minor units of `currency`.
        """
        match self.kind:
            case "highest_fare_window":
                return Terms(max(apart), {})
            case "revenue_share":
                return Terms(sum(apart), {})
            case "border_point":
                return self._sides(rider, channel, currency)
            case "add_on":
                return self._added(runs, apart, self._amount(rider, channel, None, currency))
            case "supplement":
                return self._supplemented(runs, apart, self._amount(rider, channel, None, currency))
            case "through_fare" | "border_zone" | "one_sided":
                return self._whole(sum(apart), self._amount(rider, channel, None, currency))

    def _fits(self, runs: Sequence[Run]) -> bool:
        waits = [after.departure_seconds - before.arrival_seconds for before, after in pairwise(runs)]
        if any(wait > limit for wait, limit in zip(waits, self.max_connection_seconds, strict=True)):
            return False
        if self.window_seconds and not self._within_window(runs):
            return False
        return all(element.fits(run) for element, run in zip(self.pattern, runs, strict=True))

    def _in_window(self, runs: Sequence[Run]) -> bool:
        """At least two parties' runs, the last boarded within the window from the first departure."""
        if len(runs) < 2 or any(run.operator not in self.parties for run in runs):  # noqa: PLR2004  one alone pays itself
            return False
        return self._within_window(runs)

    def _within_window(self, runs: Sequence[Run]) -> bool:
        """Tell whether the last run is boarded in time, counted from the first departure."""
        return runs[-1].departure_seconds - runs[0].departure_seconds <= self.window_seconds

    def _amount(self, rider: str, channel: str | None, operator: str | None, currency: str) -> int | None:
        """The agreed amount: that of the sale channel before the one for every channel."""
        for wanted in dict.fromkeys((channel, None)):
            for agreed in self.prices:
                if (agreed.rider, agreed.channel, agreed.operator, agreed.price.currency) == (
                    rider,
                    wanted,
                    operator,
                    currency,
                ):
                    return agreed.price.minor
        return None

    def _whole(self, apart: int, agreed: int | None) -> Terms | None:
        """One price for everything, or a percentage of what it costs apart."""
        if self.percent is not None:
            agreed = half_up(Fraction(apart * self.percent, 100))
        return None if agreed is None else Terms(agreed, {})

    def _supplemented(self, runs: Sequence[Run], apart: Sequence[int], extra: int | None) -> Terms | None:
        """Everybody's own price, and an amount on top that follows the steps."""
        own: dict[str, int] = {}
        for run, cost in zip(runs, apart, strict=True):
            own[run.operator] = own.get(run.operator, 0) + cost
        return None if extra is None else Terms(sum(apart) + extra, own)

    def _sides(self, rider: str, channel: str | None, currency: str) -> Terms | None:
        """Each side prices to the border: the total is the sum, and each keeps its own."""
        own: dict[str, int] = {}
        for operator in self.parties:
            amount = self._amount(rider, channel, operator, currency)
            if amount is None:
                return None
            own[operator] = amount
        return Terms(sum(own.values()), own)

    def _added(self, runs: Sequence[Run], apart: Sequence[int], agreed: int | None) -> Terms | None:
        """The main rides at their own price, the added ones at a fixed supplement or a percentage."""
        own: dict[str, int] = {}
        added = 0
        for element, run, cost in zip(self.pattern, runs, apart, strict=True):
            if element.add_on:
                added += cost
            else:
                own[run.operator] = own.get(run.operator, 0) + cost
        if self.percent is not None:
            agreed = half_up(Fraction(added * self.percent, 100))
        return None if agreed is None else Terms(sum(own.values()) + agreed, own)
