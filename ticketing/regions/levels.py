"""Service levels of operators: what their systems can do, and what they really did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from operators.figures import Figure, Level, level
from operators.guard import Guarded
from operators.region import Operator
from throughfare_gate.moments import written
from ticketing.db.operators.run_states import LiveFeed
from ticketing.regions.connectors import Connectors
from ticketing.regions.live_board import LiveBoard
from ticketing.regions.run_news import matching_in
from ticketing.regions.watch import Watch

_DAY = timedelta(hours=24)
MONTH = timedelta(days=30)


def list_levels(
    connectors: Connectors,
    watch: Watch | None,
    board: LiveBoard | None,
    operators: Iterable[tuple[str, Operator]],
    now: datetime,
) -> list[dict[str, Any]]:
    """Each operator with what it can do, what is not well, its live data, and its levels of the last day and month."""
    wanted = list(operators)
    places = {region for region, _ in wanted}
    feeds = {region: board.troubles(region) if board else {} for region in places}
    spans = {
        name: connectors.figures.since(hour_of(now - span))
        for name, span in (("day", _DAY), ("month", MONTH))
    }
    return [
        {
            "region": region,
            "id": operator.id,
            "name": operator.name,
            "protocol": operator.connector.kind if operator.connector else "gtfs",
            **_abilities(connectors.regions[region][operator.id]),
            "not_fetched": _not_fetched(watch, feeds[region].get(operator.id), (region, operator.id)),
            "live": _live(feeds[region].get(operator.id)),
            "levels": _levels(spans, (region, operator.id)),
        }
        for region, operator in wanted
    ]


def _levels(
    spans: Mapping[str, Mapping[tuple[str, str, str], Figure]], place: tuple[str, str]
) -> dict[str, dict[str, object]]:
    return {name: _by_call(figures, place) for name, figures in spans.items()}


def _by_call(figures: Mapping[tuple[str, str, str], Figure], place: tuple[str, str]) -> dict[str, object]:
    """The levels of each call to an operator, which is named by its region and its id."""
    return {
        call: _shown(level(figure))
        for (region, operator, call), figure in sorted(figures.items())
        if (region, operator) == place
    }


def hour_of(moment: datetime) -> datetime:
    """The beginning of the hour, by which figures are kept."""
    return moment.replace(minute=0, second=0, microsecond=0)


def live_outcomes(feed: LiveFeed) -> dict[str, int]:
    """Count the messages of an operator that were matched with a trip, and the others by reason."""
    matching = matching_in(feed.document)
    return {"matched": matching.matched, **matching.unmatched}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFigures:
    """An operator's live data as a whole: when it told last, how much fits its timetable, what went wrong last.

    `under_way` and `described` are None for one that tells only of what goes wrong.
    """

    operator: str
    as_of: datetime | None
    trouble: str | None
    messages: int
    matched: int
    unmatched: Mapping[str, int]
    under_way: int | None
    described: int | None

    @property
    def is_misfit(self) -> bool:
        """Tell whether less than half of its messages are about trips that we know."""
        return self.matched * 2 < self.messages


def list_feeds(board: LiveBoard, region: str) -> list[FeedFigures]:
    """List the live data of a region's operators in figures."""
    return [
        FeedFigures(
            operator=operator,
            as_of=feed.as_of,
            trouble=feed.trouble,
            messages=matching.messages,
            matched=matching.matched,
            unmatched=matching.unmatched,
            under_way=feed.document.get("under_way"),
            described=feed.document.get("described"),
        )
        for operator, feed in board.troubles(region).items()
        for matching in (matching_in(feed.document),)
    ]


def _not_fetched(watch: Watch | None, feed: LiveFeed | None, place: tuple[str, str]) -> list[str]:
    """List the parts of an operator that could not be fetched last time: `feed`, `live`."""
    troubles = watch.troubles(*place) if watch else []
    return [*troubles, "live"] if feed and feed.trouble else troubles


def _live(feed: LiveFeed | None) -> dict[str, Any] | None:
    """Compute the share of an operator's live messages about trips that we know; None for one that has never told anything."""
    if feed is None or feed.as_of is None:
        return None
    matching = matching_in(feed.document)
    return {
        "as_of": written(feed.as_of),
        "messages": matching.messages,
        "matched": matching.matched,
        "unmatched": dict(matching.unmatched),
        "under_way": feed.document.get("under_way"),
        "described": feed.document.get("described"),
    }


def _abilities(connector: Guarded) -> dict[str, Any]:
    able = connector.capabilities
    return {
        "needs_hold": able.needs_hold,
        "cancels": able.cancels,
        "tells": [name for name in ("availability", "offers", "disruptions") if getattr(able, name)],
        "not_asked": sorted(connector.breakers),
    }


def _shown(found: Level) -> dict[str, Any]:
    return {
        "calls": found.calls,
        "availability_percent": _percent(found.availability_bp),
        "error_percent": _percent(found.error_bp),
        "unknown_outcomes": found.unknown,
        "p50_ms": found.p50_ms,
        "p95_ms": found.p95_ms,
    }


def _percent(basis_points: int | None) -> str | None:
    return None if basis_points is None else f"{basis_points // 100}.{basis_points % 100:02}"
