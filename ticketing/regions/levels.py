"""Service levels of operators: what their systems really did, for people and for Prometheus."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from operators.figures import BOUNDS, OUTCOMES, Figure, Level, level
from operators.guard import Guarded
from operators.region import Operator
from ticketing.regions.connectors import Connectors
from ticketing.regions.watch import Watch

_DAY = timedelta(hours=24)
_MONTH = timedelta(days=30)


def list_levels(
    connectors: Connectors, watch: Watch | None, operators: Iterable[tuple[str, Operator]], now: datetime
) -> list[dict[str, Any]]:
    """Each operator with what it can do, what is not well, and its levels of the last day and month, by call."""
    spans = {
        name: connectors.figures.since(_hour(now - span)) for name, span in (("day", _DAY), ("month", _MONTH))
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


def collector(connectors: Connectors, now: datetime) -> Collector:
    """The figures of all processes, to be registered with Prometheus' client."""
    return _Operators(connectors, now)


class _Operators(Collector):
    """Counts of the last month: every process's figures added up, so that any worker may be asked."""

    def __init__(self, connectors: Connectors, now: datetime) -> None:
        self._connectors, self._now = connectors, now

    def describe(self) -> list[Metric]:
        """Nothing is measured before it is asked for."""
        return []

    def collect(self) -> Iterator[Metric]:
        labels = ["region", "operator", "call"]
        calls = CounterMetricFamily(
            "throughfare_operator_calls", "Calls to operators by outcome.", labels=[*labels, "outcome"]
        )
        seconds = HistogramMetricFamily(
            "throughfare_operator_call_seconds", "How long operators took to answer.", labels=labels
        )
        opened = GaugeMetricFamily(
            "throughfare_operator_breaker_open",
            "1 where this process asks an operator no more.",
            labels=labels,
        )
        for place, figure in sorted(self._connectors.figures.since(_hour(self._now - _MONTH)).items()):
            for outcome in OUTCOMES:
                calls.add_metric([*place, outcome], figure.outcomes[outcome])
            seconds.add_metric(list(place), _buckets(figure), sum_value=figure.total_us / 1e6)
        for region, operators in self._connectors.regions.items():
            for operator, connector in operators.items():
                for call in connector.breakers:
                    opened.add_metric([region, operator, call], 1)
        yield from (calls, seconds, opened)


def _buckets(figure: Figure) -> list[tuple[str, float]]:
    found, total = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), figure.classes, strict=True):
        total += count
        found.append((bound, float(total)))
    return found


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


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
