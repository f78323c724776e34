"""Service levels of operators: what their systems can do, and what they really did."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from operators.figures import Level, level
from operators.guard import Guarded
from operators.region import Operator
from ticketing.regions.connectors import Connectors
from ticketing.regions.watch import Watch

_DAY = timedelta(hours=24)
MONTH = timedelta(days=30)


def list_levels(
    connectors: Connectors, watch: Watch | None, operators: Iterable[tuple[str, Operator]], now: datetime
) -> list[dict[str, Any]]:
    """Each operator with what it can do, what is not well, and its levels of the last day and month, by call."""
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
            "not_fetched": watch.troubles(region, operator.id) if watch else [],
            "levels": {
                name: {
                    call: _shown(level(figure))
                    for (of_region, of_operator, call), figure in sorted(figures.items())
                    if (of_region, of_operator) == (region, operator.id)
                }
                for name, figures in spans.items()
            },
        }
        for region, operator in operators
    ]


def hour_of(moment: datetime) -> datetime:
    """The beginning of the hour, by which figures are kept."""
    return moment.replace(minute=0, second=0, microsecond=0)


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
