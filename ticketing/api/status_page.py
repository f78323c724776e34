"""The public page of incidents: what everybody may read (TLP:CLEAR), for people and for programs."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Response, jsonify, render_template_string, request

from throughfare_gate.moments import written
from ticketing.api import description
from ticketing.api.conditional import conditional
from ticketing.api.context import rooms
from ticketing.api.language import language
from ticketing.incidents import show
from ticketing.incidents.show import PublicIncident

blueprint = Blueprint("status_page", __name__)

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@blueprint.get("/status")
@conditional
def status() -> Response:
    """List the incidents that everybody may read, ours and our partners', the newest first."""
    listed = [_shown(incident) for incident in show.list_public(rooms().incidents)]
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        response = Response(
            render_template_string(
                description.page("status.html"), incidents=listed, t=_words()[language()], language=language()
            ),
            content_type="text/html; charset=utf-8",
        )
        response.headers["Content-Security-Policy"] = _POLICY
    else:
        response = jsonify({"incidents": listed})
    response.headers["Cache-Control"] = "public, max-age=30"
    response.vary.update(["Accept", "Accept-Language"])
    return response


@functools.cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """The words of the page in every language."""
    words: dict[str, dict[str, str]] = json.loads(
        Path(__file__).with_name("status_words.json").read_text(encoding="utf-8")
    )
    return words


def _shown(incident: PublicIncident) -> dict[str, object]:
    record = incident.step.record
    return {
        "id": incident.id,
        "scheme": incident.scheme,
        "type": record.type,
        "title": record.title,
        "text": record.narrative,
        "status": record.status,
        "severity": record.severity,
        "began_at": written(record.occurred_at),
        "updated_at": written(incident.step.at),
        "lessons": record.lessons,
    }
