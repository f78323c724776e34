"""Serve a page for each type of problem, for people and for programs: what happened, what to do, whether a retry helps."""

import json

from flask import Blueprint, Response, jsonify, render_template_string, request
from markupsafe import Markup

from ticketing.api import description
from ticketing.api.description import ProblemType, problem_types
from ticketing.errors import NotFound

blueprint = Blueprint("error_pages", __name__)

_RETRY = {
    "no": "No. The same call would be refused again.",
    "later": "Yes. Wait as long as the header Retry-After says, and send the same call with the same Idempotency-Key.",
    "after_a_change": "Not as it is. Change what the page above says, and send the call again with a new Idempotency-Key.",
}


@blueprint.get("/errors/")
def index() -> Response:
    """List the types of problems."""
    kinds = sorted(problem_types().values(), key=lambda kind: (kind.status, kind.name))
    if _wants_html():
        return _kept(Response(render_template_string(description.page("index.html"), kinds=kinds)))
    return _kept(jsonify({"types": [_shown(kind) for kind in kinds]}))


@blueprint.get("/errors/<string:problem>")
def page(problem: str) -> Response:
    """Explain one type of problem."""
    kind = problem_types().get(problem)
    if kind is None:
        raise NotFound("there is no such type of problem")
    if not _wants_html():
        return _kept(jsonify(_shown(kind)))
    example = json.dumps(description.example(kind), indent=2)
    return _kept(
        Response(
            render_template_string(
                description.page("page.html"),
                kind=kind,
                retry=_RETRY[kind.retry],
                example=example,
                marked=_marked,
            )
        )
    )


def _shown(kind: ProblemType) -> dict[str, object]:
    return {
        "type": kind.path,
        "code": kind.name,
        "status": kind.status,
        "title": kind.title,
        "what": kind.what,
        "action": kind.action,
        "retry": kind.retry,
        "example": description.example(kind),
    }


def _marked(text: str) -> Markup:
    """A text with its names in `backticks` as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts)
    )


def _wants_html() -> bool:
    """A browser prefers HTML; whoever takes anything gets JSON."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.vary.add("Accept")
    return response
