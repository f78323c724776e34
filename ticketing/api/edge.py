"""Give every request its id, its log line, its limits and its security headers."""

import re
import time
from collections.abc import Mapping

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest

from throughfare_gate.ids import new_id

_log = structlog.get_logger("throughfare.http")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

_API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

# Pages that need a camera say so themselves (ticketing/web).
_NOTHING_OF_A_DEVICE = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

MAX_BODY_BYTES = 256 * 1024


_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
_UNLESS_GIVEN = {
    "Cache-Control": "no-store",
    "Permissions-Policy": _NOTHING_OF_A_DEVICE,
    "Content-Security-Policy": _API_POLICY,
}


def request_id(given: str) -> str:
    """The id of a request: the caller's own where it is one, else a new one."""
    return given if _REQUEST_ID.fullmatch(given) else new_id()


def note(request_id: str, method: str, route: str, status: int, seconds: float) -> None:
    """Write the log line of a request."""
    _log.info(
        "request",
        request_id=request_id,
        method=method,
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 1),
    )


def headers_of(gateway: str, *, is_sandbox: bool) -> Mapping[str, str]:
    """The headers that an answer of this service has where it says nothing else."""
    return {**_UNLESS_GIVEN, **_announcing(gateway, is_sandbox=is_sandbox)}


def _announcing(gateway: str, *, is_sandbox: bool) -> dict[str, str]:
    sandbox = {"Throughfare-Sandbox": "true"} if is_sandbox else {}
    stand_in = {"X-Payment-Gateway": "demo"} if gateway == "demo" else {}
    return {**_ALWAYS, **sandbox, **stand_in}


def register(app: Flask, gateway: str, *, is_sandbox: bool) -> None:
    """Hook the edge into an application; a sandbox is announced, and so is a `gateway` that is a stand-in."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    always = _announcing(gateway, is_sandbox=is_sandbox)

    @app.before_request
    def _begin() -> None:
        g.request_id = request_id(request.headers.get("X-Request-Id", ""))
        g.started = time.perf_counter()
        # No address of ours has it, and PostgreSQL cannot even look for it.
        if "\x00" in request.path or any(
            "\x00" in text for pair in request.args.items(multi=True) for text in pair
        ):
            raise BadRequest("the address holds the character U+0000")

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "-")
        _name_letters(response)
        for name, value in _UNLESS_GIVEN.items():
            response.headers.setdefault(name, value)
        for name, value in always.items():
            response.headers[name] = value
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        note(g.get("request_id"), request.method, str(request.url_rule or "-"), response.status_code, seconds)
        return response


def _name_letters(response: Response) -> None:
    """Say of each text by which letters it is written: a browser guesses otherwise."""
    kind = response.mimetype or ""
    if kind.startswith("text/") or kind.endswith(("/xml", "+xml")):
        response.mimetype_params.setdefault("charset", "utf-8")
