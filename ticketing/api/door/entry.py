"""The doors of new quotes and orders: a few are let in, and everybody else is told at once their place and when to come again.

It stands before Flask, authentication and the database, so that a crowd costs little. Payments, refunds, gates and reads
have no door.
"""

import functools
import hashlib
import io
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from throughfare_gate.moments import written
from ticketing.api import cors, edge, http_metrics
from ticketing.api.door.line import Line, Told, seconds_of
from ticketing.api.door.slots import Slots
from ticketing.api.language import language_of
from ticketing.api.problems import PROBLEM_JSON, document
from ticketing.identity import QueuePlace, QueueTickets

HEADER = "Queue-Ticket"
QUEUE_TICKET = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "maxLength": 128},
    "description": "The `queue_ticket` of the problem `in_queue`: the same request with it, at the time that was told, keeps its place.",
    "example": "tf_queue_AAAB",
}
# Those who stand hold a thread each, and so do those who are told to wait.
_TELLERS = 2
_PATIENCE_SECONDS = 1.0
_ORDERS, _QUOTES = "/v1/orders", "/v1/quotes"
# A quote takes a tenth of the time of an order, so that more of them are done while one has patience.
_SEATS = {_ORDERS: 4, _QUOTES: 12}
_KEY = "doors"


@dataclass(frozen=True, slots=True)
class Door:
    """A door of one process, and the line before it, which all processes of a service share."""

    tickets: QueueTickets
    line: Line
    slots: Slots

    @property
    def threads(self) -> int:
        """The number of threads that its callers can hold at once."""
        return self.slots.most + self.slots.seats + _TELLERS

    def enter(self, presented: str, bound_to: bytes) -> Told | None:
        """Let a request in (None), or tell its place."""
        place = self._place(presented, bound_to)
        if place is None:
            return None if self._admits_new() else self.line.join()
        if self.line.is_due(place) and self._admits(place):
            return None
        return self.line.again(place)

    def leave(self, status: str) -> None:
        """Take note that a request which was let in has been answered."""
        self.slots.leave()
        self.line.went(is_sold=status.startswith("2"))

    def _place(self, presented: str, bound_to: bytes) -> QueuePlace | None:
        place = self.tickets.read(presented, bound_to) if presented else None
        return place if place is not None and self.line.knows(place) else None

    def _admits_new(self) -> bool:
        is_empty = self.line.is_empty
        if not (is_empty or self.line.is_idle):
            return False
        if not self.slots.enter(time.time_ns() // 1_000_000, _PATIENCE_SECONDS if is_empty else 0.0):
            return False
        self.line.came_in(None)
        return True

    def _admits(self, place: QueuePlace) -> bool:
        if not self.line.is_turn(place):
            return False
        if not self.slots.enter(place.arrived_ms, _PATIENCE_SECONDS):
            return False
        self.line.came_in(place)
        return True


@dataclass(frozen=True, slots=True)
class _Before:
    """The doors before an application, by path: what they do not let in never reaches Flask."""

    inner: WSGIApplication
    doors: Mapping[str, Door]
    headers: Mapping[str, str]
    origins: tuple[str, ...]
    commits_wait: Callable[[], bool]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as WSGI wants it."""
        door = self.doors.get(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
        # While a commit waits, nobody may write: Flask says so at once, and no place in a line would be true.
        if door is None or self.commits_wait():
            return self.inner(environ, start_response)
        began = time.perf_counter()
        body = _body(environ)
        if body is None:
            return self.inner(environ, start_response)
        bound_to = _digest(environ, body)
        place = door.enter(environ.get("HTTP_QUEUE_TICKET", ""), bound_to)
        if place is not None:
            headers, text = self._told(environ, place, door.tickets.write(place.place, bound_to), began)
            start_response("429 TOO MANY REQUESTS", list(headers.items()))
            return [text]
        said: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], *error: object) -> Callable[[bytes], object]:
            said.append(status)
            return start_response(status, headers, *error)  # type: ignore[arg-type]

        try:
            return self.inner(environ, start)
        finally:
            door.leave(said[-1] if said else "")

    def _told(
        self, environ: WSGIEnvironment, answer: Told, ticket: str, began: float
    ) -> tuple[dict[str, str], bytes]:
        """Write the headers and the body of an answer, and note it."""
        request_id = edge.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        text = _text(answer, ticket, request_id, language_of(environ.get("HTTP_ACCEPT_LANGUAGE", "")))
        headers = {
            **self.headers,
            "Content-Type": PROBLEM_JSON,
            "Content-Length": str(len(text)),
            "Retry-After": str(seconds_of(answer.wait_ms)),
            "X-Request-Id": request_id,
            "Vary": "Origin",
        }
        if (origin := environ.get("HTTP_ORIGIN")) in self.origins:
            headers |= cors.readable_for(origin)
        took = time.perf_counter() - began
        path = environ["PATH_INFO"]
        http_metrics.count(path, "POST", 429, took)
        edge.note(request_id, "POST", path, 429, took)
        return headers, text


def _digest(environ: WSGIEnvironment, body: bytes) -> bytes:
    """The digest of a request with which its ticket goes."""
    return hashlib.sha256(f"{environ.get('HTTP_IDEMPOTENCY_KEY', '')}\n".encode() + body).digest()


def _text(answer: Told, ticket: str, request_id: str, language: str) -> bytes:
    """Write the problem document."""
    at = written(datetime.now(UTC) + timedelta(seconds=seconds_of(answer.wait_ms)))
    detail = _words()[language].format(before=answer.before, time=at)
    members = {
        **document(429, "in_queue", detail, request_id),
        "told_at": at,
        "wait_ms": answer.wait_ms,
        "place": answer.before,
        "queue_ticket": ticket,
    }
    return json.dumps(members, ensure_ascii=False).encode()


def register(
    app: Flask, tickets: QueueTickets, most: int, headers: Mapping[str, str], origins: tuple[str, ...]
) -> None:
    """Hang the doors before an application; with `most` of 0 there is none."""
    doors = {path: Door(tickets, Line(), Slots(most, seats)) for path, seats in _SEATS.items() if most}
    app.extensions[_KEY] = doors
    if doors:
        waits = app.extensions["commits_wait"]
        app.wsgi_app = _Before(app.wsgi_app, doors, headers, origins, waits)  # type: ignore[method-assign]


def door_of(app: object, path: str = _ORDERS) -> Door | None:
    """The door of new orders of an application, or of another path, where it has one."""
    return doors_of(app).get(path)


def doors_of(app: object) -> Mapping[str, Door]:
    """The doors of an application by path."""
    found: Mapping[str, Door] = getattr(app, "extensions", {}).get(_KEY, {})
    return found


def _body(environ: WSGIEnvironment) -> bytes | None:
    """Read the body, and leave it there for whoever comes next; None for one that is too long or cannot be read."""
    try:
        body: bytes = get_input_stream(environ, max_content_length=edge.MAX_BODY_BYTES).read()
    except HTTPException:
        return None
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


@functools.cache
def _words() -> dict[str, str]:
    words: dict[str, str] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
    return words
