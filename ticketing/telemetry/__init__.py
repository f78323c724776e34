"""Traces by OpenTelemetry, off by default: where nobody has asked for them, nothing of it is imported.

A span holds a route, a status, a request id and the ids of orders: no address that somebody sent, no text of an error,
no statement of SQL, and nothing of a person.
"""

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol, TypeVar

from ticketing.config import Settings
from ticketing.db.watching import Ended
from ticketing.errors import Misconfigured

T = TypeVar("T")
_IS_IDLE = nullcontext()


class RequestTrace(Protocol):
    """The trace of one request."""

    def answered(self, status: int) -> None:
        """Note the status of the answer."""
        ...

    def end(self) -> None:
        """End it."""
        ...


class Telemetry(Protocol):
    """The traces of one process."""

    def task(self, kind: str, item: str) -> AbstractContextManager[None]:
        """Trace one item of the worker."""
        ...

    def job(self, name: str, seconds: float, done: int, failures: int) -> None:
        """Note a round of a job in which something was done."""
        ...

    def request(self, method: str, route: str, *, request_id: str, order: str) -> RequestTrace:
        """Begin the trace of a request; `order` is what stands in the address for an order."""
        ...

    def transaction(self, system: str, writes: bool) -> Ended | None:
        """Trace a transaction of a request or an item; a `ticketing.db.watching.Begun`."""
        ...

    def gateway(self, gateway: T) -> T:
        """Give the same gateway, each of whose calls is traced."""
        ...

    def end(self) -> None:
        """Send what is left, and trace no more."""
        ...


_ACTIVE: list[Telemetry] = []


def begin(settings: Settings, process: Literal["web", "worker"]) -> Telemetry | None:
    """Begin where the settings name a collector; once a process. Raises Misconfigured without the libraries."""
    if not settings.telemetry:
        return None
    if not _ACTIVE:
        try:
            traces = importlib.import_module("ticketing.telemetry.traces")
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("opentelemetry"):
                raise
            raise Misconfigured(
                "THROUGHFARE_TELEMETRY needs OpenTelemetry: pip install 'throughfare[telemetry]' brings it"
            ) from None
        make: Callable[[str, str], Telemetry] = traces.Traces
        _ACTIVE.append(make(settings.telemetry, process))
    return _ACTIVE[0]


def active() -> Telemetry | None:
    """The traces of this process; None where there are none."""
    return _ACTIVE[0] if _ACTIVE else None


def end() -> None:
    """Send what is left, and trace no more."""
    while _ACTIVE:
        _ACTIVE.pop().end()


def task(kind: str, item: str) -> AbstractContextManager[None]:
    """Trace one item of the worker, where anything is traced."""
    return _ACTIVE[0].task(kind, item) if _ACTIVE else _IS_IDLE


def job(name: str, seconds: float, done: int, failures: int) -> None:
    """Note a round of a job of the worker, where anything is traced."""
    if _ACTIVE:
        _ACTIVE[0].job(name, seconds, done, failures)
