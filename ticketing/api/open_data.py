"""Serve open data to anybody: the files of a region, with tags by which caches ask again."""

from flask import Blueprint, Response, make_response, request

from ticketing.api.conditional import conditional
from ticketing.api.context import rooms
from ticketing.publishing import Page, get_catalogue, get_page

blueprint = Blueprint("open_data", __name__)


@blueprint.get("/open/<string:region>/<path:name>")
@conditional
def open_file(region: str, name: str) -> Response:
    """A file of a region's open data.

    `datapackage.json` names the tables; docs/open-data.md lists every file, with the meaning of its numbers.
    """
    return _response(get_page(rooms().publishing, region, name))


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


def _response(page: Page) -> Response:
    response = make_response(page.content)
    response.content_type = page.media_type
    response.add_etag()
    response.headers["Cache-Control"] = f"public, max-age={page.keep_seconds}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response
