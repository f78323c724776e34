"""Count requests by route and status and measure their time, over all processes of a service."""

import os
import time
from collections.abc import Iterator

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_REGISTRY = CollectorRegistry()
_REQUESTS = Counter(
    "throughfare_http_requests",
    "Requests by route, method and status.",
    ["route", "method", "status"],
    registry=_REGISTRY,
)
_SECONDS = Histogram(
    "throughfare_http_request_seconds",
    "Time from the first byte read to the answer, by route and method.",
    ["route", "method"],
    buckets=_BUCKETS,
    registry=_REGISTRY,
)


def register(app: Flask) -> None:
    """Measure every request of an application; a route is a rule of addresses, never an address that somebody sent."""

    @app.after_request
    def _end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in _METHODS else "other"
        count(
            route, method, response.status_code, time.perf_counter() - g.started if "started" in g else None
        )
        return response


def count(route: str, method: str, status: int, seconds: float | None) -> None:
    """Count an answer, and measure its time where it is known."""
    _REQUESTS.labels(route, method, str(status)).inc()
    if seconds is not None:
        _SECONDS.labels(route, method).observe(seconds)


def registries() -> Iterator[CollectorRegistry]:
    """The figures of all processes of this service, or of this one where it is alone."""
    if FOLDER not in os.environ:
        yield _REGISTRY
        return
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    yield shared


def forget_process(pid: int) -> None:
    """Take the gauges of a process that has ended out of the figures of the service."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
