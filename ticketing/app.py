"""The application factory: settings in, a Flask application out, with every room built once."""

import functools
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api
from flask_swagger_ui import get_swaggerui_blueprint

from operators.region import RefundStep
from ticketing import config, logs
from ticketing.api import edge, finance, gates, journeys, orders, problems, settlement, wellknown
from ticketing.api.context import Rooms
from ticketing.api.schemas.common import ProblemSchema
from ticketing.clock import Clock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import is_current
from ticketing.gate.service import Gatehouse
from ticketing.identity import Once, OrderTokens, authenticate
from ticketing.payments import DemoGateway
from ticketing.purchase.service import Till
from ticketing.quote.service import Desk
from ticketing.regions import Region, load_regions
from ticketing.search.service import Planner
from ticketing.settlement.service import Office
from ticketing.tickets.issue import Press
from ticketing.tickets.keys import KeyStore

_log = structlog.get_logger(__name__)


class _Json(DefaultJSONProvider):
    """JSON in the order in which it was written, with letters as they are."""

    sort_keys = False
    ensure_ascii = False


class _Api(Api):
    """flask-smorest with its errors written as problem documents."""

    ERROR_SCHEMA = ProblemSchema

    def handle_http_exception(self, error: Any) -> Any:
        """Answer as the rest of the service does."""
        return problems.http(error)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    regions: Mapping[str, Region] | None = None,
) -> Flask:
    """Build the service; settings come from the environment unless they are given, so do clock and regions.

    Raises Misconfigured when the settings are unsafe or a region cannot be loaded.
    """
    settings = settings or config.from_environment()
    logs.configure(settings.log_format)
    for warning in settings.warnings():
        _log.warning("stand-in in use", what=warning)
    app = Flask("throughfare", static_folder=None)
    app.extensions["throughfare"] = build_rooms(settings, clock=clock, regions=regions)
    app.config.update(_openapi(settings))
    app.json = _Json(app)
    edge.register(app, settings.gateway)
    problems.register(app)
    api = _Api(app)
    for room in (journeys, orders, gates, settlement, finance):
        api.register_blueprint(room.blueprint)
    app.register_blueprint(wellknown.blueprint)
    app.register_blueprint(
        get_swaggerui_blueprint("/docs", "/openapi.json", config={"app_name": "Throughfare"})
    )
    return app


def build_rooms(
    settings: Settings, *, clock: Clock | None = None, regions: Mapping[str, Region] | None = None
) -> Rooms:
    """Build each room with what it needs."""
    database, clock = Database(settings.database_url), clock or settings.clock()
    regions = load_regions(settings) if regions is None else regions
    keys = KeyStore(settings.keys_folder, settings.key_passphrase)
    keys.create_missing(clock.now())
    press = Press(keys, settings.issuer, settings.public_url, demo=settings.gateway == "demo")
    return Rooms(
        clock=clock,
        planner=Planner(database, clock, regions),
        desk=Desk(database, clock, regions),
        till=Till(database, clock, DemoGateway(database, clock), press, _schedules(regions)),
        gatehouse=Gatehouse(database, clock, keys, press, accept_demo=settings.gateway == "demo"),
        office=Office(
            database,
            clock,
            keys,
            settings.regions_folder,
            specimens=settings.environment != "production",
            files=settings.settlement_folder,
        ),
        once=Once(database, clock),
        order_tokens=OrderTokens.from_folder(settings.keys_folder),
        authenticate=functools.partial(authenticate, database, clock),
        readiness=lambda: {"database": is_current(database), "regions": bool(regions)},
        warnings=tuple(settings.warnings()),
    )


def _schedules(regions: Mapping[str, Region]) -> dict[str, dict[str, tuple[RefundStep, ...]]]:
    return {
        name: {operator.id: operator.refund for operator in region.operators.values()}
        for name, region in regions.items()
    }


def _openapi(settings: Settings) -> dict[str, Any]:
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "API_TITLE": "Throughfare",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "OPENAPI_JSON_PATH": "openapi.json",
        "API_SPEC_OPTIONS": {
            "info": {
                "description": "One ticket for people who commute across a border. "
                + " ".join(f"Stand-in: {warning}." for warning in settings.warnings()),
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "components": {
                "securitySchemes": {
                    "orderToken": {
                        **bearer,
                        "description": "the `access_token` of the answer that placed the order",
                    },
                    "apiKey": {**bearer, "description": "a key of a gate or of finance staff"},
                }
            },
        },
    }
