"""Say in its answers that a call is deprecated, and until when it is answered: `Deprecation` (RFC 9745), `Sunset` (RFC 8594).

The table below is the only place that names such calls. The description and the API's changelog say the same (docs/api.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from flask import Flask, Response, request
from werkzeug.http import http_date

from ticketing.api.description import call_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecated:
    """A call that goes: since when, until when it is answered at least, and the page that names its successor."""

    since: datetime
    sunset: datetime
    link: str = "/docs/"

    def __str__(self) -> str:
        """Say it as the description does."""
        return f"Deprecated since {self.since:%Y-%m-%d}; answered until {self.sunset:%Y-%m-%d} at least."

    def headers(self) -> dict[str, str]:
        """The headers of its answers; `Deprecation` is a date of RFC 9651."""
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": http_date(self.sunset.astimezone(UTC)),
            "Link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }


# By `GET /v1/…` as the description writes it. Half a year lies between `since` and `sunset` at least.
CALLS: Mapping[str, Deprecated] = MappingProxyType({})


def register(app: Flask, calls: Mapping[str, Deprecated] = CALLS) -> None:
    """Put the headers on every answer of these calls, refusals too."""
    app.extensions["deprecated_calls"] = calls

    @app.after_request
    def _warn(response: Response) -> Response:
        if calls and (deprecated := calls.get(call_of(request.method, str(request.url_rule)))):
            response.headers.extend(deprecated.headers())
        return response
