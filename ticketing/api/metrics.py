"""Figures: the double-use window of each operator, for people and for Prometheus."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import Response, current_app, make_response
from flask.views import MethodView
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ticketing.api import http_metrics
from ticketing.api.blueprint import Blueprint
from ticketing.api.context import OPERATOR_PEOPLE, caller, rooms
from ticketing.api.door import doors_of
from ticketing.api.guard import for_roles
from ticketing.api.operator_metrics import OperatorFigures
from ticketing.api.schemas.metrics import GateMetricsSchema
from ticketing.gate import metrics
from ticketing.gate.house import Gatehouse
from ticketing.purchase.gateway import alerts
from ticketing.purchase.gateway.alerts import WorkerJob

blueprint = Blueprint("metrics", __name__, description="Figures")

_KEY: dict[str, Any] = {"security": [{"apiKey": []}]}


@blueprint.route("/v1/operators/<string:operator>/gate-metrics")
class GateMetrics(MethodView):
    """An operator's gates in figures."""

    @for_roles("admin", *OPERATOR_PEOPLE)
    @blueprint.response(200, GateMetricsSchema)
    @blueprint.doc(**_KEY)
    def get(self, operator: str) -> dict[str, Any]:
        """Answer how long a copy of a ticket could work in the last 24 hours, and the double uses that were found."""
        return metrics.report(rooms().gatehouse, operator)


def prometheus() -> Response:
    """The figures of every operator in Prometheus' text format; for an administrator's key alone."""
    caller().require("admin")
    registry = CollectorRegistry()
    registry.register(_Figures(rooms().gatehouse))
    registry.register(OperatorFigures(rooms().connectors, rooms().clock.now(), rooms().planner.board))
    registry.register(_WorkerFigures(alerts.list_jobs(rooms().till), rooms().clock.now()))
    registry.register(_OrderFigures(alerts.count_orders(rooms().till)))
    if lines := [door.line for door in doors_of(current_app).values()]:
        registry.register(
            _QueueFigures(sum(line.waiting for line in lines), sum(line.told for line in lines))
        )
    parts = [generate_latest(one) for one in (registry, *http_metrics.registries())]
    response = make_response(b"".join(parts))
    response.content_type = CONTENT_TYPE_LATEST
    return response


class _Figures(Collector):
    """Measured when it is asked for, so that every worker process tells the same."""

    def __init__(self, house: Gatehouse) -> None:
        self._house = house

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        rides = GaugeMetricFamily("gate_rides", "rides of the last 24 hours", labels=["operator"])
        doubles = GaugeMetricFamily(
            "gate_double_uses", "double uses of the last 24 hours", labels=["operator"]
        )
        refunded = GaugeMetricFamily(
            "gate_refunded_rides",
            "rides reported in the last 24 hours after their refund",
            labels=["operator"],
        )
        for operator in metrics.list_operators(self._house):
            figures = metrics.measure(self._house, operator)
            rides.add_metric([operator], figures.rides)
            doubles.add_metric([operator], figures.double_uses)
            refunded.add_metric([operator], figures.refunded_rides)
            for name, value in metrics.measures(figures).items():
                family = families.setdefault(
                    name, GaugeMetricFamily(name, "of the last 24 hours", labels=["operator", "quantile"])
                )
                for quantile, seconds in (("0.5", value.p50), ("0.95", value.p95), ("1", value.most)):
                    if seconds is not None:
                        family.add_metric([operator, quantile], seconds)
        yield from (*families.values(), rides, doubles, refunded)


class _WorkerFigures(Collector):
    """The figures of the worker's jobs, as it wrote them down."""

    def __init__(self, jobs: Sequence[WorkerJob], now: datetime) -> None:
        self._jobs, self._now = jobs, now

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        failures = GaugeMetricFamily("worker_job_failures", "failures since the worker began", labels=["job"])
        failing = GaugeMetricFamily("worker_job_failing", "failures in the last round", labels=["job"])
        since = GaugeMetricFamily(
            "worker_job_seconds_since_success",
            "seconds since the last round without a failure",
            labels=["job"],
        )
        for job in self._jobs:
            failures.add_metric([job.name], job.failures)
            failing.add_metric([job.name], job.failing)
            if job.succeeded_at:
                since.add_metric([job.name], (self._now - job.succeeded_at).total_seconds())
        yield from (failures, failing, since)


class _QueueFigures(Collector):
    """The queue for new orders, as all processes of this host keep it."""

    def __init__(self, waiting: int, told: int) -> None:
        self._waiting, self._told = waiting, told

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "throughfare_queue_waiting", "people who wait for a quote or to order", self._waiting
        )
        yield CounterMetricFamily("throughfare_queue_told", "answers that named a place", self._told)


class _OrderFigures(Collector):
    """Orders that are under way, by state: how many, and the age of the oldest."""

    def __init__(self, states: Sequence[tuple[str, int, float]]) -> None:
        self._states = states

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        count = GaugeMetricFamily("throughfare_orders", "orders of the last day by state", labels=["state"])
        oldest = GaugeMetricFamily(
            "throughfare_oldest_order_seconds", "age of the oldest of them by state", labels=["state"]
        )
        for state, number, age in self._states:
            count.add_metric([state], number)
            oldest.add_metric([state], age)
        yield from (count, oldest)
