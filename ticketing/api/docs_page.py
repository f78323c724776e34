"""Serve the page that tries the API: Swagger UI's files, on a page of ours without a script in it.

The page has the same origin as the commuter's app, whose tokens lie in the browser: only scripts of these files run there.
"""

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, send_from_directory

from ticketing.api import description

blueprint = Blueprint("docs_page", __name__, url_prefix="/docs")

_FILES = Path(flask_swagger_ui.__file__).with_name("dist")
# Swagger UI sets styles on its own elements; they run nothing.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@blueprint.after_request
def _guard(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@blueprint.get("/")
def page() -> Response:
    """Show the description, and try it."""
    return Response(description.page("docs.html"), content_type="text/html; charset=utf-8")


@blueprint.get("/start.js")
def start() -> Response:
    """Serve the script that shows the description."""
    return Response(description.page("docs.js"), content_type="text/javascript; charset=utf-8")


@blueprint.get("/<path:name>")
def file(name: str) -> Response:
    """Serve a file of Swagger UI."""
    return send_from_directory(_FILES, name)
