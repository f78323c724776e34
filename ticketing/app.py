"""The application factory: settings in, a Flask application out, with every room built once."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.middleware.proxy_fix import ProxyFix

from operators.port import Connector
from ticketing import config, console, logs
from ticketing.api import (
    accounts,
    claims,
    cors,
    delay_papers,
    demo_bank,
    departures,
    devices,
    edge,
    finance,
    gates,
    gateway,
    guard,
    journeys,
    letters,
    limits,
    metrics,
    notices,
    operators,
    options,
    orders,
    passes,
    passkeys,
    problems,
    settlement,
    staff,
    tickets,
    webhooks,
    wellknown,
)
from ticketing.api.schemas.common import ProblemSchema
from ticketing.clock import Clock
from ticketing.config import Settings
from ticketing.db.trouble import is_away, is_taken
from ticketing.identity.staff import StaffDesk
from ticketing.regions import Region, levels
from ticketing.rooms import Rooms, announce, build_rooms

_log = structlog.get_logger(__name__)

_BLUEPRINTS = (
    notices,
    accounts,
    passkeys,
    passes,
    journeys,
    operators,
    departures,
    orders,
    claims,
    delay_papers,
    options,
    tickets,
    gates,
    devices,
    staff,
    metrics,
    settlement,
    finance,
    webhooks,
    letters,
)


class _Json(DefaultJSONProvider):
    """JSON in the order in which it was written, with letters as they are."""

    sort_keys = False
    ensure_ascii = False


@contextmanager
def _content_type(api: Api, content_type: str) -> Iterator[None]:
    """Describe responses as another type for a while."""
    described = vars(type(api)).get("DEFAULT_RESPONSE_CONTENT_TYPE", Api.DEFAULT_RESPONSE_CONTENT_TYPE)
    setattr(api, "DEFAULT_RESPONSE_CONTENT_TYPE", content_type)  # noqa: B010  the parent's constant is not typed
    yield
    setattr(api, "DEFAULT_RESPONSE_CONTENT_TYPE", described)  # noqa: B010


class _Api(Api):
    """flask-smorest with its errors written as problem documents, and the OpenAPI document when it is first asked for.

    Writing the document takes more than all else that builds an application, and few of its processes ever serve it.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Any] = []
        self._has_errors = False
        self._describing = threading.Lock()
        super().__init__(app)

    def register_blueprint(self, blueprint: Any) -> None:
        """Serve a blueprint; its part of the document is written later."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._undescribed.append(blueprint)

    def _openapi_json(self) -> Any:
        with self._describing:
            if not self._has_errors:
                self._describe_errors()
                self._has_errors = True
            while self._undescribed:
                room = self._undescribed.pop(0)
                room.register_views_in_doc(self, self._app, self.spec, name=room.name, parameters=None)
                self.spec.tag({"name": room.name, "description": room.description})
        return super()._openapi_json()

    def _register_responses(self) -> None:
        """Leave the responses that every view may give to the document's writing."""

    def _describe_errors(self) -> None:
        """Describe errors as they are sent: as problem documents (RFC 9457, section 3)."""
        with _content_type(self, "application/problem+json"):
            super()._register_responses()

    def handle_http_exception(self, error: Any) -> Any:
        """Answer as the rest of the service does."""
        return problems.http(error)


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    regions: Mapping[str, Region] | None = None,
    connectors: Mapping[str, Mapping[str, Connector]] | None = None,
    announces: bool = True,
) -> Flask:
    """Build the service; settings come from the environment unless they are given, so do clock and regions.

    `connectors` stand in for those of the regions' operator tables in tests. `announces` says in the log which
    stand-ins are in use and what the environment lacks.

    Raises Misconfigured when the settings are unsafe or a region cannot be loaded.
    """
    settings = settings or config.from_environment()
    logs.configure(settings.log_format)
    app = Flask("throughfare", static_folder=None)
    rooms = build_rooms(settings, clock=clock, regions=regions, connectors=connectors)
    if announces:
        announce(rooms)
    app.extensions["throughfare"] = rooms
    app.config.update(_openapi(settings))
    app.json = _Json(app)
    behind_proxies(app, settings.trusted_proxies)
    edge.register(app, settings.gateway)
    cors.register(app, settings.web_origins)
    limits.register(app, rooms.counters, rooms.pace, enabled=settings.rate_limits)
    guard.register(app)
    problems.register(app, is_taken, is_away)
    api = _Api(app)
    for room in _BLUEPRINTS:
        api.register_blueprint(room.blueprint)
    app.register_blueprint(wellknown.blueprint)
    app.register_blueprint(gateway.blueprint)
    app.register_blueprint(demo_bank.blueprint)
    console.register(app, _console(settings, rooms))
    app.register_blueprint(
        get_swaggerui_blueprint("/docs", "/openapi.json", config={"app_name": "Throughfare"})
    )
    return app


def behind_proxies(app: Flask, count: int) -> None:
    """Believe the last `count` proxies which address and scheme their caller had; 0 believes no header at all."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]


def _console(settings: Settings, rooms: Rooms) -> console.Console:
    """Settings of the pages for finance staff; their cookies ask for HTTPS wherever the service is reached by it."""
    return console.Console(
        office=rooms.office,
        till=rooms.till,
        desk=StaffDesk(rooms.office.database, rooms.clock),
        counters=rooms.counters,
        regions=settings.regions,
        secure=settings.environment == "production" or settings.public_url.startswith("https://"),
        rate_limits=settings.rate_limits,
        warnings=rooms.warnings,
        status_of=problems.status_of,
        feeds=lambda region: levels.list_feeds(rooms.planner.board, region) if rooms.planner.board else [],
        live=rooms.live,
        claims=rooms.claims,
    )


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
                    "accessToken": {
                        **bearer,
                        "description": "the `access_token` of somebody who has signed in",
                    },
                    "apiKey": {**bearer, "description": "a key of a gate or of finance staff"},
                }
            },
        },
    }
