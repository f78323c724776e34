"""Answer a poll with 304 where nothing has changed: `ETag` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1.2).

The tag is of the answer's bytes, so it changes with whatever is told: a state, a delay, the language.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, request

from ticketing.api.limits import view_method

V = TypeVar("V", bound=Callable[..., Any])
_OK = 200


def register(app: Flask) -> None:
    """Tag the answers of views that are polled."""

    @app.after_request
    def _tag(response: Response) -> Response:
        view = view_method() if response.status_code == _OK else None
        if not getattr(view, "is_conditional", False) or "ETag" in response.headers:
            return response
        response.add_etag()
        response.headers["Cache-Control"] = "private, no-cache"
        response.vary.update(["Authorization", "Accept-Language"])
        response.make_conditional(request)
        return response


def conditional(view: V) -> V:
    """Mark a view that apps poll; one that makes a tag of its own keeps it."""
    view.__dict__["is_conditional"] = True
    return view
