"""Rules of a regime as values: every threshold, share and term with its article and its level of certainty. Pure."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tariffs.money import Money
from ticketing.rights.facts import Cause, DepartsFrom

Level = Literal["S", "A", "B", "C"]
ReturnBase = Literal["leg_or_half", "half"]
PassRule = Literal["carrier_arrangement", "lost_rides", "band_per_ride"]
Measured = Literal["arrival", "departure"]
Payer = Literal["carrier", "vendor", "guarantor"]


@dataclass(frozen=True, slots=True)
class Source:
    """An article, and the certainty of its reading: S statute read, A authority's page, B general knowledge, C proposal."""

    article: str
    level: Level


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of minutes, reached at it (`inclusive`) or only beyond it."""

    minutes: int
    inclusive: bool

    def is_reached(self, minutes: int) -> bool:
        """Tell whether so many whole minutes reach it."""
        return minutes >= self.minutes if self.inclusive else minutes > self.minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A share of the price from a delay on, for voyages of some scheduled durations; or a sum for each minute.

    `others_read_from` names the authority that counts the minute of the threshold itself the other way.
    """

    threshold: Threshold
    source: Source
    share: Fraction | None = None
    minute_minor: int = 0
    of_whole_price: bool = False
    scheduled_over: int = 0
    scheduled_to: int | None = None
    others_read_from: str | None = None

    def covers(self, scheduled_minutes: int | None) -> bool:
        """Tell whether a voyage of that scheduled duration belongs to this band; one for all durations needs none."""
        if scheduled_minutes is None:
            return not self.depends_on_schedule
        return self.scheduled_over < scheduled_minutes and (
            self.scheduled_to is None or scheduled_minutes <= self.scheduled_to
        )

    @property
    def depends_on_schedule(self) -> bool:
        """True where the scheduled duration decides."""
        return self.scheduled_over > 0 or self.scheduled_to is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Events of which each alone opens a right."""

    source: Source
    arrival: Threshold | None = None
    departure: Threshold | None = None
    cancelled: bool = False
    overbooked: bool = False
    missed_connection: bool = False
    scheduled_over: int = 0
    only_from: DepartsFrom | None = None
    others_read_from: str | None = None


@dataclass(frozen=True, slots=True)
class Exemption:
    """Causes that excuse the carrier; `doubted` are causes that an authority reads as excuses too."""

    causes: frozenset[Cause]
    source: Source
    doubted: frozenset[Cause] = frozenset()
    authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOffered:
    """A share of the price on top of the refund, where the carrier did not offer the choice."""

    share: Fraction
    only_from: DepartsFrom
    source: Source
    elsewhere: Source
    doubted: frozenset[Cause]
    authority: str


@dataclass(frozen=True, slots=True)
class Undisclosed:
    """Separate contracts sold as one journey, without a word: the whole price and a share on top."""

    share: Fraction
    payer: Payer
    days: int
    source: Source


@dataclass(frozen=True, slots=True)
class Passes:
    """Passes: the carrier's own scheme, the lost rides' part of the price, or the band of one ride's part."""

    pays: PassRule
    source: Source
    rides: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Services within the regime, by their scheduled distance in kilometres: from `least_km`, below `below_km`."""

    source: Source
    least_km: int | None = None
    below_km: int | None = None

    @property
    def needs_distance(self) -> bool:
        """True where the distance decides."""
        return self.least_km is not None or self.below_km is not None

    def holds(self, distance_km: int) -> bool:
        """Tell whether a service of that distance is within."""
        if self.least_km is not None and distance_km < self.least_km:
            return False
        return self.below_km is None or distance_km < self.below_km


@dataclass(frozen=True, slots=True)
class Term:
    """So many days to pay."""

    days: int
    source: Source


@dataclass(frozen=True, slots=True)
class OwnWay:
    """A way that the passenger paid alone: repaid where the threshold is reached, up to a sum where there is one."""

    threshold: Threshold
    source: Source
    at_most: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one regime on one day. A right that the regime does not know is None.

    `version` names the table and the digest of its bytes.
    """

    id: str
    law: str
    version: str
    payer: Payer
    measured: Measured
    scope: Scope
    base: ReturnBase
    base_source: Source
    bands: tuple[Band, ...]
    payment: Term
    separate: Source
    notes: tuple[str, ...] = ()
    refund: Term | None = None
    choice: Trigger | None = None
    refreshments: Trigger | None = None
    not_offered: NotOffered | None = None
    informed: Source | None = None
    reimbursed: Source | None = None
    open_ticket: Source | None = None
    exempt: Exemption | None = None
    undisclosed: Undisclosed | None = None
    passes: Passes | None = None
    minimum: tuple[Money, Source] | None = None
    own_way: OwnWay | None = None
    own_way_unknown: bool = False
    expenses_instead: Source | None = None
