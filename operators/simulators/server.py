"""A simulator's HTTP server: routes, a fault plan around every call, and an inspection page. A stand-in, and says so.

`/_state` is everything it knows as JSON, `/` the same for people, `/_faults` takes a new plan (POST), `/_cancel` cancels a
departure (POST).
"""

import html
import json
import re
import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from operators.fault_plan import Fault, FaultPlan

_MAX_REQUEST_BYTES = 1_000_000
_LONGEST_HANG_SECONDS = 60.0
_HUGE_BYTES = 3_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call as it arrived; `fault` is what a protocol must do itself (`refuse`, `price`, `wrong_identity`)."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    parts: tuple[str, ...] = ()
    fault: Fault | None = None

    def planned(self, kind: str) -> bool:
        """Tell whether this call is to fail so."""
        return self.fault is not None and self.fault.kind == kind


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a JSON body, or with `content` of another type."""

    status: int
    body: Any = None
    content: bytes | None = None
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One call of the protocol; groups of `path` become `Request.parts`."""

    call: str
    method: str
    path: str
    act: Callable[[Request], Answer]


class Simulator(ABC):
    """A protocol's server; subclasses give `routes` and `state`. Serves from `start` until `stop`."""

    name = "simulator"

    def __init__(self) -> None:
        self.plan = FaultPlan()
        self.stopping = threading.Event()
        self.lock = threading.RLock()
        self._server: ThreadingHTTPServer | None = None
        self._late: list[threading.Event] = []

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """The calls of the protocol."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return the whole state as JSON."""

    def cancel_sailing(self, trip_id: str, day: date) -> None:
        """Cancel one departure: from now on it is told, held and confirmed as the protocol does for one that is cancelled."""
        raise NotImplementedError

    def start(self, port: int = 0) -> str:
        """Serve on loopback in threads of its own; answers the address."""
        simulator = self

        class Handler(_Handler):
            pass

        Handler.simulator = simulator
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """End, letting go of every call that hangs."""
        self.stopping.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> Answer:
        """Find the route; the simulator's own pages first."""
        if request.path == "/_state":
            return Answer(200, self.snapshot())
        if request.path == "/" and request.method == "GET":
            return Answer(200, content=self._page().encode(), content_type="text/html; charset=utf-8")
        if request.path == "/_faults" and request.method == "POST":
            return self._take_plan(request.body)
        if request.path == "/_cancel" and request.method == "POST":
            return self._take_cancellation(request.body)
        matches = [
            (route, match) for route in self.routes() if (match := re.fullmatch(route.path, request.path))
        ]
        for route, match in matches:
            if route.method == request.method:
                return self._act(route, replace(request, parts=match.groups()))
        return Answer(405 if matches else 404, {"detail": "no such call"})

    def snapshot(self) -> dict[str, Any]:
        """The state and the fault plan with its counters."""
        with self.lock:
            return {
                "stand_in": f"a simulator of {self.name}: nothing here is real",
                "state": self.state(),
                "plan": self.plan.as_json(),
            }

    def _take_plan(self, body: Any) -> Answer:
        try:
            self.plan = FaultPlan.from_json(body)
        except (ValueError, TypeError) as error:
            return Answer(400, {"detail": str(error)})
        return Answer(200, self.plan.as_json())

    def _take_cancellation(self, body: Any) -> Answer:
        """`{"trip_id", "date"}`."""
        try:
            with self.lock:
                self.cancel_sailing(str(body["trip_id"]), date.fromisoformat(body["date"]))
        except (KeyError, TypeError, ValueError) as error:
            return Answer(400, {"detail": repr(error)})
        return Answer(200, self.snapshot())

    def _act(self, route: Route, request: Request) -> Answer:
        """Carry a call out, with its fault."""
        fault = self.plan.next(route.call)
        kind = fault.kind if fault else ""
        request = replace(request, fault=fault)
        if fault and (early := _BEFORE.get(kind)):
            return early(self, fault)
        if kind == "late" and fault:
            return self._carry_out_late(route, request, fault)
        if kind == "duplicate":
            self._carry_out(route, request)
        answer = self._carry_out(route, request)
        return _AFTER[kind](self, fault, answer) if fault and kind in _AFTER else answer

    def _carry_out(self, route: Route, request: Request) -> Answer:
        with self.lock:
            return route.act(request)

    def _carry_out_late(self, route: Route, request: Request, fault: Fault) -> Answer:
        done = threading.Event()
        self._late.append(done)
        try:
            self.stopping.wait(fault.seconds)
            return self._carry_out(route, request)
        finally:
            done.set()

    def await_late(self) -> None:
        """Wait until every call that is carried out late has been."""
        for done in self._late:
            done.wait(_LONGEST_HANG_SECONDS)

    def hang(self) -> None:
        """Wait until the simulator ends."""
        self.stopping.wait(_LONGEST_HANG_SECONDS)
        raise _Cut

    def _page(self) -> str:
        shown = self.snapshot()
        tables = "".join(
            f"<h2>{html.escape(name)}</h2>{_table(rows)}" for name, rows in shown["state"].items()
        )
        plan = html.escape(json.dumps(shown["plan"], indent=2))
        return (
            f"<!doctype html><meta charset=utf-8><title>{html.escape(self.name)}</title>"
            "<style>body{font:15px system-ui;margin:2rem}table{border-collapse:collapse}"
            "td,th{border:1px solid #bbb;padding:.2rem .5rem;text-align:left}</style>"
            f"<h1>{html.escape(shown['stand_in'])}</h1>{tables}<h2>faults</h2><pre>{plan}</pre>"
        )


class _Cut(Exception):
    """Close the connection without an answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    simulator: Simulator

    def _serve(self) -> None:
        self.close_connection = True
        try:
            self._write(self.simulator.answer(self._read()))
        except _Cut:
            self._cut()
        except (BrokenPipeError, ConnectionError):
            pass  # the caller has given up; what was done stays done

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve  # noqa: N815  names of http.server

    def _read(self) -> Request:
        length = min(int(self.headers.get("Content-Length") or 0), _MAX_REQUEST_BYTES)
        content = self.rfile.read(length)
        parts = urlsplit(self.path)
        body: Any = None
        if content:
            try:
                body = json.loads(content)
            except ValueError:
                body = dict(parse_qsl(content.decode("utf-8", "replace")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers=headers,
            body=body,
        )

    def _write(self, answer: Answer) -> None:
        content = answer.content if answer.content is not None else json.dumps(answer.body).encode()
        if answer.status == HTTPStatus.NO_CONTENT:
            content = b""
        headers = dict(answer.headers)
        slices = headers.pop("x-drip", None)
        cut = headers.pop("x-cut", None)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if cut:
            self.wfile.write(content[: len(content) // 2])
            raise _Cut
        if slices is None:
            self.wfile.write(content)
            return
        for at in range(len(content)):
            self.wfile.write(content[at : at + 1])
            self.wfile.flush()
            if self.simulator.stopping.wait(float(slices)):
                return

    def _cut(self) -> None:
        """Reset rather than close, so that the caller sees a broken connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name of http.server
        """Say nothing: the inspection page is the log."""


def _table(rows: Any) -> str:
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        return f"<pre>{html.escape(json.dumps(rows, indent=2))}</pre>"
    names = list(rows[0])
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join(_table_row(row, names) for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _table_row(row: Mapping[str, object], names: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<td>{html.escape(str(row.get(name)))}</td>" for name in names) + "</tr>"


def _reset(_simulator: Simulator, _fault: Fault, _answer: Answer | None = None) -> Answer:
    raise _Cut


def _hang(simulator: Simulator, _fault: Fault, _answer: Answer | None = None) -> Answer:
    simulator.hang()
    raise _Cut


def _error(_simulator: Simulator, _fault: Fault, _answer: Answer | None = None) -> Answer:
    return Answer(500, content=b"<h1>Internal Server Error</h1>", content_type="text/html")


def _slow(simulator: Simulator, fault: Fault, answer: Answer) -> Answer:
    simulator.stopping.wait(fault.seconds)
    return answer


_BEFORE: dict[str, Callable[[Simulator, Fault], Answer]] = {
    "error_before": _error,
    "reset_before": _reset,
    "hang_before": _hang,
    "unavailable": lambda _simulator, _fault: Answer(503, {"detail": "not now"}),
    "rate_limit": lambda _simulator, _fault: Answer(
        429, {"detail": "slow down"}, headers=(("Retry-After", "1"),)
    ),
    "unauthorised": lambda _simulator, _fault: Answer(401, {"detail": "who are you?"}),
    "redirect": lambda _simulator, _fault: Answer(302, {}, headers=(("Location", "/_state"),)),
    "not_found": lambda _simulator, _fault: Answer(404, {"detail": "no such thing"}),
}
_AFTER: dict[str, Callable[[Simulator, Fault, Answer], Answer]] = {
    "error_after": _error,
    "reset_after": _reset,
    "hang_after": _hang,
    "slow": _slow,
    "drip": lambda _simulator, fault, answer: replace(answer, headers=(("x-drip", str(fault.seconds)),)),
    "malformed": lambda _simulator, _fault, answer: Answer(answer.status, content=b'{"id": NaN'),
    "truncated": lambda _simulator, _fault, answer: replace(answer, headers=(("x-cut", "1"),)),
    "huge": lambda _simulator, _fault, answer: Answer(
        answer.status, content=b'"' + b"x" * _HUGE_BYTES + b'"'
    ),
}
