"""Serve open data to anybody: the files of a region, with tags by which caches ask again."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, json, make_response, request

from ticketing.api.conditional import conditional
from ticketing.api.context import rooms
from ticketing.errors import InvalidRequest
from ticketing.publishing import (
    CORE_CONTEXT,
    MODEL_CONTEXT,
    Page,
    get_catalogue,
    get_entity,
    get_page,
    list_entities,
)

blueprint = Blueprint("open_data", __name__)

_LD, _MOST_DIGITS = "application/ld+json", 9


@blueprint.get("/open/<string:region>/<path:name>")
@conditional
def open_file(region: str, name: str) -> Response:
    """A file of a region's open data.

    `datapackage.json` names the tables; docs/open-data.md lists every file, with the meaning of its numbers.
    """
    return _response(get_page(rooms().publishing, region, name))


@blueprint.get("/open/<string:region>/")
@conditional
def open_files(region: str) -> Response:
    """The tables that lie open of a region, as its `datapackage.json` names them."""
    return _response(get_page(rooms().publishing, region, "datapackage.json"))


@blueprint.get("/catalog.ttl")
@conditional
def catalogue_as_turtle() -> Response:
    """The catalogue of open data in Turtle (mobilityDCAT-AP)."""
    return _response(get_catalogue(rooms().publishing, "ttl"))


@blueprint.get("/catalog.jsonld")
@conditional
def catalogue_as_json() -> Response:
    """The catalogue of open data in JSON-LD (mobilityDCAT-AP)."""
    return _response(get_catalogue(rooms().publishing, "jsonld"))


@blueprint.get("/ngsi-ld/v1/entities")
@conditional
def entities() -> Response:
    """List entities of NGSI-LD: boardings by stop group and hour as `ItemFlowObserved`.

    `type` is needed; `limit` (100, at most 1,000) and `offset` choose a page, and `NGSILD-Results-Count` tells how many there are.
    """
    given = request.args
    limit, offset = _whole("limit", 100), _whole("offset", 0)
    known = list_entities(rooms().publishing, given.get("type", ""), limit, offset)
    response = _linked(known.page)
    response.headers["NGSILD-Results-Count"] = str(known.count)
    return response


@blueprint.get("/ngsi-ld/v1/entities/<string:entity>")
@conditional
def entity(entity: str) -> Response:
    """Read one entity of NGSI-LD."""
    return _linked(get_entity(rooms().publishing, entity))


def _whole(name: str, otherwise: int) -> int:
    text = request.args.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise InvalidRequest.at(name, "must be a whole number")
    return int(text)


def _linked(document: Sequence[Mapping[str, object]] | Mapping[str, object]) -> Response:
    """Answer in JSON-LD or JSON, as is asked for: the context is in the document or in a header (ETSI GS CIM 009, 6.3.5)."""
    wanted = request.accept_mimetypes.best_match(["application/json", _LD])
    context = {"@context": [MODEL_CONTEXT, CORE_CONTEXT]}
    if wanted == _LD and isinstance(document, Mapping):
        document = {**context, **document}
    elif wanted == _LD and isinstance(document, list):
        document = [{**context, **one} for one in document]
    content = json.dumps(document, sort_keys=False, ensure_ascii=False).encode()
    response = _response(Page(content, wanted or "application/json", 300))
    if wanted != _LD:
        response.headers["Link"] = (
            f'<{MODEL_CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
        )
    response.vary.add("Accept")
    return response


def _response(page: Page) -> Response:
    response = make_response(page.content)
    response.content_type = page.media_type
    response.add_etag()
    response.headers["Cache-Control"] = f"public, max-age={page.keep_seconds}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response
