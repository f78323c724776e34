"""The tools of publishing, and the months that it counts by."""

import calendar
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar, cast

from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.errors import InvalidRequest, NotFound
from ticketing.publishing.privacy import Noise, OpenDpNoise
from ticketing.regions import Region

T = TypeVar("T")
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
# Offline gates tell late: so long after its last day the facts of a month are in.
SETTLES_AFTER = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Kept:
    """A thing that takes long to make: since when it is there, and the thing that it was made of."""

    at: datetime
    of: object
    thing: object


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingDesk:
    """The tools of publishing: the facts, the regions with their terms, and the noise."""

    database: Database
    clock: Clock
    regions: Mapping[str, Region]
    noise: Noise = field(default_factory=OpenDpNoise)
    public_url: str = ""
    kept: dict[tuple[str, ...], "Kept"] = field(default_factory=dict, repr=False)
    _making: dict[tuple[str, ...], threading.Lock] = field(default_factory=dict, init=False, repr=False)

    def region(self, name: str) -> Region:
        """Find a region that publishes open data; raises NotFound for any other."""
        region = self.regions.get(name)
        if region is None or region.data.open_data is None:
            raise NotFound(f"no region {name} publishes open data")
        return region

    def keep(self, key: tuple[str, ...], seconds: int, make: Callable[[], T], *, of: object = None) -> T:
        """Give what was made for a key, of the same thing, within so many seconds, else make it anew: once, while others wait for it."""
        with self._making.setdefault(key, threading.Lock()):
            now, known = self.clock.now(), self.kept.get(key)
            if (
                known is None
                or known.of is not of
                or not timedelta(0) <= now - known.at < timedelta(seconds=seconds)
            ):
                known = Kept(now, of, make())
                self.kept[key] = known
        return cast("T", known.thing)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month, as `2026-10`."""

    name: str

    @classmethod
    def read(cls, name: str) -> "Month":
        """Read a month; raises InvalidRequest."""
        if not _MONTH.fullmatch(name):
            raise InvalidRequest.at("month", "must be a month, as in 2026-10")
        return cls(name)

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month of a day."""
        return cls(f"{day:%Y-%m}")

    @property
    def first(self) -> date:
        """Its first day."""
        return date.fromisoformat(f"{self.name}-01")

    @property
    def last(self) -> date:
        """Its last day."""
        return self.first.replace(day=calendar.monthrange(self.first.year, self.first.month)[1])

    @property
    def days(self) -> list[date]:
        """Its days."""
        return [self.first + timedelta(days=at) for at in range((self.last - self.first).days + 1)]

    @property
    def mondays(self) -> list[date]:
        """The Mondays in it: a week belongs to the month of its Monday."""
        return [day for day in self.days if day.weekday() == 0]

    @property
    def before(self) -> "Month":
        """The month before."""
        return Month.of(self.first - timedelta(days=1))

    @property
    def span(self) -> tuple[datetime, datetime]:
        """A span of time that has all its weeks in every time zone: from its first day to a week after its last, a day more at both ends."""
        start = datetime.combine(self.first - timedelta(days=1), time(0), UTC)
        return start, datetime.combine(self.last + timedelta(days=8), time(0), UTC)

    @property
    def settled_at(self) -> datetime:
        """The moment from which on it can be published."""
        return datetime.combine(self.last + timedelta(days=1), time(0), UTC) + SETTLES_AFTER
