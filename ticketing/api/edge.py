"""Give every request its id, its log line, its limits and its security headers."""

import re
import time

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest

from throughfare_gate.ids import new_id

_log = structlog.get_logger("throughfare.http")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

_API_POLICY = "default-src 'none'; frame-ancestors 'none'"

# Pages that need a camera say so themselves (ticketing/web).
_NOTHING_OF_A_DEVICE = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

MAX_BODY_BYTES = 256 * 1024


def register(app: Flask, gateway: str, *, is_sandbox: bool) -> None:
    """Hook the edge into an application; a sandbox is announced, and so is a `gateway` that is a stand-in."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.before_request
    def _begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
        g.started = time.perf_counter()
        # No address of ours has it, and PostgreSQL cannot even look for it.
        if "\x00" in request.path or any(
            "\x00" in text for pair in request.args.items(multi=True) for text in pair
        ):
            raise BadRequest("the address holds the character U+0000")

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "-")
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        response.headers.setdefault("Permissions-Policy", _NOTHING_OF_A_DEVICE)
        response.headers.setdefault("Content-Security-Policy", _API_POLICY)
        if is_sandbox:
            response.headers["Throughfare-Sandbox"] = "true"
        if gateway == "demo":
            response.headers["X-Payment-Gateway"] = "demo"
        _log.info(
            "request",
            request_id=g.get("request_id"),
            method=request.method,
            route=str(request.url_rule or "-"),
            status=response.status_code,
            milliseconds=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        )
        return response
