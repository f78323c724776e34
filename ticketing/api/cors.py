"""Allow web pages of other origins to use the API from a browser (Fetch Standard): an exact list, none by default.

Callers show bearer tokens, never cookies, so no credentials are allowed across origins. The console and the demo
gateway's pages are for their own origin alone.
"""

from flask import Flask, Response, request

_METHODS = "GET, POST, PUT, PATCH, DELETE"
_HEADERS = (
    "Authorization, Content-Type, Accept-Language, Idempotency-Key, If-None-Match, Queue-Ticket, X-Request-Id"
)
_EXPOSED = "Date, Deprecation, ETag, Idempotent-Replayed, Link, Refresh-After, Retry-After, Sunset, Throughfare-Sandbox, X-Request-Id"
_AGE_SECONDS = "600"


def readable_for(origin: str) -> dict[str, str]:
    """The headers that let a page of an origin read an answer."""
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED}


def register(app: Flask, origins: tuple[str, ...]) -> None:
    """Let pages of exactly these origins read the API's answers."""

    @app.after_request
    def _allow(response: Response) -> Response:
        if not request.path.startswith("/v1/"):
            return response
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin not in origins:
            return response
        response.headers.update(readable_for(str(origin)))
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = _METHODS
            response.headers["Access-Control-Allow-Headers"] = _HEADERS
            response.headers["Access-Control-Max-Age"] = _AGE_SECONDS
        return response
