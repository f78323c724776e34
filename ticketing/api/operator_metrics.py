"""Operators' calls for Prometheus: outcomes, durations, and which calls are given a rest."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from operators.figures import BOUNDS, OUTCOMES, Figure
from ticketing.regions import Connectors, LiveBoard, levels


class OperatorFigures(Collector):
    """Counts of the last month: every process's figures added up, so that any worker may be asked."""

    def __init__(self, connectors: Connectors, now: datetime, board: LiveBoard | None = None) -> None:
        self._connectors, self._now, self._board = connectors, now, board

    def describe(self) -> list[Metric]:
        """Describe no figures in advance: they are measured when they are asked for."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Count what every process has written down of the last month."""
        labels = ["region", "operator", "call"]
        calls = CounterMetricFamily(
            "throughfare_operator_calls", "Calls to operators by outcome.", labels=[*labels, "outcome"]
        )
        seconds = HistogramMetricFamily(
            "throughfare_operator_call_seconds", "How long operators took to answer.", labels=labels
        )
        opened = GaugeMetricFamily(
            "throughfare_operator_breaker_open",
            "1 while this process makes no calls to an operator.",
            labels=labels,
        )
        for place, figure in sorted(
            self._connectors.figures.since(levels.hour_of(self._now - levels.MONTH)).items()
        ):
            for outcome in OUTCOMES:
                calls.add_metric([*place, outcome], figure.outcomes[outcome])
            seconds.add_metric(list(place), _buckets(figure), sum_value=figure.total_us / 1e6)
        for region, operators in self._connectors.regions.items():
            for operator, connector in operators.items():
                for call in connector.breakers:
                    opened.add_metric([region, operator, call], 1)
        yield from (calls, seconds, opened, *self._live())

    def _live(self) -> Iterator[Metric]:
        """Measure the share of operators' live data that fits their timetables, and its age."""
        labels = ["region", "operator"]
        messages = GaugeMetricFamily(
            "throughfare_live_messages",
            "Messages about trips, by result.",
            labels=[*labels, "outcome"],
        )
        age = GaugeMetricFamily(
            "throughfare_live_age_seconds", "Age of an operator's last message.", labels=labels
        )
        trips = GaugeMetricFamily(
            "throughfare_live_trips",
            "Trips under way by the timetable, and those of them that a feed describes.",
            labels=[*labels, "state"],
        )
        board = self._board
        for region in self._connectors.regions if board else ():
            for operator, feed in (board.troubles(region) if board else {}).items():
                if feed.as_of is None or not self._is_asked(region, operator):
                    continue
                age.add_metric([region, operator], (self._now - feed.as_of).total_seconds())
                for outcome, count in levels.live_outcomes(feed).items():
                    messages.add_metric([region, operator, outcome], count)
                for state in ("under_way", "described"):
                    if state in feed.document:
                        trips.add_metric([region, operator, state], feed.document[state])
        yield from (messages, age, trips)

    def _is_asked(self, region: str, operator: str) -> bool:
        """Tell whether an operator has live data of its own: what staff report once and no more does not grow old."""
        connector = self._connectors.regions[region].get(operator)
        return connector is not None and connector.capabilities.disruptions


def _buckets(figure: Figure) -> list[tuple[str, float]]:
    found, total = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), figure.classes, strict=True):
        total += count
        found.append((bound, float(total)))
    return found
