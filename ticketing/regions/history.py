"""Note which version of each operator's feed is served since when; the worker looks, since it takes newer feeds as the service does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from operators.served_feed import ServedFeed
from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.operators import feed_versions
from ticketing.db.operators.feed_versions import FeedVersion
from ticketing.regions.load import Region


@dataclass(frozen=True, slots=True)
class FeedHistory:
    """The regions that are served, and where their versions are noted."""

    database: Database
    clock: Clock
    regions: Mapping[str, Region]
    _noted: dict[str, Region] = field(default_factory=dict)

    def note(self) -> int:
        """Note the versions that are new since the last look; answers how many."""
        changed = [
            (name, region) for name, region in self.regions.items() if self._noted.get(name) is not region
        ]
        return sum(self._note(name, region) for name, region in changed)

    def _note(self, name: str, region: Region) -> int:
        now, added = self.clock.now(), 0
        with self.database.write() as tx:
            known = feed_versions.last_digests(tx, name)
            for operator, feed in region.data.feeds.items():
                if known.get(operator) != feed.digest:
                    added += feed_versions.put_feed_version(
                        tx,
                        FeedVersion(
                            region=name,
                            operator=operator,
                            first_served_at=now,
                            digest=feed.digest,
                            document=_figures(feed),
                        ),
                    )
        self._noted[name] = region
        return added


def _figures(feed: ServedFeed) -> dict[str, object]:
    return {
        "stops": feed.stops,
        "trips": feed.trips,
        "first_day": _day(feed.first_day),
        "last_day": _day(feed.last_day),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
