"""Spans of OpenTelemetry, sent by OTLP over HTTP: requests, transactions, calls to others, items and jobs of the worker.

The only module that imports OpenTelemetry, and only a deployment that asks for it imports this one.
"""

import functools
import logging
import re
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, TypeVar

import structlog
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from operators import watching
from ticketing.db.watching import Ended
from ticketing.telemetry import RequestTrace

T = TypeVar("T")

_log = structlog.get_logger(__name__)
_EXPORT_SECONDS = 5
_LEAST_BETWEEN_WARNINGS_SECONDS = 60.0
_SERVER_ERRORS = 500
# Ids that we have made: nothing that somebody may have typed into an address.
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PARENTS = TraceContextTextMapPropagator()


class Traces:
    """The traces of one process, sent in batches by a thread; a collector that is away loses spans and nothing else."""

    def __init__(self, address: str, process: str) -> None:
        _quieten()
        resource = Resource.create(
            {
                "service.name": "throughfare",
                "service.version": version("throughfare"),
                "throughfare.process": process,
            }
        )
        self._provider = TracerProvider(resource=resource)
        exporter = OTLPSpanExporter(endpoint=f"{address}/v1/traces", timeout=_EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("throughfare")
        watching.begin(self._call)

    def end(self) -> None:
        """Send what is left, and trace no more."""
        watching.end()
        self._provider.shutdown()

    @contextmanager
    def task(self, kind: str, item: str) -> Iterator[None]:
        """Trace one item of the worker in a trace of its own."""
        with self._span(f"worker {kind}", SpanKind.CONSUMER) as span:
            if own := _ID.search(item):
                span.set_attribute("throughfare.item", own[0])
            yield

    def job(self, name: str, seconds: float, done: int, failures: int) -> None:
        """Note a round of a job in which something was done; the others, one each few seconds, are no news."""
        if not done and not failures:
            return
        end = time.time_ns()
        span = self._tracer.start_span(f"worker job {name}", start_time=end - int(seconds * 1e9))
        span.set_attributes({"throughfare.done": done, "throughfare.failures": failures})
        if failures:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)

    def request(self, method: str, route: str, *, request_id: str, order: str) -> RequestTrace:
        """Begin the trace of a request. A caller's own trace is not taken over."""
        span = self._tracer.start_span(f"{method} {route}", kind=SpanKind.SERVER)
        span.set_attributes({"http.request.method": method, "http.route": route})
        span.set_attribute("throughfare.request_id", request_id)
        if own := _ID.search(order):
            span.set_attribute("throughfare.order_id", own[0])
        return _Request(span)

    def transaction(self, system: str, writes: bool) -> Ended | None:
        """Trace a transaction of a request or an item, with the number of its statements and none of their text."""
        if not trace.get_current_span().is_recording():
            return None
        span = self._tracer.start_span(
            f"transaction {'write' if writes else 'read'}",
            kind=SpanKind.CLIENT,
            attributes={"db.system.name": system},
        )

        def end(outcome: str, statements: int) -> None:
            span.set_attributes({"throughfare.outcome": outcome, "throughfare.statements": statements})
            span.end()

        return end

    def gateway(self, gateway: T) -> T:
        """Trace each call of a payment gateway by its name."""
        for name in dir(gateway):
            value = getattr(gateway, name)
            if not name.startswith("_") and callable(value):
                setattr(gateway, name, self._traced(name, value))
        return gateway

    def _traced(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(act)
        def traced(*args: Any, **kwargs: Any) -> Any:
            with self._span(f"gateway {name}", SpanKind.CLIENT):
                return act(*args, **kwargs)

        return traced

    @contextmanager
    def _call(
        self, method: str, host: str, headers: MutableMapping[str, str]
    ) -> Iterator[Callable[[int], None]]:
        """Trace a call to an operator or a receiver of messages, and tell it the trace (W3C Trace Context)."""
        with self._span(f"call {method}", SpanKind.CLIENT) as span:
            span.set_attributes({"http.request.method": method, "server.address": host})
            _PARENTS.inject(headers)
            yield functools.partial(span.set_attribute, "http.response.status_code")

    @contextmanager
    def _span(self, name: str, kind: SpanKind) -> Iterator[Span]:
        """Make a span the parent of what happens within; an error is told by its type, since its text may name a person."""
        with self._tracer.start_as_current_span(
            name, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise


class _Request:
    """The span of a request, which is the parent of all that happens until it ends."""

    def __init__(self, span: Span) -> None:
        self._span, self._before = span, context.attach(trace.set_span_in_context(span))

    def answered(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= _SERVER_ERRORS:
            self._span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        context.detach(self._before)
        self._span.end()


class _Ours(logging.Handler):
    """Tells in our log, now and then, that spans were lost: the library would write each failure as it likes."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._next = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line a minute, without the text of the library."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LEAST_BETWEEN_WARNINGS_SECONDS
            _log.warning("traces are lost", source=record.name)


def _quieten() -> None:
    logger = logging.getLogger("opentelemetry")
    logger.handlers, logger.propagate = [_Ours()], False
