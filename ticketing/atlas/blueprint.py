"""Serve the map of a region: a picture with a table beside it for each layer, in four languages, without a script."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request
from werkzeug.exceptions import NotFound as Missing

from ticketing.atlas import words
from ticketing.atlas.layers import LAYERS, OF_WAYS, Shown, show
from ticketing.errors import InvalidRequest, NotFound
from ticketing.impact import Coast, ImpactDesk, read_month

blueprint = Blueprint("atlas", __name__, template_folder="templates")
_NAME = "throughfare_atlas"
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Atlas:
    """The tools of the pages; `coasts` are the outlines that the apps' build has, empty without it."""

    desk: ImpactDesk
    coasts: Callable[[], Coast]


def register(app: Flask, desk: ImpactDesk, coasts: Callable[[], Coast]) -> None:
    """Mount the map in an application."""
    app.extensions[_NAME] = Atlas(desk, coasts)
    app.register_blueprint(blueprint)


@blueprint.get("/map")
def impact_map() -> Response:
    """Show one layer of a region's map; an unknown region, layer or month is not found."""
    atlas = cast("Atlas", current_app.extensions[_NAME])
    regions = atlas.desk.planner.regions
    name = request.args.get("region") or next(iter(regions), "")
    layer = request.args.get("layer") or LAYERS[0]
    language = words.chosen(
        request.args.get("lang", ""), request.accept_languages.best_match(words.LANGUAGES)
    )
    if layer not in LAYERS:
        raise Missing
    try:
        region = atlas.desk.region(name)
        month = read_month(atlas.desk, name, request.args.get("month"), with_ways=layer in OF_WAYS)
    except (NotFound, InvalidRequest):
        raise Missing from None
    shown: Shown = show(region, layer, month, atlas.coasts(), language)
    page = make_response(
        render_template(
            "atlas/map.html",
            t=words.of(language),
            language=language,
            names=words.names(),
            region=region.data,
            regions=[(one, known.data.name) for one, known in regions.items()],
            layers=LAYERS,
            layer=layer,
            month=month,
            shown=shown,
            impact=region.data.impact,
            money=lambda amount: words.money(amount, language),
        )
    )
    page.headers["Content-Security-Policy"] = _POLICY
    page.headers["Content-Language"] = language
    page.headers["Cache-Control"] = "no-cache"
    page.vary.add("Accept-Language")
    return page
